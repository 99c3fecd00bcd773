"""All that a finished run is evaluated on, and its baselines."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from skimage.color import rgb2lab

from colorization.data.form_sets import DietrichForms, GeneratedForms
from colorization.data.forms import SHAPES
from colorization.data.prepared import PreparedSet
from colorization.data.source import SPLITS
from colorization.evaluation.evaluate import Evaluation, displayed, evaluate
from colorization.evaluation.kernel_distance import image_features
from colorization.evaluation.predictors import (
    BASELINES,
    baselines,
    lab_batches,
    network_predictor,
)
from colorization.files import replacing, write_json, write_text
from colorization.models.cost import macs, trainable_parameters
from colorization.results import samples
from colorization.results.run_folder import EVALUATED, SAMPLES
from colorization.results.runs import PHOTOGRAPHS, ROWS
from colorization.results.store import Shelf
from colorization.state import stored_config
from colorization.training.callbacks import snapshot_path
from colorization.training.checkpoint import restore
from colorization.training.config import TrainingConfig
from colorization.training.epochs import read_epochs
from colorization.training.network_file import load_network

TRAINING_IMAGES_JUDGED = 200
NEWEST = "told_apart"  # a column that baselines stored by an older version lack
IF_AT_HAND = "kid"  # one that they lack where ImageNet weights were not at hand


def evaluate_run(folder: Path, config: TrainingConfig, images: PreparedSet, further: dict) -> None:
    """Evaluate a finished run; everything goes to its folder.

    Judged are the training images (at most 200, evenly spread), the test images, further test
    sets, and the test images again by the network as it was after each snapshot's epoch.

    Args:
        folder: of the run.
        config: of its training.
        images: the prepared set that it was trained on.
        further: name -> (prepared set, measure of its images or None) of further test sets.
    """
    network = load_network(folder)
    predict = network_predictor(network, config.objective, config.train_mode_validation)
    recorded = stored_config(folder).get("images", "")
    common: dict[str, Any] = {
        "batch_size": config.batch_size,
        "labelled": bool(config.objective.classes),
    }
    sets = {"train": images, "test": images, **{name: one for name, (one, _) in further.items()}}
    evaluations = {
        split: evaluate(
            images,
            split,
            predict,
            expected=recorded,
            palette=palette(config.source),
            limit=TRAINING_IMAGES_JUDGED if split == "train" else None,
            **common,
        )
        for split in ("train", "test")
    }
    for name, (others, measure) in further.items():
        evaluations[name] = evaluate(others, "test", predict, extra=measure, **common)
    facts: dict[str, Any] = {"sha256": _weights_digest(network)}
    if hasattr(config.objective, "output_measures"):
        facts["outputs"] = _outputs(network, config, images)
    judged = []
    for epoch in dict.fromkeys(config.snapshots):
        path = snapshot_path(folder, epoch)
        if not path.exists():  # of an arm that adopted an earlier epoch
            continue
        restore(path, network.variables)
        judged.append(epoch)
        sets[f"test@{epoch}"] = images
        evaluations[f"test@{epoch}"] = evaluate(images, "test", predict, **common)
    shown = write_samples(folder, sets, evaluations)
    write_text(folder / ROWS, rows_csv(evaluations))
    epochs = read_epochs(folder / "epochs.csv")
    measures = {
        "splits": {split: one.measures for split, one in evaluations.items()},
        "snapshots": judged,
        "data": _data(images, further),
        "network": facts,
        "cost": {
            "parameters": trainable_parameters(network),
            "macs": macs(network),
            **_speed(epochs, config.pretraining.epochs if config.pretraining else 0),
        },
        "shown": shown,
    }
    write_json(folder / EVALUATED, measures)


def _outputs(network, config: TrainingConfig, images: PreparedSet) -> dict:
    """How a network's own outputs for the test images meet their bounds."""
    outputs = network_predictor(
        network, config.objective, config.train_mode_validation, decode=lambda outputs, _: outputs
    )
    batches = lab_batches(images, "test", config.batch_size)
    return config.objective.output_measures(outputs(lab[..., :1], lab[..., 1:]) for lab in batches)


def _data(images: PreparedSet, further: dict) -> dict:
    """What a run learned from and was tested on besides."""
    return {
        "source": images.source,
        "prepared": images.name,
        "title": images.manifest["title"],
        "licence": images.manifest["licence"],
        "training_images": len(images.names("train")),
        "counts": {**images.manifest["counts"], "images": sum(map(len, map(images.names, SPLITS)))},
        "further_sets": {
            name: {"title": others.manifest["title"], "licence": others.manifest["licence"]}
            for name, (others, _) in further.items()
        },
    }


