"""Layers with PyTorch's arithmetic and defaults, from which the reports' networks are built.

Keras pads strided convolutions on the right and starts from Glorot noise; PyTorch pads both
sides and starts from U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for kernel and bias alike. A
reproduction has to follow the latter.
"""

import keras
import numpy as np
from keras import layers, ops


@keras.saving.register_keras_serializable(package="colorization")
class FanInUniform(keras.initializers.Initializer):
    """PyTorch's default for convolutions: U(-1/sqrt(fan_in), 1/sqrt(fan_in)).

    Drawn from NumPy's global generator (seeded by `keras.utils.set_random_seed`), so that a
    seed gives the same weights on every backend.

    Args:
        fan_in: inputs that reach one output; PyTorch counts `filters * k * k` for transposed
            convolutions.
    """

    def __init__(self, fan_in: int):
        self.fan_in = fan_in

    def __call__(self, shape, dtype=None):
        bound = self.fan_in**-0.5
        values = np.random.uniform(-bound, bound, size=tuple(shape))
        return ops.convert_to_tensor(values, dtype=dtype or "float32")

    def get_config(self):
        return {"fan_in": self.fan_in}


def conv2d(x, filters, kernel, strides=1, dilation=1, padding=None, name=None, dtype=None):
    """`torch.nn.Conv2d` with zeros on both sides, `dilation * (kernel - 1) // 2` unless given.

    Args:
        x: tensor `[B, H, W, C]`.
        filters, kernel, strides, dilation: as in PyTorch.
        padding: zeros on each side.
        dtype: the layer's dtype policy; "float32" for a last layer under mixed precision.

    Returns:
        tensor `[B, H', W', filters]`.
    """
    padding = dilation * (kernel - 1) // 2 if padding is None else padding
    initializer = FanInUniform(x.shape[-1] * kernel**2)
    # TensorFlow's 'same' equals PyTorch's padding only where it comes out equal on both sides.
    pads = [_same_pads(side, kernel, strides, dilation) for side in x.shape[1:3]]
    symmetric = pads == [(padding, padding)] * 2
    if padding and not symmetric:
        x = layers.ZeroPadding2D(padding, dtype=dtype, name=name and f"{name}_pad")(x)
    return layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        dilation_rate=dilation,
        padding="same" if padding and symmetric else "valid",
        kernel_initializer=initializer,
        bias_initializer=initializer,
        dtype=dtype,
        name=name,
    )(x)


def _same_pads(size, kernel, strides, dilation):
    """Zeros that 'same' padding puts before and after an axis of `size`."""
    reach = dilation * (kernel - 1) + 1
    total = max((-(-size // strides) - 1) * strides + reach - size, 0)
    return total // 2, total - total // 2


def conv2d_transpose(x, filters, kernel=4, strides=2, name=None, dtype=None):
    """`torch.nn.ConvTranspose2d(kernel=4, stride=2, padding=1)`: doubles height and width."""
    initializer = FanInUniform(filters * kernel**2)
    return layers.Conv2DTranspose(
        filters,
        kernel,
        strides=strides,
        padding="same",
        kernel_initializer=initializer,
        bias_initializer=initializer,
        dtype=dtype,
        name=name,
    )(x)


def batch_norm(x, name=None):
    """`torch.nn.BatchNorm2d`: momentum 0.1 (Keras counts it as 0.9), epsilon 1e-5."""
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)(x)


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
    "colorization>FanInUniform": FanInUniform,
    "colorization>AlignedUpsampling2D": AlignedUpsampling2D,
}
