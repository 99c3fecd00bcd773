"""Layers in NumPy, and what tests of networks share."""

import keras
import numpy as np
from keras import layers, ops


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


def with_kernel(network):
    return [layer for layer in network.layers if hasattr(layer, "kernel")]


def normalisations(network):
    return [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]


def random_image(network, batch=2):
    shape = (batch, *network.input_shape[1:])
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def give_statistics(network):
    """Running averages, gammas and betas that no two channels share."""
    rng = np.random.default_rng(1)
    for layer in normalisations(network):
        for variable in layer.weights:
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))


# ---------------------------------------------------------------- receptive fields


def input_gradient(network, image, place):
    """Gradient of the outputs at `place` with respect to the image, the network in inference."""

    def value(x):
        row, column = place
        return ops.sum(network(x, training=False)[:, row, column])

    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.jit(jax.grad(value))(image))
    import tensorflow as tf

    x = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = value(x)
    return tape.gradient(out, x).numpy()


def reached(gradient):
    """First and last row and column that the gradient reaches: `[(top, bottom), (left, right)]`."""
    where = np.nonzero(np.abs(gradient).max(axis=(0, 3)))
    return [(int(axis.min()), int(axis.max())) for axis in where]


# ---------------------------------------------------------------- networks by hand


def leaky(x, slope=0.2):
    return np.where(x > 0, x, slope * x)


def relu(x):
    return np.maximum(x, 0)


def normalised(x, layer):
    gamma, beta, mean, variance = map(numbers, layer.weights)
    return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta
