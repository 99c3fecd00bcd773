"""What the tests of adversarial share."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
from keras import layers

from colorization.data.batches import training_dataset
from colorization.models.initializers import GlorotUniform
from colorization.models.layers import conv2d
from colorization.training import stages
from colorization.training.config import Adversary
from tests.tiny import runs as tiny


def plain_generator(size: int, inputs: int = 1) -> keras.Model:
    """Two convolutions: neither normalisation nor dropout."""
    image = keras.Input((size, size, inputs))
    x = layers.Activation("tanh")(conv2d(image, 3, 3, initializer=GlorotUniform()))
    return keras.Model(image, conv2d(x, 2, 3, initializer=GlorotUniform()))


def plain_discriminator(size: int, channels: int, probability: bool = False) -> keras.Model:
    """Answers of 4x4 patches, as logits or probabilities."""
    image = keras.Input((size, size, channels))
    x = conv2d(image, 3, 4, strides=4, padding=0, initializer=GlorotUniform())
    x = conv2d(layers.LeakyReLU(0.2)(x), 1, 1, initializer=GlorotUniform())
    return keras.Model(image, layers.Activation("sigmoid")(x) if probability else x)


PLAIN = replace(
    tiny.ADVERSARIAL,
    network=plain_generator,
    learning_rate=1e-2,
    beta_2=0.9,
    epsilon=1e-3,  # large enough to be seen
    flip=False,
    adversary=Adversary(plain_discriminator),
)


def built(config, seed=0):
    """The compiled model of a configuration, as a run builds it."""
    keras.utils.set_random_seed(seed)
    return stages.build_stages(Path(), config, tiny.prepared())[-1].model


def fitted(model, images, batch_size, epochs, labels=None, **arguments):
    """Train on images in one order; the losses of each epoch by name."""
    batches = training_dataset(
        images, batch_size, seed=0, first_epoch=0, epochs=epochs, reshuffle=False, labels=labels
    )
    steps = -(-len(images) // batch_size)
    fit = partial(model.fit, batches, steps_per_epoch=steps, epochs=epochs, shuffle=False)
    return fit(verbose=0, **arguments).history


def counted(model) -> list:
    """What grows by one element whenever the model's training step is traced."""
    traces, update = [], model.update

    def counting(batch):
        traces.append(None)
        return update(batch)

    model.update = counting
    return traces


def copy_of(network, builder):
    copy = builder()
    copy.set_weights(network.get_weights())
    return copy
