"""The 313 colours: their encodings, decoding, and the weights of rebalancing."""

import hashlib

import numpy as np
import pytest
from keras import ops
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from colorization.backend import compiled
from colorization.colour.ab_bins import (
    decode,
    encode_nearest,
    encode_soft,
    rebalancing_weights,
    smooth_over_ab,
    smooth_over_index,
)
from colorization.colour.ab_grid import AB_BINS, BINS, GRAY_BIN
from colorization.colour.lab import rgb_to_lab
from colorization.data.berkeley import BSDS500
from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from colorization.data.roots import ENVIRONMENT_VARIABLE
from colorization.training.objectives import class_prior

# sha256 of the published pts_in_hull.npy's values as little-endian int64, row by row
PTS_IN_HULL = "2a39983ed60d5b52b717842d56d5f766982289e6d5a609582155f437cecc1045"


def squared_distances(ab):
    """To every bin, `[N, 313]`; exact for colours on the lattice of 1/8."""
    return np.square(ab.astype("float64")[:, None] - AB_BINS.astype("float64")).sum(axis=-1)


def numbers(tensor):
    return ops.convert_to_numpy(tensor)


def test_bins_are_the_published_ones():
    assert BINS == 313 and AB_BINS.shape == (313, 2)
    values = AB_BINS.astype("<i8")
    assert (values == AB_BINS).all()
    assert hashlib.sha256(values.tobytes()).hexdigest() == PTS_IN_HULL
    # A few that a reader can check.
    assert values.sum(axis=0).tolist() == [4910, 2090]
    assert values[[0, 4, 5, 312]].tolist() == [[-90, 50], [-90, 90], [-80, 20], [100, 0]]
    assert GRAY_BIN == 120 and values[120].tolist() == [0, 0]


def test_bins_equal_pts_in_hull(real_data):
    np.testing.assert_array_equal(AB_BINS, np.load(real_data("reference/pts_in_hull.npy")))


@pytest.fixture(params=["random", "ties"])
def colours(request):
    """Colours `[N, 2]` and their bins by an exhaustive search, the first of several."""
    if request.param == "random":  # on the lattice of 1/8, so that float32 is exact
        ab = np.random.default_rng(0).integers(-130 * 8, 130 * 8, (20_000, 2)) / 8
    else:  # all points half-way between bins, and beyond the gamut
        ab = np.stack(np.meshgrid(np.arange(-130, 131, 5), np.arange(-130, 131, 5)), -1)
    ab = ab.reshape(-1, 2).astype("float32")
    distances = squared_distances(ab)
    if request.param == "ties":
        nearest = distances == distances.min(axis=1, keepdims=True)
        assert (nearest.sum(axis=1) > 1).mean() > 0.3
    return ab, distances.argmin(axis=1)


def test_nearest_bin_is_that_of_an_exhaustive_search(colours):
    ab, expected = colours
    bins = numbers(encode_nearest(ab))
    assert bins.dtype == np.int32
    np.testing.assert_array_equal(bins, expected)


def test_nearest_bin_in_a_compiled_function(colours):
    ab, expected = colours
    bins = numbers(compiled(encode_nearest)(ops.convert_to_tensor(ab)))
    np.testing.assert_array_equal(bins, expected)


def test_every_bin_is_nearest_to_itself_whatever_the_shape():
    ab = AB_BINS[:312].reshape(2, 3, 52, 2)
    np.testing.assert_array_equal(
        numbers(encode_nearest(ab)), np.arange(312, dtype="int32").reshape(2, 3, 52)
    )


@pytest.mark.parametrize(("neighbours", "sigma"), [(5, 5.0), (10, 5.0), (3, 20.0)])
def test_soft_encoding_is_a_gaussian_over_the_nearest_bins(neighbours, sigma):
    ab = np.random.default_rng(1).uniform(-115, 115, (400, 2)).astype("float32")
    expected = np.zeros((400, 313))
    for row, distances in zip(expected, squared_distances(ab), strict=True):
        nearest = np.argsort(distances)[:neighbours]
        weights = np.exp(-distances[nearest] / (2 * sigma**2))
        if weights.sum() > 0:
            row[nearest] = weights / weights.sum()
    checked = expected.sum(axis=1) > 0  # farther out the formula underflows
    assert checked.mean() > 0.9
    soft = numbers(encode_soft(ab, neighbours, sigma))
    np.testing.assert_allclose(soft[checked], expected[checked], rtol=1e-3, atol=1e-5)


def test_soft_encoding_by_hand():
    # Gray: itself at distance 0 and four bins at 10, weights 1 and exp(-100 / 50).
    soft = numbers(encode_soft(np.zeros((1, 1, 2))))
    assert soft.shape == (1, 1, 313)
    share = 1 / (1 + 4 * np.exp(-2))
    ab = AB_BINS[soft[0, 0] > 0].astype(int).tolist()
    assert ab == [[-10, 0], [0, -10], [0, 0], [0, 10], [10, 0]]
    assert soft[0, 0, 120] == pytest.approx(share, rel=1e-5)
    assert soft[0, 0, 119] == pytest.approx(share * np.exp(-2), rel=1e-5)


def test_soft_encoding_far_outside_the_gamut_still_sums_to_one():
    soft = numbers(encode_soft(np.array([[128.0, 128.0], [-500.0, 300.0]])))
    np.testing.assert_allclose(soft.sum(axis=-1), 1, rtol=1e-5)
    assert ((soft > 0).sum(axis=-1) <= 5).all()


