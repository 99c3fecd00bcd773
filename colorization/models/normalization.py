"""Batch normalisation by the one kernel that TensorFlow has for it."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="colorization")
class BatchNormalization(layers.BatchNormalization):
    """Keras' layer; on TensorFlow an image's channels are normalised by one fused kernel.

    Keras writes the layer out in a dozen operations over the whole batch in float32, which take
    seven times as long on a CPU. The statistics of several replicas are left to Keras.
    """

    def call(self, inputs, training=None, mask=None):
        fused = keras.backend.backend() == "tensorflow" and len(inputs.shape) == 4
        plain = self.axis in (-1, 3) and self.center and self.scale and not self.renorm
        if not (fused and plain) or mask is not None or self.synchronized:
            return super().call(inputs, training=training, mask=mask)
        if not (training and self.trainable):
            return self._fused(inputs, self.moving_mean, self.moving_variance)[0]
        outputs, mean, variance = self._fused(inputs)
        # The kernel gives the variance of the population, Keras keeps that of the batch.
        count = ops.cast(ops.prod(ops.shape(inputs)[:3]), "float32")
        variance = variance * (ops.maximum(count - 1, 1) / count)
        for moving, found in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + found * (1.0 - self.momentum))
        return outputs

    def _fused(self, inputs, *statistics):
        import tensorflow as tf

        inputs = ops.cast(inputs, self.compute_dtype)
        mean, variance = map(ops.convert_to_tensor, statistics) if statistics else ([], [])
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=ops.convert_to_tensor(self.gamma),
            offset=ops.convert_to_tensor(self.beta),
            mean=mean,
            variance=variance,
            epsilon=self.epsilon,
            is_training=not statistics,
        )
        return outputs, mean, variance
