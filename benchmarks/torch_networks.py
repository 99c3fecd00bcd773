"""Networks of the suite as PyTorch writes them, with the same weights."""

import keras
import numpy as np
import torch
from torch import nn

from colorization.models import layers as own


def rebuilt(network: keras.Model) -> nn.Module:
    """A functional network of the suite as a module, `[B, C, H, W]` in and out.

    Args:
        network: of the layers that the suite's networks are made of; others are refused.
    """
    return Graph(network)


class Graph(nn.Module):
    """A network's layers in their order, each with the places of its inputs."""

    def __init__(self, network: keras.Model):
        super().__init__()
        tensors = {id(network.input): 0}
        self.steps, modules = [], []
        self.padding: dict[int, int] = {}  # of a tensor that a convolution is still to pad
        for layer in network.layers[1:]:
            inputs = layer.input if isinstance(layer.input, list) else [layer.input]
            places = [tensors[id(tensor)] for tensor in inputs]
            if isinstance(layer, keras.layers.ZeroPadding2D):
                tensors[id(layer.output)] = places[0]
                self.padding[id(layer.output)] = layer.padding[0][0]
                continue
            modules.append(_module(layer, self.padding.get(id(inputs[0]), 0)))
            self.steps.append(places)
            tensors[id(layer.output)] = len(modules)
        self.parts = nn.ModuleList(modules)
        self.last = {place: step for step, places in enumerate(self.steps) for place in places}

    def forward(self, x):
        values = {0: x}
        for step, (module, places) in enumerate(zip(self.parts, self.steps, strict=True)):
            given = [values[place] for place in places]
            for place in places:  # let go of what nothing else needs
                if self.last[place] == step:
                    values.pop(place, None)
            values[step + 1] = module(*given)
        return values[len(self.parts)]


def _module(layer, padding: int) -> nn.Module:
    kind = type(layer)
    if issubclass(kind, keras.layers.Conv2DTranspose):
        return _transposed(layer)
    if issubclass(kind, keras.layers.Conv2D):
        return _convolution(layer, padding)
    if issubclass(kind, keras.layers.BatchNormalization):
        return _normalisation(layer)
    if kind is keras.layers.MaxPooling2D:
        return nn.MaxPool2d(layer.pool_size, layer.strides, padding)
    if kind is keras.layers.Dropout:
        return nn.Dropout(layer.rate)
    if kind is keras.layers.LeakyReLU:
        return nn.LeakyReLU(layer.negative_slope)
    if kind is keras.layers.Activation:
        return {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[layer.activation.__name__]()
    if kind is own.AlignedUpsampling2D:
        return nn.Upsample(scale_factor=layer.factor, mode="bilinear", align_corners=True)
    plain = {
        keras.layers.ReLU: nn.ReLU,
        keras.layers.Concatenate: Concatenate,
        keras.layers.Add: Add,
        own.PixelShuffle: lambda: nn.PixelShuffle(2),
    }
    if kind not in plain:
        raise NotImplementedError(f"{layer.name}: no {kind.__name__} in PyTorch here")
    return plain[kind]()


class Concatenate(nn.Module):
    def forward(self, *parts):
        return torch.cat(parts, 1)


class Add(nn.Module):
    def forward(self, one, other):
        return one + other


def _tensor(variable) -> nn.Parameter:
    return nn.Parameter(torch.from_numpy(np.array(variable, "float32")))


def _convolution(layer, padding: int) -> nn.Module:
    height, _, inputs, outputs = layer.kernel.shape
    dilation = layer.dilation_rate[0]
    if layer.padding == "same":  # the suite's, only where it is as much on both sides
        padding = (dilation * (height - 1) + 1 - layer.strides[0] + 1) // 2
    module = nn.Conv2d(
        inputs, outputs, height, layer.strides[0], padding, dilation, bias=layer.use_bias
    )
    module.weight = nn.Parameter(_tensor(layer.kernel).permute(3, 2, 0, 1).contiguous())
    return _with_bias(module, layer)


def _transposed(layer) -> nn.Module:
    height, _, outputs, inputs = layer.kernel.shape
    stride = layer.strides[0]
    padding = (height - stride) // 2 if layer.padding == "same" else 0
    module = nn.ConvTranspose2d(inputs, outputs, height, stride, padding, bias=layer.use_bias)
    # What Keras calls the transpose has its kernel turned, as PyTorch's has.
    module.weight = nn.Parameter(_tensor(layer.kernel).permute(3, 2, 0, 1).contiguous())
    return _with_bias(module, layer)


def _with_bias(module, layer) -> nn.Module:
    if layer.use_bias:
        module.bias = _tensor(layer.bias)
    return module


def _normalisation(layer) -> nn.Module:
    module = nn.BatchNorm2d(layer.gamma.shape[0], layer.epsilon, 1 - layer.momentum)
    module.weight, module.bias = _tensor(layer.gamma), _tensor(layer.beta)
    module.running_mean = _tensor(layer.moving_mean).detach()
    module.running_var = _tensor(layer.moving_variance).detach()
    return module
