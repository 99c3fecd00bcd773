"""The file of a finished run's network."""

import os
import zipfile
from pathlib import Path

import keras

from colorization.errors import RunUnusable, UserError
from colorization.files import replacing
from colorization.models.layers import CUSTOM_OBJECTS
from colorization.state import TRAIN_ANEW

FINISHED = "network.keras"  # where it is, the run is finished


def save_network(network: keras.Model, folder: Path) -> None:
    """Write the network of a finished run: it then counts as finished."""
    with replacing(folder / FINISHED) as part:
        named = part.with_name(part.name + ".keras")  # which Keras insists on
        network.save(named)
        os.replace(named, part)


def load_network(folder: Path) -> keras.Model:
    """The network of a finished run, loaded in Keras' safe mode.

    Raises:
        UserError: the run is not finished, or its file is damaged.
    """
    path = folder / FINISHED
    if not path.exists():
        raise UserError(
            f"{folder} has no {FINISHED}; finish the run first, and name its folder below runs/ "
            "(stored results have no networks)"
        )
    if not zipfile.is_zipfile(path):
        raise RunUnusable(f"{path} cannot be loaded: it is damaged; {TRAIN_ANEW}")
    try:
        return keras.saving.load_model(path, custom_objects=CUSTOM_OBJECTS, compile=False)
    except (ValueError, OSError, TypeError, KeyError) as error:
        text = str(error).splitlines()[0]
        raise RunUnusable(f"{path} cannot be loaded: {text}; {TRAIN_ANEW}") from None
