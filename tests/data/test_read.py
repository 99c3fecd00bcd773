"""Photographs as people have them: every mode, orientation, profile and damage."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from colorization.data.read import BadImage, read_photograph
from tests.data.photograph_files import tiff

SRGB = ImageCms.createProfile("sRGB")


def ramp(mode: str, size=(9, 5)) -> Image.Image:
    """Values that differ everywhere, left to right and top to bottom."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    count = size[0] * size[1] * bands
    values = np.linspace(0, 255, count).astype("uint8").reshape(size[1], size[0], bands)
    return Image.fromarray(values.squeeze(), mode)


def file(image: Image.Image, form: str, **options) -> bytes:
    data = io.BytesIO()
    image.save(data, form, **options)
    return data.getvalue()


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "WEBP"])
def test_rgb_comes_through(form):
    image = ramp("RGB")
    options = {"lossless": True} if form == "WEBP" else {}
    found = read_photograph(file(image, form, **options))
    np.testing.assert_array_equal(found.rgb, np.asarray(image))
    assert found.alpha is None and found.rgb.flags.writeable


def test_jpeg_comes_through():
    image = Image.new("RGB", (16, 16), (200, 120, 40))
    found = read_photograph(file(image, "JPEG", quality=95))
    assert np.abs(found.rgb.astype(int) - (200, 120, 40)).max() <= 3


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_gray_of_1_8_and_16_bits_is_scaled_to_8(form):
    gray = np.asarray(ramp("L"))
    expected = np.repeat(gray[..., None], 3, axis=-1)
    found = read_photograph(file(Image.fromarray(gray), form)).rgb
    np.testing.assert_array_equal(found, expected)
    deep = Image.fromarray(gray.astype("uint16") * 257)
    assert deep.mode == "I;16"
    np.testing.assert_array_equal(read_photograph(file(deep, form)).rgb, expected)
    bits = Image.fromarray(gray > 127)
    found = read_photograph(file(bits, form)).rgb
    np.testing.assert_array_equal(found[..., 0], np.where(gray > 127, 255, 0))


def test_16_bit_rgb_tiff_is_scaled_to_8():
    image = np.asarray(ramp("RGB"))
    data = tiff({"samples": image.astype("uint16") * 257})
    np.testing.assert_array_equal(read_photograph(data).rgb, image)


def test_alpha_is_kept():
    image = ramp("RGBA")
    found = read_photograph(file(image, "PNG"))
    np.testing.assert_array_equal(found.rgb, np.asarray(image)[..., :3])
    np.testing.assert_array_equal(np.asarray(found.alpha), np.asarray(image)[..., 3])
    gray = read_photograph(file(ramp("LA"), "PNG"))
    np.testing.assert_array_equal(np.asarray(gray.alpha), np.asarray(ramp("LA"))[..., 1])


def test_palette_has_its_colours_and_its_transparency():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    image = Image.fromarray(np.arange(3, dtype="uint8").reshape(1, 3), "P")
    image.putpalette([value for colour in colours for value in colour])
    found = read_photograph(file(image, "PNG"))
    assert found.rgb[0].tolist() == [list(colour) for colour in colours] and found.alpha is None
    found = read_photograph(file(image, "PNG", transparency=1))
    assert np.asarray(found.alpha)[0].tolist() == [255, 0, 255]


def test_cmyk_of_adobe_is_not_a_negative():
    """Adobe's JPEG files store ink inverted; Pillow writes and reads them so."""
    inks = Image.new("CMYK", (16, 16), (0, 200, 200, 10))  # magenta and yellow: red
    data = file(inks, "JPEG", quality=95)
    assert b"Adobe" in data
    red, green, blue = read_photograph(data).rgb[8, 8]
    assert red > 200 > 90 > max(green, blue)


# Where the pixel of the upper left corner lies in a file of each orientation.
TURNED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", TURNED)
def test_exif_orientation_is_applied_and_removed(orientation):
    upright = np.asarray(ramp("RGB"))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "a camera"
    stored = Image.fromarray(np.ascontiguousarray(TURNED[orientation](upright)))
    found = read_photograph(file(stored, "PNG", exif=exif))
    np.testing.assert_array_equal(found.rgb, upright)
    kept = Image.Exif()
    kept.load(found.metadata.exif)
    assert kept.get(0x0112, 1) == 1 and kept[0x010F] == "a camera"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_is_no_reason_to_lose_the_photograph():
    image = ramp("RGB")
    data = file(image, "PNG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x09\xff\xff")
    np.testing.assert_array_equal(read_photograph(data).rgb, np.asarray(image))


def with_red_and_green_swapped(profile: bytes) -> bytes:
    """An sRGB profile under another name, in which red is what sRGB calls green."""
    data, count = bytearray(profile), int.from_bytes(profile[128:132], "big")
    place = {profile[at : at + 4]: at + 4 for at in range(132, 132 + 12 * count, 12)}
    red, green = (slice(place[tag], place[tag] + 8) for tag in (b"rXYZ", b"gXYZ"))
    data[red], data[green] = data[green], data[red]
    start, length = np.frombuffer(profile, ">u4", 2, place[b"desc"])
    name = slice(start, start + length)
    data[name] = data[name].replace(b"s\0R\0G\0B", b"x\0R\0G\0B")  # UTF-16
    return bytes(data)


def test_a_profile_is_converted_to_srgb():
    profile = ImageCms.ImageCmsProfile(SRGB).tobytes()
    image = Image.new("RGB", (4, 4), (255, 0, 0))
    swapped = file(image, "PNG", icc_profile=with_red_and_green_swapped(profile))
    red, green, blue = read_photograph(swapped).rgb[0, 0]
    assert green > 250 and max(red, blue) < 10
    unchanged = read_photograph(file(image, "PNG", icc_profile=profile))
    assert unchanged.rgb[0, 0].tolist() == [255, 0, 0]


def test_a_damaged_profile_is_as_none():
    image = ramp("RGB")
    found = read_photograph(file(image, "PNG", icc_profile=b"not a profile"))
    np.testing.assert_array_equal(found.rgb, np.asarray(image))


def test_the_first_of_several_frames_is_taken():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    data = file(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    assert read_photograph(data).rgb[0, 0].tolist() == [255, 0, 0]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an image",
        b"II*\0 neither",
        file(ramp("RGB", (64, 64)), "PNG")[:200],
        file(ramp("RGB", (64, 64)), "JPEG")[:300],
    ],
)
def test_damage_is_one_line(data):
    with pytest.raises(BadImage, match="^cannot be read") as raised:
        read_photograph(data)
    assert "\n" not in str(raised.value)


def test_a_bomb_is_refused_before_it_is_unpacked():
    header = bytearray(file(Image.new("L", (1, 1)), "PNG"))
    header[16:24] = (40_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    with pytest.raises(BadImage, match="exceeds limit"):
        read_photograph(bytes(header))
