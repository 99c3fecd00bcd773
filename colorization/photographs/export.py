"""A trained run as a file for other programs: Keras, SavedModel, ONNX, LiteRT.

Whatever a run's network takes and gives, what is exported takes lightness and gives ab, both in Lab
units, in float32; its scaling and decoding are part of it. Only the `.keras` file is the bare
network, as it was trained.
"""

import shutil
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from colorization.errors import UserError
from colorization.files import refuse_file, write_json
from colorization.installation import AUTHORS, CARD, to_install
from colorization.models import packed
from colorization.models.layers import CUSTOM_OBJECTS
from colorization.photographs.colorizer import Colorizer
from colorization.results.model_card import CONFIG, known_facts, write_card
from colorization.results.run_folder import EVALUATED
from colorization.state import read_json, stored_config
from colorization.training.network_file import FINISHED

# Format: Keras' name of it, and the name of its file or folder.
FORMATS = {
    "keras": (None, "network.keras"),
    "saved_model": ("tf_saved_model", "saved_model"),
    "onnx": ("onnx", "network.onnx"),
    "litert": ("litert", "network.tflite"),
}

TOLERANCE = 0.05  # Lab units

# Where the most probable class decides, a tie may fall the other way.
TIES = 0.001  # share of pixels


def export(run: Path, form: str, out: Path, say=print) -> Path:
    """Write a run's network in another format, with a JSON file that says how to use it.

    A fixed image is coloured with what was written, and has to come out as by the run. With the
    model card, the configuration and what is known of authors, the folder can be uploaded to the
    Hugging Face Hub as it is.

    Args:
        run: a finished run folder.
        form: one of `FORMATS`.
        out: the folder to write to.
        say: called with lines of text.

    Returns:
        what was written.

    Raises:
        UserError: an unusable run, a package that is missing, a network that the format cannot
            carry, or a folder that holds another run's.
    """
    config = stored_config(run)
    _refuse_folder(out, run, config)
    facts, colorizer = known_facts(run), Colorizer.load(run)
    colorizer = replace(colorizer, network=in_float32(colorizer.network))
    kind, name = FORMATS[form]
    if kind and keras.backend.backend() != "tensorflow":
        raise UserError(f"{form} is exported by TensorFlow; set KERAS_BACKEND=tensorflow")
    target, said = out / name, out / f"{name}.json"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".export-") as folder:
        part = Path(folder) / name
        if kind is None:
            shutil.copyfile(run / FINISHED, part)
        else:
            # LiteRT plans its memory ahead, which needs to know the batch.
            _write(lightness_to_ab(colorizer, batch=1 if form == "litert" else None), kind, part)
        difference, share = parity(colorizer, form, part)
        if share > TIES:
            raise UserError(
                f"{form} does not reproduce {run}: ab differs by up to {difference:.3g} Lab units, "
                f"by more than {TOLERANCE} in {share:.1%} of the pixels; choose another format"
            )
        if target.is_dir():
            shutil.rmtree(target)
        part.replace(target)
    write_json(said, description(colorizer, run, form))
    if (run / AUTHORS).exists():
        shutil.copyfile(run / AUTHORS, out / AUTHORS)
    write_card(out, config, facts)
    say(
        f"{target} is written; ab of a fixed image differs from the run's by at most "
        f"{difference:.2g} Lab units; {said} says how to use it, {out / CARD} what it is"
    )
    return target


def _refuse_folder(out: Path, run: Path, config: dict) -> None:
    refuse_file(out)
    if out.resolve() == run.resolve():
        raise UserError(f"{out} is the run itself; name another folder for OUT")
    if read_json(out / CONFIG, config) != config:
        raise UserError(f"{out} holds another run's network; name another folder for OUT")
    if (out / CARD).exists() and not (out / CONFIG).exists():
        raise UserError(f"{out / CARD} is of something else; name another folder for OUT")


def in_float32(network: keras.Model) -> keras.Model:
    """The network with the same weights, computing in float32 whatever it was trained in."""
    policy = keras.config.dtype_policy().name
    try:
        keras.config.set_dtype_policy("float32")
        text = packed.in_float32(network.to_json())
        result = keras.models.model_from_json(text, custom_objects=CUSTOM_OBJECTS)
    finally:
        keras.config.set_dtype_policy(policy)
    result.set_weights(network.get_weights())
    return result


