"""Games of generator and discriminator as boxes and arrows, one below the other."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from colorization.pages.box_drawing import LINE, RADIUS, canvas, draw_arrow
from colorization.pages.boxes import KINDS
from colorization.pages.schemes import Game
from colorization.pages.style import (
    BLUE,
    HEADING,
    INK,
    MUTED,
    SMALL,
    TEXT,
    VERMILION,
    save,
    styled,
)

WIDTH, HEIGHT = 900.0, 330.0  # of a game
# Left, top, width and height of its boxes, below its title.
BOXES = {
    "given": (20, 62, 90, 54),
    "generator": (175, 50, 130, 78),
    "made": (360, 62, 110, 54),
    "real": (390, 144, 115, 54),
    "discriminator": (575, 50, 125, 148),
    "answer": (760, 97, 100, 54),
    "generator_losses": (145, 232, 190, 62),
    "discriminator_losses": (537.5, 232, 200, 62),
}
FILLS = {
    "generator": KINDS["transposed"][1],
    "discriminator": KINDS["convolution"][1],
    "generator_losses": KINDS["merge"][1],
    "discriminator_losses": KINDS["merge"][1],
}
HEADS = {"generator_losses": "loss of G", "discriminator_losses": "loss of D"}
KEY = (
    (MUTED, False, "what an image passes through"),
    (BLUE, False, "what was given, beside it"),
    (VERMILION, True, "into a loss, and what the loss trains"),
)


@styled
def game_diagrams(path: Path, games: Sequence[Game], *, title: str) -> None:
    """Each game as a row of boxes with its losses below, and a key.

    Args:
        path: the file to write.
        games: from top to bottom.
        title: above all of them.
    """
    figure, ax = canvas(WIDTH, 40 + HEIGHT * len(games) + 30)
    ax.text(12, 10, title, size=HEADING, va="top")
    for row, game in enumerate(games):
        _draw_game(ax, game, 40 + HEIGHT * row)
    x, y = 12.0, 40 + HEIGHT * len(games) + 10
    conditional = any(game.conditional for game in games)
    for colour, dashed, text in KEY if conditional else (KEY[0], KEY[2]):
        draw_arrow(ax, [(x, y), (x + 34, y)], colour, dashed)
        ax.text(x + 42, y, text, size=SMALL, va="center_baseline")
        x += 290
    save(path, figure)


def _draw_game(ax: Axes, game: Game, top: float) -> None:
    ax.text(12, top, game.title, size=TEXT, weight="bold", va="top")
    for name in BOXES:
        head = (HEADS[name],) if name in HEADS else ()
        _draw_box(ax, name, (*head, *getattr(game, name)), top)

    def at(name: str, x: float, y: float) -> tuple[float, float]:
        """A point of a box, in shares of its width and height."""
        left, upper, width, height = BOXES[name]
        return left + x * width, top + upper + y * height

    join = (540.0, at("made", 1, 0.5)[1])
    into = at("discriminator", 0, 0)[0], join[1]
    draw_arrow(ax, [at("given", 1, 0.5), at("generator", 0, 0.5)], MUTED)
    draw_arrow(ax, [at("generator", 1, 0.5), at("made", 0, 0.5)], MUTED)
    draw_arrow(ax, [at("made", 1, 0.5), into], MUTED)
    real = at("real", 1, 0.5)
    draw_arrow(ax, [real, (into[0], real[1])], MUTED)
    draw_arrow(ax, [at("discriminator", 1, 0.5), at("answer", 0, 0.5)], MUTED)
    if game.conditional:
        _draw_condition(ax, at("given", 0.5, 0), join, (join[0], real[1]), top + 30)
    _draw_losses(ax, game, at, top)


def _draw_condition(ax: Axes, given, join, real, level: float) -> None:
    """What was given, beside what was made and beside what is real."""
    draw_arrow(ax, [given, (given[0], level), (join[0], level), (join[0], join[1] - RADIUS)], BLUE)
    draw_arrow(ax, [(join[0], join[1] + RADIUS), (real[0], real[1] - RADIUS)], BLUE)
    for x, y in (join, real):
        ax.add_patch(Circle((x, y), RADIUS, fc="white", ec=INK, lw=0.9, zorder=3))
        ax.text(x, y, "c", size=9, ha="center", va="center_baseline", zorder=4)


def _draw_losses(ax: Axes, game: Game, at, top: float) -> None:
    """Dashed arrows into the losses, and from each loss to the network that it trains."""
    below = top + 312
    answer, loss = at("answer", 0.5, 1), at("discriminator_losses", 1, 0.5)
    draw_arrow(ax, [answer, (answer[0], loss[1]), loss], VERMILION, True)
    for player in ("generator", "discriminator"):
        draw_arrow(ax, [at(f"{player}_losses", 0.5, 0), at(player, 0.5, 1)], VERMILION, True)
    if game.asked:
        start, end = at("answer", 0.7, 1), at("generator_losses", 0.5, 1)
        draw_arrow(ax, [start, (start[0], below), (end[0], below), end], VERMILION, True)
    if game.pixels:
        side = at("generator_losses", 1, 0.5)
        for name, x in (("real", 0.5), ("made", 0.14)):
            start = at(name, x, 1)
            draw_arrow(ax, [start, (start[0], side[1]), side], VERMILION, True)


def _draw_box(ax: Axes, name: str, lines: Sequence[str], top: float) -> None:
    """A box with lines in its middle, the first of them bold."""
    left, upper, width, height = BOXES[name]
    fill = FILLS.get(name, KINDS["end"][1])
    ax.add_patch(Rectangle((left, top + upper), width, height, fc=fill, ec=INK, lw=0.7))
    first = top + upper + height / 2 - LINE * (len(lines) - 1) / 2
    for index, line in enumerate(lines):
        ax.text(
            left + width / 2,
            first + LINE * index,
            line,
            size=SMALL,
            weight="normal" if index else "bold",
            ha="center",
            va="center",
        )
