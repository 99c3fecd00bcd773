"""A network trained by `fit` towards an objective's targets."""

import keras

from colorization.lab import images_to_lab


class SupervisedColorizer(keras.Model):
    """Turns batches of prepared images into examples inside the compiled step.

    The batches given to `fit` are uint8 `[B, H, W, 3]`, or a pair of them and class indices
    `[B]`; `call` takes the objective's inputs. Give `compile`
    the optimiser only: loss and metrics are the objective's.

    Args:
        network: functional model, L to the objective's output.
        objective: see `colorization.training.objectives`.
        space: of the prepared images, "rgb" or "lab8".
        class_weights: `[313]` or None.
        train_mode_validation: validate with batch statistics and let the validation batches
            update batch normalisation's running averages, as a PyTorch loop without `eval()`
            does. False validates with the running averages.
    """

    def __init__(self, network, objective, space, class_weights=None, train_mode_validation=False):
        super().__init__(name="supervised")
        self.network = network
        self.objective = objective
        self.space = space
        self.class_weights = class_weights
        self.train_mode_validation = train_mode_validation
        self.loss_function = objective.loss()
        self.measures = objective.metrics()
        self._validating = False
        self.built = True  # the network is, and there is nothing else to build

    def call(self, inputs, training=False):
        in_train_mode = training or (self._validating and self.train_mode_validation)
        return self.network(inputs, training=in_train_mode)

    # `train_step(data)` on TensorFlow, `train_step(state, data)` on JAX.
    def train_step(self, *args):
        *state, batch = args
        return super().train_step(*state, self._examples(batch))

    def test_step(self, *args):
        *state, batch = args
        self._validating = True
        try:
            return super().test_step(*state, self._examples(batch))
        finally:
            self._validating = False

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return self.loss_function(y, y_pred, sample_weight)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        for measure in self.measures:
            measure.update_state(y, y_pred)
        return self.get_metrics_result()

    def _examples(self, batch):
        images, labels = unpack(batch)
        lab = images_to_lab(images, self.space)
        return self.objective.examples(lab, self.class_weights, labels)


def unpack(batch):
    """A batch as `(images, labels)`; labels are None where there are none."""
    return batch if isinstance(batch, tuple | list) else (batch, None)
