"""What a report consists of, as data."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from colorization.errors import UserError
from colorization.reproduction.scales import FULL, Scale
from colorization.training.config import TrainingConfig

SETTING = "+"  # between an arm's name and what is set of it, as in "unet+batch_size=8"


@dataclass(frozen=True)
class TestSet:
    """Images that an arm is tested on besides its own.

    Args:
        name: in tables and of its figures.
        source: only its test split is used.
        measure: (true Lab, predicted Lab) of an image to further measures, or None.
    """

    name: str
    source: Any
    measure: Callable | None = None


@dataclass(frozen=True)
class Arm:
    """One configuration that a report ran (primary) or that explains what it ran (ablation).

    Args:
        name: as typed after `--arms`.
        title: what it is, in a few words, for tables.
        config: at full scale.
        primary: whether the report itself ran it.
        trained_by: the arm whose weights this one judges; it then trains nothing itself.
        snapshot: with `trained_by`, the epoch of full scale after which those weights are taken;
            one of that arm's snapshots. None takes the last.
        tested_on: further test sets, beside the test split of its own images.
        published: the name under which its trained network is kept with the results, to colour
            photographs with; see `colorization.installation.network_folder`.
        scales: by name, those that are not the report's.
        settings: of a variant of an arm: what is set of its configuration at whatever scale; see
            `colorization.training.settings`.
    """

    name: str
    title: str
    config: TrainingConfig
    primary: bool = False
    trained_by: str | None = None
    snapshot: int | None = None
    tested_on: tuple["TestSet", ...] = ()
    published: str | None = None
    scales: Mapping[str, Scale] = field(default_factory=dict, hash=False)
    settings: tuple[tuple[str, str], ...] = ()

    def ablation(self, name: str, title: str, **changes) -> "Arm":
        """This arm with some fields of its configuration changed."""
        config = replace(self.config, **changes)
        return replace(self, name=name, title=title, primary=False, published=None, config=config)

    def variant(self, settings: Mapping[str, str]) -> "Arm":
        """This arm with something set, under a name that says what: runs and results are its own.

        Args:
            settings: name of a field -> its value as text.
        """
        settings = {**dict(self.settings), **settings}
        if not settings:
            return self
        said = [f"{name}={settings[name]}" for name in sorted(settings)]
        return replace(
            self,
            name=SETTING.join([self.name.partition(SETTING)[0], *said]),
            title=f"{self.title}; {', '.join(said)}",
            published=None,
            settings=tuple(sorted(settings.items())),
        )


@dataclass(frozen=True)
class Report:
    """A report of the suite.

    Args:
        key: as typed after `reproduce`.
        number: by which the suite refers to it; the first digit of its claims' is its last.
        name: in a word or two, for what has no room for its title.
        url: where its authors have their code, or "".
        title, authors, year, subject: of the report; `year` is None where it does not say,
            `subject` is what it is about, in a line. `authors` is None for the suite's own.
        arms: primary ones first.
        scales: what "small" and "smoke" change of the arms; an arm may have its own.
        settings: arm -> the report's own table of settings, heading -> value.
        figures: what to draw, in order; see `experiments.render`.
        references: numbers that the suite can be checked against.
        claims: what the report concludes, and what would support it; see `experiments.claims`.
        departures: where the suite departs from the report, as a Markdown list.
        measures: columns of its tables, of `colorization.results.measures.MEASURES`.
        compares_cost: its tables print what a network costs beside how good it is.
    """

    key: str
    title: str
    authors: str | None
    year: int | None
    subject: str
    arms: tuple[Arm, ...]
    scales: Mapping[str, Scale]
    settings: dict[str, dict[str, str]]
    figures: tuple
    references: tuple
    claims: tuple
    departures: str
    measures: tuple[str, ...]
    compares_cost: bool = False
    number: str = ""
    name: str = ""
    url: str = ""

    @property
    def label(self) -> str:
        """Its number, if it has one, and its name."""
        return f"{self.number} {self.name or self.title}".strip()

    @property
    def heading(self) -> str:
        """Its key, its number if it has one, and its title."""
        number = f", report {self.number}" if self.number else ""
        return f"{self.key}{number}: {self.title}"

    @property
    def citation(self) -> str:
        """Its authors, and the year where there is one."""
        authors = self.authors or "This suite"
        return f"{authors} ({self.year})" if self.year else authors

    def arm(self, name: str) -> Arm:
        """An arm by its name, or a variant of one: "unet+batch_size=8"."""
        own, *settings = name.split(SETTING)
        for arm in self.arms:
            if arm.name == own and all("=" in one for one in settings):
                return arm.variant(dict(one.split("=", 1) for one in settings))
        known = ", ".join(arm.name for arm in self.arms)
        raise UserError(f"{self.key} has no arm {name!r}; it has: {known}")

    def arms_among(self, names: Iterable[str]) -> list[Arm]:
        """Its arms, each with its variants that are among some names after it."""
        variants = [self.arm(name) for name in sorted(set(names)) if SETTING in name]
        result = []
        for arm in self.arms:
            own = arm.name + SETTING
            result += [arm, *(one for one in variants if one.name.startswith(own))]
        return result

    def variant(self, arm: Arm, settings: Mapping[str, str], scale: str) -> Arm:
        """An arm with something set, its values as they are named alike however they are typed.

        Raises:
            UserError: there is nothing of that name at this scale, or it cannot have this value.
        """
        settings = {**dict(arm.settings), **settings}
        if not settings:
            return arm
        from colorization.training.settings import text_of, with_settings

        try:
            config = with_settings(self.scaled(replace(arm, settings=()), scale), settings)
        except UserError as error:
            raise UserError(f"{self.key} {arm.name}: {error}") from None
        return arm.variant({name: text_of(config, name) for name in settings})

    def on(self, source) -> "Report":
        """The report's arms trained and tested on other images; its claims are not about those."""

        def kept(scales: Mapping[str, Scale]) -> dict[str, Scale]:
            return {name: replace(scale, source=None) for name, scale in scales.items()}

        arms = tuple(
            replace(
                arm,
                config=replace(arm.config, source=source),
                tested_on=(),
                scales=kept(arm.scales),
            )
            for arm in self.arms
        )
        of_its_own: dict[str, Any] = {"claims": (), "references": (), "settings": {}}
        return replace(self, arms=arms, scales=kept(self.scales), departures="", **of_its_own)

    def scaled(self, arm: Arm, scale: str) -> TrainingConfig:
        """An arm's configuration at a scale; what is set of a variant is so at every scale."""
        config = arm.config
        if scale != FULL:
            config = (arm.scales.get(scale) or self.scales[scale]).of(config)
        if not arm.settings:
            return config
        from colorization.training.settings import with_settings

        return with_settings(config, dict(arm.settings))

    def shown(self, arm: str) -> set[str]:
        """Patterns of the names of an arm's grids that are stored: what figures show, and one."""
        return {"test-random"}.union(*(figure.shows(arm) for figure in self.figures))

    def choose(self, names: list[str]) -> list[Arm]:
        """Arms by name, or all that are "primary", "ablation" or "all"."""
        chosen = []
        for name in names:
            if name in ("primary", "ablation", "all"):
                wanted = {"primary": (True,), "ablation": (False,), "all": (True, False)}[name]
                chosen += [arm for arm in self.arms if arm.primary in wanted]
            else:
                chosen.append(self.arm(name))
        return list(dict.fromkeys(chosen))
