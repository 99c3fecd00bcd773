import numpy as np
import pytest
from skimage import color

from colorization.evaluation.metrics import (
    ClassCounts,
    auc_of_pixels,
    bleed,
    colourfulness,
    edge_agreement,
    edge_f1,
    image_measures,
)
from tests.evaluation.photographs import coloured, found_in, photograph


def plain(*rgb, size=16):
    return np.full((size, size, 3), rgb, "uint8")


def measured(rgb, rgb_predicted, ab_error=0.0):
    """Measures of two displayed images; predicted ab are the true ones plus `ab_error`."""
    lab = color.rgb2lab(rgb)
    return image_measures(lab, rgb, lab[..., 1:] + ab_error, rgb_predicted)


def test_auc_counts_the_tolerances_from_0_to_150_that_are_met():
    error = np.array([[[0, 0], [6, 8]], [[10.5, 0], [0, -200]], [[150, 0], [150.5, 0]]], "float32")
    expected = np.array([[151, 141], [140, 0], [1, 0]]) / 151
    np.testing.assert_allclose(auc_of_pixels(error), expected)


def test_auc_is_the_area_under_the_curve_of_pixels_within_a_tolerance():
    error = np.random.default_rng(0).normal(0, 60, (500, 2))
    distance = np.linalg.norm(error, axis=1)
    curve = [(distance <= tolerance).mean() for tolerance in range(151)]
    assert auc_of_pixels(error).mean() == pytest.approx(np.mean(curve))


def test_colourfulness_by_hand():
    # Half red, half blue. R - G: 255 and 0; (R + G) / 2 - B: 127.5 and -255.
    image = plain(255, 0, 0)
    image[:, :8] = 0, 0, 255
    spread = np.hypot(127.5, 191.25)
    offset = np.hypot(127.5, -63.75)
    assert colourfulness(image) == pytest.approx(spread + 0.3 * offset)


def test_colourfulness_keeps_the_differences_signs():
    # Half red, half green: R - G is 200 and -200, its mean 0; (R + G) / 2 - B is 100 in both.
    image = plain(200, 0, 0)
    image[::2] = 0, 200, 0
    assert colourfulness(image) == pytest.approx(200 + 0.3 * 100)


def test_gray_has_no_colourfulness():
    image = np.repeat(np.random.default_rng(0).integers(0, 256, (9, 9, 1), "uint8"), 3, axis=2)
    assert colourfulness(image) == 0


def test_class_counts_by_hand():
    counts = ClassCounts()
    # Bin 5: three pixels, two right; bin 312: one pixel, wrong; bin 120: four pixels, all right.
    counts.add(np.array([[5, 5], [5, 312]]), np.array([[5, 5], [6, 5]]), np.full((2, 2), 0.25))
    counts.add(np.full((1, 4), 120), np.full((1, 4), 120), np.array([[1, 1, 0.5, 0.5]]))
    expected = {
        "accuracy": 6 / 8,
        "accuracy_balanced": (2 / 3 + 0 + 1) / 3,
        "auc_balanced": (0.25 + 0.25 + 0.75) / 3,
        "majority": 4 / 8,
    }
    assert counts.measures() == pytest.approx(expected)


def test_identical_images():
    rgb = np.random.default_rng(0).integers(0, 256, (16, 16, 3), "uint8")
    found = measured(rgb, rgb)
    assert found["ab_mae"] == found["ab_mse"] == found["ciede2000"] == 0
    assert found["psnr"] == np.inf
    assert found["ssim"] == pytest.approx(1)
    assert found["auc"] == 1
    chroma = np.hypot(*np.moveaxis(color.rgb2lab(rgb)[..., 1:], -1, 0)).mean()
    assert found["chroma"] == found["chroma_true"] == pytest.approx(chroma)
    assert found["colourfulness"] == colourfulness(rgb)


def test_differences_in_ab_by_hand():
    found = measured(plain(90, 120, 60), plain(90, 120, 60), np.array([3.0, -4.0]))
    assert found["ab_mae"] == pytest.approx(3.5)
    assert found["ab_mse"] == pytest.approx(12.5)
    # At distance 5, give or take the last bit.
    assert found["auc"] in (pytest.approx(146 / 151), pytest.approx(145 / 151))
    a, b = color.rgb2lab(plain(90, 120, 60))[0, 0, 1:]
    assert found["chroma"] == pytest.approx(np.hypot(a + 3, b - 4))
    assert found["chroma_true"] == pytest.approx(np.hypot(a, b))


def test_psnr_and_ssim_of_two_grays_by_hand():
    found = measured(plain(100, 100, 100), plain(110, 110, 110))
    assert found["psnr"] == pytest.approx(10 * np.log10(255**2 / 10**2))
    constant = (0.01 * 255) ** 2
    expected = (2 * 100 * 110 + constant) / (100**2 + 110**2 + constant)
    assert found["ssim"] == pytest.approx(expected, rel=1e-6)


