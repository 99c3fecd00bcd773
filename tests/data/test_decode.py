"""From the bytes of an image file to the pixels of a row: crop, size, modes, orientation."""

import numpy as np
import pytest
from PIL import Image
from skimage import color

from colorization.data.decode import decode
from colorization.data.read import BadImage
from colorization.data.recipe import Recipe
from tests.data.image_files import RECIPE, SIZE, encoded, noise


def decoded(image, recipe=RECIPE, **options):
    return decode(encoded(image, **options), recipe)


def test_files_broken_inside_are_bad_images_whatever_pillow_raises():
    data = bytearray(encoded(noise(1, 200, 200)))
    second = data.index(b"IDAT", data.index(b"IDAT") + 4)
    data[second : second + 4] = b"\x80\x0e8\xfe"
    with pytest.raises(BadImage, match="cannot be read"):
        decode(bytes(data), RECIPE)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_is_no_reason_to_lose_a_photograph():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = bytearray(encoded(noise(1), "webp", lossless=True, exif=exif))
    header = data.index(b"MM\0*") if b"MM\0*" in data else data.index(b"II*\0")
    data[header] = 0
    np.testing.assert_array_equal(decode(bytes(data), RECIPE)[0], noise(1))


@pytest.mark.parametrize(
    ("height", "width", "top", "left"),
    [
        (16, 16, 0, 0),
        (16, 17, 0, 0),  # torchvision rounds half to even: 0.5 to 0,
        (16, 19, 0, 2),  # 1.5 to 2,
        (16, 25, 0, 4),  # 4.5 to 4
        (16, 27, 0, 6),
        (40, 16, 12, 0),
    ],
)
def test_the_centre_is_kept_as_torchvision_crops(height, width, top, left):
    image = noise(0, height, width)  # the short side is 16 already: nothing is interpolated
    for recipe in (RECIPE, Recipe(SIZE, lab_before_resize=True)):
        pixels, _ = decoded(image, recipe)
        expected = image[top : top + 16, left : left + 16]
        if recipe.lab_before_resize:
            expected = np.rint(color.rgb2lab(expected) * [2.55, 1, 1] + [0, 128, 128])
        np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize(
    ("height", "width", "resized", "left"),
    [
        (33, 50, 24, 4),  # 16 * 50 / 33 = 24.2
        (33, 51, 24, 4),  # 24.7: cut, not rounded
        (33, 52, 25, 4),  # 25.2
        (32, 321, 160, 72),  # 160.5
    ],
)
@pytest.mark.parametrize("upright", [False, True])
def test_the_short_side_is_scaled_to_size_and_the_long_side_cut(
    height, width, resized, left, upright
):
    image, scaled = Image.fromarray(noise(0, height, width)), (resized, 16)
    if upright:
        image, scaled = image.transpose(Image.Transpose.TRANSPOSE), scaled[::-1]
    expected = np.asarray(image.resize(scaled, Image.Resampling.BILINEAR))
    expected = expected[left:][:16] if upright else expected[:, left:][:, :16]
    np.testing.assert_array_equal(decoded(image)[0], expected)


def test_rgb_is_resized_by_pillows_antialiased_bilinear_filter():
    # Halving: a triangle over four pixels, 1/8, 3/8, 3/8, 1/8.
    columns = np.random.default_rng(0).integers(0, 256, 32)
    image = np.broadcast_to(columns[None, :, None], (32, 32, 3)).astype("uint8")
    expected = [
        np.dot(columns[2 * i - 1 : 2 * i + 3], [0.125, 0.375, 0.375, 0.125]) for i in range(1, 15)
    ]
    pixels, _ = decoded(image)
    assert np.abs(pixels[5, 1:15, 1] - np.array(expected)).max() <= 1


def test_bicubic_is_pillows_too():
    image = Image.fromarray(noise(0, 40, 60))
    expected = np.asarray(image.resize((24, 16), Image.Resampling.BICUBIC))[:, 4:20]
    pixels, _ = decoded(image, Recipe(SIZE, resample="bicubic"))
    np.testing.assert_array_equal(pixels, expected)
    assert (pixels != decoded(image)[0]).any()


@pytest.mark.parametrize("times", [2, 3])
def test_lab_is_interpolated_without_antialiasing(times):
    image = noise(0, times * SIZE, times * SIZE)
    lab = color.rgb2lab(image)
    # Pixel centres of the small image lie between four of the large one, or on every third.
    sampled = {2: lab.reshape(SIZE, times, SIZE, times, 3).mean(axis=(1, 3)), 3: lab[1::3, 1::3]}
    pixels, _ = decoded(image, Recipe(SIZE, lab_before_resize=True))
    exact = sampled[times] * [255 / 100, 1, 1] + [0, 128, 128]
    assert pixels.dtype == np.uint8
    assert np.abs(pixels - exact).max() <= 0.5 + 1e-6


def test_near_gray_in_lab():
    gray = np.full((SIZE, SIZE, 3), (100, 100, 103), "uint8")
    assert decoded(gray, Recipe(SIZE, lab_before_resize=True))[1] == ["near_gray"]
    assert decoded(noise(0), Recipe(SIZE, lab_before_resize=True))[1] == []


def test_stretching_keeps_the_whole_image():
    image = Image.fromarray(noise(0, 20, 50))
    expected = np.asarray(image.resize((16, 16), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(decoded(image, Recipe(SIZE, crop=False))[0], expected)


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda x: x),
        (2, lambda x: x[:, ::-1]),
        (3, lambda x: x[::-1, ::-1]),
        (4, lambda x: x[::-1]),
        (5, lambda x: x.swapaxes(0, 1)),
        (6, lambda x: np.rot90(x, -1)),
        (7, lambda x: np.rot90(x, 2).swapaxes(0, 1)),
        (8, np.rot90),
    ],
)
def test_photographs_are_turned_upright(orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = noise(0)
    np.testing.assert_array_equal(decoded(image, exif=exif)[0], upright(image))


def test_orientation_comes_before_the_size_and_the_crop():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = noise(0, 40, 16)
    expected = np.rot90(image, -1)[:, 12:28]
    np.testing.assert_array_equal(decoded(image, exif=exif)[0], expected)


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_other_modes_become_rgb(mode):
    image = Image.new("RGB", (SIZE, SIZE), (200, 40, 10))
    pixels, notes = decoded(image.quantize() if mode == "P" else image.convert(mode))
    np.testing.assert_array_equal(pixels, np.broadcast_to((200, 40, 10), (SIZE, SIZE, 3)))
    assert notes == []


@pytest.mark.parametrize("mode", ["LA", "I;16"])
def test_gray_with_alpha_or_16_bits_is_gray(mode):
    values = np.full((SIZE, SIZE), 84, "uint16")
    image = Image.fromarray(values * 257)
    if mode == "LA":
        image = Image.fromarray(values.astype("uint8")).convert(mode)
    pixels, notes = decoded(image)
    assert notes == ["grayscale", "near_gray"]
    assert (pixels == 84).all()


@pytest.mark.parametrize(("height", "width"), [(15, 40), (40, 15), (1, 1)])
def test_an_image_below_the_size_is_refused(height, width):
    with pytest.raises(BadImage, match=f"{width}x{height} px, smaller than 16 px"):
        decoded(noise(0, height, width))
