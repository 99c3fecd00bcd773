"""Bars of four grays have their lightness however a file holds them, or the file is refused."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps
from skimage import color

from colorization.data.read import BadImage, read_photograph
from tests.data.photograph_files import (
    BARS,
    GRAYS,
    LIGHTNESS,
    chunk,
    encoded,
    icc_chunk,
    light,
    png,
    profile,
    tiff,
    whole,
)

GRAY = BARS / 255
RGB = np.stack([GRAY] * 3, axis=-1)
HALF = np.full_like(GRAY, 0.5)
LIGHT = light(BARS)
LAB = np.stack([np.repeat(LIGHTNESS, 24)[None].repeat(64, 0) / 100, 0 * GRAY, 0 * GRAY], axis=-1)
INK = np.stack([0 * GRAY, 0 * GRAY, 0 * GRAY, 1 - GRAY], axis=-1)
WHITE_IS_ZERO, SEPARATED, YCBCR, CIELAB, ICCLAB = ({262: kind} for kind in (0, 5, 6, 8, 9))
PREMULTIPLIED, ALPHA, OTHER = ({338: kind} for kind in (1, 2, 0))
INDICES = np.searchsorted(GRAYS, BARS).astype("uint8")
COLOURS = [value * 257 for value in GRAYS] + [0] * 12


def page(values, bits=16, **options) -> bytes:
    return tiff({"samples": whole(values, bits), "bits": bits, **options})


def with_alpha(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values.reshape(64, 96, -1), HALF[..., None]], axis=-1)


def gray_icc(gamma: float, bits: int) -> bytes:
    return png(whole(LIGHT ** (1 / gamma), bits), icc_chunk(profile("GRAY", gamma)))


def cmyk_jpeg(inverted: bool) -> bytes:
    """Adobe's marker says that inks are stored inverted, as Pillow writes them."""
    data = io.BytesIO()
    inks = whole(INK, 8)
    Image.fromarray(inks if inverted else 255 - inks, "CMYK").save(data, "JPEG", quality=95)
    found = data.getvalue()
    at = found.index(b"Adobe") - 4
    return found if inverted else found[:at] + found[at + 16 :]


def turned(values: np.ndarray) -> np.ndarray:
    return np.rot90(values)  # what orientation 6 sets upright


FILES = {
    "control": encoded(BARS),
    **{f"gray {b} bits": page(GRAY, b) for b in (8, 16, 32)},
    **{f"gray {b} bits, white is 0": page(1 - GRAY, b, tags=WHITE_IS_ZERO) for b in (8, 16, 32)},
    **{f"RGB {b} bits in planes": page(RGB, b, planar=True) for b in (8, 16, 32)},
    **{f"RGB {b} bits": page(RGB, b) for b in (8, 16, 32)},
    "big-endian": tiff({"samples": whole(RGB, 16)}, order=">"),
    "float": tiff({"samples": GRAY.astype("float32")}),
    "float RGB": tiff({"samples": RGB.astype("float32")}),
    "half float": tiff({"samples": GRAY.astype("float16")}),
    **{f"CMYK {b} bits": page(INK, b, tags=SEPARATED) for b in (8, 16)},
    **{f"Lab {b} bits": page(LAB, b, tags=CIELAB) for b in (8, 16)},
    "ICC Lab 8 bits": page(LAB + [0, 128 / 255, 128 / 255], 8, tags=ICCLAB),
    "palette": tiff({"samples": INDICES, "bits": 4, "tags": {262: 3, 320: COLOURS * 3}}),
    **{
        f"gray + sample, {b} bits": page(with_alpha(GRAY), b, tags={262: 1} | OTHER)
        for b in (8, 16)
    },
    "YCbCr": page(np.dstack([GRAY, HALF, HALF]), 8, tags=YCBCR | {530: [1, 1]}),
    "turned": page(turned(GRAY), tags={274: 6}),
    "turned, alpha": page(turned(with_alpha(GRAY)), tags={262: 1, 274: 6} | ALPHA),
    "gray ICC 8 bits": gray_icc(3, 8),
    "gray ICC 16 bits": gray_icc(3, 16),
    "linear gray ICC 16 bits": gray_icc(1, 16),
    "gray ICC of a TIFF": page(LIGHT ** (1 / 3), tags={34675: profile("GRAY", 3)}),
    "gray ICC, white is 0": page(1 - LIGHT, tags=WHITE_IS_ZERO | {34675: profile("GRAY", 1)}),
    "linear named sRGB": png(
        whole(light(np.stack([BARS] * 3, -1)), 16), icc_chunk(profile("RGB", 1, "sRGB linear"))
    ),
    "linear by gAMA": png(whole(LIGHT, 16), (b"gAMA", (100_000).to_bytes(4, "big"))),
    "gAMA beside a profile": png(
        whole(LIGHT ** (1 / 3), 16),
        (b"gAMA", (100_000).to_bytes(4, "big")),
        icc_chunk(profile("GRAY", 3)),
    ),
    "gAMA of sRGB": png(BARS, (b"gAMA", (45_455).to_bytes(4, "big"))),
    "gray under a profile of RGB": png(whole(LIGHT, 16), icc_chunk(profile("RGB", 1))),
    "profile of another space": png(whole(RGB, 8), icc_chunk(profile("GRAY", 1))),
    "thumbnail first": tiff(
        {"samples": whole(GRAY[::4, ::4], 8), "tags": {254: 1}}, {"samples": whole(GRAY, 8)}
    ),
    "text of megabytes": png(BARS, (b"zTXt", b"a\0\0" + zlib.compress(b" " * 3_000_000))),
    "JPEG of inverted inks": cmyk_jpeg(inverted=True),
    "JPEG of inks": cmyk_jpeg(inverted=False),
    "JPEG without its end": encoded(BARS, "JPEG", quality=95)[:-2],
    "progressive JPEG without its end": encoded(BARS, "JPEG", quality=95, progressive=True)[:-1],
}


