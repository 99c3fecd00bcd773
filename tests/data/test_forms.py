"""Drawn polygons: what they are, how often, and where."""

import io
import itertools
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from skimage.color import lab2xyz, rgb2lab, xyz2rgb

from colorization.data import forms
from colorization.data.forms import SHAPES, draw_form, generate_forms, side_count_map

WHITE = (255, 255, 255)

RGB_OF = {0: WHITE, **{shape.sides: shape.rgb for shape in SHAPES}}


@pytest.fixture(scope="module")
def plain():
    return list(generate_forms(400, seed=1))


@pytest.fixture(scope="module")
def jittered():
    return list(generate_forms(800, size=64, seed=2, jitter_lightness=True))


def packed(image):
    """One whole number for each colour, 0 for white."""
    return 0xFFFFFF - image.astype(np.int32) @ (0x10000, 0x100, 1)


def colours_of(image):
    """The colours other than white: one for each polygon seen in a jittered image."""
    return set(packed(image).ravel().tolist()) - {0}


def counted_sides(mask):
    """Side count (3..6) of one regular polygon from the ratio of its area to its squared radius."""
    points = np.argwhere(mask)
    radius = np.linalg.norm(points - points.mean(0), axis=1).max()
    ratio = len(points) / radius**2
    return min(range(3, 7), key=lambda n: abs(ratio - n / 2 * np.sin(2 * np.pi / n)))


def test_shapes_have_the_colours_of_the_form_dataset():
    assert [(s.name, s.sides, s.rgb) for s in SHAPES] == [
        ("triangle", 3, (255, 0, 0)),
        ("square", 4, (0, 0, 255)),
        ("pentagon", 5, (255, 255, 0)),
        ("hexagon", 6, (0, 128, 0)),
    ]


def test_arrays_have_the_promised_form():
    for size in (1, 64, 224):
        image, labels = draw_form(np.random.default_rng(0), size)
        assert image.shape == (size, size, 3) and image.dtype == np.uint8
        assert labels.shape == (size, size) and labels.dtype == np.uint8


@pytest.mark.parametrize("jitter", [False, True])
def test_same_seed_same_images_whatever_the_count(jitter):
    few = list(generate_forms(3, size=48, seed=5, jitter_lightness=jitter))
    many = list(generate_forms(9, size=48, seed=5, jitter_lightness=jitter))
    for (image, labels), (image2, labels2) in zip(few, many, strict=False):
        assert np.array_equal(image, image2) and np.array_equal(labels, labels2)


def test_images_differ_by_index_and_seed():
    seeds = [generate_forms(5, size=48, seed=seed) for seed in (0, 1, 2)]
    images = {image.tobytes() for image, _ in itertools.chain(*seeds)}
    assert len(images) == 15


def test_images_are_drawn_lazily(monkeypatch):
    drawn = []
    monkeypatch.setattr(forms, "draw_form", lambda *_: drawn.append(1) or "image")
    images = generate_forms(10**9, seed=0)
    assert next(images) == "image" and len(drawn) == 1


def test_bad_arguments_are_refused_at_the_call():
    for count, size, seed in [(-1, 8, 0), (1, 0, 0), (1, 8, -1)]:
        with pytest.raises(ValueError, match="need count"):
            generate_forms(count, size=size, seed=seed)
    with pytest.raises(ValueError, match="size"):
        draw_form(np.random.default_rng(0), 0)


def test_labels_agree_with_colours(plain):
    for image, labels in plain:
        for sides in np.unique(labels).tolist():
            assert (image[labels == sides] == RGB_OF[sides]).all()
    assert {s for _, labels in plain for s in np.unique(labels).tolist()} == {0, 3, 4, 5, 6}


def test_label_is_the_side_count_of_the_drawn_polygon():
    seen = Counter()
    for image, labels in generate_forms(40, size=448, seed=3, jitter_lightness=True):
        colours = packed(image)
        for colour in colours_of(image):
            rows, columns = np.nonzero(colours == colour)
            box = np.s_[rows.min() - 2 : rows.max() + 3, columns.min() - 2 : columns.max() + 3]
            if set(np.unique(colours[box])) == {0, colour}:  # no other polygon touches it
                sides = counted_sides(colours[box])
                assert set(np.unique(labels[box])) == {0, sides}
                seen[sides] += 1
    assert set(seen) == {3, 4, 5, 6} and seen.total() > 60


def test_one_to_five_polygons_of_equal_share(jittered):
    # Full overlap can hide a polygon, so five are a little rarer and four as common.
    share = Counter(len(colours_of(image)) for image, _ in jittered)
    assert set(share) == {1, 2, 3, 4, 5}
    assert all(abs(n / len(jittered) - 0.2) < 0.05 for n in share.values())


