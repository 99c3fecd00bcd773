"""The adversarial loss against its formulas in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from colorization.training.gan_loss import GanLoss

LOGITS = np.array([[[[-2.0], [0.5]]], [[[3.0], [-0.25]]]], "float32")
PROBABILITIES = 1 / (1 + np.exp(-LOGITS))
ANSWERS = {True: LOGITS, False: PROBABILITIES}


@pytest.fixture
def seeds():
    return keras.random.SeedGenerator(0)


def number(tensor):
    return float(ops.convert_to_numpy(tensor))


@pytest.mark.parametrize("from_logits", [True, False])
def test_both_terms_of_the_discriminator(from_logits, seeds):
    gan, answers = GanLoss(from_logits=from_logits), ANSWERS[from_logits]
    real, fake = gan.real(answers, seeds), gan.fake(answers, seeds)
    assert number(real) == pytest.approx(-np.log(PROBABILITIES).mean(), rel=1e-5)
    assert number(fake) == pytest.approx(-np.log(1 - PROBABILITIES).mean(), rel=1e-5)


@pytest.mark.parametrize("from_logits", [True, False])
def test_the_generator_maximises_log_d_or_minimises_log_one_minus_d(from_logits):
    answers = ANSWERS[from_logits]
    plain = GanLoss(from_logits=from_logits).generator(answers)
    saturating = GanLoss(from_logits=from_logits, saturating=True).generator(answers)
    assert number(plain) == pytest.approx(-np.log(PROBABILITIES).mean(), rel=1e-5)
    assert number(saturating) == pytest.approx(np.log(1 - PROBABILITIES).mean(), rel=1e-5)


@pytest.mark.parametrize("from_logits", [True, False])
def test_probability(from_logits):
    found = GanLoss(from_logits=from_logits).probability(
        ops.convert_to_tensor(ANSWERS[from_logits])
    )
    np.testing.assert_allclose(ops.convert_to_numpy(found), PROBABILITIES, rtol=1e-6)


def test_factor_and_weight_are_left_to_the_step(seeds):
    """They multiply sums, which `AdversarialColorizer` and `CycleColorizer` take."""
    one, other = GanLoss(), GanLoss(weight=3.0, discriminator_factor=1.0)
    assert number(one.generator(LOGITS)) == number(other.generator(LOGITS))
    assert number(one.fake(LOGITS, seeds)) == number(other.fake(LOGITS, seeds))
    assert (one.weight, one.discriminator_factor) == (1.0, 0.5)


def test_answers_that_are_sure_give_finite_losses(seeds):
    for gan, sure in ((GanLoss(), 1e4), (GanLoss(from_logits=False), 1.0)):
        answers = np.array([[sure], [1.0 - sure]], "float32")
        values = [gan.real(answers, seeds), gan.fake(answers, seeds), gan.generator(answers)]
        assert np.isfinite([number(value) for value in values]).all()


def targets(term, seeds, calls=300):
    """The target of each of many calls, from the loss on a single answer: it is linear in it."""
    answer = 2.0
    loss = [number(term(np.full((1, 1), answer, "float32"), seeds)) for _ in range(calls)]
    return (np.log1p(np.exp(answer)) - np.array(loss)) / answer


def test_label_noise_is_drawn_anew_at_every_call_within_its_bounds(seeds):
    gan, rounding = GanLoss(label_noise=0.1), 1e-6
    real, fake = targets(gan.real, seeds), targets(gan.fake, seeds)
    assert 0.9 - rounding <= real.min() < 0.905 and 0.995 < real.max() <= 1 + rounding
    assert -rounding <= fake.min() < 0.005 and 0.095 < fake.max() <= 0.1 + rounding
    assert real.mean() == pytest.approx(0.95, abs=0.007)  # four standard errors
    assert fake.mean() == pytest.approx(0.05, abs=0.007)
    for drawn in (real, fake):
        assert len(np.unique(drawn)) > 290
        assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.25
    assert abs(np.corrcoef(1 - real, fake)[0, 1]) < 0.25


def test_label_noise_is_drawn_for_every_answer(seeds):
    """A mean over many answers then shows next to none of it."""
    gan, answers = GanLoss(label_noise=0.1), np.full((10_000, 1), 2.0, "float32")
    for term, mean in ((gan.real, 0.95), (gan.fake, 0.05)):
        expected = np.log1p(np.exp(2.0)) - mean * 2.0
        assert number(term(answers, seeds)) == pytest.approx(expected, abs=0.003)


def test_without_noise_no_seed_is_used(seeds):
    before = ops.convert_to_numpy(seeds.state).copy()
    GanLoss().real(LOGITS, seeds)
    np.testing.assert_array_equal(before, ops.convert_to_numpy(seeds.state))


def test_the_least_loss_of_a_discriminator_under_label_noise(seeds):
    """It cannot beat the entropy of its targets' mean: H(.95) for each term."""
    gan = GanLoss(label_noise=0.1)
    entropy = -(0.95 * np.log(0.95) + 0.05 * np.log(0.05))

    def loss(p_real, p_fake):
        shape, (real, fake) = (20_000, 1), np.log([p_real / (1 - p_real), p_fake / (1 - p_fake)])
        both = gan.real(np.full(shape, real, "float32"), seeds) + gan.fake(
            np.full(shape, fake, "float32"), seeds
        )
        return gan.discriminator_factor * number(both)

    least = loss(0.95, 0.05)
    assert least == pytest.approx(entropy, rel=0.01)
    for other in ((0.99, 0.05), (0.9, 0.05), (0.95, 0.01), (0.95, 0.1)):
        assert loss(*other) > least + 0.005
