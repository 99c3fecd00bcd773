"""Runs shown by Weights & Biases or MLflow, each by the Keras callback of its own.

Where they send what they get is theirs to say: `WANDB_MODE=offline`, `MLFLOW_TRACKING_URI`. A run
has a project (an experiment) of its report's name, the name of its folder, its configuration, and
what the epoch log has; one that resumes goes on in the same run.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from colorization.errors import UserError
from colorization.files import write_text
from colorization.installation import to_install

TRACKERS = ("wandb", "mlflow")


def tracker(name: str) -> Callable:
    """A watcher, as `colorization.training.options.RunOptions` takes them.

    Args:
        name: one of `TRACKERS`.
    """

    def watch(folder: Path, *_):
        """Raises `UserError` where the package is missing, or does not take the run."""
        try:
            return {"wandb": _wandb, "mlflow": _mlflow}[name](folder)
        except ImportError as error:
            raise UserError(f"--track {name} needs {error.name}: {to_install(name)}") from None
        except Exception as error:  # each has exceptions of its own, for network and credentials
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UserError(
                f"{name} does not take the run ({reason}); or leave out --track"
            ) from None

    return watch


def _about(folder: Path) -> tuple[str, str, dict[str, Any]]:
    """Report, name and configuration of a run, flat: "recipe.size" -> 64."""
    report, *parts = folder.absolute().parts[-4:]
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return report, "/".join(parts), _flat(config)


def _flat(value: dict, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, item in value.items():
        found |= _flat(item, f"{prefix}{key}.") if isinstance(item, dict) else {prefix + key: item}
    return found


def _wandb(folder: Path) -> keras.callbacks.Callback:
    import wandb
    from wandb.integration.keras import WandbMetricsLogger

    report, name, config = _about(folder)
    known = folder / "wandb-run"
    run = wandb.init(
        project=os.environ.get("WANDB_PROJECT", report),
        name=name,
        config=config,
        id=known.read_text() if known.exists() else None,
        resume="allow",
        dir=folder,
    )
    write_text(known, run.id)

    class Logger(WandbMetricsLogger):
        def _get_lr(self):  # which two players have one each of
            several = isinstance(self.model.optimizer, keras.optimizers.MultiOptimizer)
            return None if several else super()._get_lr()

        def close(self):
            run.finish()

    return Logger()


def _mlflow(folder: Path) -> keras.callbacks.Callback:
    import mlflow
    from mlflow.keras import MlflowCallback

    report, name, config = _about(folder)
    known = folder / "mlflow-run"
    if known.exists():
        mlflow.start_run(run_id=known.read_text())
    else:
        if "MLFLOW_EXPERIMENT_NAME" not in os.environ:
            mlflow.set_experiment(report)
        write_text(known, mlflow.start_run(run_name=name).info.run_id)
        mlflow.log_params(config)

    class Logger(MlflowCallback):
        def on_train_begin(self, logs=None):
            pass  # optimizers: two stages have two, and the configuration has them all

        def close(self):
            mlflow.end_run()

    return Logger()
