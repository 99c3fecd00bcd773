"""Image files with any damage are read, or refused in one line; so is what else they hold."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from colorization.data.read import BadImage, PhotographFile
from colorization.photographs.save import FORMATS, save
from tests.data.photograph_files import encoded, icc_chunk, png, profile, tiff

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 31, 3), "uint8")
EXIF = Image.Exif()
EXIF[0x0112], EXIF[0x010F] = 6, "a camera"
DEEP = PIXELS.astype("uint16") * 257
PAGE = {"samples": DEEP, "planar": True, "tags": {274: 6, 34675: profile("RGB", 1.8)}}

WHOLE = {form: encoded(PIXELS, form, exif=EXIF) for form in ("PNG", "JPEG", "WEBP", "AVIF")}
WHOLE |= {form: encoded(PIXELS, form) for form in ("BMP", "GIF", "TIFF")}
WHOLE |= {
    "deep PNG": png(DEEP[..., 0], (b"tRNS", b"\1\1"), icc_chunk(profile("GRAY", 1))),
    "deep TIFF": tiff(PAGE, {"samples": DEEP[..., 0], "tags": {262: 0}}, order=">"),
    "Lab TIFF": tiff({"samples": PIXELS, "tags": {262: 8}}),
    "frames": encoded(
        PIXELS, "GIF", save_all=True, append_images=[Image.fromarray(PIXELS[::-1])], duration=50
    ),
}
SUFFIXES = sorted(FORMATS)


@st.composite
def damaged(draw) -> bytes:
    """An image file with bytes changed, put in, left out, or cut off, near its ends above all."""
    data = bytearray(WHOLE[draw(st.sampled_from(sorted(WHOLE)))])
    places = (
        st.integers(0, 120),
        st.integers(0, len(data) - 1),
        st.integers(len(data) - 200, len(data)),
    )
    place = st.one_of(*places)
    for _ in range(draw(st.integers(1, 6))):
        at = max(0, min(draw(place), len(data) - 1))
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
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged(), st.sampled_from(SUFFIXES))
def test_damaged_images_are_read_or_refused_in_one_line(tmp_path_factory, data, suffix):
    try:
        file = PhotographFile(data)
        first, *more = [file.page(number) for number in range(min(file.count, 4))]
    except BadImage as reason:
        assert "\n" not in str(reason) and len(str(reason)) < 200
        return
    for page in (first, *more):
        assert page.rgb.dtype == "uint8" and page.rgb.ndim == 3 and page.rgb.shape[-1] == 3
        assert page.alpha is None or page.alpha.size == page.rgb.shape[1::-1]
    target = tmp_path_factory.getbasetemp() / f"damaged{suffix}"
    same = all(page.rgb.shape == first.rgb.shape for page in more)
    save(first, target, more if FORMATS[suffix].pages and same else ())
    with Image.open(target) as result:
        assert result.size == first.rgb.shape[1::-1]
