"""Schemes of adversarial training: who is shown what, and which loss trains whom.

A `Game` says it in words, for an arm from its configuration; `game_diagram.py` draws it.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from colorization.pages.figures import Figure
from colorization.reproduction.report import Arm
from colorization.results.stored import Stored


@dataclass(frozen=True)
class Game:
    """A generator against a discriminator, in the words of a scheme.

    Args:
        title: above it.
        given, generator, made, real, discriminator, answer: name and further lines of what each
            box holds; `given` goes into the generator, `real` is what `made` should look like.
        conditional: the discriminator sees what was given, too.
        generator_losses, discriminator_losses: a line each.
        asked: the discriminator's answer is part of the generator's loss.
        pixels: so are the pixels of the real image.
    """

    title: str
    given: tuple[str, ...]
    generator: tuple[str, ...]
    made: tuple[str, ...]
    real: tuple[str, ...]
    discriminator: tuple[str, ...]
    answer: tuple[str, ...]
    generator_losses: tuple[str, ...]
    discriminator_losses: tuple[str, ...]
    conditional: bool
    asked: bool = True
    pixels: bool = False


CLASSICAL = Game(
    title="GAN, as Goodfellow et al. introduced it",
    given=("noise z",),
    generator=("generator G",),
    made=("image made", "G(z)"),
    real=("real image", "y"),
    discriminator=("discriminator D",),
    answer=("real?", "one answer"),
    generator_losses=("log(1 − D(G(z)))",),
    discriminator_losses=("−log D(y)", "−log(1 − D(G(z)))"),
    conditional=False,
)


def game_of(arm: Arm) -> Game:
    """The game that trains an arm at full scale; its adversary is an `Adversary`."""
    config, rules = arm.config, arm.config.adversary
    size, channels = config.recipe.size, config.objective.output_channels
    space = "RGB" if channels == 3 else "ab"
    given = "gray" if space == "RGB" else "L"
    made = f"G({given})"
    seen = (f"D({given}, {made})", f"D({given}, {space})") if rules.conditional else ()
    on_made, on_real = seen or (f"D({made})", f"D({space})")
    losses = []
    if rules.gan.weight:
        weight = f"{rules.gan.weight:g} × " if rules.gan.weight != 1 else ""
        term = f"log(1 − {on_made})" if rules.gan.saturating else f"−log {on_made}"
        losses.append(weight + term)
    if rules.pixel_weight:
        weight = f"{rules.pixel_weight:g} × " if rules.pixel_weight != 1 else ""
        losses.append(f"{weight}{config.objective.error}({made}, {space})")
    noise = rules.gan.label_noise
    targets = (f"targets off by up to {noise:g}",) if noise else ()
    half = "½ " if rules.gan.discriminator_factor == 0.5 else ""
    idle = "" if rules.gan.weight else "; D's answers train D alone"
    kind = "conditional GAN" if rules.conditional else "GAN"
    return Game(
        title=f"{arm.name}: {kind} (full scale, {size} px){idle}",
        given=(given, f"{size}×{size}×1"),
        generator=("generator G", _builder(config.network)),
        made=(f"{space} made", made, f"{size}×{size}×{channels}"),
        real=(space, "of the photograph", f"{size}×{size}×{channels}"),
        discriminator=("discriminator D", *_builder(rules.discriminator).split("_")),
        answer=("real?", _answers(arm)),
        generator_losses=tuple(losses),
        discriminator_losses=(
            f"−{half}log {on_real}",
            f"−{half}log(1 − {on_made})",
            *targets,
        ),
        conditional=rules.conditional,
        asked=bool(rules.gan.weight),
        pixels=bool(rules.pixel_weight),
    )


def _builder(build) -> str:
    return (build.func if isinstance(build, partial) else build).__name__


def _answers(arm: Arm) -> str:
    """How many answers the discriminator gives."""
    from colorization.models.cost import without_values

    config = arm.config
    with without_values():
        model = config.adversary.build_discriminator(config.recipe.size, config.objective)
    shape = model.output_shape[1:-1]
    return f"{'×'.join(map(str, shape))} answers" if shape else "one answer"


@dataclass(frozen=True)
class Scheme(Figure):
    """Games below each other: that of an arm at full scale, from the code, or another.

    Args:
        games: a `Game`, or an arm that one trains.
    """

    name: str
    games: tuple[Game | Arm, ...]
    title: str
    of_code = True

    def draw(self, path: Path, stored: Stored) -> bool:
        from colorization.pages import game_diagram

        games = [game_of(game) if isinstance(game, Arm) else game for game in self.games]
        game_diagram.game_diagrams(path, games, title=self.title)
        return True
