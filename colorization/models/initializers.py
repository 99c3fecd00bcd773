"""First weights as PyTorch, pix2pix and Keras draw them, of layers with PyTorch's kernels."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops


class _FromNumPy(keras.initializers.Initializer):
    """Drawn from NumPy's global generator (seeded by `keras.utils.set_random_seed`), so that a
    seed gives the same weights on every backend."""

    def __call__(self, shape, dtype=None):
        return ops.convert_to_tensor(self.draw(tuple(shape)), dtype=dtype or "float32")

    def draw(self, shape: tuple[int, ...]) -> np.ndarray:
        raise NotImplementedError


@keras.saving.register_keras_serializable(package="colorization")
class FanInUniform(_FromNumPy):
    """PyTorch's default for convolutions: U(-1/sqrt(fan_in), 1/sqrt(fan_in)).

    Args:
        fan_in: inputs that reach one output; PyTorch counts `filters * k * k` for transposed
            convolutions.
    """

    def __init__(self, fan_in: int):
        self.fan_in = fan_in

    def draw(self, shape):
        bound = self.fan_in**-0.5
        return np.random.uniform(-bound, bound, size=shape)

    def get_config(self):
        return {"fan_in": self.fan_in}


@keras.saving.register_keras_serializable(package="colorization")
class Normal(_FromNumPy):
    """N(mean, stddev), not truncated."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.02):
        self.mean = mean
        self.stddev = stddev

    def draw(self, shape):
        return np.random.normal(self.mean, self.stddev, size=shape)

    def get_config(self):
        return {"mean": self.mean, "stddev": self.stddev}


@keras.saving.register_keras_serializable(package="colorization")
class GlorotUniform(_FromNumPy):
    """Keras' default: U(-b, b) with b = sqrt(6 / (fan_in + fan_out))."""

    def draw(self, shape):
        bound = np.sqrt(6 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1])))
        return np.random.uniform(-bound, bound, size=shape)


@keras.saving.register_keras_serializable(package="colorization")
class KaimingNormal(_FromNumPy):
    """`torch.nn.init.kaiming_normal_` for a convolution: N(0, sqrt(2 / fan)).

    Args:
        mode: "fan_in" (fastai's decoders) or "fan_out" (torchvision's residual networks).
    """

    def __init__(self, mode: str = "fan_in"):
        self.mode = mode

    def draw(self, shape):
        channels = shape[-2] if self.mode == "fan_in" else shape[-1]
        return np.random.normal(0.0, np.sqrt(2 / (np.prod(shape[:-2]) * channels)), size=shape)

    def get_config(self):
        return {"mode": self.mode}


@keras.saving.register_keras_serializable(package="colorization")
class ICNR(_FromNumPy):
    """For the convolution before a `PixelShuffle`: its four sub-positions start out equal.

    Shuffled, such a convolution is nearest-neighbour upsampling, without a checkerboard
    (Aitken et al. 2017, "Checkerboard artifact free sub-pixel convolution"). Each sub-kernel is
    `KaimingNormal`.
    """

    def draw(self, shape):
        *kernel, channels, filters = shape
        # Four neighbouring filters make up one channel of `PixelShuffle`.
        return np.repeat(KaimingNormal().draw((*kernel, channels, filters // 4)), 4, axis=-1)


class Initialization(NamedTuple):
    """How a network starts: initialisers of its kernels and of its normalisations' gamma.

    Biases and beta start at 0.
    """

    kernel: keras.initializers.Initializer
    gamma: keras.initializers.Initializer | str


# "normal" is pix2pix' (`phillipi/pix2pix: train.lua`, `weights_init`), "glorot" is Keras' default.
INITIALIZATIONS = {
    "normal": Initialization(Normal(0.0, 0.02), Normal(1.0, 0.02)),
    "glorot": Initialization(GlorotUniform(), "ones"),
}
