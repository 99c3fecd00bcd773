"""The network that gives every pixel a distribution over the 313 ab bins."""

import keras
from keras import layers

from colorization.models.layers import AlignedUpsampling2D, batch_norm, conv2d, conv2d_transpose


def classification_cnn(
    size: int = 56, filters: int = 64, light: bool = False, classes: int = 313
) -> keras.Model:
    """L to logits over `classes` ab bins at full resolution.

    After Zhang et al. (2016), with fewer layers and a decoder of its own. Within a block the
    order is convolution, ReLU, and batch normalisation after the block's last ReLU.

    Args:
        size: height and width in pixels, a multiple of 8.
        filters: of the first block; the widest has 8 times as many. 64 gives the 13,815,673
            trainable parameters of Dietrich et al.
        light: without conv3_2, conv5, conv6 and conv7 (6,143,097 parameters). The report says
            only that four layers were removed; these are the four without which the widths
            still match.
        classes: number of bins.

    Returns:
        `keras.Model`, `[B, size, size, 1]` to float32 logits `[B, size, size, classes]`.

    Source: Dietrich, Musibau, Sahli, "Grayscale image colorization" (2021), figure 2, and
    their published notebook.
    """
    if size % 8:
        raise ValueError(f"size must be a multiple of 8, got {size}")

    def block(x, number, width, convolutions, halve=False, dilation=1):
        for index in range(1, convolutions + 1):
            strides = 2 if halve and index == convolutions else 1
            name = f"conv{number}_{index}"
            x = conv2d(x, width, 3, strides=strides, dilation=dilation, name=name)
            x = layers.ReLU(name=f"{name}_relu")(x)
        return batch_norm(x, name=f"conv{number}_bn")

    L = x = keras.Input((size, size, 1), name="L")
    x = block(x, 1, filters, 2, halve=True)
    x = block(x, 2, 2 * filters, 2, halve=True)
    x = block(x, 3, 4 * filters, 2 if light else 3, halve=True)
    x = block(x, 4, 8 * filters, 1)
    if not light:
        x = block(x, 5, 8 * filters, 1, dilation=2)
        x = layers.ReLU(name="conv6_in_relu")(x)
        x = block(x, 6, 8 * filters, 1, dilation=2)
        x = block(x, 7, 8 * filters, 1)

    x = layers.ReLU(name="conv8_1_relu")(conv2d_transpose(x, 4 * filters, name="conv8_1"))
    x = AlignedUpsampling2D(2, name="conv8_up")(x)
    x = layers.ReLU(name="conv8_2_relu")(conv2d_transpose(x, 4 * filters, name="conv8_2"))
    x = layers.ReLU(name="conv8_3_relu")(conv2d(x, 4 * filters, 3, name="conv8_3"))
    logits = conv2d(x, classes, 1, name="logits", dtype="float32")
    return keras.Model(L, logits, name="classification_cnn")
