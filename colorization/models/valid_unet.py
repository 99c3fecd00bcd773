"""A U-Net without padding and without strides, from gray to RGB."""

import keras
from keras import layers

from colorization.models.initializers import GlorotUniform
from colorization.models.layers import check_choice, conv2d, conv2d_transpose

OUTPUT_ACTIVATIONS = ("relu", "sigmoid", "linear")
BOTTLENECK_ACTIVATIONS = ("tanh", "relu")


def valid_unet(
    size: int = 120,
    filters: int = 16,
    skips: bool = True,
    dilation: int = 1,
    activation: str = "relu",
    bottleneck_activation: str = "tanh",
) -> keras.Model:
    """Gray to RGB; each layer cuts its margin off, or lays it on again.

    Three blocks of three convolutions (5x5, 3x3, 3x3; leaky ReLU 0.3), a padded 3x3 bottleneck,
    and three blocks of three transposed convolutions (3x3, 3x3, 5x5; ReLU), each of which starts
    from the features of its size on the way down beside those below it. No normalisation.

    Args:
        size: height and width in pixels, at least `9 + 16 * dilation`.
        filters: of the first layer; the others are 2, 4 and 8 times as wide. 16 gives the
            1,406,403 trainable parameters of the report.
        skips: False leaves out the concatenations (and the weights that read them).
        dilation: of the second and third block, and of the transposed convolutions that undo
            them: a margin grows with the dilation, so those have to be dilated as well for sizes
            to match at the concatenations and in the end. 1 is what the report ran, although it
            speaks of dilated convolutions. 2 widens the receptive field from 51 to 83 pixels.
        activation: of the output: "relu" (the report; unbounded, and a channel can die),
            "sigmoid" or "linear".
        bottleneck_activation: "tanh" (the report) or "relu" (the published notebook).

    Returns:
        `keras.Model`, `[B, size, size, 1]` to float32 `[B, size, size, 3]`, both in [0, 1].

    Source: Yadav's report, and `shubham0204/Google_Colab_Notebooks:
    ImageColorization_With_GANs.ipynb`, which it follows; the first line of the third block is
    missing in the report's print and comes from there.
    """
    least = 9 + 16 * dilation
    if size < least:
        raise ValueError(f"size must be at least {least} for dilation {dilation}, got {size}")
    check_choice("activation", activation, OUTPUT_ACTIVATIONS)
    check_choice("bottleneck_activation", bottleneck_activation, BOTTLENECK_ACTIVATIONS)
    initializer = GlorotUniform()

    def down(x, number, widths, dilation=1):
        for index, (width, kernel) in enumerate(zip(widths, (5, 3, 3), strict=True), start=1):
            name = f"conv{number}_{index}"
            x = conv2d(
                x,
                width,
                kernel,
                dilation=dilation,
                padding=0,
                initializer=initializer,
                name=name,
            )
            x = layers.LeakyReLU(0.3, name=f"{name}_relu")(x)
        return x

    def up(x, number, widths, dilation=1):
        for index, (width, kernel) in enumerate(zip(widths, (3, 3, 5), strict=True), start=1):
            name = f"up{number}_{index}"
            last = (number, index) == (1, 3)
            x = conv2d_transpose(
                x,
                width,
                kernel,
                strides=1,
                dilation=dilation,
                padding="valid",
                initializer=initializer,
                name=name,
                dtype="float32" if last else None,
            )
            if not last:
                x = layers.ReLU(name=f"{name}_relu")(x)
        return x

    def join(x, skip, name):
        return layers.Concatenate(name=name)([x, skip]) if skips else x

    image = keras.Input((size, size, 1), name="gray")
    conv1 = down(image, 1, (filters, 2 * filters, 2 * filters))
    conv2 = down(conv1, 2, (2 * filters, 4 * filters, 4 * filters), dilation)
    conv3 = down(conv2, 3, (4 * filters, 8 * filters, 8 * filters), dilation)
    x = conv2d(conv3, 8 * filters, 3, initializer=initializer, name="bottleneck")
    x = layers.Activation(bottleneck_activation, name=f"bottleneck_{bottleneck_activation}")(x)
    x = up(join(x, conv3, "skip3"), 3, (8 * filters, 8 * filters, 4 * filters), dilation)
    x = up(join(x, conv2, "skip2"), 2, (4 * filters, 4 * filters, 2 * filters), dilation)
    x = up(join(x, conv1, "skip1"), 1, (2 * filters, 2 * filters, 3))
    if activation != "linear":
        x = layers.Activation(activation, name=activation, dtype="float32")(x)
    return keras.Model(image, x, name="valid_unet")
