"""Multiply-accumulates of a whole training step."""

import keras
import numpy as np


def step_macs(model, batch: np.ndarray) -> float:
    """Multiply-accumulates of a training step, forward and backward, of all networks.

    On TensorFlow the convolutions and matrix products of the step's graph are counted; on JAX it is
    half the operations that XLA reports, which leave out what falls on a convolution's padding.

    Args:
        model: compiled, as `fit` takes it.
        batch: images, uint8 `[B, H, W, 3]`.
    """
    if keras.backend.backend() == "jax":
        import jax

        state = [[v.value for v in group] for group in _groups(model)]
        cost = jax.jit(model.train_step).lower(tuple(state), (batch,)).cost_analysis()
        return cost["flops"] / 2
    import tensorflow as tf

    spec = tf.TensorSpec(batch.shape, tf.uint8)
    graph = tf.function(model.train_step).get_concrete_function(spec).graph
    return float(sum(_op_macs(op) for op in _every_op(graph)))


def _groups(model):
    variables = model.trainable_variables, model.non_trainable_variables
    return [*variables, model.optimizer.variables, model.metrics_variables]


def _every_op(graph):
    """Operations of a graph and of the functions that it calls, each call counted."""
    from tensorflow.python.eager.context import context
    from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

    for op in _needed(graph):
        yield op
        if "PartitionedCall" in op.type:
            called = context().get_function_def(op.get_attr("f").name)
            yield from _every_op(function_def_to_graph(called))


def _needed(graph) -> set:
    """Operations that a graph's outputs and changes of variables depend on; others never run."""
    open_, found = [t.op for t in graph.outputs] + list(graph.control_outputs), set()
    while open_:
        op = open_.pop()
        if op not in found:
            found.add(op)
            open_ += [*(t.op for t in op.inputs), *op.control_inputs]
    return found


def _op_macs(op) -> int:
    """Of an operation: a product for each tap of each position of a convolution's output."""
    if op.type == "MatMul":
        inner = op.inputs[0].shape[0 if op.get_attr("transpose_a") else 1]
        return int(np.prod(op.outputs[0].shape)) * inner
    if op.type == "Conv2D":
        output, kernel = op.outputs[0].shape, op.inputs[1].shape
    elif op.type == "Conv2DBackpropInput":
        output, kernel = op.inputs[2].shape, op.inputs[1].shape
    elif op.type == "Conv2DBackpropFilter":
        output, kernel = op.inputs[2].shape, op.outputs[0].shape
    else:
        return 0
    height, width, inputs, _ = kernel
    return int(np.prod(output)) * height * width * inputs
