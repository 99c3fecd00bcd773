"""The network for photographs of any kind: part of a ResNet-18, and a distribution over ab bins."""

import keras
from keras import layers

from colorization.models.initializers import KaimingNormal
from colorization.models.layers import batch_norm, conv2d
from colorization.models.resnet18_unet import resnet18

STAGES = 3  # of ResNet-18's four, whose last has three quarters of its weights


def resnet18_classifier(
    size: int = 128, filters: int = 64, width: int = 160, classes: int = 313
) -> keras.Model:
    """L to logits over `classes` ab bins at a quarter of the resolution.

    Down to 1/16 of the size it is a ResNet-18, then comes one more stage of half the width that
    has there, and the mean over the image joins it, so that a place knows of the whole. Upwards, a
    level: bilinear upsampling, the encoder's features beside it, a 3x3 convolution with batch
    normalisation and ReLU.

    Args:
        size: height and width in pixels, a multiple of 32.
        filters: of the encoder's first convolution; 64 is ResNet-18.
        width: channels of the decoder.
        classes: number of bins.

    Returns:
        `keras.Model`, `[B, size, size, 1]` to float32 logits `[B, size / 4, size / 4, classes]`.
    """
    if size < 1 or size % 32:
        raise ValueError(f"size must be a multiple of 32, got {size}")
    L = keras.Input((size, size, 1), name="L")
    _, *features = resnet18(L, filters, STAGES)
    x = features[-1]
    x = _conv(x, x.shape[-1], "middle_conv1", strides=2)
    x = _conv(x, x.shape[-1], "middle_conv2")
    whole = layers.GlobalAveragePooling2D(keepdims=True, name="whole")(x)
    whole = layers.ReLU(name="whole_relu")(conv2d(whole, x.shape[-1], 1, name="whole_conv"))
    x = layers.Add(name="with_whole")([x, whole])
    for number, skip in enumerate(reversed(features), start=1):
        x = layers.UpSampling2D(interpolation="bilinear", name=f"up{number}")(x)
        x = layers.Concatenate(name=f"up{number}_skip")([x, skip])
        x = _conv(x, width, f"up{number}_conv")
    x = _conv(x, width, "last_conv")
    logits = conv2d(x, classes, 1, name="logits", dtype="float32")
    return keras.Model(L, logits, name="resnet18_classifier")


def _conv(x, width, name, strides=1):
    x = conv2d(
        x, width, 3, strides, use_bias=False, initializer=KaimingNormal("fan_out"), name=name
    )
    return layers.ReLU(name=f"{name}_relu")(batch_norm(x, name=f"{name}_bn"))
