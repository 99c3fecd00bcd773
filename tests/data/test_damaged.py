"""Image files with any damage are read, or refused in one line."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from colorization.data.read import BadImage, read_photograph, read_rgb

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")


def encoded(form: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 31, 3), "uint8")
    data = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"exif": exif} if form in ("PNG", "JPEG", "WEBP") else {}
    Image.fromarray(pixels).save(data, form, **options)
    return data.getvalue()


WHOLE = {form: encoded(form) for form in FORMATS}


@st.composite
def damaged(draw) -> bytes:
    """An image file with bytes changed, put in, left out, or cut off, near its start above all."""
    data = bytearray(WHOLE[draw(st.sampled_from(FORMATS))])
    place = st.one_of(st.integers(0, 120), st.integers(0, len(data) - 1))
    for _ in range(draw(st.integers(1, 6))):
        at = min(draw(place), max(0, len(data) - 1))
        match draw(st.sampled_from(("change", "insert", "remove", "cut"))):
            case "change":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=8))
            case "remove":
                del data[at : at + draw(st.integers(1, 8))]
            case "cut":
                del data[at:]
    return bytes(data)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it forgives
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_damaged_images_are_read_or_refused_in_one_line(data):
    for read in (read_photograph, read_rgb):
        try:
            found = read(data)
        except BadImage as reason:
            assert "\n" not in str(reason) and len(str(reason)) < 200
        else:
            rgb = found.rgb if read is read_photograph else np.asarray(found[0])
            assert rgb.dtype == "uint8" and rgb.ndim == 3 and rgb.shape[-1] == 3