def rows_csv(evaluations: dict[str, Evaluation]) -> str:
    """Split -> evaluation as a table with a row an image."""
    frames = [pd.DataFrame(e.rows).assign(split=split) for split, e in evaluations.items()]
    table = pd.concat(frames)
    columns = ["split", "name", *table.columns.drop(["split", "name"])]
    return table[columns].to_csv(index=False, lineterminator="\n")


def write_samples(
    folder: Path, sets: dict[str, PreparedSet], evaluations: dict[str, Evaluation]
) -> dict:
    """Write what the network answered for the images that figures may show, and those images.

    Args:
        sets: the prepared set of each split; that of a further test set or a snapshot is "test".

    Returns:
        grid -> names of its images, their photographs, and the space of the answers.
    """
    own = {"train", "test"}
    grids = [*samples.GRIDS, *((split, "random") for split in evaluations if split not in own)]
    shown = {}
    for split, rule in grids:
        found = evaluations[split]
        chosen = samples.choose(found.rows, rule)
        images = sets[split]
        photographs = _photographs(images, split if split in own else "test", found, chosen)
        digests = []
        for photograph in photographs:
            digests.append(samples.digest(photograph))
            path = folder / SAMPLES / PHOTOGRAPHS / f"{digests[-1]}.webp"
            _write_bytes(path, samples.encode(photograph[None]))
        grid = f"{split}-{rule}"
        answers = np.stack([found.answers[i] for i in chosen])
        _write_bytes(folder / SAMPLES / f"{grid}.webp", samples.encode(answers))
        shown[grid] = {
            "names": [found.rows[i]["name"] for i in chosen],
            "photographs": digests,
            "space": "ab" if answers.shape[-1] == 2 else "rgb",
        }
    return shown


def _photographs(images, split: str, found: Evaluation, chosen: list[int]) -> np.ndarray:
    """The chosen images of a split as they are displayed, uint8 `[N, H, W, 3]`."""
    row_of = {name: row for row, name in enumerate(images.names(split))}
    rows = np.array([row_of[found.rows[i]["name"]] for i in chosen])
    (lab,) = lab_batches(images, split, len(rows), rows)
    return displayed(lab[..., :1], lab[..., 1:])


def _write_bytes(path: Path, contents: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(contents)


def _speed(epochs: list[dict], pretraining: int) -> dict[str, float]:
    """Seconds of all epochs, each stage at its median, and the last stage's images per second.

    An interruption or a busy machine makes some epochs longer; stages differ by what they train.
    """
    stages = [stage for stage in (epochs[:pretraining], epochs[pretraining:]) if stage]
    seconds = [len(stage) * np.median([row["seconds"] for row in stage]) for stage in stages]
    speeds = [row["images_per_second"] for row in stages[-1]]
    return {
        "train_seconds": round(float(sum(seconds)), 1),
        "images_per_second": float(np.median(speeds)),
    }


def _weights_digest(network) -> str:
    """Tells whether two runs ended with the same network, to the bit."""
    digest = hashlib.sha256()
    for variable in network.variables:
        digest.update(np.ascontiguousarray(variable).tobytes())
    return digest.hexdigest()


def palette(source) -> np.ndarray | None:
    """ab of white and of the four shapes `[5, 2]` for form images, else None."""
    if getattr(source, "jitter_lightness", False):
        return np.array([(0.0, 0.0), *(shape.ab for shape in SHAPES)])
    if isinstance(source, DietrichForms | GeneratedForms):
        colours = np.array([(255, 255, 255), *(shape.rgb for shape in SHAPES)], "uint8")
        return rgb2lab(colours)[:, 1:]
    return None


def evaluate_baselines(
    shelf: Shelf, config: TrainingConfig, images: PreparedSet, further: dict
) -> None:
    """Baselines from the training images, on the test and validation images and further sets.

    Those that the shelf has already, by every measure, are left as they are.
    """
    sets = {split: (images, split) for split in ("test", "val") if images.names(split)}
    sets |= {name: (others, "test") for name, (others, _) in further.items()}
    prepared, names = images.name, {name: name.replace(" ", "-") for name in BASELINES}
    colours = palette(config.source)
    newest = IF_AT_HAND if colours is None and image_features() else NEWEST
    missing = [
        name
        for name in BASELINES
        if not sets.keys() <= shelf.baseline_splits(prepared, names[name], newest)
    ]
    if not missing:
        return  # before the training images are read for their means
    predictors = baselines(images)
    found = {}
    for name in missing:
        evaluations = {
            key: evaluate(of, split, predictors[name], batch_size=50, palette=colours)
            for key, (of, split) in sets.items()
        }
        splits = {key: one.measures for key, one in evaluations.items()}
        found[names[name]] = splits, rows_csv(evaluations)
    shelf.put_baselines(prepared, found)
