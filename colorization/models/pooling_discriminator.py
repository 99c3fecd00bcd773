"""A discriminator in the form of an image classifier: one probability for the whole image."""

import keras
from keras import layers

from colorization.models.initializers import GlorotUniform
from colorization.models.layers import conv2d

KERNELS = (7, 5, 3, 3)


def pooling_discriminator(
    size: int = 120, channels: int = 3, filters: int = 32, blocks: int = 4
) -> keras.Model:
    """Image to the probability of being real.

    Blocks of two convolutions without padding (7x7, 5x5, 3x3, 3x3 from block to block; ReLU) and
    a 2x2 max pooling, then dense layers. Neither normalisation nor dropout.

    Args:
        size: height and width in pixels; at least 92 for four blocks, 52 for three, 32 for two
            and 14 for one.
        channels: of the image.
        filters: of the first block, doubled from block to block; the dense layers have 16, 4 and
            1/2 times as many. 32 gives the report's 1,907,905 trainable parameters.
        blocks: the report has four; fewer for smaller images.

    Returns:
        `keras.Model`, `[B, size, size, channels]` to float32 probabilities `[B, 1]`.

    Source: Yadav's report, and `shubham0204/Google_Colab_Notebooks:
    ImageColorization_With_GANs.ipynb`.
    """
    if not 1 <= blocks <= len(KERNELS):
        raise ValueError(f"blocks must be 1 to {len(KERNELS)}, got {blocks}")
    least = _least_size(blocks)
    if size < least:
        raise ValueError(f"size must be at least {least} for {blocks} blocks, got {size}")
    initializer = GlorotUniform()

    image = x = keras.Input((size, size, channels), name="image")
    for number, kernel in enumerate(KERNELS[:blocks], start=1):
        for index in (1, 2):
            name = f"conv{number}_{index}"
            width = filters * 2 ** (number - 1)
            x = conv2d(x, width, kernel, padding=0, initializer=initializer, name=name)
            x = layers.ReLU(name=f"{name}_relu")(x)
        x = layers.MaxPooling2D(name=f"pool{number}")(x)

    x = layers.Flatten(name="flatten")(x)
    for number, width in enumerate((16 * filters, 4 * filters, max(filters // 2, 1)), start=1):
        name = f"dense{number}"
        x = layers.Dense(width, kernel_initializer=initializer, name=name)(x)
        x = layers.ReLU(name=f"{name}_relu")(x)
    x = layers.Dense(1, kernel_initializer=initializer, name="logit", dtype="float32")(x)
    x = layers.Activation("sigmoid", name="probability", dtype="float32")(x)
    return keras.Model(image, x, name="pooling_discriminator")


def _least_size(blocks: int) -> int:
    """The size of which the last pooling leaves one pixel."""
    size = 1
    for kernel in reversed(KERNELS[:blocks]):
        size = 2 * size + 2 * (kernel - 1)
    return size
