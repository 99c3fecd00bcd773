"""Convolutions as matrix products and the fused batch normalisation, against Keras' own layers."""

import keras
import numpy as np
import pytest
from keras import layers

from colorization.models.convolution import Conv2D, Conv2DTranspose
from colorization.models.normalization import BatchNormalization

SAME = """
import keras
import numpy as np
from keras import layers, ops
from colorization.models.convolution import Conv2D, Conv2DTranspose

def results(layer, variables, x):
    if keras.backend.backend() == "jax":
        import jax

        def value(x, variables):
            y, _ = layer.stateless_call(variables, [], x)
            return ops.sum(ops.sin(ops.cast(y, "float32"))), y
        (_, y), gradients = jax.jit(jax.value_and_grad(value, (0, 1), has_aux=True))(x, variables)
        return [y, *jax.tree.leaves(gradients)]
    import tensorflow as tf

    @tf.function
    def call(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            value = ops.sum(ops.sin(ops.cast(y, "float32")))
        weights = [variable.value for variable in layer.trainable_variables]
        return [y, *tape.gradient(value, [x, *weights])]
    graph = call.get_concrete_function(x).graph
    if type(layer) in (Conv2D, Conv2DTranspose):
        assert not [op.type for op in graph.get_operations() if "Conv2D" in op.type]
    return call(x)

keras.utils.set_random_seed(0)
kinds = (Conv2D, layers.Conv2D), (Conv2DTranspose, layers.Conv2DTranspose)
for own_kind, kind in kinds:
    for shape in (3, 8, 2, 4), (2, 2, 6, 3), (1, 4, 4, 2):
        for dtype, tolerance in ("float32", 1e-4), ("mixed_bfloat16", 0.1):
            given = {"strides": 2, "padding": "same", "dtype": dtype, "bias_initializer": "normal"}
            x = ops.cast(np.random.default_rng(0).normal(size=shape), "float32")
            own, plain = own_kind(5, 4, **given), kind(5, 4, **given)
            own.build(shape)
            plain.build(shape)
            plain.set_weights(own.get_weights())
            variables = [variable.value for variable in own.trainable_variables]
            for one, other in zip(*(results(layer, variables, x) for layer in (own, plain))):
                one, other = (np.asarray(ops.cast(value, "float32")) for value in (one, other))
                np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
                assert np.abs(other).max() > 0.05
print("same")
"""


def test_products_give_what_convolutions_give(capsys, on_jax):
    exec(SAME, {})
    assert capsys.readouterr().out.strip() == "same"
    assert on_jax(SAME) == "same"


@pytest.mark.parametrize("kind", [Conv2D, Conv2DTranspose])
@pytest.mark.parametrize(
    "shape, given",
    [
        ((1, 40, 40, 2), {}),  # many pixels
        ((1, 7, 7, 2), {}),  # not halved
        ((1, 8, 8, 2), {"kernel_size": 3}),
        ((1, 8, 8, 2), {"strides": 1}),
        ((1, 8, 8, 2), {"padding": "valid"}),
    ],
)
def test_other_shapes_are_convolved(kind, shape, given):
    given = {"kernel_size": 4, "strides": 2, "padding": "same", **given}
    plain_kind = layers.Conv2D if kind is Conv2D else layers.Conv2DTranspose
    own, plain = kind(3, **given), plain_kind(3, **given)
    own.build(shape)
    plain.build(shape)
    plain.set_weights(own.get_weights())
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    np.testing.assert_allclose(own(x), plain(x), rtol=1e-4, atol=1e-5)


def test_a_network_of_any_size_can_be_built():
    image = keras.Input((None, None, 2))
    network = keras.Model(image, Conv2DTranspose(3, 4, 2, "same")(Conv2D(3, 4, 2, "same")(image)))
    assert network(np.zeros((1, 12, 8, 2), "float32")).shape == (1, 12, 8, 3)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's kernel")
@pytest.mark.parametrize("shape", [(4, 6, 5, 3), (2, 1, 1, 3)])
def test_fused_normalisation_gives_what_keras_gives(shape):
    import tensorflow as tf

    x = tf.constant(np.random.default_rng(0).normal(2, 3, size=shape), tf.float32)
    found = []
    for kind in (BatchNormalization, layers.BatchNormalization):
        layer = kind(momentum=0.9, epsilon=1e-5)
        layer.build(shape)
        layer.set_weights([np.full(3, value) for value in (1.5, 0.3, 0.1, 2.0)])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
            value = tf.reduce_sum(tf.sin(3 * y))
        weights = [variable.value for variable in layer.trainable_variables]
        gradients = tape.gradient(value, [x, *weights])
        found.append([y, *gradients, *layer.get_weights(), layer(x, training=False)])
    for own, plain in zip(*found, strict=True):
        np.testing.assert_allclose(own, plain, rtol=1e-3, atol=1e-4)


def test_one_value_a_channel_keeps_its_variance_at_zero():
    layer = BatchNormalization()
    layer(np.full((1, 1, 1, 2), 3.0, "float32"), training=True)
    assert np.isfinite(layer.get_weights()[3]).all()
    np.testing.assert_allclose(layer.get_weights()[3], 0.99, rtol=1e-5)
