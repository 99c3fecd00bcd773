"""A U-Net whose encoder is a ResNet-18: fastai's DynamicUnet."""

import keras
from keras import layers

from colorization.models.initializers import ICNR, KaimingNormal, Normal
from colorization.models.layers import PixelShuffle, batch_norm, conv2d

STAGES = (1, 2, 3, 4)
BLOCKS = (0, 1)


def resnet18_unet(
    size: int = 256,
    filters: int = 64,
    inputs: int = 1,
    outputs: int = 2,
) -> keras.Model:
    """A ResNet-18 down to 1/32 of the size, and pixel shuffles up again past its features.

    Upwards: a 1x1 convolution with ReLU and a pixel shuffle, then the encoder's features of that
    size, normalised, beside it, ReLU, and two 3x3 convolutions with ReLU. At full size the image
    itself comes beside the features, a residual block follows, and a 1x1 convolution. The
    decoder has biases and no normalisation, the output no nonlinearity. Everything starts as
    in fastai 2.1.8.

    Args:
        size: height and width in pixels, a multiple of 32.
        filters: of the first convolution; all widths are proportional, but for the image beside
            the last features. 64 is ResNet-18 and gives 31,099,672 trainable parameters.
        inputs, outputs: channels.

    Returns:
        `keras.Model`, `[B, size, size, inputs]` to float32 `[B, size, size, outputs]`.

    Source: `fastai/fastai: fastai/vision/models/unet.py` (2.1.8) on `torchvision`'s resnet18, as
    in `create_body(resnet18, n_in=1, cut=-2)` of `chengyih001/GAN_Auto_Colorization`.
    """
    if size < 1 or size % 32:
        raise ValueError(f"size must be a multiple of 32, got {size}")

    image = keras.Input((size, size, inputs), name="image")
    features = resnet18(image, filters)
    x = _norm(features.pop(), "mid_bn")
    x = layers.ReLU(name="mid_relu")(x)
    x = _conv(x, 16 * filters, name="mid_conv1")
    x = _conv(x, 8 * filters, name="mid_conv2")
    for number in (1, 2, 3, 4):
        x = _up(x, features.pop(), f"up{number}", halve=number == 4)
    x = _shuffle(x, x.shape[-1], "shuffle")
    x = layers.Concatenate(name="with_image")([x, image])
    x = _residual(x, "residual")
    # fastai initialises the last convolution apart: PyTorch's kernel, N(0, 0.01) in the bias.
    last = conv2d(x, outputs, 1, bias_initializer=Normal(0.0, 0.01), name="last", dtype="float32")
    return keras.Model(image, last, name="resnet18_unet")


def _conv(x, width, name, relu=True):
    x = conv2d(x, width, 3, initializer=KaimingNormal(), name=name)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def _norm(x, name):
    """fastai's normalisation: beta is 0.001, so that no feature starts at zero."""
    return batch_norm(x, beta=keras.initializers.Constant(1e-3), name=name)


def _shuffle(x, width, name):
    """To `width` channels at twice the size."""
    x = conv2d(x, 4 * width, 1, initializer=ICNR(), name=f"{name}_conv")
    x = layers.ReLU(name=f"{name}_relu")(x)
    return PixelShuffle(name=f"{name}_pixels")(x)


def _up(x, skip, name, halve):
    x = _shuffle(x, x.shape[-1] // 2, f"{name}_shuffle")
    x = layers.Concatenate(name=f"{name}_skip")([x, _norm(skip, f"{name}_bn")])
    x = layers.ReLU(name=f"{name}_relu")(x)
    width = x.shape[-1] // 2 if halve else x.shape[-1]
    x = _conv(x, width, name=f"{name}_conv1")
    return _conv(x, width, name=f"{name}_conv2")


def _residual(x, name):
    y = _conv(x, x.shape[-1], name=f"{name}_conv1")
    y = _conv(y, x.shape[-1], name=f"{name}_conv2", relu=False)
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([y, x]))


# ---------------------------------------------------------------- the encoder


def resnet18(x, filters, stages=4):
    """ResNet-18 without pooling and classifier.

    Args:
        x: `[B, H, W, C]`.
        filters: of the first convolution.
        stages: how many of the four.

    Returns:
        list of features at 1/2 (before the max pooling) and 1/4, 1/8, 1/16 and 1/32 of the size,
        as far as there are stages.
    """
    x = conv2d(x, filters, 7, strides=2, use_bias=False, name="encoder_conv1")
    x = batch_norm(x, name="encoder_bn1")
    x = layers.ReLU(name="encoder_relu")(x)
    features = [x]
    # Padded with zeros on both sides; none is larger than what comes out of the ReLU.
    x = layers.ZeroPadding2D(1, name="encoder_pool_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="encoder_pool")(x)
    for stage in STAGES[:stages]:
        for block in BLOCKS:
            strides = 2 if stage > 1 and block == 0 else 1
            x = _basic_block(x, filters * 2 ** (stage - 1), strides, block_name(stage, block))
        features.append(x)
    return features


def block_name(stage: int, block: int) -> str:
    """What the names of a residual block's layers begin with."""
    return f"encoder_layer{stage}_{block}"


def _basic_block(x, width, strides, name):
    def conv(x, kernel, strides, part):
        # torchvision keeps the variance of the gradients, not of the features.
        start = KaimingNormal("fan_out")
        x = conv2d(x, width, kernel, strides, use_bias=False, initializer=start, name=part)
        return batch_norm(x, name=f"{part}_bn")

    y = conv(x, 3, strides, f"{name}_conv1")
    y = layers.ReLU(name=f"{name}_conv1_relu")(y)
    y = conv(y, 3, 1, f"{name}_conv2")
    if strides > 1:
        x = conv(x, 1, strides, f"{name}_shortcut")
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([y, x]))
