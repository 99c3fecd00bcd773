"""A model card of a finished run's network, in the Hugging Face Hub's format, from what is stored.

Nothing in it is typed: data and licences are of the sets' classes, measures of the evaluation. What
a run does not say, the card leaves out.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from colorization.columns import markdown_row
from colorization.files import write_json, write_text
from colorization.installation import AUTHORS, CARD
from colorization.results.measures import MEASURES, OF_PHOTOGRAPHS
from colorization.results.run_folder import EVALUATED, read_run
from colorization.results.runs import StoredRun
from colorization.state import read_json

CONFIG = "config.json"

OBJECTIVES = {
    "AbRegression": "regression of ab",
    "AbClassification": "classification of ab into 313 colours",
    "RgbRegression": "regression of RGB",
}
LIMITS = """\
- Lightness does not determine colour. What the network answers is plausible at best: the colours of
  clothes, cars, walls and flags are guesses, and no evidence of what they were.
- It sees the whole photograph at {size} px. What is small there has no colour of its own, and
  colours run over edges that are finer.
- It knows its training photographs alone. What is rare in them is coloured as what is frequent in
  them, people and places too; how it does for groups of people was not measured.
"""
LICENCES = """\
The code is under Apache-2.0. The network is derived from the photographs above, and each set keeps
its own terms: whoever passes the network on, or uses it for more than research, has to heed them.
"""


def facts_of(run: StoredRun, gray: Callable[[str], dict] | None = None, sets=()) -> dict:
    """What is to be known of a network apart from its run.

    Args:
        run: finished and evaluated.
        gray: (split) to measures of the same photographs left gray.
        sets: "name", "title" and "licence" of each set of training images.

    Returns:
        "run", "data", "environment", "cost", "epochs" and "measures", split -> measure -> mean;
        "gray", likewise; plain JSON.
    """
    splits = [name for name in run.splits if name != "train" and "@" not in name]
    return {
        "run": run.name,
        "data": {**run.data, **({"sets": list(sets)} if sets else {})},
        "environment": run.environment,
        "cost": run.cost,
        "epochs": run.last_epoch,
        "images": {split: int((run.images.split == split).sum()) for split in splits},
        "measures": {split: _measures(run.means(split)) for split in splits},
        **({"gray": {split: _measures(gray(split)) for split in splits}} if gray else {}),
    }


def _measures(means: dict) -> dict[str, float]:
    known = {name: means.get(name, math.nan) for name in OF_PHOTOGRAPHS}
    return {name: float(f"{mean:.6g}") for name, mean in known.items() if math.isfinite(mean)}


def known_facts(folder: Path) -> dict:
    """What a run's folder, or one of a network that comes with the suite, says; see `facts_of`."""
    known = read_json(folder / EVALUATED, {})
    return facts_of(read_run(folder)) if "splits" in known else known


def write_card(folder: Path, config: dict, facts: dict) -> None:
    """Write what has to be known of a network beside it, with a card for people.

    Args:
        folder: with the network, and the authors of its photographs if they are known.
        config: of the run.
        facts: see `facts_of`; {} for none.
    """
    if facts:
        write_json(folder / EVALUATED, facts)
    files = {path.name for path in folder.iterdir()}
    write_text(folder / CARD, model_card(config, facts, files))
    write_json(folder / CONFIG, config)  # last: where it is, there is a network


def model_card(config: dict, facts: dict, files: Iterable[str]) -> str:
    """The card, as Markdown with its metadata in front as YAML.

    Args:
        config: of the run.
        facts: see `facts_of`; whatever is missing is left out.
        files: names of what lies beside the card.
    """
    data, files = facts.get("data", {}), sorted(files)
    name = facts.get("run", "colorization").replace("/", "-")
    limits = LIMITS.format(size=config["recipe"]["size"])
    return "\n".join(
        [
            *("---", *_yaml(_metadata(name, config, facts)), "---", ""),
            *(f"# Colouring of gray photographs: {name}", ""),
            *(_what_it_is(config, facts), "", "## Use", "", _use(files), ""),
            *("## Training data", "", *_data(data, files), ""),
            *("## Training", "", *_training(config, facts), ""),
            *("## Measures", "", *_table(facts), ""),
            *("## Limits", "", limits + "".join(f"{line}\n" for line in _worse(facts))),
            *("## Licences", "", LICENCES),
        ]
    )


def _sets(data: dict) -> list[dict]:
    whole = {"title": data.get("title"), "licence": data.get("licence")}
    return data.get("sets") or [whole] * bool(whole["title"])


def _metadata(name: str, config: dict, facts: dict) -> dict:
    sets = [one["name"] for one in facts.get("data", {}).get("sets", ()) if one.get("name")]
    measured = facts.get("measures", {})
    backend = [config["backend"]] if "backend" in config else []
    results = [
        {
            "task": {"type": "image-to-image", "name": "Image colorization"},
            "dataset": {"type": _slug(_title(split, facts)), "name": _title(split, facts)},
            "metrics": [
                {"type": measure, "name": MEASURES[measure].heading, "value": value}
                for measure, value in means.items()
            ],
        }
        for split, means in measured.items()
    ]
    found = {
        "license": "other",
        "license_name": "licences-of-the-training-photographs",
        "library_name": "keras",
        "pipeline_tag": "image-to-image",
        "tags": ["image-colorization", "keras", *backend],
        "datasets": sets,
        "metrics": list(dict.fromkeys(m for means in measured.values() for m in means)),
        "model-index": [{"name": name, "results": results}] if results else [],
    }
    return {key: value for key, value in found.items() if value}


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _title(split: str, facts: dict) -> str:
    """The photographs of a split, as people call them."""
    data = facts["data"]
    if split in data.get("further_sets", {}):
        return data["further_sets"][split]["title"]
    return "held-out photographs" if len(_sets(data)) > 1 else f"{data['title']} ({split})"


