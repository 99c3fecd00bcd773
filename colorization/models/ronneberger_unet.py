"""The U-Net of Ronneberger et al. with padded convolutions."""

import keras
from keras import layers

from colorization.models.initializers import INITIALIZATIONS
from colorization.models.layers import check_choice, conv2d, conv2d_transpose

ACTIVATIONS = ("tanh", "linear", "sigmoid")


def ronneberger_unet(
    size: int = 128,
    filters: int = 64,
    levels: int = 4,
    inputs: int = 1,
    outputs: int = 2,
    activation: str = "tanh",
    initializer: str = "glorot",
) -> keras.Model:
    """Halves the image `levels` times by max pooling and doubles it again past concatenations.

    At each size two 3x3 convolutions with ReLU, both ways; upwards a 2x2 transposed convolution
    without a nonlinearity comes before them; a 1x1 convolution last. No normalisation. The
    original has no padding and so cuts margins off; here images keep their size.

    Args:
        size: height and width in pixels, a multiple of `2**levels`.
        filters: at full size, twice as many with each halving. 64 gives 31,030,658 trainable
            parameters.
        levels: halvings.
        inputs, outputs: channels.
        activation: of the output: "tanh", "linear" or "sigmoid".
        initializer: "glorot" (Keras' default) or "normal" (pix2pix).

    Returns:
        `keras.Model`, `[B, size, size, inputs]` to float32 `[B, size, size, outputs]`.

    Source: Ronneberger, Fischer, Brox (2015), "U-Net: convolutional networks for biomedical
    image segmentation", figure 1.
    """
    if levels < 1:
        raise ValueError(f"levels must be at least 1, got {levels}")
    if size < 1 or size % 2**levels:
        raise ValueError(f"size must be a multiple of 2^levels = {2**levels}, got {size}")
    check_choice("activation", activation, ACTIVATIONS)
    check_choice("initializer", initializer, INITIALIZATIONS)
    start = INITIALIZATIONS[initializer]

    def pair(x, width, name):
        for index in (1, 2):
            x = conv2d(x, width, 3, initializer=start.kernel, name=f"{name}_conv{index}")
            x = layers.ReLU(name=f"{name}_relu{index}")(x)
        return x

    image = x = keras.Input((size, size, inputs), name="image")
    features = []
    for level in range(levels):
        x = pair(x, filters * 2**level, f"down{level + 1}")
        features.append(x)
        x = layers.MaxPooling2D(name=f"down{level + 1}_pool")(x)
    x = pair(x, filters * 2**levels, "bottom")
    for level in reversed(range(levels)):
        name, width = f"up{level + 1}", filters * 2**level
        x = conv2d_transpose(x, width, 2, initializer=start.kernel, name=name)
        x = layers.Concatenate(name=f"{name}_skip")([features.pop(), x])
        x = pair(x, width, name)
    x = conv2d(x, outputs, 1, initializer=start.kernel, name="last", dtype="float32")
    if activation != "linear":
        x = layers.Activation(activation, name=activation, dtype="float32")(x)
    return keras.Model(image, x, name="ronneberger_unet")