def test_decoding():
    # Bins 0 (-90, 50) and 120 (0, 0) at 3 : 1, all others at nothing.
    logits = np.full((1, 2, 313), -1e4, "float32")
    logits[..., 0], logits[..., 120] = np.log(3.0), 0.0
    logits[0, 1] += 7  # no matter
    np.testing.assert_allclose(numbers(decode(logits)), [[[-90, 50]] * 2])
    np.testing.assert_allclose(numbers(decode(logits, 1.0)), [[[-67.5, 37.5]] * 2], rtol=1e-5)
    # 3 ** (1 / .38) = 18.0127, of 19.0127
    annealed = numbers(decode(logits, 0.38))
    np.testing.assert_allclose(annealed, [[[-85.2663, 47.3702]] * 2], atol=1e-3)


def test_decoding_half_precision_gives_float32():
    logits = ops.cast(np.eye(313)[[7]] * 50, "bfloat16")
    for temperature in (0.0, 0.38):
        ab = numbers(decode(logits, temperature))
        assert ab.dtype == np.float32
        np.testing.assert_allclose(ab, AB_BINS[[7]], atol=1e-3)


def test_a_negative_temperature_is_refused():
    with pytest.raises(ValueError, match="temperature"):
        decode(np.zeros((1, 313)), -1)


def random_prior():
    prior = np.random.default_rng(2).random(313) ** 4
    return prior / prior.sum()


def test_smoothing_over_the_index_by_hand():
    prior = np.zeros(313)
    prior[156] = 1
    smoothed = smooth_over_index(prior)
    steps = np.array([0, 1, 5, 10, -5])
    ratios = smoothed[156 + steps] / smoothed[156]
    np.testing.assert_allclose(ratios, np.exp([0, -0.02, -0.5, -2, -0.5]), rtol=1e-6)
    assert smoothed[156] == pytest.approx(1 / (5 * np.sqrt(2 * np.pi)), rel=1e-6)


@pytest.mark.parametrize("sigma", [2.0, 5.0])
def test_smoothing_over_the_index_is_a_gaussian_filter_renormalised_at_the_ends(sigma):
    def filtered(values):
        return gaussian_filter1d(values, sigma, mode="constant", truncate=60)

    prior = random_prior()
    expected = filtered(prior) / filtered(np.ones(313))
    expected /= expected.sum()
    np.testing.assert_allclose(smooth_over_index(prior, sigma), expected, rtol=1e-6)


@pytest.mark.parametrize("sigma", [5.0, 12.0])
def test_smoothing_over_ab_is_a_gaussian_filter_of_the_plane(sigma):
    at = tuple((AB_BINS.astype(int) // 10 + 20).T)

    def filtered(values):
        plane = np.zeros((41, 41))
        plane[at] = values
        return gaussian_filter(plane, sigma / 10, mode="constant", truncate=40)[at]

    prior = random_prior()
    expected = filtered(prior) / filtered(np.ones(313))
    expected /= expected.sum()
    np.testing.assert_allclose(smooth_over_ab(prior, sigma), expected, rtol=1e-6)


def test_weights_by_hand():
    # Two bins share all pixels. Unscaled weights: 1 / (1/4 + 1/626) and 626; only the two count
    # in the expectation, so theirs become 1 and the others 626 * (1/4 + 1/626) = 157.5.
    prior = np.zeros(313)
    prior[[3, 200]] = 0.5
    expected = np.full(313, 157.5)
    expected[[3, 200]] = 1
    np.testing.assert_allclose(rebalancing_weights(prior), expected, rtol=1e-12)


def test_weights_average_to_one_and_the_uniform_share_levels_them():
    prior = random_prior()
    for share in (0.1, 0.5, 0.9):
        assert prior @ rebalancing_weights(prior, share) == pytest.approx(1)
    weights = rebalancing_weights(prior, 0.0) * prior
    np.testing.assert_allclose(weights, 1 / 313)
    np.testing.assert_allclose(rebalancing_weights(prior, 1.0), 1)


# Least and largest weight and their ratio, recomputed from the authors' published priors.
@pytest.mark.parametrize(
    ("prior", "smooth", "expected"),
    [
        ("Berkeley56", smooth_over_index, (0.364, 4.449, 12.2)),
        ("Berkeley56", smooth_over_ab, (0.213, 6.908, 32.4)),
        ("Form56", smooth_over_index, (None, None, 24.8)),
        ("Form56", smooth_over_ab, (None, None, 184.8)),
    ],
)
def test_weights_of_the_published_priors(real_data, prior, smooth, expected):
    published = np.loadtxt(real_data(f"reference/proba_distrib_{prior}.txt"))
    weights = rebalancing_weights(smooth(published))
    least, largest, ratio = expected
    # Whether the smoothed prior is scaled to sum to 1 again decides between 184.73 and 184.77.
    assert weights.max() / weights.min() == pytest.approx(ratio, abs=0.1)
    if least:
        assert weights.min() == pytest.approx(least, abs=5e-4)
        assert weights.max() == pytest.approx(largest, abs=5e-4)


def test_prior_of_bsds500_is_the_published_one(real_data, write_source, monkeypatch):
    published = np.loadtxt(real_data("reference/proba_distrib_Berkeley56.txt"))
    real_data("berkeley/BSR/BSDS500/data/images/train")
    source = write_source({})
    with monkeypatch.context() as context:
        context.setenv(ENVIRONMENT_VARIABLE, str(real_data(".")))
        train = BSDS500().files()["train"]
    monkeypatch.setattr(type(source), "files", lambda self: {"train": train})
    images = prepare(source, Recipe(size=56)).images("train")
    assert images.shape == (200, 56, 56, 3)
    prior = class_prior(rgb_to_lab(images[start : start + 50]) for start in range(0, 200, 50))
    assert np.abs(prior - published).sum() < 0.005
