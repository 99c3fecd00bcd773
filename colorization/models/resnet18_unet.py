"""A U-Net whose encoder is a ResNet-18: fastai's DynamicUnet."""

import functools

import keras
from keras import layers

from colorization.errors import UserError
from colorization.installation import to_install
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
    features = _encoder(image, filters)
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


def _encoder(x, filters):
    """ResNet-18 without pooling and classifier.

    Returns:
        list of features at 1/2 (before the max pooling), 1/4, 1/8, 1/16 and 1/32 of the size.
    """
    x = conv2d(x, filters, 7, strides=2, use_bias=False, name="encoder_conv1")
    x = batch_norm(x, name="encoder_bn1")
    x = layers.ReLU(name="encoder_relu")(x)
    features = [x]
    # Padded with zeros on both sides; none is larger than what comes out of the ReLU.
    x = layers.ZeroPadding2D(1, name="encoder_pool_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="encoder_pool")(x)
    for stage in STAGES:
        for block in BLOCKS:
            strides = 2 if stage > 1 and block == 0 else 1
            x = _basic_block(x, filters * 2 ** (stage - 1), strides, _block_name(stage, block))
        features.append(x)
    return features


def _block_name(stage, block):
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


# ---------------------------------------------------------------- its ImageNet weights


def load_imagenet_encoder(network: keras.Model) -> None:
    """Give the encoder of a `resnet18_unet` the weights of `imagenet_backbone`.

    Args:
        network: of 64 filters and 1 or 3 inputs.

    Raises:
        ValueError: it has others.
        UserError: see `imagenet_backbone`.
    """
    *_, inputs, filters = network.get_layer("encoder_conv1").kernel.shape
    if filters != 64:
        raise ValueError(f"the ImageNet weights are for filters=64, got {filters}")
    if inputs not in (1, 3):
        raise ValueError(f"the ImageNet weights are for inputs=1 or 3, got {inputs}")
    copy_resnet18(imagenet_backbone(), network)


@functools.cache
def imagenet_backbone() -> keras.Model:
    """A ResNet-18 trained on ImageNet.

    It is KerasHub's preset "resnet_18_imagenet", downloaded (45 MB) and cached by KerasHub.
    That is timm's "resnet18.a1_in1k"; fastai took torchvision's, of the same architecture but
    another training recipe.

    Raises:
        UserError: KerasHub is not installed, or the download failed.
    """
    try:
        from keras_hub.models import ResNetBackbone
    except ImportError:
        raise UserError(
            f"ImageNet weights need KerasHub; run: {to_install('pretrained')}"
        ) from None
    try:
        return ResNetBackbone.from_preset("resnet_18_imagenet")
    except Exception as error:  # KerasHub wraps several clients, each with exceptions of its own
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            "the ImageNet weights (KerasHub's resnet_18_imagenet) could not be downloaded: "
            f"{reason}; check the network and try again"
        ) from None


def copy_resnet18(backbone: keras.Model, network: keras.Model) -> None:
    """Copy a KerasHub `ResNetBackbone` of 18 layers into the encoder of a `resnet18_unet`.

    A network of one channel gets the first kernel's sum over red, green and blue: what it makes
    of a gray image is then what the backbone makes of three equal channels.
    """
    for ours, theirs in KERAS_HUB_LAYERS.items():
        weights = backbone.get_layer(theirs).get_weights()
        if ours == "encoder_conv1" and network.input_shape[-1] == 1:
            weights = [kernel.sum(axis=2, keepdims=True) for kernel in weights]
        network.get_layer(ours).set_weights(weights)


def _keras_hub_layers() -> dict[str, str]:
    """Layers with weights: the encoder's name to KerasHub's."""
    names = {"encoder_conv1": "conv1_conv", "encoder_bn1": "conv1_bn"}
    for stage in STAGES:
        for block in BLOCKS:
            ours, theirs = _block_name(stage, block), f"stack{stage - 1}_block{block}"
            parts = {"conv1": "1", "conv2": "2"}
            if stage > 1 and block == 0:
                parts["shortcut"] = "0"
            for part, number in parts.items():
                names[f"{ours}_{part}"] = f"{theirs}_{number}_conv"
                names[f"{ours}_{part}_bn"] = f"{theirs}_{number}_bn"
    return names


KERAS_HUB_LAYERS = _keras_hub_layers()
