"""Keras' convolutions, with faster ways to the same numbers where there are some."""

from functools import cache, partial

import keras
from keras import layers, ops

from colorization.backend import has_accelerator
from colorization.models.halving import doubled, halved

# Pixels of the smaller side up to which a matrix product is the faster one on a CPU.
HALVED, DOUBLED = 8, 16


def _as_product(layer, pixels, most: int) -> bool:
    """Whether a layer's convolution is made as a matrix product (see `halving`).

    Args:
        pixels: height and width of its smaller side, None where they are not known or not whole.
        most: how many they may be.
    """
    kind = layer.kernel_size, layer.strides, layer.dilation_rate, layer.padding
    fits = kind == ((4, 4), (2, 2), (1, 1), "same") and layer.data_format == "channels_last"
    small = all(side is not None and side <= most for side in pixels)
    return fits and small and not has_accelerator()


def _tensor(kernel):
    """A variable's value; TensorFlow takes no variable where a gradient is written out."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.convert_to_tensor(kernel)
    return ops.convert_to_tensor(kernel)


@keras.saving.register_keras_serializable(package="colorization")
class Conv2D(layers.Conv2D):
    """Keras' layer; one that halves few pixels is made as a matrix product on a CPU."""

    def convolution_op(self, inputs, kernel):
        sides = inputs.shape[1:3]
        halves = [side // 2 if side is not None and side % 2 == 0 else None for side in sides]
        if self.groups == 1 and _as_product(self, halves, HALVED):
            return halved(inputs, _tensor(kernel))
        return super().convolution_op(inputs, kernel)


@keras.saving.register_keras_serializable(package="colorization")
class Conv2DTranspose(layers.Conv2DTranspose):
    """Keras' layer, whose gradient is written out on JAX, and which is a convolution if dilated.

    One that doubles few pixels is made as a matrix product on a CPU.

    A transposed convolution is what a convolution does to the gradient of its input, so the
    gradients of either are convolutions of the other kind. JAX derives the one by the kernel in a
    form with a window of the image's size instead, for which XLA has no fast code
    (github.com/jax-ml/jax/issues/31662).

    TensorFlow has no dilated one on a CPU where oneDNN is off, as it is by default on those
    without AVX-512. With stride 1 and nothing cut away it is the convolution of the padded input
    with the mirrored kernel.
    """

    def call(self, inputs):
        kernel = _tensor(self.kernel)
        if set(self.dilation_rate) != {1}:
            outputs = self._dilated(inputs, kernel)
        elif _as_product(self, inputs.shape[1:3], DOUBLED):
            outputs = doubled(inputs, kernel)
        elif keras.backend.backend() == "jax":
            shape = self.compute_output_shape(inputs.shape)
            fixed = shape, tuple(self.strides), self.padding.upper()
            outputs = _transposed_on_jax()(inputs, kernel, *fixed)
        else:
            return super().call(inputs)
        if self.use_bias:
            outputs = outputs + self.bias
        return outputs if self.activation is None else self.activation(outputs)

    def _dilated(self, inputs, kernel):
        if set(self.strides) != {1} or self.padding != "valid":
            raise NotImplementedError("dilated, it takes stride 1 and padding 'valid' alone")
        margins = [d * (k - 1) for d, k in zip(self.dilation_rate, self.kernel_size, strict=True)]
        padded = ops.pad(inputs, [(0, 0), *((margin, margin) for margin in margins), (0, 0)])
        mirrored = ops.transpose(ops.flip(kernel, (0, 1)), (0, 1, 3, 2))
        return ops.conv(padded, mirrored, dilation_rate=self.dilation_rate)


@cache
def _transposed_on_jax():
    """`(x, kernel, output shape, strides, padding)` to the transposed convolution of x."""
    import jax

    def convolve(y, kernel, strides, padding):
        layout = ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(y, kernel, strides, padding, dimension_numbers=layout)

    @partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
    def transposed(x, kernel, shape, strides, padding):
        y = jax.ShapeDtypeStruct(shape, x.dtype)
        (result,) = jax.linear_transpose(lambda y: convolve(y, kernel, strides, padding), y)(x)
        return result

    def forward(x, kernel, *fixed):
        return transposed(x, kernel, *fixed), (x, kernel)

    def backward(shape, strides, padding, kept, gradient):
        x, kernel = kept
        by_x, by_kernel = jax.vjp(lambda k: convolve(gradient, k, strides, padding), kernel)
        return by_x, by_kernel(x)[0]

    transposed.defvjp(forward, backward)
    return transposed
