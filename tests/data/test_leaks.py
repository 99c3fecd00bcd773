"""No image that is judged was trained on."""

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from colorization.data import download, kaggle, roots
from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from colorization.errors import SourceUnavailable, UserError
from colorization.reproduction.obtain import obtain
from colorization.scales import SCALES
from experiments import REPORTS, report_module
from tests.evaluation.by_hand import (
    SIZE,
    colourful,
)


def pixel_hashes(images, split):
    """sha256 of each row of a split -> the image's name."""
    rows = zip(images.images(split), images.names(split), strict=True)
    return {hashlib.sha256(row.tobytes()).hexdigest(): name for row, name in rows}


def leaks(images, *further):
    """(training image, image judged) of equal pixels, in val, in test and in further test sets."""
    trained = pixel_hashes(images, "train")
    judged = [(images, split) for split in ("val", "test") if split in images.splits]
    judged += [(others, "test") for others in further]
    found = [(trained, pixel_hashes(others, split)) for others, split in judged]
    return [(first[h], names[h]) for first, names in found for h in names if h in first]


def encoded(image, **options):
    data = io.BytesIO()
    Image.fromarray(image).save(data, "png", **options)
    return data.getvalue()


PLAIN = {
    "train": {"a.png": encoded(colourful(1)), "b.png": encoded(colourful(2))},
    "val": {"c.png": encoded(colourful(3))},
    "test": {"d.png": encoded(colourful(4))},
}


@pytest.mark.parametrize("strict", [False, True])
def test_different_images_are_no_leak(write_source, strict):
    assert leaks(prepare(write_source(PLAIN, strict), Recipe(SIZE))) == []


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_strict_source_leaks_a_copy_and_says_nothing(write_source, split):
    """As it is today: sets with a fixed list are taken as they come, copies and all."""
    said = []
    copies = {**PLAIN, split: {**PLAIN[split], "copy.png": encoded(colourful(1))}}
    prepared = prepare(write_source(copies), Recipe(SIZE), said.append)
    assert leaks(prepared) == [("train/a.png", f"{split}/copy.png")]
    assert prepared.manifest["counts"]["dropped_as_duplicate"] == 0
    assert "duplicate" not in " ".join(said)


def test_a_lenient_source_leaves_a_copy_out_of_the_test_images(write_source):
    copies = {**PLAIN, "test": {**PLAIN["test"], "copy.png": encoded(colourful(1))}}
    said = []
    prepared = prepare(write_source(copies, strict=False), Recipe(SIZE), said.append)
    assert leaks(prepared) == []
    assert prepared.names("test") == ["test/d.png"]
    assert said[-1].endswith("(1 dropped, 1 dropped as duplicate)")


def test_a_lenient_source_leaks_a_copy_in_another_file(write_source):
    """As it is today: files are compared, not pixels."""
    again = encoded(colourful(1), compress_level=0)
    assert again != PLAIN["train"]["a.png"]
    copies = {**PLAIN, "test": {**PLAIN["test"], "copy.png": again}}
    said = []
    prepared = prepare(write_source(copies, strict=False), Recipe(SIZE), said.append)
    assert leaks(prepared) == [("train/a.png", "test/copy.png")]
    assert "dropped" not in said[-1]


def trained_sets():
    """Each (source, recipe) of an arm at scale small, with the further sets it is tested on."""
    cases = {}
    for key in REPORTS:
        report = report_module(key)
        for arm in report.arms:
            config = report.scaled(arm, "small")
            case = cases.setdefault((config.source, config.recipe), (key, arm, config, {}))
            case[-1].update(dict.fromkeys(given.source for given in arm.tested_on))
    return [
        pytest.param(config, tuple(further), id=f"{key}-{arm.name}-{source.key}-{recipe.key}")
        for (source, recipe), (key, arm, config, further) in cases.items()
    ]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """Where all real sets of this module are unpacked and prepared."""
    return tmp_path_factory.mktemp("prepared")


@pytest.fixture
def only_read(real_data, scratch, monkeypatch):
    """The real data are read where they are; all is written elsewhere and nothing is fetched."""
    given = real_data(".")

    def refuse(*args, **kwargs):
        raise UserError("not fetched for a test")

    monkeypatch.setattr(roots, "read_roots", lambda: [given, scratch])
    monkeypatch.setattr(roots, "write_root", lambda: scratch)
    monkeypatch.setattr(download, "fetch", refuse)
    monkeypatch.setattr(kaggle, "fetch_dataset", refuse)


@pytest.mark.parametrize(("config", "further"), trained_sets())
def test_no_image_that_is_judged_was_trained_on(only_read, scratch, config, further):
    try:
        config, images = obtain(config, lambda text: None)
    except SourceUnavailable as error:
        pytest.skip(str(error))
    # Of a source that is not strict, `prepare` would hide an overlap by leaving images out.
    listed = [str(item) for items in config.source.files().values() for item in items]
    assert len(set(listed)) == len(listed)
    others = []
    for source in further:
        try:
            others.append(obtain(replace(config, source=source), lambda text: None)[1])
        except SourceUnavailable:
            continue
    assert Path(scratch) in images.folder.parents
    assert len(images.names("train")) and len(images.names("test"))
    assert leaks(images, *others) == []


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("key", REPORTS)
def test_an_arm_judges_anothers_network_on_that_ones_images(key, scale):
    """Split alike, so that what it is judged on was not trained on."""
    report = report_module(key)
    for arm in report.arms:
        if arm.trained_by:
            config = report.scaled(arm, scale)
            trainer = report.scaled(report.arm(arm.trained_by), scale)
            assert (config.source, config.recipe) == (trainer.source, trainer.recipe), arm.name
