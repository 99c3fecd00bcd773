import json
from functools import partial

import keras
import numpy as np
import pytest
from keras import layers, ops

from colorization.models.classification_cnn import classification_cnn
from colorization.models.cost import macs, trainable_parameters
from colorization.models.initializers import FanInUniform
from colorization.models.layers import AlignedUpsampling2D, batch_norm, conv2d, conv2d_transpose
from colorization.models.regression_cnn import regression_cnn
from colorization.training.objectives import AbClassification, AbRegression


def numbers(tensor):
    return ops.convert_to_numpy(tensor)


def model_of(layer, shape):
    """A model of one layer function, its input shape without the batch."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, layer(inputs))


# ---------------------------------------------------------------- layers by their definition


def convolved(x, kernel, bias, stride, dilation, padding):
    """PyTorch's Conv2d: zeros on both sides, then the kernel at every `stride`-th place."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    size, _, _, filters = kernel.shape
    height, width = ((side - dilation * (size - 1) - 1) // stride + 1 for side in x.shape[1:3])
    out = np.zeros((len(x), height, width, filters)) + bias
    for row in range(height):
        for column in range(width):
            for i in range(size):
                for j in range(size):
                    pixel = x[:, row * stride + i * dilation, column * stride + j * dilation]
                    out[:, row, column] += pixel @ kernel[i, j]
    return out


def scattered(x, kernel, bias, stride, padding):
    """PyTorch's ConvTranspose2d: every pixel lays down a kernel; the padding is cut away."""
    size, _, filters, _ = kernel.shape
    batch, height, width, _ = x.shape
    out = np.zeros((batch, *((side - 1) * stride + size for side in (height, width)), filters))
    for row in range(height):
        for column in range(width):
            for i in range(size):
                for j in range(size):
                    place = out[:, row * stride + i, column * stride + j]
                    place += x[:, row, column] @ kernel[i, j].T
    return out[:, padding:-padding, padding:-padding] + bias


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "padding", "given", "size"),
    [
        (1, 1, 1, 0, None, 5),
        (3, 1, 1, 1, None, 6),
        (3, 2, 1, 1, None, 6),
        (3, 2, 1, 1, None, 7),
        (4, 2, 1, 1, 1, 8),
        (4, 2, 1, 1, None, 7),
        (4, 1, 1, 1, 1, 6),  # the tail of a PatchGAN: one pixel smaller
        (3, 1, 2, 2, None, 7),
        (3, 1, 1, 0, 0, 6),
    ],
)
def test_convolution(kernel, stride, dilation, padding, given, size):
    model = model_of(
        lambda x: conv2d(x, 3, kernel, strides=stride, dilation=dilation, padding=given),
        (size, size, 2),
    )
    x = np.random.default_rng(0).normal(size=(2, size, size, 2)).astype("float32")
    weights, bias = map(numbers, model.trainable_variables)
    expected = convolved(x, weights, bias, stride, dilation, padding)
    np.testing.assert_allclose(numbers(model(x)), expected, atol=1e-5)


@pytest.mark.parametrize(
    "size",
    [
        (6, 7),
        pytest.param((7, 6)),
    ],
)
def test_convolution_of_an_oblong_image(size):
    model = model_of(lambda x: conv2d(x, 3, 3, strides=2), (*size, 2))
    x = np.random.default_rng(0).normal(size=(1, *size, 2)).astype("float32")
    weights, bias = map(numbers, model.trainable_variables)
    expected = convolved(x, weights, bias, stride=2, dilation=1, padding=1)
    np.testing.assert_allclose(numbers(model(x)), expected, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (4, 5)])
def test_transposed_convolution(size):
    model = model_of(lambda x: conv2d_transpose(x, 3), (*size, 2))
    x = np.random.default_rng(0).normal(size=(2, *size, 2)).astype("float32")
    weights, bias = map(numbers, model.trainable_variables)
    expected = scattered(x, weights, bias, stride=2, padding=1)
    assert expected.shape == (2, 2 * size[0], 2 * size[1], 3)
    np.testing.assert_allclose(numbers(model(x)), expected, atol=1e-5)


def test_aligned_upsampling_by_hand():
    x = np.array([[0.0, 3.0], [6.0, 9.0]], "float32")[None, :, :, None]
    expected = [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7], [6, 7, 8, 9]]
    np.testing.assert_allclose(numbers(AlignedUpsampling2D(2)(x))[0, :, :, 0], expected, atol=1e-6)


