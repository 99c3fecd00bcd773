"""The transposed convolution's own gradient on JAX, against the one that JAX derives."""

GRADIENTS = """
import itertools
import jax
import keras
import numpy as np
from colorization.models.layers import Conv2DTranspose

def gradients(layer, variables, x):
    def value(x, variables):
        y, _ = layer.stateless_call(variables, [], x)
        return jax.numpy.sum(jax.numpy.sin(y.astype("float32")))
    return jax.jit(jax.value_and_grad(value, (0, 1)))(x, variables)

keras.utils.set_random_seed(0)
x = np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")
shapes = (4, 2), (3, 2), (3, 1), (5, 1), (2, 3)
for dtype, padding, (kernel, strides) in itertools.product(
    ("float32", "mixed_bfloat16"), ("same", "valid"), shapes
):
    options = {"strides": strides, "padding": padding, "dtype": dtype, "activation": "tanh"}
    own, theirs = (
        kind(7, kernel, bias_initializer="normal", **options)
        for kind in (Conv2DTranspose, keras.layers.Conv2DTranspose)
    )
    own.build(x.shape)
    variables = [variable.value for variable in own.trainable_variables]
    theirs.build(x.shape)
    for one, other in zip(*(jax.tree.leaves(gradients(k, variables, x)) for k in (own, theirs))):
        assert one.dtype == other.dtype and np.abs(one).max() > 0.1
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-4)
print("same")
"""


def test_gradients_are_those_that_jax_derives(on_jax):
    assert on_jax(GRADIENTS) == "same"
