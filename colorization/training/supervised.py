"""A network trained by `fit` towards an objective's targets."""

import numpy as np
from keras import ops

from colorization.colour.lab import images_to_lab
from colorization.training.steps import StepModel, share_of_batch


class SupervisedColorizer(StepModel):
    """Turns batches of prepared images into examples inside the compiled step.

    The batches given to `fit` are uint8 `[B, H, W, 3]`, or a pair of them and class indices
    `[B]`. Logged are the loss (the plain mean, also of weighted losses) and the objective's
    metrics, of training and of validation images.

    Args:
        network: the objective's inputs to its output.
        objective: see `colorization.training.objectives`.
        space: of the prepared images, "rgb" or "lab8".
        class_weights: `[313]` or None.
        train_mode_validation: validate with batch statistics and let the validation batches
            update batch normalisation's running averages, as a PyTorch loop without `eval()`
            does (and drop out where there is dropout). False validates with the running averages.
    """

    def __init__(self, network, objective, space, class_weights=None, train_mode_validation=False):
        super().__init__(("loss",), name="supervised", measures=objective.metrics())
        self.network = network
        self.objective = objective
        self.space = space
        self.class_weights = class_weights
        self.train_mode_validation = train_mode_validation
        self.loss_function = objective.loss()
        self.logit_offset = None
        if getattr(objective, "adjusted", False):
            self.logit_offset = np.log(class_weights).astype("float32")
        self.built = True  # the network is, and there is nothing else to build

    @property
    def networks(self) -> list:
        return [self.network]

    def update(self, batch):
        inputs, *targets = self._examples(batch)
        count = ops.shape(inputs)[0]

        def loss():
            outputs = self._outputs(inputs, training=True)
            value = self._loss(outputs, *targets)
            return share_of_batch(count) * value, (value, outputs)

        value, outputs = self.minimise(loss, self.network.trainable_variables, self.optimizer)
        self._log(self.logged, value, targets[0], outputs, count)

    def validate(self, batch):
        inputs, *targets = self._examples(batch)
        outputs = self._outputs(inputs, training=self.train_mode_validation)
        value = self._loss(outputs, *targets)
        self._log(self.held_out, value, targets[0], outputs, ops.shape(inputs)[0])

    def _outputs(self, inputs, training):
        outputs = self.network(inputs, training=training)
        if self.logit_offset is not None:
            outputs = outputs + self.logit_offset
        return outputs

    def _loss(self, outputs, target, weight=None):
        losses = self.loss_function.call(target, outputs)
        return ops.mean(losses if weight is None else losses * weight)

    def _log(self, means, value, target, outputs, count):
        means.update({"loss": value}, count)
        for measure in self.measures:
            measure.update_state(target, outputs)

    def _examples(self, batch):
        images, labels = unpack(batch)
        lab = images_to_lab(images, self.space)
        return self.objective.examples(lab, self.class_weights, labels)


def unpack(batch):
    """A batch as `(images, labels)`; labels are None where there are none."""
    parts = batch if isinstance(batch, tuple | list) else (batch,)
    return (*parts, None)[:2]