def lightness_to_ab(colorizer: Colorizer, batch: int | None = None) -> keras.Model:
    """Lightness `[B, size, size, 1]` in 0..100 to ab `[B, size, size, 2]` in Lab units."""
    L = keras.Input((colorizer.size, colorizer.size, 1), batch_size=batch, name="L")
    inputs = _Apply(colorizer.objective.inputs)(L)
    decode = _Apply(lambda *given: colorizer.objective.decode(*given)[..., -2:], name="ab")
    return keras.Model(L, decode(colorizer.network(inputs), inputs), name="lightness_to_ab")


class _Apply(keras.layers.Layer):
    """A function as a layer; for exporting alone, it cannot be saved."""

    def __init__(self, function: Callable, **keywords):
        super().__init__(**keywords)
        self._function = function

    def call(self, *inputs):
        return self._function(*inputs)


def _write(model: keras.Model, kind: str, target: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # tf2onnx looks for np.object
            model(np.zeros((1, *model.input_shape[1:]), "float32"))  # or ONNX's is not there yet
            model.export(target, format=kind, verbose=False)
    except ImportError as error:
        raise UserError(_missing(error)) from None
    except (ValueError, RuntimeError, TypeError) as error:
        raise UserError(f"{kind} cannot carry this network: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line), type(error).__name__)


def _missing(error: ImportError) -> str:
    return f"{error.name} is needed: {to_install('export')}"


def parity(colorizer: Colorizer, form: str, path: Path) -> tuple[float, float]:
    """How far what was exported is from the run, on a fixed image.

    Returns:
        the largest difference of ab in Lab units, and the share of pixels beyond `TOLERANCE`.
    """
    L = fixed_image(colorizer.size)[None, ..., None]
    expected = colorizer.predict(L[..., 0])
    if form == "keras":
        network = keras.saving.load_model(path, custom_objects=CUSTOM_OBJECTS, compile=False)
        network = in_float32(network)
        inputs = colorizer.objective.inputs(L)
        given = colorizer.objective.decode(network(inputs, training=False), inputs)
        given = keras.ops.convert_to_numpy(given)[..., -2:]
    else:
        try:
            given = RUNNERS[form](path, L)
        except ImportError as error:
            raise UserError(_missing(error)) from None
        except Exception as error:  # each runtime has errors of its own
            raise UserError(f"{form} cannot carry this network: {_first_line(error)}") from None
    away = np.abs(given - expected).max(axis=-1)
    return float(away.max()), float((~(away <= TOLERANCE)).mean())  # NaN is away, too


def fixed_image(size: int) -> np.ndarray:
    """Lightness `[size, size]` in 0..100: rings over a ramp, flat areas and edges."""
    y, x = np.mgrid[0:size, 0:size] / size
    rings = np.sin(40 * np.hypot(x - 0.5, y - 0.4) ** 1.5)
    L = 50 + 25 * rings + 25 * (x - 0.5)
    return np.where((x > 0.7) & (y > 0.7), 90, L).astype("float32")


def _run_saved_model(path: Path, L: np.ndarray) -> np.ndarray:
    import tensorflow as tf

    model = tf.saved_model.load(str(path))
    return np.asarray(model.serve(L))


def _run_onnx(path: Path, L: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: L})[0]


def _run_litert(path: Path, L: np.ndarray) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], L)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


RUNNERS = {"saved_model": _run_saved_model, "onnx": _run_onnx, "litert": _run_litert}


def description(colorizer: Colorizer, run: Path, form: str) -> dict:
    """What whoever uses the file needs to know."""
    config = stored_config(run)
    known = read_json(run / EVALUATED, {}).get("data", {})
    size = colorizer.size
    steps = {
        "input": f"float32 [B, {size}, {size}, 1]: L of CIE Lab (D65) in 0..100 of the sRGB image, "
        f"resized to {size} px on its longer side ({colorizer.recipe.resample}) and mirrored into "
        "the square",
        "output": f"float32 [B, {size}, {size}, 2]: ab in Lab units; enlarge it bilinearly and "
        "join it to the L of the full image",
    }
    if form == "keras":
        steps = {
            "input": "what the objective makes of L in 0..100, see `objective`",
            "output": "what the objective decodes to ab; colorization.export writes the other "
            "formats with both included",
        }
    return {
        "format": form,
        **steps,
        "objective": config["objective"],
        "recipe": config["recipe"],
        "trained_on": known.get("title", config.get("source")),
        "licence_of_training_photographs": known.get("licence"),
        "keras": keras.__version__,
    }
