"""Layers with PyTorch's arithmetic and defaults, from which the reports' networks are built.

Keras pads strided convolutions on the right and starts from Glorot noise; PyTorch pads both
sides and starts from U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for kernel and bias alike. A
reproduction has to follow the latter, unless the report's own code says otherwise.
"""

import keras
import numpy as np
from keras import layers, ops

from colorization.models.convolution import Conv2D, Conv2DTranspose
from colorization.models.initializers import (
    ICNR,
    FanInUniform,
    GlorotUniform,
    KaimingNormal,
    Normal,
)
from colorization.models.normalization import BatchNormalization


def check_choice(argument: str, value, choices) -> None:
    """Raise a `ValueError` that names what there is to choose from."""
    if value not in choices:
        there_are = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{argument} must be one of {there_are}, got {value!r}")


def conv2d(
    x,
    filters,
    kernel,
    strides=1,
    dilation=1,
    padding=None,
    use_bias=True,
    initializer=None,
    bias_initializer=None,
    name=None,
    dtype=None,
):
    """`torch.nn.Conv2d` with zeros on both sides, `dilation * (kernel - 1) // 2` unless given.

    Args:
        x: tensor `[B, H, W, C]`.
        filters, kernel, strides, dilation: as in PyTorch.
        padding: zeros on each side.
        initializer: of the kernel, the bias then starts at 0; None for PyTorch's default of both.
        bias_initializer: of the bias, instead.
        dtype: the layer's dtype policy; "float32" for a last layer under mixed precision.

    Returns:
        tensor `[B, H', W', filters]`.
    """
    padding = dilation * (kernel - 1) // 2 if padding is None else padding
    # TensorFlow's 'same' equals PyTorch's padding only where it comes out equal on both sides.
    pads = [_same_pads(side, kernel, strides, dilation) for side in x.shape[1:3]]
    symmetric = pads == [(padding, padding)] * 2
    if padding and not symmetric:
        x = layers.ZeroPadding2D(padding, dtype=dtype, name=name and f"{name}_pad")(x)
    return Conv2D(
        filters,
        kernel,
        strides=strides,
        dilation_rate=dilation,
        padding="same" if padding and symmetric else "valid",
        use_bias=use_bias,
        **_initializers(initializer, bias_initializer, x.shape[-1] * kernel**2),
        dtype=dtype,
        name=name,
    )(x)


def _initializers(kernel, bias, fan_in):
    """As arguments of a layer; None is filled in."""
    default = FanInUniform(fan_in)
    return {
        "kernel_initializer": kernel or default,
        "bias_initializer": bias or ("zeros" if kernel else default),
    }


def _same_pads(size, kernel, strides, dilation):
    """Zeros that 'same' padding puts before and after an axis of `size`."""
    reach = dilation * (kernel - 1) + 1
    total = max((-(-size // strides) - 1) * strides + reach - size, 0)
    return total // 2, total - total // 2


def conv2d_transpose(
    x,
    filters,
    kernel=4,
    strides=2,
    dilation=1,
    padding="same",
    use_bias=True,
    initializer=None,
    name=None,
    dtype=None,
):
    """`torch.nn.ConvTranspose2d`, by default with `kernel=4, stride=2, padding=1`.

    Args:
        x: tensor `[B, H, W, C]`.
        filters, kernel, strides, dilation: as in PyTorch.
        padding: "same" multiplies height and width by `strides` (PyTorch's `padding` is then
            half of what the kernel exceeds the stride by); "valid" cuts nothing away (0).
        initializer, dtype: as in `conv2d`.

    Returns:
        tensor `[B, H', W', filters]`.
    """
    return Conv2DTranspose(
        filters,
        kernel,
        strides=strides,
        dilation_rate=dilation,
        padding=padding,
        use_bias=use_bias,
        **_initializers(initializer, None, filters * kernel**2),
        dtype=dtype,
        name=name,
    )(x)


def batch_norm(x, gamma="ones", beta="zeros", name=None):
    """`torch.nn.BatchNorm2d`: momentum 0.1 (Keras counts it as 0.9), epsilon 1e-5.

    Args:
        x: tensor `[B, H, W, C]`.
        gamma, beta: their initialisers.
    """
    return BatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=gamma, beta_initializer=beta, name=name
    )(x)


@keras.saving.register_keras_serializable(package="colorization")
class PixelShuffle(layers.Layer):
    """`torch.nn.PixelShuffle(2)`: `[B, H, W, 4 C]` becomes `[B, 2 H, 2 W, C]`.

    Channel `4 c + 2 i + j` goes to channel c of row `2 h + i` and column `2 w + j`. This is
    PyTorch's order; TensorFlow's `depth_to_space` takes channel `(2 i + j) C + c` instead.
    """

    def call(self, x):
        _, height, width, channels = x.shape
        x = ops.reshape(x, (-1, height, width, channels // 4, 2, 2))
        x = ops.transpose(x, (0, 1, 4, 2, 5, 3))
        return ops.reshape(x, (-1, 2 * height, 2 * width, channels // 4))

    def compute_output_shape(self, shape):
        return (shape[0], 2 * shape[1], 2 * shape[2], shape[3] // 4)


@keras.saving.register_keras_serializable(package="colorization")
class AlignedUpsampling2D(layers.Layer):
    """Bilinear upsampling with aligned corners, `torch.nn.Upsample(align_corners=True)`.

    `keras.layers.UpSampling2D` aligns pixel edges instead. Written as two matrix products,
    one along each axis; their cost is far below that of the convolutions around it.

    Args:
        factor: integer; `[B, H, W, C]` becomes `[B, factor * H, factor * W, C]`.
    """

    def __init__(self, factor: int = 2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        rows = ops.cast(_interpolation(x.shape[1], self.factor), x.dtype)
        columns = ops.cast(_interpolation(x.shape[2], self.factor), x.dtype)
        x = ops.einsum("oh,bhwc->bowc", rows, x)
        return ops.einsum("ow,bhwc->bhoc", columns, x)

    def compute_output_shape(self, shape):
        return (shape[0], shape[1] * self.factor, shape[2] * self.factor, shape[3])

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def _interpolation(size: int, factor: int) -> np.ndarray:
    """Matrix `[factor * size, size]` that interpolates linearly with aligned corners."""
    position = np.linspace(0.0, size - 1.0, factor * size)
    return np.maximum(0.0, 1.0 - np.abs(position[:, None] - np.arange(size)[None, :])).astype("f4")


# What a stored network needs besides Keras.
CUSTOM_OBJECTS = {
    f"colorization>{thing.__name__}": thing
    for thing in (
        AlignedUpsampling2D,
        BatchNormalization,
        Conv2D,
        Conv2DTranspose,
        FanInUniform,
        GlorotUniform,
        ICNR,
        KaimingNormal,
        Normal,
        PixelShuffle,
    )
}