@pytest.mark.parametrize(("height", "width", "factor"), [(3, 5, 2), (4, 2, 3), (1, 3, 2)])
def test_aligned_upsampling_follows_its_formula(height, width, factor):
    x = np.random.default_rng(0).normal(size=(1, height, width, 2)).astype("float32")
    layer = AlignedUpsampling2D(factor)
    out = numbers(layer(x))
    assert out.shape == layer.compute_output_shape(x.shape)
    for row in range(factor * height):
        for column in range(factor * width):
            at = []
            for place, size in ((row, height), (column, width)):
                position = place * (size - 1) / (factor * size - 1)
                low = min(int(position), max(size - 2, 0))
                at.append((low, min(low + 1, size - 1), position - low))
            (top, bottom, v), (left, right, h) = at
            upper = x[0, top, left] * (1 - h) + x[0, top, right] * h
            lower = x[0, bottom, left] * (1 - h) + x[0, bottom, right] * h
            np.testing.assert_allclose(out[0, row, column], upper * (1 - v) + lower * v, atol=1e-5)


def test_batch_normalisation_has_pytorchs_constants():
    model = model_of(batch_norm, (1, 1, 1))
    x = np.array([4.99, 5.01], "float32").reshape(2, 1, 1, 1)  # mean 5, variance 1e-4
    out = numbers(model(x, training=True)).ravel()
    np.testing.assert_allclose(out, np.array([-0.01, 0.01]) / np.sqrt(1.1e-4), rtol=1e-3)
    mean, variance = map(numbers, model.non_trainable_variables)
    np.testing.assert_allclose(mean, 0.1 * 5, rtol=1e-5)
    # A known departure: PyTorch takes the unbiased variance (here 2e-4) into its running average,
    # Keras the biased one. The reports' layers average over 100 values and more.
    np.testing.assert_allclose(variance, 0.9 + 0.1 * 1e-4, rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (lambda x: conv2d(x, 40, 3), 3 * 3 * 6),
        (lambda x: conv2d(x, 40, 4, strides=2, padding=1), 4 * 4 * 6),
        (lambda x: conv2d_transpose(x, 40), 4 * 4 * 40),
    ],
    ids=["3x3", "4x4", "transposed"],
)
def test_first_weights_are_pytorchs_from_numpys_generator(layer, fan_in):
    keras.utils.set_random_seed(3)
    kernel, bias = map(numbers, model_of(layer, (8, 8, 6)).trainable_variables)
    bound = 1 / np.sqrt(fan_in)
    expected = np.random.RandomState(3)
    np.testing.assert_allclose(kernel, expected.uniform(-bound, bound, kernel.shape), rtol=1e-6)
    np.testing.assert_allclose(bias, expected.uniform(-bound, bound, bias.shape), rtol=1e-6)
    assert 0.98 * bound < np.abs(kernel).max() <= bound
    assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.05)


def test_initialiser_can_be_stored():
    stored = keras.saving.serialize_keras_object(FanInUniform(12))
    again = keras.saving.deserialize_keras_object(json.loads(json.dumps(stored)))
    assert isinstance(again, FanInUniform) and again.fan_in == 12


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


def pattern(number, shape):
    i = np.arange(np.prod(shape))
    return ((7919 * i + 313 * number) % 1009 / 504 - 1).reshape(shape)


def set_by_formula(network):
    for number, variable in enumerate(network.trainable_variables):
        values = pattern(number, variable.shape)
        if len(variable.shape) == 4:
            values *= np.sqrt(3 / np.prod(variable.shape[:3]))
        elif variable.path.endswith("gamma"):
            values = 1 + 0.1 * values
        else:
            values *= 0.1
        variable.assign(values)


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


def test_macs_by_hand():
    x = inputs = keras.Input((8, 8, 3))
    x = conv2d(x, 4, 3)  # 9 * 3 * 4 at 64 places
    x = batch_norm(x)
    x = conv2d(x, 5, 4, strides=2, padding=1)  # 16 * 4 * 5 at 16 places
    x = conv2d_transpose(x, 2)  # 16 * 5 * 2 from 16 places
    x = AlignedUpsampling2D()(x)
    x = layers.Dense(7)(layers.Flatten()(x))  # 16 * 16 * 2 * 7
    expected = 9 * 3 * 4 * 64 + 16 * 4 * 5 * 16 + 16 * 5 * 2 * 16 + 16 * 16 * 2 * 7
    assert macs(keras.Model(inputs, x)) == expected


def test_macs_of_the_regression_network():
    network = regression_cnn()
    first = keras.Model(network.inputs, network.get_layer("conv1").output)
    assert macs(first) == 56 * 56 * 16 * 32 == 1_605_632
    halving = 6 * 25_690_112  # conv2, conv3, conv7 and tconv1..3: 16 * 32 * 64 * 28 * 28 each
    middle = 3 * 128 * 128 * 9 * 14 * 14 + 2 * 256 * 256 * 9 * 7 * 7
    last = 32 * 2 * 16 * 56 * 56
    assert macs(network) == 1_605_632 + halving + middle + last == 303_464_448
