"""Reports 000, 002, 003, 004 and common ground at smoke scale, and their arms as data."""

import json
import shutil
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from colorization.data.mirflickr import Mirflickr
from colorization.errors import SourceUnavailable
from colorization.models.cost import trainable_parameters, without_values
from colorization.models.packed import BITS
from colorization.pages.photograph_figures import OfClass
from colorization.reproduction.obtain import with_initial_weights
from colorization.results.stored import Stored
from colorization.scales import SCALES
from colorization.serialization import to_json
from colorization.training.config import Adversary
from colorization.training.network_file import load_network
from experiments import REPORTS, report_module
from experiments.flower_gan.observed import stand_in, unlabelled
from tests.reproduction import test_reproduce
from tests.tiny.command_line import finish, rendered, run, start, stored

KEYS = ("flower-gan", "flower-cgan", "rgb-mse-gan", "imagenet-cgan", "common", "general")
# An arm of each kind: the rest differ from these in numbers alone.
CHOSEN = {
    "flower-gan": ["class-conditional"],
    "flower-cgan": ["resnet18-unet", "resnet18-unet-l1"],
    "rgb-mse-gan": ["literal", "without-d"],
    "imagenet-cgan": ["main", "unet-20"],
    "common": ["light"],
    "general": ["default"],
}
# What the kinds above, or report 001, show as well.
MORE = {
    "flower-gan": ["rgb", "ronneberger"],
    "flower-cgan": ["unet", "cyclegan-fixed"],
    "rgb-mse-gan": ["adversarial-1e-2"],
    "common": ["rebalanced", "rebalanced-annealed"],
}
ON_JAX = {"flower-cgan": "cyclegan-fixed", "rgb-mse-gan": "literal"}


def command(key: str, arms: list[str]) -> list[str]:
    return ["reproduce", key, "--scale", "smoke", "--arms", *arms]


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """Folders of results by report."""
    found = {}
    for key, arms in CHOSEN.items():
        folder = tmp_path_factory.mktemp(key)
        done = run(folder, *command(key, arms))
        assert done.returncode == 0, done.stderr
        found[key] = folder / "runs" / "results" / key
    return found


@pytest.mark.parametrize("key", KEYS)
def test_chosen_arms_have_results(smoke, key):
    assert_results(smoke[key], CHOSEN[key])


@pytest.mark.slow
@pytest.mark.parametrize("key", MORE)
def test_more_arms_have_results(smoke, key, tmp_path):
    shutil.copytree(smoke[key].parents[2], tmp_path, dirs_exist_ok=True)
    done = run(tmp_path, *command(key, MORE[key]))
    assert done.returncode == 0, done.stderr
    folder, arms = tmp_path / "runs" / "results" / key, [*CHOSEN[key], *MORE[key]]
    assert_results(folder, arms)
    assert_drawn(folder, key, arms)
    if key == "rgb-mse-gan":
        literal, heard = (stored(folder)[arm] for arm in ("literal", "adversarial-1e-2"))
        assert heard.facts["network"]["sha256"] != literal.facts["network"]["sha256"]


@pytest.mark.slow
@pytest.mark.parametrize("key", ON_JAX)
def test_jax_trains_the_same_from_the_same_weights(smoke, key, tmp_path):
    done = finish(start(tmp_path, *command(key, [ON_JAX[key]]), backend="jax"))
    assert done.returncode == 0, done.stderr
    (there,) = stored(tmp_path / "runs" / "results" / key).values()
    assert (there.arm, there.environment["backend"]) == (ON_JAX[key], "jax")
    if key == "rgb-mse-gan":  # without dropout or label noise: the first epoch's losses agree
        here = stored(smoke[key])[there.arm]
        assert here.epochs["loss_G"][0] == pytest.approx(there.epochs["loss_G"][0], rel=2e-2)


def parts(key: str, arms: list[str] | None = None) -> dict[str, set[tuple]]:
    """What arms are put together from, but for numbers."""
    report, found = report_module(key), {}
    for arm in report.arms if arms is None else map(report.arm, arms):
        config = report.scaled(arm, "smoke")
        network, objective = config.network, config.objective
        found[arm.name] = {
            ("network", network.func if isinstance(network, partial) else network),
            ("objective", type(objective), bool(getattr(objective, "rebalancing", None))),
            ("game", type(config.adversary), config.pretraining is not None),
            ("precision", config.precision),
        }
    return found


def test_all_that_arms_are_put_together_from_is_trained():
    trained = {"berkeley": [*test_reproduce.CHOSEN, *test_reproduce.DRAWN]}
    trained |= {key: [*CHOSEN[key], *MORE.get(key, ())] for key in KEYS}
    seen = {
        p for key, arms in trained.items() for found in parts(key, arms).values() for p in found
    }
    for key in REPORTS:
        for arm, found in parts(key).items():
            assert found <= seen, f"{key} {arm}: {found - seen}"


