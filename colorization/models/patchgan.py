"""The discriminators of pix2pix: one logit for each overlapping patch of the image."""

from typing import Literal

import keras
from keras import layers

from colorization.models.initializers import INITIALIZATIONS
from colorization.models.layers import batch_norm, check_choice, conv2d

# Receptive field in pixels: number of convolutions at stride 2. Two at stride 1 follow.
HALVINGS = {16: 1, 34: 2, 70: 3, 142: 4, 286: 5}
FIELDS = (1, *HALVINGS, "image")


def patchgan(
    size: int = 256,
    channels: int = 3,
    filters: int = 64,
    field: int | Literal["image"] = 70,
    dropout: float = 0.0,
    initializer: str = "normal",
) -> keras.Model:
    """Image to logits of being real, each from a patch of `field` pixels.

    4x4 convolutions padded by one zero on each side, at stride 2 and twice at stride 1 in the
    end, so that a map of n becomes one of n - 2. Each but the last is followed by batch
    normalisation (not the first), leaky ReLU (0.2) and dropout. Convolutions before a
    normalisation have no bias. With 64 filters and 3 channels, at 256 pixels:

        field   logits      trainable parameters
            1   256 x 256        8,832   1x1 convolutions, no bias in the last
           16   126 x 126      136,513
           34    62 x 62       663,361
           70    30 x 30     2,765,633   the tutorial's and all reports'
          142    14 x 14     6,960,961
          286     6 x 6     11,156,289

    Args:
        size: height and width in pixels.
        channels: of the image.
        filters: of the first layer; each further one has twice as many, up to 8 times as many.
        field: one of the above, or "image" for a single logit: halved down to 4x4 pixels, which
            a 4x4 convolution without padding then sums up.
        dropout: rate after each leaky ReLU; 0 for none.
        initializer: "normal" (pix2pix) or "glorot" (Keras' default).

    Returns:
        `keras.Model`, `[B, size, size, channels]` to float32 logits `[B, h, w, 1]`.

    Source: `phillipi/pix2pix: models.lua` and `junyanz/pytorch-CycleGAN-and-pix2pix`
    (`NLayerDiscriminator`, `PixelDiscriminator`).
    """
    check_choice("field", field, FIELDS)
    check_choice("initializer", initializer, INITIALIZATIONS)
    _check_size(size, field)
    start = INITIALIZATIONS[initializer]

    def block(x, index, strides=2, kernel=4):
        name = f"conv{index + 1}"
        x = conv2d(
            x,
            filters * min(2**index, 8),
            kernel,
            strides=strides,
            padding=1 if kernel == 4 else 0,
            use_bias=index == 0,
            initializer=start.kernel,
            name=name,
        )
        if index:
            x = batch_norm(x, start.gamma, name=f"{name}_bn")
        x = layers.LeakyReLU(0.2, name=f"{name}_relu")(x)
        return layers.Dropout(dropout, name=f"{name}_dropout")(x) if dropout else x

    def logits(x, kernel, padding, use_bias=True):
        return conv2d(
            x,
            1,
            kernel,
            padding=padding,
            use_bias=use_bias,
            initializer=start.kernel,
            name="logits",
            dtype="float32",
        )

    image = x = keras.Input((size, size, channels), name="image")
    if field == 1:
        x = block(block(x, 0, strides=1, kernel=1), 1, strides=1, kernel=1)
        return keras.Model(image, logits(x, 1, 0, use_bias=False), name="patchgan")
    if field == "image":
        for index in range((size // 4).bit_length() - 1):
            x = block(x, index)
        return keras.Model(image, logits(x, 4, 0), name="patchgan")
    for index in range(HALVINGS[field]):
        x = block(x, index)
    x = block(x, HALVINGS[field], strides=1)
    return keras.Model(image, logits(x, 4, 1), name="patchgan")


def _check_size(size, field):
    if field == "image":
        if size < 8 or size & (size - 1):
            raise ValueError(f"size must be 8, 16, 32, ... for field 'image', got {size}")
        return
    # The two convolutions at stride 1 take one pixel each and have to leave one.
    least = 3 * 2 ** HALVINGS[field] if field in HALVINGS else 1
    if size < least:
        raise ValueError(f"size must be at least {least} for field {field}, got {size}")
