"""Report 001's networks against its tables and against PyTorch."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from colorization.models.classification_cnn import classification_cnn
from colorization.models.cost import trainable_parameters
from colorization.models.regression_cnn import regression_cnn
from colorization.training.objectives import AbClassification, AbRegression
from tests.models.by_hand import numbers, pattern, set_by_formula

# ---------------------------------------------------------------- the report's tables

REGRESSION_SIZES = {
    **{"conv1": (56, 32), "conv2": (28, 64), "conv3": (14, 128)},
    **{"conv4": (14, 128), "conv5": (14, 128), "conv6": (14, 128)},
    **{"conv7": (7, 256), "conv8": (7, 256), "conv9": (7, 256)},
    **{"tconv1": (14, 128), "tconv2": (28, 64), "tconv3": (56, 32), "tconv4": (112, 2)},
}

CLASSIFICATION_SIZES = {
    **{"conv1_1": (56, 64), "conv1_2": (28, 64), "conv2_1": (28, 128), "conv2_2": (14, 128)},
    **{"conv3_1": (14, 256), "conv3_2": (14, 256), "conv3_3": (7, 256), "conv4_1": (7, 512)},
    **{"conv5_1": (7, 512), "conv6_1": (7, 512), "conv7_1": (7, 512)},
    **{"conv8_1": (14, 256), "conv8_up": (28, 256), "conv8_2": (56, 256), "conv8_3": (56, 256)},
    "logits": (56, 313),
}

LIGHT_SIZES = {
    **{"conv1_1": (112, 64), "conv1_2": (56, 64), "conv2_1": (56, 128), "conv2_2": (28, 128)},
    **{"conv3_1": (28, 256), "conv3_2": (14, 256), "conv4_1": (14, 512)},
    **{"conv8_1": (28, 256), "conv8_up": (56, 256), "conv8_2": (112, 256), "conv8_3": (112, 256)},
    "logits": (112, 313),
}


@pytest.fixture(
    scope="module",
    params=[
        (regression_cnn, 3_004_610, REGRESSION_SIZES),
        (classification_cnn, 13_815_673, CLASSIFICATION_SIZES),
        (partial(classification_cnn, size=112, light=True), 6_143_097, LIGHT_SIZES),
    ],
    ids=["regression", "classification", "light"],
)
def published(request):
    build, parameters, sizes = request.param
    return build(), parameters, sizes


def test_trainable_parameters_are_the_published_number(published):
    network, parameters, _ = published
    assert trainable_parameters(network) == parameters
    assert network.count_params() - parameters == sum(
        2 * layer.gamma.shape[0]
        for layer in network.layers
        if isinstance(layer, layers.BatchNormalization)
    )


def test_layers_have_the_tables_sizes(published):
    network, _, sizes = published
    with_kernel = {layer.name for layer in network.layers if hasattr(layer, "kernel")}
    assert with_kernel | {"conv8_up"} & sizes.keys() == sizes.keys()
    for name, (size, channels) in sizes.items():
        assert network.get_layer(name).output.shape == (None, size, size, channels), name


def test_every_regression_layer_but_the_last_is_normalised_then_rectified():
    names = [layer.name for layer in regression_cnn(16, 2).layers if "pad" not in layer.name]
    blocks = [name for name in REGRESSION_SIZES if name != "tconv4"]
    expected = [part for name in blocks for part in (name, f"{name}_bn", f"{name}_relu")]
    assert names == ["L", *expected, "tconv4"]


def test_classification_layers_are_rectified_then_normalised_at_the_blocks_end():
    kinds = {"Conv2D": "c", "Conv2DTranspose": "t", "ReLU": "r", "BatchNormalization": "n"}
    kinds |= {"AlignedUpsampling2D": "u", "InputLayer": "", "ZeroPadding2D": ""}

    def order(network):
        return "".join(kinds[type(layer).__name__] for layer in network.layers)

    blocks = "crcrncrcrncrcrcrncrncrnrcrncrn"
    assert order(classification_cnn(8, 1, classes=2)) == blocks + "trutrcrc"
    light = "crcrncrcrncrcrncrn"
    assert order(classification_cnn(8, 1, light=True, classes=2)) == light + "trutrcrc"


@pytest.mark.parametrize(("build", "size"), [(regression_cnn, 120), (classification_cnn, 60)])
def test_a_size_that_cannot_be_halved_often_enough_is_refused(build, size):
    with pytest.raises(ValueError, match=f"multiple of .* got {size}"):
        build(size)


# ---------------------------------------------------------------- against PyTorch

# Computed in float64 with PyTorch 2.13 from the report's tables, in train mode, with these weights
# and inputs: for the tensor numbered n of the network (kernel, bias, kernel, bias or gamma, beta,
# ... in the order of the layers), written out in Keras' layout and flattened, element i is
#     p(n, i) = ((7919 i + 313 n) mod 1009) / 504 - 1
# times sqrt(3 / fan_in) in a kernel, 0.1 in a bias or beta, and 1 + 0.1 p in a gamma.
# L = 50 + 50 p(99, i) for two images; ab = 60 p(77, i); class = i mod 5, with these weights.
# The gradient is that of the loss, by its norm for each tensor.
CLASS_WEIGHTS = np.array([0.5, 1, 1.5, 2, 4])

GOLDEN = {
    "regression": {
        "build": partial(regression_cnn, 32, 2),
        "mean": -0.0669493827,
        "std": 0.3928094563,
        "pixels": [
            [-0.001841754, -0.093972815],
            [0.031047550, 0.023896562],
            [-0.055107118, -0.089954918],
        ],
        "loss": 1202.8250338,
        "gradients": {0: 13.213916, 2: 0.05748951, 20: 13.21532721, 36: 8.25381232, 48: 1.37589111},
        "running mean": [-1.316583700, 0.513243572],
        "running variance": [42.316957233, 35.897976868],
        "values": 2 * 16 * 16,
    },
    "classification": {
        "build": partial(classification_cnn, 24, 2, classes=5),
        "mean": -0.0163836581,
        "std": 0.0921290314,
        "pixels": [
            [-0.068430342, -0.107746134, -0.051681322, 0.088506567, 0.067031386],
            [-0.079404248, -0.046561469, -0.055769118, 0.092749160, 0.044667993],
            [-0.092500043, -0.079445291, -0.052179443, 0.068494786, 0.059756159],
        ],
        "loss": 2.8216212146,
        "gradients": {
            0: 0.08548274,
            10: 0.00849457,
            24: 0.16307392,
            36: 0.02957626,
            42: 0.06134748,
        },
        "running mean": [0.207219679, 0.889660054],
        "running variance": [3.223369359, 18.603480969],
        "values": 2 * 12 * 12,
    },
    "light": {
        "build": partial(classification_cnn, 24, 2, light=True, classes=5),
        "mean": 0.0342749208,
        "std": 0.0632391056,
        "pixels": [
            [0.103764045, 0.017414590, -0.047089263, 0.094987459, 0.008638002],
            [0.120216978, 0.029283079, -0.000411643, 0.092111487, 0.001177585],
            [0.104958455, 0.153062165, 0.076632532, 0.050349916, -0.026079719],
        ],
        "loss": 2.9457449015,
        "gradients": {0: 0.06691812, 14: 0.05840851, 22: 0.03385346, 28: 0.07434015},
        "running mean": [0.207219679, 0.889660054],
        "running variance": [3.223369359, 18.603480969],
        "values": 2 * 12 * 12,
    },
}


@pytest.mark.parametrize("name", GOLDEN)
def test_training_step_is_pytorchs(name):
    golden = GOLDEN[name]
    network = golden["build"]()
    set_by_formula(network)
    size = network.input_shape[1]
    L = (50 + 50 * pattern(99, (2, size, size, 1))).astype("float32")
    if name == "regression":
        objective, weights = AbRegression(), None
        target = 60 * pattern(77, (2, size, size, 2))
    else:
        objective = AbClassification()
        target = np.arange(2 * size * size).reshape(2, size, size) % 5
        weights = CLASS_WEIGHTS[target]

    out = numbers(network(L, training=True))
    assert out.mean() == pytest.approx(golden["mean"], abs=1e-5)
    assert out.std() == pytest.approx(golden["std"], abs=1e-5)
    pixels = out[[0, 1, 1], [0, size // 2, size - 1], [0, size // 3, size - 1]]
    np.testing.assert_allclose(pixels, golden["pixels"], atol=3e-5)

    mean, variance = map(numbers, network.non_trainable_variables[:2])
    np.testing.assert_allclose(mean, golden["running mean"], rtol=1e-4)
    # PyTorch's average takes up n / (n - 1) times the variance (see above).
    taken_up = np.array(golden["running variance"]) - 0.9
    biased = 0.9 + taken_up * (golden["values"] - 1) / golden["values"]
    np.testing.assert_allclose(variance, biased, rtol=1e-4)

    before = [numbers(v).copy() for v in network.trainable_variables]
    network.compile(optimizer=keras.optimizers.SGD(1.0), loss=objective.loss())
    loss = network.train_on_batch(L, target, sample_weight=weights)
    assert float(loss) == pytest.approx(golden["loss"], rel=1e-5)
    for number, norm in golden["gradients"].items():
        step = numbers(network.trainable_variables[number]) - before[number]
        assert np.linalg.norm(step) == pytest.approx(norm, rel=2e-3), number


# ---------------------------------------------------------------- storing, precision, cost

TINY = [
    partial(regression_cnn, 16, 2),
    partial(classification_cnn, 8, 2, classes=7),
    partial(classification_cnn, 8, 2, light=True, classes=7),
]

TINY_IDS = ["regression", "classification", "light"]


@pytest.mark.parametrize("build", TINY, ids=TINY_IDS)
def test_stored_networks_give_identical_outputs(build, tmp_path):
    network = build()
    L = np.random.default_rng(0).uniform(0, 100, (2, *network.input_shape[1:])).astype("float32")
    network(L, training=True)  # running averages of their own
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
    for training in (False, True):
        expected = numbers(network(L, training=training))
        np.testing.assert_array_equal(numbers(again(L, training=training)), expected)


@pytest.mark.parametrize("build", TINY, ids=TINY_IDS)
def test_outputs_are_float32_under_mixed_precision(build):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = build()
    finally:
        keras.config.set_dtype_policy("float32")
    hidden = [layer for layer in network.layers if hasattr(layer, "kernel")][:-1]
    assert {layer.compute_dtype for layer in hidden} == {"bfloat16"}
    assert {variable.dtype for variable in network.trainable_variables} == {"float32"}
    out = network(np.ones((1, *network.input_shape[1:]), "float32"))
    assert keras.backend.standardize_dtype(out.dtype) == "float32"
