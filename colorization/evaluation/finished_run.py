"""All that a finished run is judged on."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from skimage.color import rgb2lab

from colorization.data.form_sets import AuthorsForms, GeneratedForms
from colorization.data.forms import SHAPES
from colorization.data.prepared import PreparedSet
from colorization.data.source import SPLITS
from colorization.evaluation import finished_run
from colorization.evaluation.evaluate import Evaluation, evaluate, sample_tiles
from colorization.evaluation.predictors import (
    BASELINES,
    Predictor,
    baselines,
    lab_batches,
    network_predictor,
)
from colorization.files import replacing, write_json, write_text
from colorization.models.cost import macs, trainable_parameters
from colorization.results.runs import _read_json
from colorization.results.store import GRIDS, SAMPLE_RULES, choose
from colorization.training.callbacks import snapshot_path
from colorization.training.checkpoint import restore
from colorization.training.config import TrainingConfig
from colorization.training.epochs import read_epochs
from colorization.training.objectives import AbClassification
from colorization.training.run import (
    load_network,
)

TRAINING_IMAGES_JUDGED = 200


def judge(folder: Path, config: TrainingConfig, images: PreparedSet, further: dict) -> None:
    """Evaluate a finished run; everything goes to its folder.

    Judged are the training images (at most 200, evenly spread), the test images, further test
    sets, and the test images again by the network as it was after each snapshot's epoch.
    """
    network = load_network(folder)
    objective = config.objective
    predict = network_predictor(network, objective, config.train_mode_validation)
    recorded = json.loads((folder / "config.json").read_text())["images"]
    common = {"batch_size": config.batch_size, "labelled": bool(objective.classes)}
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
    quantised = isinstance(objective, AbClassification)
    finished_run.write_samples(folder, images, evaluations, predict, quantised=quantised, **common)
    for name, (others, measure) in further.items():
        evaluations[name] = evaluate(others, "test", predict, extra=measure, **common)
        _further_samples(folder, others, name, evaluations[name], predict, common)
    extra = {"weights_sha256": _weights_digest(network)}
    if hasattr(objective, "output_measures"):
        outputs = network_predictor(
            network, objective, config.train_mode_validation, decode=lambda outputs: outputs
        )
        batches = lab_batches(images, "test", config.batch_size)
        extra["outputs"] = objective.output_measures(
            outputs(lab[..., :1], lab[..., 1:]) for lab in batches
        )
    for epoch in dict.fromkeys(config.snapshots):
        path = snapshot_path(folder, epoch)
        if not path.exists():  # of an arm that adopted an earlier epoch
            continue
        restore(path, network.variables)
        name = f"test@{epoch}"
        evaluations[name] = evaluate(images, "test", predict, **common)
        _further_samples(folder, images, name, evaluations[name], predict, common)
    epochs = read_epochs(folder / "epochs.csv")
    finished_run.write_evaluations(
        folder,
        evaluations,
        source=images.source,
        prepared=images.folder.name,
        source_title=images.manifest["title"],
        source_licence=images.manifest["licence"],
        training_images=len(images.names("train")),
        counts={**images.manifest["counts"], "images": sum(map(len, map(images.names, SPLITS)))},
        further_sets={
            name: {"title": others.manifest["title"], "licence": others.manifest["licence"]}
            for name, (others, _) in further.items()
        },
        parameters=trainable_parameters(network),
        macs=macs(network),
        **_speed(epochs, config.pretraining.epochs if config.pretraining else 0),
        **extra,
    )


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


def _further_samples(folder, images, name, evaluation, predict, common):
    finished_run.write_samples(
        folder,
        images,
        {"test": evaluation},
        predict,
        quantised=False,
        grids=(("test", "random"),),
        title=name,
        **common,
    )


def palette(source) -> np.ndarray | None:
    """ab of white and of the four shapes `[5, 2]` for form images, else None."""
    if getattr(source, "jitter_lightness", False):
        return np.array([(0.0, 0.0), *(shape.ab for shape in SHAPES)])
    if isinstance(source, AuthorsForms | GeneratedForms):
        colours = np.array([(255, 255, 255), *(shape.rgb for shape in SHAPES)], "uint8")
        return rgb2lab(colours)[:, 1:]
    return None


def _judge_baselines(
    folder: Path, config: TrainingConfig, images: PreparedSet, further: dict
) -> None:
    """Baselines from the training images, on the test and validation images and further sets."""
    sets = {split: (images, split) for split in ("test", "val") if images.names(split)}
    sets |= {name: (others, "test") for name, (others, _) in further.items()}
    target = folder / images.folder.name
    paths = {name: target / name.replace(" ", "-") for name in BASELINES}
    missing = [name for name, path in paths.items() if not _judged(path, sets)]
    if not missing:
        return  # before the training images are read for their means
    predictors, colours = baselines(images), palette(config.source)
    for name in missing:
        evaluations = {
            key: evaluate(of, split, predictors[name], batch_size=50, palette=colours)
            for key, (of, split) in sets.items()
        }
        finished_run.write_evaluations(paths[name], evaluations, source=images.source)


def _judged(folder: Path, sets: Iterable[str]) -> bool:
    """Whether the results in a folder have all these splits."""
    path = folder / "measures.json"
    return path.exists() and set(sets) <= json.loads(path.read_text()).keys()


def write_evaluations(folder: Path, evaluations: dict[str, Evaluation], **measures) -> None:
    """Write images.csv and measures.json: split -> evaluation, and what belongs to no split."""
    frames = [pd.DataFrame(e.rows).assign(split=split) for split, e in evaluations.items()]
    table = pd.concat(frames)
    columns = ["split", "name", *table.columns.drop(["split", "name"])]
    write_text(folder / "images.csv", table[columns].to_csv(index=False, lineterminator="\n"))
    sets = {split: e.measures for split, e in evaluations.items()}
    write_json(folder / "measures.json", {**sets, **measures})


def write_samples(
    folder: Path,
    images,
    evaluations: dict[str, Evaluation],
    predict: Predictor,
    *,
    batch_size: int,
    quantised: bool,
    labelled: bool = False,
    grids: tuple = GRIDS,
    title: str = "",
) -> None:
    """Store the tiles of the grids, and in samples.json how they were chosen.

    Args:
        evaluations: split -> evaluation, of the predictor.
        batch_size, quantised, labelled: see `sample_tiles`.
        grids: (split, rule of `SAMPLE_RULES`).
        title: names the grids of a further set, "coco" or "test@5"; otherwise its split does.
    """
    path = folder / "samples.json"
    entries = _read_json(path) if path.exists() else {}
    for split, rule in grids:
        judged = evaluations[split].rows
        chosen = choose(judged, rule)
        row_of = {name: row for row, name in enumerate(images.names(split))}
        rows = [row_of[judged[i]["name"]] for i in chosen]
        mosaic, labels = sample_tiles(images, split, predict, rows, batch_size, quantised, labelled)
        name = f"{title or split}-{rule}"
        with replacing(folder / "samples" / f"{name}.png") as part:
            Image.fromarray(mosaic).save(part, format="png", optimize=True)
        entries[name] = {
            "rule": f"{len(chosen)} {title or split} images, {SAMPLE_RULES[rule]}",
            "rows": labels,
            "names": [Path(judged[i]["name"]).stem for i in chosen],
            "ciede2000": [judged[i]["ciede2000"] for i in chosen],
        }
    write_json(path, entries)
