"""The U-Net of pix2pix, in the form in which colorization tutorials use it."""

import keras
from keras import layers

from colorization.models.initializers import INITIALIZATIONS
from colorization.models.layers import batch_norm, check_choice, conv2d, conv2d_transpose

SKIPS = {"concat": layers.Concatenate, "add": layers.Add, "none": None}
ACTIVATIONS = ("tanh", "linear", "sigmoid")


def pix2pix_unet(
    size: int = 256,
    filters: int = 64,
    levels: int = 8,
    max_filters: int | None = None,
    skips: str = "concat",
    dropout: float = 0.5,
    inputs: int = 1,
    outputs: int = 2,
    activation: str = "tanh",
    initializer: str = "normal",
) -> keras.Model:
    """Halves the image `levels` times and doubles it again, each time past a skip connection.

    Before each convolution, not after it, stands its nonlinearity: leaky ReLU (0.2),
    convolution, batch normalisation on the way down; ReLU, transposed convolution, batch
    normalisation, dropout on the way up; all 4x4 at stride 2. The first and the innermost
    convolution have no normalisation, only the last layer has a bias.

    Args:
        size: height and width in pixels, a multiple of `2**levels`. At `2**levels` the
            innermost features are a single pixel.
        filters: of the first layer; each further level has twice as many, up to `max_filters`.
        levels: 8 gives the 54,409,858 trainable parameters of the tutorial and of Cheng and
            Zhang's code, 7 gives 41,824,898.
        max_filters: of the widest levels; `8 * filters` unless given.
        skips: "concat", "add" (39,072,386 parameters at 8 levels; Cheng and Zhang's text), or
            "none".
        dropout: rate in the `levels - 5` upward blocks above the innermost; 0 for none.
        inputs, outputs: channels.
        activation: of the output: "tanh", "linear" or "sigmoid".
        initializer: "normal" (pix2pix) or "glorot" (Keras' default).

    Returns:
        `keras.Model`, `[B, size, size, inputs]` to float32 `[B, size, size, outputs]`.

    Source: Isola et al. (2017), "Image-to-image translation with conditional adversarial
    networks", in the code of `junyanz/pytorch-CycleGAN-and-pix2pix` (`UnetGenerator`) and of
    `moein-shariatnia/Deep-Learning`, "Image Colorization Tutorial". Those drop out in the blocks
    above the innermost one; the original Lua code also in that one, and in one block fewer above.
    """
    if levels < 2:
        raise ValueError(f"levels must be at least 2, got {levels}")
    if size < 1 or size % 2**levels:
        raise ValueError(f"size must be a multiple of 2^levels = {2**levels}, got {size}")
    check_choice("skips", skips, SKIPS)
    check_choice("activation", activation, ACTIVATIONS)
    check_choice("initializer", initializer, INITIALIZATIONS)
    join, start = SKIPS[skips], INITIALIZATIONS[initializer]
    max_filters = max_filters or 8 * filters
    widths = [min(filters * 2**level, max_filters) for level in range(levels)]

    image = keras.Input((size, size, inputs), name="image")
    x = conv2d(
        image, filters, 4, 2, padding=1, use_bias=False, initializer=start.kernel, name="down1"
    )
    features = [x]
    for level in range(2, levels + 1):
        name = f"down{level}"
        x = layers.LeakyReLU(0.2, name=f"{name}_relu")(x)
        width = widths[level - 1]
        x = conv2d(x, width, 4, 2, padding=1, use_bias=False, initializer=start.kernel, name=name)
        if level < levels:
            x = batch_norm(x, start.gamma, name=f"{name}_bn")
            features.append(x)

    for level in range(levels, 1, -1):
        name = f"up{level}"
        x = layers.ReLU(name=f"{name}_relu")(x)
        width = widths[level - 2]
        x = conv2d_transpose(x, width, use_bias=False, initializer=start.kernel, name=name)
        x = batch_norm(x, start.gamma, name=f"{name}_bn")
        if dropout and 5 <= level < levels:
            x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
        if join:
            # The skip carries the features as normalised. In the PyTorch code the leaky ReLU
            # below works in place and so changes what the skip carries. Where skips are
            # concatenated that makes no difference: a leaky ReLU keeps the sign and leaves
            # positive values alone, so the ReLU that comes next gives the same, and so does its
            # gradient: ReLU(LeakyReLU(x)) = ReLU(x). In a sum it would matter; nobody has
            # published such code, so the sum is of the features themselves.
            x = join(name=f"{name}_skip")([features.pop(), x])

    x = layers.ReLU(name="up1_relu")(x)
    x = conv2d_transpose(x, outputs, initializer=start.kernel, name="up1", dtype="float32")
    if activation != "linear":
        x = layers.Activation(activation, name=activation, dtype="float32")(x)
    return keras.Model(image, x, name="pix2pix_unet")
