"""A pool of generated images, shown to a discriminator again later."""

import keras
import numpy as np
from keras import ops


class ImagePool(keras.layers.Layer):
    """Generated images kept on the device, to be shown to a discriminator again later.

    While it fills, `exchange` stores what it is given and returns it. Full, it returns for each
    image with probability 1/2 a stored one, whose place the new image takes; no place is drawn
    twice in a batch. After Zhu et al. (2017), who draw image by image.

    Args:
        size: images kept, at least one batch.
        shape: of an image.
    """

    def __init__(self, size: int, shape: tuple[int, ...], name=None):
        super().__init__(name=name)
        self.size = size
        self.seeds = keras.random.SeedGenerator(int(np.random.randint(2**31)))
        zeros = {"initializer": "zeros", "trainable": False}
        self.stored = self.add_weight(shape=(size, *shape), dtype="float32", name="stored", **zeros)
        self.filled = self.add_weight(shape=(), dtype="int32", name="filled", **zeros)
        self.built = True

    def exchange(self, images):
        """`[B, ...]` to as many images, new or stored."""
        images = ops.cast(images, "float32")
        count = ops.shape(images)[0]
        filled, stored = ops.convert_to_tensor(self.filled), ops.convert_to_tensor(self.stored)
        drawn = keras.random.shuffle(ops.arange(self.size), seed=self.seeds)[:count]
        following = filled + ops.arange(count)
        filling = following < self.size
        places = ops.where(filled < self.size, following % self.size, drawn)
        old = ops.take(stored, places, axis=0)
        coins = keras.random.uniform((count,), seed=self.seeds) < 0.5
        per_image = (-1,) + (1,) * (len(self.stored.shape) - 1)
        filling, coins = ops.reshape(filling, per_image), ops.reshape(coins, per_image)
        swap = ops.logical_and(coins, ops.logical_not(filling))
        kept = ops.where(ops.logical_or(filling, swap), images, old)
        self.stored.assign(ops.scatter_update(stored, places[:, None], kept))
        self.filled.assign(ops.minimum(filled + count, self.size))
        return ops.where(swap, old, images)
