"""Writes the files beside it from `uv.lock`, where versions are chosen, as `pyproject.toml` allows.

    make lock    the newest versions that fit `pyproject.toml`, and these files from them

`cpu.txt` and `cuda.txt` have all that the suite runs with; the others what an extra needs on top of
either, and are installed after it. Only bench.txt and jax-newest.txt are written by hand.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ASK_FOR_TENSORFLOW = ("pretrained",)  # by that name, of which `tensorflow-cpu` is not known
EXTRAS = ("demo", "dev", "docs", "export", "mlflow", "pretrained", "tensorboard", "wandb")
HEADER = "# Written by `make lock` from uv.lock; change pyproject.toml instead.\n"
EVERYWHERE = " ; sys_platform == 'darwin' or sys_platform == 'linux'"  # all that the lock is for
EXPORT = ("export", "--quiet", "--frozen", "--no-emit-project", "--no-header", "--no-annotate")


def exported(*options: str) -> list[str]:
    """Requirements with hashes, a package each, as `uv export` with these options writes them."""
    uv = Path(sys.executable).with_name("uv")
    command = [uv if uv.exists() else "uv", *EXPORT, *options]
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=True)
    return re.findall(r"^\S.*\n(?: .*\n)*", done.stdout.replace(EVERYWHERE, ""), re.MULTILINE)


def derived() -> dict[str, str]:
    """Contents of every file by its name."""
    base = exported()
    files = {"cuda": exported("--extra", "cuda"), "cpu": exported("--group", "cpu")}
    (small,) = (block for block in files["cpu"] if block.startswith("tensorflow-cpu=="))
    where = re.search(r"; (.+?) \\\n", small)[1]
    opposite = " or ".join(part.replace("==", "!=") for part in where.split(" and "))
    files["cpu"] = [
        block.replace(" \\\n", f" ; {opposite} \\\n", 1)
        if block.startswith("tensorflow==")
        else block
        for block in files["cpu"]
    ]
    for extra in EXTRAS:
        left_out = [
            block
            for block in base
            if not (extra in ASK_FOR_TENSORFLOW and block.startswith("tensorflow=="))
        ]
        files[extra] = [block for block in exported("--extra", extra) if block not in left_out]
    return {f"{name}.txt": HEADER + "".join(blocks) for name, blocks in files.items()}


if __name__ == "__main__":
    for name, text in derived().items():
        (HERE / name).write_text(text)
