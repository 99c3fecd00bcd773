"""A training step of several networks and optimisers, written once for TensorFlow and JAX.

`StepModel.update` is ordinary code: it runs networks, takes gradients with `record` and
`gradient`, applies them with optimisers, updates metrics. On TensorFlow variables change in
place. On JAX the whole step runs in a `keras.StatelessScope`, which gathers the changes, and
differentiated functions run in a second scope inside it.

The adjoint of a network's outputs is taken separately from the loss on them. So one forward pass
of a generator serves its discriminator's update and then its own, through the discriminator as it
is by then.
"""

import itertools
from collections.abc import Callable

import keras
from keras import ops


def _is_jax() -> bool:
    return keras.backend.backend() == "jax"


class StepModel(keras.Model):
    """A `keras.Model` whose `fit` calls `update(batch)` to train and `validate(batch)` to validate.

    `update` adds to the means of `self.logged`, `validate` to those of `self.held_out`. Everything
    they change must be a variable of the model, of its metrics or of `self.optimizer`.

    Args:
        logged: names of what is logged of training.
        name: of the model.
        measures: metrics that both update.

    Attributes:
        resident: `ResidentImages` that training batches are rows of, or None.
    """

    def __init__(self, logged: tuple[str, ...], name: str, measures=()):
        super().__init__(name=name)
        self.logged, self.held_out = Means(logged), Means(("loss",))
        self.measures = list(measures)
        self._validating = False

    resident = None

    @property
    def non_trainable_variables(self):
        """With the resident images, which JAX takes along as it does weights; no checkpoint has
        them, since they are not among `variables`."""
        resident = self.resident.variables if self.resident else []
        return [*super().non_trainable_variables, *resident]

    def update(self, batch) -> None:
        raise NotImplementedError

    def validate(self, batch) -> None:
        raise NotImplementedError

    @property
    def metrics(self):
        return [*self.logged.metrics, *self.held_out.metrics, *self.measures]

    # Training and validation log different things; Keras would log both of both.
    def get_metrics_result(self):
        means = self.held_out if self._validating else self.logged
        return {metric.name: metric.result() for metric in (*means.metrics, *self.measures)}

    def evaluate(self, *arguments, **keywords):
        self._validating = True
        try:
            return super().evaluate(*arguments, **keywords)
        finally:
            self._validating = False

    # `train_step(data)` on TensorFlow, `train_step(state, data)` on JAX; `test_step` likewise.
    def train_step(self, *arguments):
        groups = [*self._weights(), self.optimizer.variables]
        if self.resident and _is_jax():
            return self._steps(groups, *arguments)
        return self._step(self._update_from, groups, *arguments)

    def _steps(self, groups, state, stack):
        """As many steps as there are batches in a stack (`colorization.data.batches.stacked`)."""
        import jax

        count, *parts = stack

        def one(place, state):
            batch = tuple(part[place] for part in parts)
            return self._step(self._update_from, groups, state, batch)

        if len(parts[0]) == 1:  # no loop, for whose body XLA has slow code on a CPU
            return one(0, state)
        state = jax.lax.fori_loop(0, count, lambda place, state: one(place, state)[1], state)
        with keras.StatelessScope(list(zip(self.metrics_variables, state[-1], strict=True))):
            return self.get_metrics_result(), state

    def _update_from(self, batch):
        if self.resident:
            rows, mirrored, by, *labels = batch
            batch = (self.resident.gather(rows, mirrored, by), *labels)
        self.update(batch)

    def test_step(self, *arguments):
        return self._step(self.validate, self._weights(), *arguments)

    def _weights(self):
        return [self.trainable_variables, self.non_trainable_variables]

    def _step(self, action, groups, *arguments):
        if not _is_jax():
            action(*arguments)
            return self.get_metrics_result()
        state, batch = arguments
        groups = [*groups, self.metrics_variables]
        mapping = zip(itertools.chain(*groups), itertools.chain(*state), strict=True)
        with keras.StatelessScope(list(mapping)) as scope:
            action(batch)
            logs = self.get_metrics_result()
        return logs, tuple([scope.get_current_value(v) for v in group] for group in groups)

    # Keras builds a model by tracing `call`, on TensorFlow with a batch that it averages over
    # devices whatever their shares; the networks are built already.
    def _symbolic_build(self, *_, **__):
        pass

    _maybe_symbolic_build = _symbolic_build

    def record(self, forward: Callable, variables: list) -> tuple:
        """Run `forward()` so that it can be differentiated later.

        Args:
            forward: no arguments, to a tuple of tensors and more tensors that come along
                undifferentiated (a dict of what to log, say); may update non-trainable variables.
            variables: what to differentiate with respect to.

        Returns:
            the tuple, what came along, and a function from gradients of the tuple to those of
            `variables`.
        """
        if _is_jax():
            import jax

            values = [variable.value for variable in variables]
            stateless = self._stateless(forward, variables)
            outputs, adjoint, aux = jax.vjp(stateless, values, has_aux=True)
            return outputs, self._keep(aux), lambda gradients: adjoint(tuple(gradients))[0]
        import tensorflow as tf

        tensors = [variable.value for variable in variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(tensors)
            outputs, rest = forward()

        def back(gradients):
            return tape.gradient(outputs, tensors, output_gradients=list(gradients))

        return outputs, rest, back

    def gradient(self, loss: Callable, inputs: tuple) -> tuple[dict, tuple]:
        """Differentiate a loss with respect to tensors.

        Args:
            loss: `inputs` to a scalar and a dict of what to log; may update non-trainable
                variables.
            inputs: tuple of tensors.

        Returns:
            the dict, and the gradients with respect to the inputs.
        """
        if _is_jax():
            import jax

            stateless = self._stateless(loss, [])
            arguments = tuple(range(1, len(inputs) + 1))
            gradients, aux = jax.grad(stateless, arguments, has_aux=True)([], *inputs)
            return self._keep(aux), gradients
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            value, logs = loss(*inputs)
        return logs, tape.gradient(value, inputs)

    def minimise(self, loss: Callable, variables: list, optimizer):
        """One step of `optimizer` on `variables` down the gradient of a loss.

        Args:
            loss: no arguments, to a scalar and what `record` lets come along.

        Returns:
            what came along.
        """

        def forward():
            value, rest = loss()
            return (value,), rest

        (value,), rest, adjoint = self.record(forward, variables)
        optimizer.apply(adjoint((ops.ones_like(value),)), variables)
        return rest

    def _stateless(self, function, variables):
        """`function(*inputs) -> (result, rest)` as JAX differentiates it.

        Becomes `(values of variables, *inputs) -> (result, (rest, new non-trainable values))`.
        """
        every = [*self.trainable_variables, *self.non_trainable_variables]

        def stateless(values, *inputs):
            current = [(variable, variable.value) for variable in every]
            given = list(zip(variables, values, strict=True))
            with keras.StatelessScope(current + given) as scope:
                result, rest = function(*inputs)
            updated = [scope.get_current_value(v) for v in self.non_trainable_variables]
            return result, (rest, updated)

        return stateless

    def _keep(self, aux):
        """Assign what a stateless function left in non-trainable variables; return its rest."""
        rest, updated = aux
        for variable, value in zip(self.non_trainable_variables, updated, strict=True):
            variable.assign(value)
        return rest


class Means:
    """Logged values as means over an epoch's images.

    Args:
        names: as in the epoch log.
    """

    def __init__(self, names: tuple[str, ...]):
        self.metrics = [keras.metrics.Mean(name=name) for name in names]

    def update(self, logs: dict, count) -> None:
        """Add a batch's means over `count` images."""
        for metric in self.metrics:
            metric.update_state(logs[metric.name], sample_weight=ops.cast(count, "float32"))


def optimizer_for(groups: list[tuple[keras.optimizers.Optimizer, list]]):
    """One optimiser object for `compile` that holds a separate one for each group of variables.

    Args:
        groups: (optimiser, its variables).

    Returns:
        `keras.optimizers.MultiOptimizer`; its state is in `.variables`, and each part can be
        applied alone.
    """
    owner = {id(variable): optimizer for optimizer, owned in groups for variable in owned}
    combined = keras.optimizers.MultiOptimizer(lambda variable: owner[id(variable)])
    combined.build([variable for _, owned in groups for variable in owned])
    return combined


def share_of_batch(count):
    """What a replica's mean over `count` examples weighs in the mean over the global batch.

    Multiplied by it, replicas' losses and gradients sum to those of one device, also where a last
    batch is shared out unevenly. 1 without `tf.distribute`.

    Args:
        count: examples on this replica.
    """
    if _is_jax():
        return 1.0
    import tensorflow as tf

    replicas = tf.distribute.get_replica_context()
    if replicas is None or replicas.num_replicas_in_sync == 1:
        return 1.0
    count = ops.cast(count, "float32")
    return count / replicas.all_reduce(tf.distribute.ReduceOp.SUM, count)
