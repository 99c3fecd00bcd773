"""The networks by name; the module that builds one, and Keras, are imported when it is built.

So reports can name their networks as data, and be listed, without Keras.
"""

from collections.abc import Callable
from importlib import import_module


def _network(name: str) -> Callable:
    """The function `name` of `colorization.models.<name>`, which has its arguments."""

    def build(**keywords):
        return load(build)(**keywords)

    build.__module__ = f"colorization.models.{name}"
    build.__name__ = build.__qualname__ = name
    return build


def load(build: Callable) -> Callable:
    """The function itself that a name of this module stands for; any other is one already."""
    return getattr(import_module(build.__module__), build.__name__, build)


classification_cnn = _network("classification_cnn")
patchgan = _network("patchgan")
pix2pix_unet = _network("pix2pix_unet")
pooling_discriminator = _network("pooling_discriminator")
regression_cnn = _network("regression_cnn")
resnet18_classifier = _network("resnet18_classifier")
resnet18_unet = _network("resnet18_unet")
ronneberger_unet = _network("ronneberger_unet")
valid_unet = _network("valid_unet")
