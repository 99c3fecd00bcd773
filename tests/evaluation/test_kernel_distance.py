"""The kernel distance (KID) between originals and coloured photographs."""

from itertools import permutations

import numpy as np
import pytest
from skimage.color import lab2rgb

from colorization.data import roots
from colorization.evaluation import kernel_distance as kid
from colorization.evaluation.kernel_distance import image_features, kernel_distance
from colorization.models.resnet18_unet import resnet18_unet
from tests.evaluation.photographs import coloured, photograph
from tests.models.test_imagenet_weights import torchvision


def by_hand(x, y):
    """The mean over ordered pairs of different photographs, one by one."""

    def k(one, other):
        return (np.dot(one, other) / len(one) + 1) ** 3

    pairs = [
        k(x[i], x[j]) + k(y[i], y[j]) - k(x[i], y[j]) - k(x[j], y[i])
        for i, j in permutations(range(len(x)), 2)
    ]
    return 1000 * np.mean(pairs)


def test_it_is_the_unbiased_estimate():
    x, y = np.random.default_rng(0).normal(0.5, 1, (2, 12, 5))
    assert kernel_distance(x, y).mean() == pytest.approx(by_hand(x, y))


def test_a_row_is_the_pseudo_value_of_the_jackknife():
    x, y = np.random.default_rng(0).normal(0.5, 1, (2, 12, 5))
    without = [by_hand(np.delete(x, i, 0), np.delete(y, i, 0)) for i in range(12)]
    expected = 12 * by_hand(x, y) - 11 * np.array(without)
    np.testing.assert_allclose(kernel_distance(x, y), expected)


def test_samples_of_one_distribution_have_none_on_average_and_originals_none():
    random = np.random.default_rng(0)
    found = [kernel_distance(*random.normal(0.5, 1, (2, 30, 8))).mean() for _ in range(400)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 20
    apart = kernel_distance(random.normal(0.5, 1, (30, 8)), random.normal(1, 1, (30, 8)))
    assert apart.mean() > 5 * np.std(found)
    x = random.normal(0.5, 1, (30, 8))
    assert not kernel_distance(x, x).any()


def test_too_few_photographs_have_none():
    assert np.isnan(kernel_distance(np.ones((2, 4)), np.zeros((2, 4)))).all()


@pytest.fixture
def asked_anew():
    image_features.cache_clear()
    yield
    image_features.cache_clear()


def test_other_weights_are_left_out_aloud(asked_anew, tmp_path, monkeypatch):
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(tmp_path))
    said = []
    assert image_features(said.append) is None and not said
    image_features.cache_clear()
    torchvision(resnet18_unet(32, inputs=3), tmp_path / "resnet18" / "others.npz")
    assert image_features(said.append) is None
    assert "others.npz holds other weights than torchvision's resnet18" in said[0]


def test_torchvisions_features_know_gray_and_noise(asked_anew, real_data, monkeypatch):
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(real_data("resnet18").parent))
    features = image_features()
    lab = np.stack([photograph(seed) for seed in range(24)])
    rgb = {
        name: np.rint(lab2rgb(np.concatenate([lab[..., :1], ab], axis=-1)) * 255).astype("uint8")
        for name, ab in coloured(lab).items()
    }
    seen = {name: features(images) for name, images in rgb.items()}
    assert seen["gray"].shape == (24, 256) and kid.STAGE == 3
    found = {name: kernel_distance(seen["ground truth"], one).mean() for name, one in seen.items()}
    assert found["ground truth"] == 0
    assert found["nearest bin"] < found["mean ab given L"] < found["gray"]
    assert found["noise"] > 3 * found["nearest bin"]