def test_radius_centre_and_rotation_cover_their_ranges():
    radii, centres, angles = [], [], []
    for image, labels in generate_forms(300, seed=4, jitter_lightness=True):
        if len(colours_of(image)) > 1:
            continue
        points = np.argwhere(labels)
        sides, middle = int(labels.max()), points.mean(0)
        offsets = (points - middle) @ (1, 1j)
        radii.append(abs(offsets).max())
        centres.append(middle)
        angles.append(np.angle((offsets**sides).sum()) / (2 * np.pi))
    assert 7.5 < min(radii) < 10 and 22 < max(radii) < 25
    assert 19 < np.min(centres) < 40 and 178 < np.max(centres) < 199
    assert np.histogram(angles, 4, (-0.5, 0.5))[0].min() > 0


def test_polygons_are_whole(plain):
    for _, labels in plain:
        assert not labels[[0, -1]].any() and not labels[:, [0, -1]].any()


def test_white_share_is_that_of_the_form_dataset(plain):
    # The form dataset: 96.2 % to 96.5 %, as JPEG rings are counted as coloured or as white.
    assert np.mean([(labels == 0).mean() for _, labels in plain]) == pytest.approx(0.964, abs=0.004)


def test_white_share_does_not_depend_on_size():
    share = [
        np.mean([(labels == 0).mean() for _, labels in generate_forms(150, size=size, seed=6)])
        for size in (112, 224)
    ]
    assert share[0] == pytest.approx(share[1], abs=0.004)


def test_jitter_leaves_the_polygons_as_they_are(plain):
    again = generate_forms(20, seed=1, jitter_lightness=True)
    for (image, labels), (image2, labels2) in zip(plain, again, strict=False):
        assert np.array_equal(labels, labels2)
        assert not np.array_equal(image, image2)


def test_jittered_background_is_white(jittered):
    for image, labels in jittered:
        assert (image[labels == 0] == 255).all() and (image[labels > 0].min(-1) < 255).all()


def test_jittered_lightness_is_alike_for_all_shapes_and_ab_is_constant(jittered):
    lab = {3: [], 4: [], 5: [], 6: []}
    for image, labels in jittered:
        _, first = np.unique(packed(image), return_index=True)
        for sides, rgb in zip(labels.flat[first], image.reshape(-1, 3)[first], strict=True):
            if sides:
                lab[sides].append(rgb2lab(rgb / 255))
    low, high = forms.LIGHTNESS
    for shape in SHAPES:
        values = np.array(lab[shape.sides])
        assert len(values) > 400
        assert abs(values[:, 1:] - shape.ab).max() < 1.5
        lightness = values[:, 0]
        assert low - 0.5 < lightness.min() < low + 1 and high - 1 < lightness.max() < high + 0.5
        quarters = np.histogram(lightness, 4, (low - 0.5, high + 0.5))[0] / len(lightness)
        assert quarters == pytest.approx([0.25] * 4, abs=0.07)
        assert lightness.mean() == pytest.approx((low + high) / 2, abs=1.5)
    assert high < 90  # white has 100


def test_jittered_colours_lie_in_the_gamut_and_apart():
    lightness = np.linspace(*forms.LIGHTNESS, 100)
    for shape in SHAPES:
        lab = np.column_stack([lightness, np.tile(shape.ab, (100, 1))])
        rgb = xyz2rgb(lab2xyz(lab))  # clipped to 0..1
        assert abs(rgb2lab(rgb) - lab).max() < 0.01
        # the hue of the pure colour
        pure = rgb2lab(np.array(shape.rgb) / 255)[1:]
        cosine = pure @ shape.ab / np.linalg.norm(pure) / np.linalg.norm(shape.ab)
        assert cosine > np.cos(np.radians(1))
    for one, other in itertools.combinations(SHAPES, 2):
        assert np.linalg.norm(np.subtract(one.ab, other.ab)) > 30


def test_side_count_map_is_exact_on_drawn_images(plain):
    for image, labels in plain:
        assert np.array_equal(side_count_map(image), labels)
    image, labels = plain[0]
    assert np.array_equal(side_count_map(image.astype(np.float64)), labels)
    assert side_count_map(image).dtype == np.uint8
    batch = np.stack([image for image, _ in plain[:3]])
    assert np.array_equal(side_count_map(batch)[2], plain[2][1])


def test_side_count_map_nearly_holds_after_jpeg_and_resizing(plain):
    wrong = 0
    for image, labels in plain[:50]:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "JPEG", quality=75)
        found = side_count_map(np.asarray(Image.open(buffer)))
        wrong += (found != labels).sum()
        half = side_count_map(np.asarray(Image.fromarray(image).resize((112, 112))))
        assert (half != labels[::2, ::2]).mean() < 0.02
    assert wrong / sum((labels > 0).sum() for _, labels in plain[:50]) < 0.02


def test_side_count_map_takes_the_nearest_colour():
    pixels = np.array([[[250, 10, 5], [30, 20, 200]], [[230, 240, 40], [10, 150, 20]]])
    assert side_count_map(pixels).tolist() == [[3, 4], [5, 6]]
    assert side_count_map(np.array([240.0, 250.0, 235.0])) == 0
    with pytest.raises(ValueError, match="shape"):
        side_count_map(np.zeros((4, 4)))


def test_needs_neither_keras_nor_tensorflow():
    code = (
        "import sys, colorization.data.forms, colorization.data.download;"
        "sys.exit(bool({'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
