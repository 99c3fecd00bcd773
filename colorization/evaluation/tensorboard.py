"""What TensorBoard shows of a run, written on either backend without TensorFlow."""

from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from colorization.data.prepared import PreparedSet
from colorization.errors import UserError
from colorization.evaluation.evaluate import displayed
from colorization.evaluation.predictors import lab_batches, network_predictor
from colorization.installation import to_install
from colorization.training.config import TrainingConfig

IMAGES = 5

GRIDS = 20  # at most, over a run


class TensorBoard(keras.callbacks.Callback):
    """Writes every logged value after each epoch, and now and then a grid of coloured images.

    The grid shows the first validation images, or test images where there are none of those: gray,
    as the network colours them, and the originals. A run that resumes goes on in the same curves.

    Args:
        folder: of the run; events go to `tensorboard/` in it.
        config: what is trained.
        images: the prepared set.
        resumed_epoch: epochs already finished; later events of an interrupted run are dropped.

    Raises:
        UserError: `tensorboardX` is not installed.
    """

    def __init__(
        self, folder: Path, config: TrainingConfig, images: PreparedSet, resumed_epoch: int
    ):
        super().__init__()
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise UserError(
                f"--tensorboard needs a package more: {to_install('tensorboard')}"
            ) from None
        self.writer = SummaryWriter(folder / "tensorboard", purge_step=resumed_epoch + 1)
        self.config, self.images = config, images
        self.split = "val" if images.names("val") else "test"
        self.between_grids = -(-config.all_epochs // GRIDS)

    def on_epoch_end(self, epoch, logs=None):
        epoch += 1
        for name, value in logs.items():
            part = "validation" if name.startswith("val_") else "training"
            self.writer.add_scalar(f"{part}/{name.removeprefix('val_')}", value, epoch)
        if epoch % self.between_grids == 0 or epoch == self.config.all_epochs:
            self.writer.add_image("coloured", self._grid(), epoch, dataformats="HWC")
        self.writer.flush()

    def close(self):
        """Finish the file of events."""
        self.writer.close()

    @cached_property
    def _predict(self):
        config = self.config
        return network_predictor(self.model.network, config.objective, config.train_mode_validation)

    def _grid(self):
        """uint8 mosaic of the first images of the first batch: a row each."""
        labelled, size = bool(self.config.objective.classes), self.config.batch_size
        rows = np.arange(min(size, len(self.images.names(self.split))))
        (lab,) = lab_batches(self.images, self.split, size, rows)
        labels = (self.images.labels(self.split)[rows],) if labelled else ()
        L, ab = lab[..., :1], lab[..., 1:]
        shown = np.zeros_like(ab), np.asarray(self._predict(L, ab, *labels)), ab
        return np.concatenate(
            [np.concatenate(list(displayed(L, one)[:IMAGES]), axis=1) for one in shown]
        )
