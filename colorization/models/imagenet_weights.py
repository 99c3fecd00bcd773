"""ImageNet weights for the encoder of `resnet18_unet`: from a file, or by KerasHub.

The file is `resnet18/<any name>.npz` below a data root: torchvision's `resnet18`, whose weights
fastai takes, an array for each name of its state dict (`data/README.md` says how to write it).
Without one KerasHub downloads `resnet_18_imagenet`, which is timm's `resnet18.a1_in1k`: the same
architecture by another training recipe.
"""

import functools
import hashlib
import zipfile
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from colorization.data import roots
from colorization.errors import UserError
from colorization.installation import to_install
from colorization.models.resnet18_unet import BLOCKS, STAGES, block_name

FILE = "resnet18/*.npz"

Layers = dict[str, list[np.ndarray]]  # of the encoder, by name -> weights as Keras orders them


class ImageNetWeights(NamedTuple):
    """Weights of an encoder of 64 filters that sees three channels, and where they are from."""

    layers: Layers
    origin: str


def load_imagenet_encoder(network: keras.Model) -> None:
    """Give the encoder of a `resnet18_unet` the weights of `imagenet_weights`.

    A network of one channel gets the first kernel's sum over red, green and blue: what it makes
    of a gray image is then what the original makes of three equal channels.

    Args:
        network: of 64 filters and 1 or 3 inputs.

    Raises:
        ValueError: it has others.
        UserError: see `imagenet_weights`.
    """
    *_, inputs, filters = network.get_layer("encoder_conv1").kernel.shape
    if filters != 64:
        raise ValueError(f"the ImageNet weights are for filters=64, got {filters}")
    if inputs not in (1, 3):
        raise ValueError(f"the ImageNet weights are for inputs=1 or 3, got {inputs}")
    set_encoder(network, imagenet_weights().layers)


def set_encoder(network: keras.Model, layers: Layers) -> None:
    """Set the weights of an encoder's layers; those of the first are summed for one channel.

    A network may leave out the last stages.
    """
    there = {layer.name for layer in network.layers}
    for name, weights in layers.items():
        if name not in there:
            continue
        if name == "encoder_conv1" and network.input_shape[-1] == 1:
            weights = [kernel.sum(axis=2, keepdims=True) for kernel in weights]
        network.get_layer(name).set_weights(weights)


@functools.cache
def imagenet_weights() -> ImageNetWeights:
    """The weights: the file's where there is one, else KerasHub's (45 MB, cached by it).

    Raises:
        UserError: the file is damaged; or KerasHub is not installed, or its download failed.
    """
    if path := torchvision_file():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return ImageNetWeights(
            from_torchvision(path), f"torchvision ({path.name}, sha256 {digest[:12]})"
        )
    return ImageNetWeights(from_keras_hub(_keras_hub()), "KerasHub (resnet_18_imagenet)")


# ---------------------------------------------------------------- torchvision's, in a file


def torchvision_file() -> Path | None:
    """The file below a data root; None if there is none."""
    return roots.find(FILE)


def from_torchvision(path: Path) -> Layers:
    """The encoder's layers from an archive of torchvision's arrays.

    Raises:
        UserError: it cannot be read, or an array is missing or of another shape.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {
                ours: [arrays[name].astype("float32") for name in _state(theirs)]
                if ours.endswith(("bn", "bn1"))
                else [arrays[f"{theirs}.weight"].astype("float32").transpose(2, 3, 1, 0)]
                for ours, theirs in TORCHVISION_LAYERS.items()
            }
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())[:120]
        raise UserError(
            f"{path} does not hold torchvision's resnet18 ({reason}); write it again as"
            " data/README.md says, or move it away"
        ) from None


def _state(name: str) -> list[str]:
    """A normalisation's arrays in the order of Keras."""
    return [f"{name}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]


def _torchvision_layers() -> dict[str, str]:
    """Layers with weights: the encoder's name to torchvision's."""
    names = {"encoder_conv1": "conv1", "encoder_bn1": "bn1"}
    for ours, stage, block, part in _parts():
        theirs = f"layer{stage}.{block}."
        pair = ("downsample.0", "downsample.1")
        if part != "shortcut":
            pair = part, part.replace("conv", "bn")
        names[ours], names[f"{ours}_bn"] = (theirs + name for name in pair)
    return names


def _parts():
    """Name, stage, block and part of every convolution of the encoder but the first."""
    for stage in STAGES:
        for block in BLOCKS:
            shortcut = ("shortcut",) if stage > 1 and block == 0 else ()
            for part in ("conv1", "conv2", *shortcut):
                yield f"{block_name(stage, block)}_{part}", stage, block, part


TORCHVISION_LAYERS = _torchvision_layers()

# ---------------------------------------------------------------- KerasHub's


def _keras_hub() -> keras.Model:
    try:
        from keras_hub.models import ResNetBackbone
    except ImportError:
        raise UserError(
            "ImageNet weights need a file (data/README.md says which) or KerasHub; run: "
            f"{to_install('pretrained')}"
        ) from None
    try:
        return ResNetBackbone.from_preset("resnet_18_imagenet")
    except Exception as error:  # KerasHub wraps several clients, each with exceptions of its own
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            "the ImageNet weights (KerasHub's resnet_18_imagenet) could not be downloaded: "
            f"{reason}; check the network and try again"
        ) from None


def from_keras_hub(backbone: keras.Model) -> Layers:
    """The encoder's layers from a KerasHub `ResNetBackbone` of 18 layers."""
    return {
        ours: backbone.get_layer(theirs).get_weights() for ours, theirs in KERAS_HUB_LAYERS.items()
    }


def _keras_hub_layers() -> dict[str, str]:
    """Layers with weights: the encoder's name to KerasHub's."""
    names = {"encoder_conv1": "conv1_conv", "encoder_bn1": "conv1_bn"}
    numbers = {"conv1": "1", "conv2": "2", "shortcut": "0"}
    for ours, stage, block, part in _parts():
        theirs = f"stack{stage - 1}_block{block}_{numbers[part]}"
        names[ours], names[f"{ours}_bn"] = f"{theirs}_conv", f"{theirs}_bn"
    return names


KERAS_HUB_LAYERS = _keras_hub_layers()