def assert_results(folder: Path, arms: list[str]) -> None:
    runs = stored(folder)
    assert sorted(runs) == sorted(arms)
    for arm, one in runs.items():
        means = one.means("test")
        assert 0 < means["ab_mae"] < 90 and means["images"] == 10, arm
        assert one.data["source"].startswith("forms-generated"), arm
        assert one.data["training_images"] == 20, arm
        if "loss_D" in one.epochs:
            last = one.epochs.iloc[-1]
            assert 0 <= last["D_accuracy"] <= 1 and 0 < last["D_fake"] < 1, arm


@pytest.mark.parametrize("key", KEYS)
def test_page_and_figures_are_drawn(smoke, key):
    assert_drawn(smoke[key], key, CHOSEN[key])


def assert_drawn(folder: Path, key: str, arms: list[str]) -> None:
    report = report_module(key)
    assert (folder / "README.md").read_text() == rendered(report, folder)
    for figure in report.figures:
        drawn = figure.path(folder).exists()
        first = getattr(figure, "arms", (getattr(figure, "arm", None),))[0]
        name = getattr(first, "name", first)
        expected = name in arms or figure.of_code
        if isinstance(figure, OfClass):  # generated images are of other classes
            expected = False
        if getattr(figure, "sample", "").startswith(("test-", "train-")) or expected:
            assert drawn == expected, figure.name


def test_the_network_of_a_published_arm_is_kept_with_its_results(smoke):
    report, results = report_module("common"), smoke["common"].parent
    published = [arm.name for arm in report.arms if arm.published]
    folder = results / "networks" / "flowers"
    about = json.loads((folder / "measures.json").read_text())
    assert published == ["light"] and about["run"] == "common/smoke/light/seed-0"
    kept = load_network(folder)
    trained = load_network(results.parent / "common" / "smoke" / "light" / "seed-0")
    card = (folder / "README.md").read_text()
    means = stored(smoke["common"])["light"].means("test")
    assert about["measures"]["test"]["ab_mae"] == pytest.approx(means["ab_mae"], rel=1e-5)
    assert f"{means['ab_mae']:.2f} (" in card and about["data"]["sets"][0]["title"] in card
    for one, other in zip(kept.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2**-BITS, atol=1e-6)


def test_losses_are_logged_under_the_names_that_the_reports_plot(smoke):
    epochs = stored(smoke["imagenet-cgan"])["main"].epochs
    names = {"loss_G", "loss_G_GAN", "loss_G_L1", "loss_D", "loss_D_real", "loss_D_fake"}
    assert names <= set(epochs.columns)
    np.testing.assert_allclose(
        epochs["loss_G"], epochs["loss_G_GAN"] + epochs["loss_G_L1"], rtol=1e-4
    )
    np.testing.assert_allclose(
        epochs["loss_D"], (epochs["loss_D_real"] + epochs["loss_D_fake"]) / 2, rtol=1e-4
    )


def test_pretraining_comes_first_and_its_end_is_an_arm_of_its_own(smoke):
    runs = stored(smoke["flower-cgan"])
    whole, first = runs["resnet18-unet"], runs["resnet18-unet-l1"]
    assert list(whole.epochs["epoch"]) == [1, 2, 3, 4] and list(first.epochs["epoch"]) == [1, 2]
    assert whole.epochs["loss_G"].isna().tolist() == [True, True, False, False]
    assert whole.epochs["loss"].isna().tolist() == [False, False, True, True]
    assert first.facts["network"]["sha256"] != whole.facts["network"]["sha256"]
    assert first.means("test")["ab_mae"] == whole.means("test@2")["ab_mae"]


def test_an_idle_discriminator_leaves_the_generator_alone(smoke):
    digests = {
        arm: run.facts["network"]["sha256"] for arm, run in stored(smoke["rgb-mse-gan"]).items()
    }
    assert digests["literal"] == digests["without-d"]
    text = (smoke["rgb-mse-gan"] / "README.md").read_text()
    assert "literal and without-d end with the same weights to the bit" in text


def test_further_test_sets_have_rows_and_grids(smoke):
    one = stored(smoke["flower-cgan"])["resnet18-unet"]
    assert one.means("sketches")["images"] == 10
    assert {"chroma_strokes", "chroma_paper"} <= set(one.images.columns)
    assert one.answers("sketches-random").shape == (5, 32, 32, 3)
    assert stored(smoke["imagenet-cgan"])["main"].means("coco")["images"] == 10