@pytest.mark.parametrize("name", FILES)
def test_lightness_is_that_of_the_picture(name):
    found = read_photograph(FILES[name])
    assert found.rgb.shape == (64, 96, 3) and found.rgb.flags.writeable
    L = color.rgb2lab(found.rgb)[40, [12, 36, 60, 84], 0]
    np.testing.assert_allclose(L, LIGHTNESS, atol=2.5 if "JPEG" in name else 1)
    assert found.alpha is None or "alpha" in name
    assert np.ptp(found.rgb.astype(int), axis=-1).max() <= 2


TRANSPARENT = {
    **{f"gray {b} bits": page(with_alpha(GRAY), b, tags={262: 1} | ALPHA) for b in (8, 16, 32)},
    **{f"RGB {b} bits": page(with_alpha(RGB), b, tags=ALPHA) for b in (8, 16, 32)},
    **{
        f"premultiplied {len(v.shape)}, {b} bits": page(
            with_alpha(v / 2), b, tags={262: len(v.shape) - 1} | PREMULTIPLIED
        )
        for v in (GRAY, RGB)
        for b in (8, 16)
    },
    "white is 0": page(with_alpha(1 - GRAY), 16, tags=WHITE_IS_ZERO | ALPHA),
    "CMYK": page(with_alpha(INK), 8, tags=SEPARATED | ALPHA),
    "PNG 16 bits": png(whole(with_alpha(RGB), 16)),
    "gray PNG with a profile": png(
        whole(with_alpha(LIGHT ** (1 / 3)), 16), icc_chunk(profile("GRAY", 3))
    ),
}


@pytest.mark.parametrize("name", TRANSPARENT)
def test_alpha_is_kept_and_not_multiplied_in(name):
    found = read_photograph(TRANSPARENT[name])
    L = color.rgb2lab(found.rgb)[40, [12, 36, 60, 84], 0]
    np.testing.assert_allclose(L, LIGHTNESS, atol=1)
    assert set(np.asarray(found.alpha).flat) == {128}


