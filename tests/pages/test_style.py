"""What all drawings share."""

import subprocess
import sys

from colorization.pages import style


def test_importing_loads_neither_keras_nor_pyplot():
    names = "('keras', 'tensorflow', 'torch', 'jax', 'matplotlib.pyplot')"
    drawn = "confusion_matrices, diagram, image_grids, line_charts"
    code = f"import sys; from colorization.pages import {drawn}\n"
    code += f"print([n for n in {names} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_words_are_cut_at_a_hyphen_if_they_have_one():
    narrow = style.text_width("rebalanced-", style.TEXT)
    assert style.wrap("a rebalanced-annealed one", narrow, style.TEXT).split("\n") == [
        "a",
        "rebalanced-",
        "annealed",
        "one",
    ]
    cut = style.wrap("classification", narrow, style.TEXT).split("\n")
    assert "".join(cut) == "classification" and len(cut) == 2
