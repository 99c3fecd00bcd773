"""Layers by their definition, in NumPy, and weights by a formula."""

import keras
import numpy as np
from keras import ops


def model_of(layer, shape):
    """A model of one layer function, its input shape without the batch."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, layer(inputs))


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


def numbers(tensor):
    return ops.convert_to_numpy(tensor)