def test_ciede2000_of_a_tint_over_gray():
    # Beside gray, whose chroma is 0, the formula has neither a hue nor a rotation term.
    gray, tint = plain(119, 119, 119), plain(150, 110, 90)
    found = measured(gray, tint)["ciede2000"]
    L1, (L2, a, b) = color.rgb2lab(gray)[0, 0, 0], color.rgb2lab(tint)[0, 0]
    mean_chroma = np.hypot(a, b) / 2
    G = 0.5 * (1 - np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7)))
    chroma = np.hypot(a * (1 + G), b)
    centred = ((L1 + L2) / 2 - 50) ** 2
    lightness = (L2 - L1) / (1 + 0.015 * centred / np.sqrt(20 + centred))
    assert found == pytest.approx(np.hypot(lightness, chroma / (1 + 0.045 * chroma / 2)), rel=1e-3)
    assert found == pytest.approx(
        color.deltaE_ciede2000(color.rgb2lab(gray), color.rgb2lab(tint)).mean()
    )


def test_displayed_measures_look_only_at_the_displayed_images():
    gray, tint = plain(119, 119, 119), plain(150, 110, 90)
    near, far = measured(gray, tint), measured(gray, tint, 40.0)
    for name in ("ciede2000", "psnr", "ssim", "colourfulness"):
        assert near[name] == far[name]
    assert far["ab_mae"] == pytest.approx(40) and far["auc"] < near["auc"]


# ---------------------------------------------------------------- edges


def halves(left, right, size=16, at=8):
    """ab `[size, size, 2]`: `left` up to column `at`, `right` from there."""
    ab = np.full((size, size, 2), right, "float64")
    ab[:, :at] = left
    return ab


def test_an_edge_counts_as_found_within_two_pixels():
    """A step shows in the two columns beside it: central differences."""
    true = halves((0, 0), (40, 0))
    assert edge_f1(true, true) == 1
    assert edge_f1(true, halves((0, 0), (40, 0), at=10)) == 1
    assert edge_f1(true, halves((0, 0), (40, 0), at=11)) == pytest.approx(0.5)
    assert edge_f1(true, halves((0, 0), (40, 0), at=13)) == 0
    assert edge_f1(true, halves((0, 0), (0, 0))) == 0
    assert np.isnan(edge_f1(halves((5, 5), (5, 5)), true))


def test_a_step_below_the_threshold_is_no_edge():
    """A step of s has a gradient of s / 2 in both columns beside it."""
    true = halves((0, 0), (40, 0))
    assert edge_f1(true, halves((0, 0), (19.9, 0))) == 0
    assert edge_f1(true, halves((0, 0), (20.1, 0))) == 1


def test_colours_that_no_one_asked_for_lower_precision_alone():
    true = halves((0, 0), (40, 0), size=32)
    predicted = true.copy()
    predicted[:, 24:] = 80, 0
    assert edge_f1(true, predicted) == pytest.approx(2 * 0.5 * 1 / 1.5)


def test_edges_agree_as_far_as_the_gradients_correlate():
    true = halves((0, 0), (40, 0))
    assert edge_agreement(true, true) == pytest.approx(1)
    assert edge_agreement(true, 0.2 * true + 9) == pytest.approx(1)
    assert edge_agreement(true, -true) == pytest.approx(1)  # an edge, whatever its colours
    # Two columns of 16 each: none, or one of two, in the same place.
    assert edge_agreement(true, halves((0, 0), (0, 40), at=11)) == pytest.approx(-1 / 7)
    assert edge_agreement(true, halves((0, 0), (0, 40), at=9)) == pytest.approx(3 / 7)


def test_what_has_no_gradient_agrees_with_nothing_and_what_had_none_has_no_agreement():
    true, rounding = halves((0, 0), (40, 0)), np.random.default_rng(0).normal(0, 1e-3, (16, 16, 2))
    for even in (halves((5, 5), (5, 5)), 0 * true, rounding):
        assert edge_agreement(true, even) == 0
        assert np.isnan(edge_agreement(even, true))


def check_agreement(lab):
    found = {}
    for what, ab in coloured(lab).items():
        pairs = zip(lab[..., 1:], ab, strict=True)
        found[what] = np.mean([edge_agreement(*pair) for pair in pairs])
    assert found["ground truth"] == pytest.approx(1) and found["gray"] == 0
    assert found["nearest bin"] > 0.7 and abs(found["noise"]) < 0.03
    assert found["noise"] + 0.2 < found["mean ab given L"] < found["nearest bin"] - 0.2


def test_noise_has_no_edges_of_the_originals():
    check_agreement(np.stack([photograph(seed) for seed in range(24)]))


def test_nor_on_photographs(real_data):
    check_agreement(found_in(real_data("berkeley/BSR/BSDS500/data/images/test"), 60))


def test_bleed_is_the_share_of_gradient_off_the_outlines_of_lightness():
    L = halves((0, 0), (50, 50))[..., 0]
    assert bleed(L, halves((0, 0), (40, 0))) == 0
    assert bleed(L, halves((0, 0), (40, 0), at=4)) == 1
    both = halves((0, 0), (40, 0), at=8)
    both[:, 12:] = 40, 40
    assert bleed(L, both) == pytest.approx(0.5)
    assert np.isnan(bleed(L, halves((3, 3), (3, 3))))
