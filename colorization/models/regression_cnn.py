"""The fully convolutional encoder-decoder that regresses ab from L."""

import keras
from keras import layers

from colorization.models.layers import batch_norm, conv2d, conv2d_transpose


def regression_cnn(size: int = 112, filters: int = 32, dropout: float = 0.0) -> keras.Model:
    """L to ab through a bottleneck of 1/16 of the resolution.

    Convolution, batch normalisation, ReLU throughout; the last layer is linear. Input and
    output are in whatever scaling the objective chose (raw Lab units in the report).

    Args:
        size: height and width in pixels, a multiple of 16.
        filters: of the first layer; the others are 2, 4 and 8 times as wide. 32 gives the
            3,004,610 trainable parameters of Dietrich et al.
        dropout: share of the bottleneck's outputs that are dropped in training; none in the
            report.

    Returns:
        `keras.Model`, `[B, size, size, 1]` to float32 `[B, size, size, 2]`.

    Source: Dietrich, Musibau, Sahli, "Grayscale image colorization" (2021), figure 1, and
    their published notebook.
    """
    if size % 16:
        raise ValueError(f"size must be a multiple of 16, got {size}")

    def block(x, convolution, filters, *args, name):
        x = convolution(x, filters, *args, name=name)
        return layers.ReLU(name=f"{name}_relu")(batch_norm(x, name=f"{name}_bn"))

    L = x = keras.Input((size, size, 1), name="L")
    for number, width in enumerate((1, 2, 4), start=1):
        x = block(x, _strided, width * filters, name=f"conv{number}")
    for number in (4, 5, 6):
        x = block(x, conv2d, 4 * filters, 3, name=f"conv{number}")
    x = block(x, _strided, 8 * filters, name="conv7")
    for number in (8, 9):
        x = block(x, conv2d, 8 * filters, 3, name=f"conv{number}")
        if dropout:
            x = layers.Dropout(dropout, name=f"dropout{number}")(x)
    for number, width in enumerate((4, 2, 1), start=1):
        x = block(x, conv2d_transpose, width * filters, name=f"tconv{number}")
    ab = conv2d_transpose(x, 2, name="tconv4", dtype="float32")
    return keras.Model(L, ab, name="regression_cnn")


def _strided(x, filters, name):
    """Convolution 4x4, stride 2, padding 1: halves height and width."""
    return conv2d(x, filters, 4, strides=2, padding=1, name=name)