@pytest.mark.parametrize("bits", [2, 4, 8, 16])
@pytest.mark.parametrize("colours", [1, 3])
def test_a_key_is_transparent_and_nothing_else(bits, colours):
    """PNG's tRNS names a gray, or a colour, in the samples' own bits."""
    if bits < 8 and colours == 3:
        pytest.skip("PNG has no such colours")
    samples = whole(np.arange(16).reshape(2, 8) % 2**bits / (2**bits - 1), bits)
    samples = np.stack([samples] * colours, axis=-1) if colours == 3 else samples
    if bits == 16:
        samples[0, 1] += 1  # the high byte alone is the key's
    key = samples[0, 0].reshape(-1)
    data = png(samples, (b"tRNS", b"".join(int(v).to_bytes(2, "big") for v in key)), bits=bits)
    expected = np.where((samples.reshape(2, 8, -1) == key).all(-1), 0, 255)
    np.testing.assert_array_equal(np.asarray(read_photograph(data).alpha), expected)


REFUSED = {
    "12 bits": (page(GRAY, 12), "have 12 bits"),
    "signed": (tiff({"samples": (GRAY * 32767).astype("int16")}), "signed"),
    "double": (tiff({"samples": GRAY}), "have 64 bits"),
    "float beyond 1": (tiff({"samples": (2 * GRAY).astype("float32")}), "beyond 0 to 1"),
    "not a number": (tiff({"samples": np.where(GRAY > 0.5, np.nan, 0).astype("f4")}), "beyond 0"),
    "float, white is 0": (
        tiff({"samples": GRAY.astype("float32"), "tags": WHITE_IS_ZERO}),
        "whose 0 is white",
    ),
    "premultiplied, 32 bits": (
        page(with_alpha(GRAY / 2), 32, tags={262: 1} | PREMULTIPLIED),
        "multiplied by alpha",
    ),
    "Zstandard": (page(RGB, tags={259: 50000}), "compressed by Zstandard"),
    "colour filter": (page(GRAY, tags={262: 32803}), "of kind 32803"),
    "half a TIFF": (page(RGB)[:20000], "cannot be read"),
    "half a JPEG": (encoded(BARS, "JPEG")[:300], "cannot be read"),
    **{
        f"JPEG that lacks {missing} bytes": (encoded(BARS, "JPEG")[:-missing], "truncated")
        for missing in (3, 4, 5, 12, 40)
    },
    "HTML": (b"<!DOCTYPE html><html>", "an HTML page"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
    "PDF": (b"%PDF-1.7\n", "a PDF document"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC; convert it to JPEG"),
    "resource fork": (b"\0\5\x16\7\0\2\0\0Mac OS X        ", "what macOS keeps"),
    "empty": (b"", "it is empty"),
    "zeros": (bytes(1000), "nothing but zeros"),
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_without_guessing_is_refused_in_one_line(name):
    data, message = REFUSED[name]
    with pytest.raises(BadImage, match=message) as raised:
        read_photograph(data)
    assert str(raised.value).startswith("cannot be read (") and "\n" not in str(raised.value)


def ordinary() -> dict[str, bytes]:
    """What cameras and the web have, of 8 bits in sRGB; also with sRGB's profile, by any name."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 61, 3), "uint8")
    files = {}
    for orientation in (1, 6):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for form, options in (
            ("JPEG", {"quality": 80}),
            ("PNG", {}),
            ("WEBP", {"quality": 80}),
        ):
            for name, icc in (("", None), (" sRGB", profile_of_srgb())):
                key = f"{form} {orientation}{name}"
                files[key] = encoded(pixels, form, exif=exif, icc_profile=icc, **options)
    files["gray JPEG"] = encoded(pixels[..., 0], "JPEG")
    files["RGBA PNG"] = encoded(np.dstack([pixels, pixels[..., 0]]))
    palette = io.BytesIO()
    Image.fromarray(pixels).quantize(16).save(palette, "PNG", transparency=3)
    return files | {"palette PNG": palette.getvalue()}


def profile_of_srgb() -> bytes:
    found = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    return bytes(found).replace(b"s\0R\0G\0B", b"x\0Y\0Z\0W")  # its description


@pytest.mark.parametrize("name", sorted(ordinary()))
def test_ordinary_files_have_the_pixels_that_stored_results_have_seen(name):
    data = ordinary()[name]
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    np.testing.assert_array_equal(read_photograph(data).rgb, expected)


def test_text_that_is_damaged_is_no_reason_to_lose_a_photograph():
    data = png(BARS, (b"zTXt", b"a\0\0not packed"))
    np.testing.assert_array_equal(read_photograph(data).rgb[..., 0], BARS)
    assert chunk(b"zTXt", b"a\0\0not packed") in data
