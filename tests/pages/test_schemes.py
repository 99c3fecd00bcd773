"""Games of generator and discriminator: what a scheme says of an arm."""

from dataclasses import replace

import pytest

from colorization.pages import game_diagram
from colorization.pages.game_diagram import game_diagrams
from colorization.pages.schemes import CLASSICAL, game_of
from colorization.pages.style import BLUE, VERMILION
from experiments.flower_gan.arms import flowers
from experiments.imagenet_cgan.arms import main
from experiments.rgb_mse_gan.arms import literal
from tests.pages.pixels import is_about


def test_a_game_is_told_from_the_configuration():
    game = game_of(main)
    assert game.conditional and game.asked and game.pixels
    assert game.generator_losses == ("−log D(L, G(L))", "100 × L1(G(L), ab)")
    assert game.answer == ("real?", "30×30 answers") and "256 px" in game.title
    game = game_of(flowers)
    assert game.generator_losses == ("−log D(L, G(L))",) and not game.pixels
    assert game.discriminator_losses[0] == "−log D(L, ab)"  # not halved, as in the others


def test_an_idle_discriminator_is_not_asked():
    game = game_of(literal)
    assert not game.asked and not game.conditional and "alone" in game.title
    assert game.generator_losses == ("MSE(G(gray), RGB)",)
    rules = literal.config.adversary
    rules = replace(rules, gan=replace(rules.gan, weight=0.5))
    asked = game_of(replace(literal, config=replace(literal.config, adversary=rules)))
    assert asked.asked and asked.generator_losses[0] == "0.5 × −log D(G(gray))"


def test_games_are_drawn_below_each_other(png):
    is_about(png(game_diagrams, [CLASSICAL], title="GAN"), 900, 400)
    is_about(png(game_diagrams, [CLASSICAL, game_of(main)], title="GAN"), 900, 730)


@pytest.mark.parametrize(
    "changes, beside, losses",
    [
        ({}, 0, 4),  # the answer into both losses, each of which trains its player
        ({"asked": False}, 0, 3),
        ({"pixels": True}, 0, 6),
        ({"conditional": True}, 2, 4),
    ],
)
def test_what_trains_whom_is_drawn(tmp_path, monkeypatch, changes, beside, losses):
    arrows = []
    draw = game_diagram.draw_arrow
    monkeypatch.setattr(
        game_diagram, "draw_arrow", lambda *args: arrows.append(args[2]) or draw(*args)
    )
    game_diagrams(tmp_path / "a.svg", [replace(CLASSICAL, **changes)], title="GAN")
    key = 1  # an arrow of each colour that occurs
    assert arrows.count(BLUE) == beside + key * bool(beside)
    assert arrows.count(VERMILION) == losses + key