def _yaml(value: dict | list, indent: str = "") -> list[str]:
    """Lines of YAML: scalars as JSON, which is YAML."""
    lines = []
    for key in value:
        one = value[key] if isinstance(value, dict) else key
        inner = _yaml(one, indent + "  ") if isinstance(one, dict | list) else None
        text = json.dumps(one, ensure_ascii=False) if inner is None else ""
        if isinstance(value, dict):
            lines += [f"{indent}{key}: {text}".rstrip(), *(inner or ())]
        elif inner:
            lines += [f"{indent}- {inner[0].lstrip()}", *inner[1:]]
        else:
            lines.append(f"{indent}- {text}")
    return lines


def _what_it_is(config: dict, facts: dict) -> str:
    kind = OBJECTIVES.get(config["objective"].get("type"), config["objective"].get("type"))
    game = " and a discriminator" if config.get("adversary") else ""
    size = config["recipe"]["size"]
    count = facts.get("cost", {}).get("parameters")
    return (
        f"A network (`{config['network'].get('build', 'Keras')}`"
        + (f", {count:,} trainable parameters" if count else "")
        + f", {kind}{game}) that takes the lightness L of a photograph in CIE Lab, made {size} px "
        "on its longer side, and gives colours ab, which are enlarged and joined to its own "
        "lightness."
    )


def _use(files: list[str]) -> str:
    said = [
        f"`{name}.json` says what `{name}` takes and gives."
        for name in files
        if f"{name}.json" in files
    ]
    if "network.keras" in files:
        said.append(
            "With the suite that trained it, in this folder:\n\n```python\nfrom pathlib import Path"
            "\n\nfrom PIL import Image\n\nfrom colorization.photographs.colorizer import Colorizer"
            '\n\ncolorizer = Colorizer.load(Path("."))\nphotograph = Image.open("photo.jpg")'
            '\ncolorizer.colorize(photograph.convert("RGB")).save("coloured.png")\n```'
        )
    return "\n\n".join(said)


def _data(data: dict, files: list[str]) -> list[str]:
    lines = ["The run does not say what it was trained on."]
    if sets := _sets(data):
        lines = [f"{data['training_images']:,} photographs:", ""]
        lines += _rows(["set", "licence"], [[one["title"], one["licence"]] for one in sets])
    if AUTHORS in files:
        lines += ["", f"`{AUTHORS}` names authors, licences and addresses of photographs."]
    return lines


def _training(config: dict, facts: dict) -> list[str]:
    env, seconds = facts.get("environment", {}), facts.get("cost", {}).get("train_seconds")
    begun = (
        f", from weights of {config['initial_weights']}" if config.get("initial_weights") else ""
    )
    lines = [
        f"- {facts.get('epochs', config['epochs'])} epochs in batches of {config['batch_size']}, "
        f"learning rate {config['learning_rate']:g}, seed {config['seed']}{begun}"
    ]
    if seconds:
        where = f" on: {env['device']}" if "device" in env else ""
        lines.append(
            f"- {seconds / 60:.0f} minutes of training{where}. The energy that this took was not "
            "measured, so no emission is stated."
        )
    versions = [f"{k} {env[k]}" for k in ("python", "keras", "tensorflow", "jax") if k in env]
    versions += [env["precision"]] if "precision" in env else []
    versions += [f"commit {env['commit']}"] if "commit" in env else []
    return [*lines, *([f"- {', '.join(versions)}"] if versions else [])]


def _table(facts: dict) -> list[str]:
    """A row a measure, a column a set of photographs."""
    measured, gray = facts.get("measures", {}), facts.get("gray", {})
    if not measured:
        return ["Its measures are not stored with it."]

    def cell(name: str, split: str) -> str:
        text = MEASURES[name].text(measured[split].get(name))
        return f"{text} ({MEASURES[name].text(gray[split].get(name))})" if split in gray else text

    names = [n for n in OF_PHOTOGRAPHS if any(n in means for means in measured.values())]
    headings = ["measure", "best", *(f"{_title(s, facts)}, {_count(s, facts)}" for s in measured)]
    rows = [
        [MEASURES[name].heading, MEASURES[name].better, *(cell(name, split) for split in measured)]
        for name in names
    ]
    said = "In parentheses: the same photographs left gray. " if gray else ""
    return [*_rows(headings, rows), "", f"{said}None of them is of the training split."]


def _count(split: str, facts: dict) -> str:
    return f"{facts['images'][split]} photographs"


def _worse(facts: dict) -> list[str]:
    """The sets where colours are further from the original's than none at all."""
    measured, gray = facts.get("measures", {}), facts.get("gray", {})
    form = MEASURES["ciede2000"]
    found = []
    for split, means in measured.items():
        one, none = means.get("ciede2000"), gray.get(split, {}).get("ciede2000")
        if one is not None and none is not None and one >= none:
            found.append(
                f"- {_title(split, facts)}: by CIEDE2000 its colours are further from the "
                f"originals ({form.text(one)}) than none at all ({form.text(none)})."
            )
    return found


def _rows(headings: list[str], rows: list[list[str]]) -> list[str]:
    """A table in Markdown."""
    return [markdown_row(line) for line in (headings, ["---"] * len(headings), *rows)]