def test_second_start_trains_nothing(smoke):
    folder = smoke["rgb-mse-gan"].parents[2]
    done = run(folder, "reproduce", "rgb-mse-gan", "--scale", "smoke", "--arms", "literal")
    assert done.returncode == 0 and "epoch" not in done.stdout.replace("epochs", "")


@pytest.mark.parametrize("key", REPORTS)
@pytest.mark.parametrize("scale", SCALES)
def test_every_configuration_is_plain_data_and_names_are_unique(key, scale):
    report = report_module(key)
    names = [arm.name for arm in report.arms]
    assert len(names) == len(set(names))
    for arm in report.arms:
        config = report.scaled(arm, scale)
        json.dumps(to_json(config))
        if arm.snapshot:
            assert arm.snapshot in report.arm(arm.trained_by).config.snapshots
        assert max(config.snapshots, default=0) <= config.all_epochs


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("scale", ["small", "smoke"])
def test_every_network_fits_its_size(key, scale):
    report = report_module(key)
    for arm in report.arms:
        config = report.scaled(arm, scale)
        size = config.recipe.size
        with without_values():
            network = config.network(size=size)
            if isinstance(config.adversary, Adversary):
                config.adversary.build_discriminator(size, config.objective)
        answers = size // getattr(config.objective, "block", 1)
        assert network.output.shape[1:3] == (answers, answers)


@pytest.mark.parametrize(
    "key, arm, parameters",
    [
        ("flower-gan", "flowers", 41_824_898),
        ("flower-cgan", "unet", 54_409_858),
        ("flower-cgan", "unet-additive", 39_072_386),
        ("rgb-mse-gan", "literal", 1_406_403),
    ],
)
def test_full_scale_has_the_reports_networks(key, arm, parameters):
    config = report_module(key).arm(arm).config
    with without_values():
        network = config.network(size=config.recipe.size)
    assert trainable_parameters(network) == parameters


def test_without_imagenet_weights_primaries_start_at_random_and_say_so(monkeypatch):
    from colorization.errors import UserError
    from colorization.reproduction import obtain

    def unavailable():
        raise UserError("ImageNet weights need KerasHub")

    monkeypatch.setattr(obtain, "imagenet_weights", unavailable)
    report, said = report_module("imagenet-cgan"), []
    primary = report.arm("resnet18-l1-gan")
    config = with_initial_weights(primary, primary.config, said.append)
    assert config.initial_weights is None
    assert "random initial weights stand in" in said[0]
    ablation = report.arm("resnet18-imagenet")
    with pytest.raises(SourceUnavailable, match="need KerasHub"):
        with_initial_weights(ablation, ablation.config, said.append)


def test_claims_on_the_multi_domain_set_know_it_from_its_stand_in(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORIZATION_DATA", str(tmp_path))  # no MIRFLICKR, which comes first
    source = report_module("flower-gan").arm("multi-domain").config.source

    def stored(given):
        run = SimpleNamespace(data={"source": given.key, "title": given.title})
        return SimpleNamespace(first={"multi-domain": run}.get)

    assert stand_in(stored(source)) == ""
    assert "Intel's outdoor scenes and ImageNet-mini stand in" in stand_in(stored(source.stand_in))
    assert "does not say what its photographs show" in unlabelled(stored(source))
    assert stand_in(stored(Mirflickr())) == unlabelled(stored(Mirflickr())) == ""


def test_any_arm_trains_on_a_folder_of_photographs(tmp_path):
    """With results of their own, apart from those on the report's images."""
    folder = tmp_path / "my photographs"
    (folder / "below").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(12):
        pixels = rng.integers(0, 256, (40, 50, 3), "uint8")
        Image.fromarray(pixels).save(folder / "below" / f"{number}.png")
    arguments = ["reproduce", "flower-cgan", "--scale", "smoke", "--arms", "l1-only"]
    done = run(tmp_path, *arguments, "--data", f"folder:{folder}")
    assert done.returncode == 0, done.stderr
    own = next((tmp_path / "runs").glob("own-my-photographs-*"))
    (found,) = Stored.read(own / "results" / "flower-cgan").runs
    assert found.data["source"].startswith("own-my-photographs-")
    assert found.data["training_images"] == 11 and found.splits["test"]["images"] == 1
    assert found.data["further_sets"] == {}
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    "data, message",
    [
        ("my photographs", "'my photographs' is not folder:PATH"),
        ("folder:", "'folder:' is not folder:PATH"),
        ("folder:nowhere", "nowhere is not a folder"),
        ("folder:empty", "empty holds 0 photographs; put more there"),
    ],
)
def test_a_folder_that_cannot_be_used_is_named(data, message, tmp_path):
    (tmp_path / "empty").mkdir()
    arguments = ["reproduce", "imagenet-cgan", "--scale", "smoke", "--arms", "main"]
    done = run(tmp_path, *arguments, "--data", data)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr
