"""A local page to try a run on one's own photographs: `make demo`.

Gradio's, bound to the loopback interface; nothing leaves the machine.
"""

import os
import signal
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from PIL import Image

from colorization.data.read import PhotographFile
from colorization.data.source import contents
from colorization.errors import UserError, shown
from colorization.installation import networks, to_install
from colorization.photographs.album import coloured_pages
from colorization.photographs.boundary import attempt, in_time
from colorization.photographs.colorizer import Colorizer
from colorization.photographs.save import output_name, refuse_pages, save
from colorization.photographs.side_by_side import at_most
from colorization.results.run_folder import EVALUATED
from colorization.state import read_json, stored_config

LARGEST = 50  # MB that a photograph may have

SHOWN = 1600  # pixels of the longer side on the page; the download has all


def serve(run: Path, runs: Path, port: int | None, say=print) -> None:
    """Open the page and answer until interrupted.

    Args:
        run: chosen at first.
        runs: the folder whose finished runs can be chosen, too.
        port: of 127.0.0.1; None takes a free one.
        say: called with lines of text.

    Raises:
        UserError: Gradio is missing, the port is taken, or the run cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="coloured-") as name:
        folder = Path(name)
        with settings_of_its_own(folder / "dropped", say):
            _serve(run, runs, port, folder / "coloured", say)


@contextmanager
def settings_of_its_own(dropped: Path, say=print):
    """Let Gradio see no settings that other programs have left for it, and no proxy.

    Args:
        dropped: the folder for photographs that are dropped on the page.
        say: called with a line where there were settings.
    """
    before = dict(os.environ)
    if others := sorted(name for name in before if name.startswith("GRADIO_")):
        say(f"not used: {', '.join(others)}; the page has its own settings")
    for name in others:
        del os.environ[name]
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(dropped)
    for name in ("no_proxy", "NO_PROXY"):  # Gradio looks whether its own page answers
        os.environ[name] = ",".join(filter(None, (before.get(name), "127.0.0.1", "localhost")))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _serve(run: Path, runs: Path, port: int | None, folder: Path, say) -> None:
    try:
        import gradio
    except ImportError:
        raise UserError(f"Gradio is needed: {to_install('demo')}") from None
    load(run)  # or it says what is wrong with it before anything opens
    theme = gradio.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"])
    for end in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C does
        signal.signal(end, signal.default_int_handler)
    page = build(gradio, [run, *networks().values(), *finished_runs(runs)], folder)
    try:
        _, address, _ = page.launch(
            server_name="127.0.0.1",
            server_port=port,
            max_file_size=f"{LARGEST}mb",
            prevent_thread_lock=True,
            quiet=True,
            theme=theme,
            footer_links=[],
            run_history=False,
        )
    except OSError:
        if port is None:
            raise
        raise UserError(f"PORT={port} is taken; name another, or none for a free one") from None
    say(f"open {address} in a browser; Ctrl-C ends it")
    page.block_thread()


def finished_runs(runs: Path) -> list[Path]:
    """Folders of finished runs, at any depth, but for those that need to know an image's class."""
    found = sorted(path.parent for path in runs.glob("**/seed-*/network.keras"))
    return [run for run in found if not stored_config(run).get("objective", {}).get("classes")]


def seen(run: Path) -> str:
    """What a run's network has learned from; "" where that is not known."""
    about = read_json(run / EVALUATED, {}).get("data")
    if not about:
        return ""
    size = stored_config(run)["recipe"]["size"]
    return (
        f"This network has seen nothing but {about['training_images']} images of "
        f"{about['title']} at {size} px: of what is not on those it can only guess."
    )


@lru_cache(maxsize=2)
def load(run: Path) -> Colorizer:
    return Colorizer.load(run)


def colour(
    photograph: Path, run: Path, folder: Path, saturation: float = 1.0, strength: float = 1.0
) -> tuple[Path, dict[str, Image.Image]]:
    """Colour a photograph into a folder.

    Args:
        photograph: its file.
        run: the folder of the run that colours.
        folder: for the coloured file, of the same name.
        saturation, strength: see `Colorizer`.

    Returns:
        the coloured file at full resolution, and "gray", "coloured" and "original" small enough
        for the page.

    Raises:
        UserError: the photograph cannot be read, or the run cannot be used.
    """
    colorizer = replace(load(run), saturation=saturation, strength=strength)
    target = folder / output_name(Path(photograph.name))

    def read():
        file = PhotographFile(contents(photograph))
        first = file.page()
        refuse_pages(file, first, target)
        return file, first

    opened, problem = attempt(lambda: in_time(read), "cannot be read")
    if problem:
        raise UserError(f"{shown(photograph.name)}: {problem}")
    file, found = opened
    original = at_most(found.rgb, SHOWN)
    colorizer.colour(found)
    save(found, target, coloured_pages(file, colorizer))
    coloured = at_most(found.rgb, SHOWN)
    return target, {"gray": original.convert("L"), "coloured": coloured, "original": original}


def build(gradio, runs: list[Path], folder: Path):
    """The page; what it colours goes to a folder."""
    names = {os.path.relpath(run): run for run in runs}

    def answer(path, name, beside, saturation, strength):
        if not path:
            raise gradio.Error("drop a photograph first", print_exception=False)
        try:
            target, shown = colour(Path(path), names[name], folder, saturation, strength)
        except UserError as error:
            raise gradio.Error(str(error), print_exception=False) from None
        pair = (shown[beside].convert("RGB"), shown["coloured"])
        return pair, gradio.DownloadButton(value=str(target), interactive=True)

    def nothing_yet():
        return gradio.DownloadButton(value=None, interactive=False)

    with gradio.Blocks(title="Colour a photograph", analytics_enabled=False) as page:
        gradio.Markdown(
            "# Colour a photograph\nThe network sees it small; its own resolution is kept."
        )
        with gradio.Row():
            with gradio.Column(scale=1):
                photograph = gradio.File(label=f"photograph, at most {LARGEST} MB")
                run = gradio.Dropdown(list(names), value=next(iter(names)), label="run")
                told = gradio.Markdown(seen(runs[0]), elem_id="seen")
                beside = gradio.Radio(["gray", "original"], value="gray", label="compare with")
                saturation = gradio.Slider(0, 3, value=1, step=0.05, label="saturation")
                strength = gradio.Slider(
                    *(0, 1), value=1, step=0.05, label="strength: its own colours, or predicted"
                )
                start = gradio.Button("Colour", variant="primary", elem_id="colour")
            with gradio.Column(scale=2):
                slider = gradio.ImageSlider(label="move the slider", elem_id="slider")
                download = gradio.DownloadButton("Download", elem_id="download", interactive=False)
        given = [photograph, run, beside, saturation, strength]
        results = [slider, download]
        start.click(nothing_yet, None, download).then(answer, given, results)
        run.change(lambda name: seen(names[name]), run, told)
    return page
