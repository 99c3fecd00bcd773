"""The settings of reports 000, 002, 003 and 004 and of their arms, held against the protocols."""

import pytest

from colorization.serialization import differences, to_json
from experiments import report_module

# As the reports and their authors' code have it: (arm whose settings are given, settings).
PROTOCOLS = {
    "flower-gan": (
        "flowers",
        {
            **{"epochs": 100, "batch_size": 16, "recipe.size": 128, "reshuffle": True},
            **{"learning_rate": 2e-4, "beta_1": 0.9, "flip": False, "network.levels": 7},
            **{"objective.scaling.L_range": 50.0, "objective.scaling.ab_range": 127.5},
            **{"adversary.pixel_weight": 0.0, "adversary.gan.discriminator_factor": 1.0},
            **{"adversary.discriminator.dropout": 0.5, "adversary.gan.saturating": False},
            **{"adversary.conditional": True, "source.test": 160},
        },
    ),
    "flower-cgan": (
        "unet",
        {
            **{"epochs": 101, "batch_size": 10, "recipe.size": 256, "reshuffle": False},
            **{"learning_rate": 2e-4, "beta_1": 0.5, "flip": True, "source.seed": 123},
            **{"objective.scaling.ab_centre": 0.0, "objective.scaling.ab_range": 110.0},
            **{"adversary.pixel_weight": 100.0, "adversary.gan.discriminator_factor": 0.5},
            **{"adversary.simultaneous": False, "adversary.conditional": True, "source.test": 50},
        },
    ),
    "rgb-mse-gan": (
        "literal",
        {
            **{"epochs": 150, "batch_size": 64, "recipe.size": 120, "reshuffle": False},
            **{"learning_rate": 5e-4, "beta_1": 0.9, "epsilon": 1e-7, "flip": False},
            **{"objective.low": 0.0, "objective.error": "MSE", "adversary.pixel_weight": 1.0},
            **{"adversary.gan.weight": 0.0, "adversary.gan.label_noise": 0.1},
            **{"adversary.gan.from_logits": False, "adversary.gan.discriminator_factor": 1.0},
            **{"adversary.simultaneous": True, "adversary.discriminator_steps": 1},
            **{"adversary.conditional": False, "source.train": 2250, "source.test": 250},
        },
    ),
    "imagenet-cgan": (
        "main",
        {
            **{"epochs": 45, "batch_size": 16, "recipe.size": 256, "reshuffle": False},
            **{"learning_rate": 2e-4, "beta_1": 0.5, "flip": True, "adversary.pixel_weight": 100.0},
            **{"source.train": 4000, "source.test": 1000, "snapshots": [5, 15, 20, 30, 40]},
        },
    ),
}
# What an arm changes of those settings; these count as one change each.
WHOLE = {"source", "network", "objective", "pretraining"}
CHANGES = {
    "flower-gan": {
        "multi-domain": {"source"},
        "d-dropout-0": {"adversary.discriminator.dropout"},
        "d-dropout-0.25": {"adversary.discriminator.dropout"},
        "l1-100": {"adversary.pixel_weight"},
        "batch-64": {"batch_size"},
        "batch-64-equal-updates": {"batch_size", "epochs"},
        "lr-5e-4": {"learning_rate"},
        "lr-1e-3": {"learning_rate"},
        "saturating": {"adversary.gan.saturating"},
        "rgb": {"network", "objective"},
        "class-conditional": {"network", "objective"},
        "l1-100-class": {"network", "objective", "adversary.pixel_weight"},
        "l1-first": {"pretraining"},
        "ronneberger": {"network"},
        "multi-domain-coloured": {"source", "recipe.drop_near_gray"},
    },
    "flower-cgan": {
        "unet-additive": {"network"},
        "resnet18-unet": {"network", "initial_weights", "pretraining", "snapshots"},
        "cyclegan": {"adversary"},
        "cyclegan-fixed": {"adversary", "reshuffle"},
        "l1-only": {"adversary"},
        "gan-alone": {"adversary.pixel_weight"},
        "unconditional-d": {"adversary.conditional"},
        "no-skips": {"network"},
        "scalar-d": {"adversary.discriminator.field"},
        "shuffled": {"reshuffle"},
        "flowers-1497": {"source"},
        "resnet18-unet-l1": {"network", "initial_weights", "pretraining", "snapshots"},
        "resnet18-unet-random": {"network", "pretraining", "snapshots"},
        "resnet18-unet-scratch": {"network"},
    },
    "rgb-mse-gan": {
        "without-d": {"adversary"},
        "d-twice": {"adversary.discriminator_steps"},
        "adversarial-1e-3": {"adversary.gan.weight"},
        "adversarial-1e-2": {"adversary.gan.weight"},
        "hard-labels": {"adversary.gan.label_noise"},
        "sigmoid": {"network"},
        "dilation": {"network"},
        "no-skips": {"network"},
        "shuffled": {"reshuffle"},
    },
    "imagenet-cgan": {
        "resnet18-l1-gan": {"network", "initial_weights", "pretraining", "epochs", "snapshots"},
        "unet-20": set(),
        "unet-40": set(),
        "unet-l1-gan": {"pretraining", "epochs", "snapshots"},
        "resnet18-random": {"network", "epochs", "snapshots"},
        "resnet18-imagenet": {"network", "initial_weights", "epochs", "snapshots"},
        "resnet18-random-l1-gan": {"network", "pretraining", "epochs", "snapshots"},
        "resnet18-l1": {"network", "initial_weights", "pretraining", "epochs", "snapshots"},
        **{f"patch-{n}": {"adversary.discriminator.field", "snapshots"} for n in (1, 16, 286)},
        **{f"images-{n}": {"source", "snapshots"} for n in (500, 1000, 2500)},
        "rgb": {"network", "objective", "snapshots"},
    },
}
SIZES = {"recipe.size", "epochs", "pretraining.epochs", "snapshots", "source.train", "source.test"}
SIZES |= {"network.filters", "network.levels", "network.max_filters", "initial_weights"}
SIZES |= {f"adversary.discriminator.{name}" for name in ("filters", "blocks", "field")}


def setting(config: dict, name: str):
    for part in name.split("."):
        config = config[part]
    return config


def changed(one, other) -> set[str]:
    return {line.split(":")[0] for line in differences(to_json(one), to_json(other))}


@pytest.mark.parametrize("key", PROTOCOLS)
def test_settings_are_the_reports(key):
    arm, expected = PROTOCOLS[key]
    config = to_json(report_module(key).arm(arm).config)
    assert {name: setting(config, name) for name in expected} == expected


@pytest.mark.parametrize("key", PROTOCOLS)
def test_an_arm_changes_what_it_says(key):
    report = report_module(key)
    first = report.arm(PROTOCOLS[key][0]).config
    found = {}
    for arm in report.arms:
        names = changed(first, arm.config)
        whole = WHOLE | ({"adversary"} if "adversary.type" in names else set())
        parts = {name: name.split(".")[0] for name in names}
        found[arm.name] = {part if part in whole else name for name, part in parts.items()}
    assert found == {PROTOCOLS[key][0]: set(), **CHANGES[key]}


@pytest.mark.parametrize("key", PROTOCOLS)
def test_a_scale_changes_sizes_and_counts_only(key):
    report = report_module(key)
    for arm in report.arms:
        names = changed(arm.config, report.scaled(arm, "small"))
        batches = {"batch_size"} if key == "rgb-mse-gan" else set()
        cycle = {f"adversary.reverse.{name}" for name in ("filters", "levels", "max_filters")}
        assert names <= SIZES | batches | cycle, arm.name
