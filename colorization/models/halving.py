"""4x4 convolutions at stride 2, and their transposes, as matrix products.

Of few pixels and many channels, as inside a U-Net, oneDNN and XLA make neither these convolutions
nor their gradients at anything near the speed of a matrix product. Here each is one: of the
kernel, taken as the matrix that it is in memory, and the image's windows side by side. In what
follows x is the larger image `[B, 2 h, 2 w, C]`, y the smaller one `[B, h, w, F]`, and the kernel
`[4, 4, C, F]`; x is padded by one pixel on each side.
"""

import keras
from keras import ops


@ops.custom_gradient
def halved(x, kernel):
    """The convolution of x: y."""

    def gradient(*arguments, upstream=None):
        by_y = arguments[0] if upstream is None else upstream
        return _doubled(by_y, kernel), _by_kernel(x, by_y, kernel)

    return _halved(x, kernel), gradient


@ops.custom_gradient
def doubled(y, kernel):
    """The transposed convolution of y: x."""

    def gradient(*arguments, upstream=None):
        by_x = arguments[0] if upstream is None else upstream
        return _halved(by_x, kernel), _by_kernel(by_x, y, kernel)

    return _doubled(y, kernel), gradient


def _halved(x, kernel):
    _, height, width, _ = x.shape
    *_, filters = kernel.shape
    y = ops.matmul(_windows(x), ops.reshape(kernel, (-1, filters)))
    return ops.reshape(y, (-1, height // 2, width // 2, filters))


def _doubled(y, kernel):
    _, h, w, filters = y.shape
    columns = _product(ops.reshape(y, (-1, filters)), ops.reshape(kernel, (-1, filters)), "b")
    columns = ops.reshape(columns, (-1, h, w, 4, 4, kernel.shape[2]))
    return _overlapped(columns)


def _by_kernel(x, y, kernel):
    """The gradient of the kernel."""
    y = ops.reshape(y, (-1, y.shape[-1]))
    return ops.reshape(_product(_windows(x), y, "a"), kernel.shape)


def _product(a, b, transposed):
    """The product of two matrices, one of them transposed, without a transposed copy of it."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.matmul(a, b, transpose_a=transposed == "a", transpose_b=transposed == "b")
    return ops.matmul(a.T, b) if transposed == "a" else ops.matmul(a, b.T)


def _windows(x):
    """The 4x4 windows of x, a row each: `[B h w, 16 C]`."""
    _, height, width, channels = x.shape
    h, w = height // 2, width // 2
    x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    x = ops.reshape(x, (-1, h + 1, 2, w + 1, 2, channels))
    taps = [
        x[:, row : row + h, i, column : column + w, j]
        for row in (0, 1)
        for i in (0, 1)
        for column in (0, 1)
        for j in (0, 1)
    ]
    return ops.reshape(ops.concatenate(taps, axis=-1), (-1, 16 * channels))


def _overlapped(columns):
    """The sum of windows `[B, h, w, 4, 4, C]` where they lie in x: the adjoint of `_windows`."""
    _, h, w, _, _, channels = columns.shape
    rows = _halves(columns, 3, 1)  # two of [B, h, w, 4, C]
    rows = [ops.stack(_halves(half, 3, 2), axis=3) for half in rows]  # [B, h, w, 2, C]
    return ops.reshape(ops.stack(rows, axis=2), (-1, 2 * h, 2 * w, channels))


def _halves(windows, taps, axis):
    """The even and the odd lines along an axis, of which each window covers four.

    Line 2 n is the second of window n and the fourth of window n - 1; line 2 n + 1 is the third of
    window n and the first of window n + 1.
    """
    first, second, third, fourth = (windows[(slice(None),) * taps + (tap,)] for tap in range(4))
    return second + _moved(fourth, axis, 1), third + _moved(first, axis, -1)


def _moved(x, axis, by):
    """x moved along an axis by one, zeros moving in."""
    pads = [(0, 0)] * len(x.shape)
    pads[axis] = (1, 0) if by > 0 else (0, 1)
    whole = (slice(None),) * axis
    kept = slice(0, -1) if by > 0 else slice(1, None)
    return ops.pad(x, pads)[(*whole, kept)]
