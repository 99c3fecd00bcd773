"""A plan worked through by several workers: what comes next, in pieces, and after a kill."""

import os
import signal
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from colorization.data.carried import has_arrived
from colorization.data.prepared import PreparedSet
from colorization.errors import UserError
from colorization.reproduction import away
from colorization.reproduction.away import Speeds
from colorization.reproduction.bundle import pack, wanted
from colorization.reproduction.job import Job
from colorization.reproduction.plan import Plan
from colorization.reproduction.workers import Outcome
from experiments import report_module
from tests.reproduction.test_bundle import start_there
from tests.tiny.command_line import finish

GENERATED = "forms-generated-20-10-10-64px-seed0"


def jobs(key: str, arms: list[str], scale: str = "smoke", seeds=(0,)) -> list[Job]:
    report = report_module(key)
    return [Job(report, report.arm(arm), scale, seed) for seed in seeds for arm in arms]


def test_what_most_claims_wait_for_comes_first_then_seeds_then_what_none_needs():
    report = report_module("flower-cgan")
    needed = {claim.number: claim.arms for claim in report.claims}
    count = {arm.name: sum(arm.name in a for a in needed.values()) for arm in report.arms}
    of = jobs("flower-cgan", [arm.name for arm in report.arms], "full", seeds=(0, 1))
    order = [(job.arm.name, job.seed) for job in sorted(of, key=wanted)]
    claimed = [arm for arm, number in count.items() if number]
    assert {arm for arm, _ in order[: len(claimed)]} == set(claimed) != set(count)
    counts = [count[arm] for arm, _ in order[: len(claimed)]]
    assert counts == sorted(counts, reverse=True)
    assert {seed for _, seed in order[len(claimed) : 2 * len(claimed)]} == {1}
    assert not any(count[arm] for arm, _ in order[2 * len(claimed) :])


class SomePlan:
    """Of runs that all train for themselves, named by their arms."""

    def __init__(self, begun=(), absent=()):
        self.begun, self.absent = begun, absent

    def has_arrived(self, entry):
        return entry["arm"] not in self.absent

    def has_begun(self, entry):
        return entry["arm"] in self.begun

    def trains_in(self, entry):
        return Path(entry["trainer"])

    def cost(self, entry):
        return entry["macs"]


def entries(**macs) -> list[dict]:
    return [{"report": "r", "arm": a, "trainer": a, "macs": m} for a, m in macs.items()]


def chosen(plan, waiting, room, busy=(), speeds=None) -> str | None:
    found = away._next(plan, waiting, busy, speeds or Speeds(), room)
    return found and found["arm"]


def test_the_most_wanted_run_that_ends_in_time_comes_next():
    waiting, speeds = entries(a=900.0, b=300.0, c=30.0), Speeds()
    assert chosen(SomePlan(), waiting, 10) == "a"  # nothing is known of any speed
    assert chosen(SomePlan(), waiting, 0) is None
    (measured,) = entries(b=100.0)
    speeds.add(measured, 100.0, Outcome("finished", seconds=15.0, training=10.0))
    for room, arm in ((95, "a"), (94, "b"), (35, "b"), (34, "c"), (7, None)):
        assert chosen(SomePlan(), waiting, room, speeds=speeds) == arm
    assert chosen(SomePlan(begun=["a"]), waiting, 7, speeds=speeds) == "a"  # in parts
    assert chosen(SomePlan(absent=["a"]), waiting, 99, speeds=speeds) == "b"


def test_a_slower_network_is_judged_by_its_own_speed():
    speeds = Speeds()
    fast, slow, other = entries(fast=1.0, slow=1.0, other=1.0)
    speeds.add(fast, 100.0, Outcome("finished", seconds=11.0, training=10.0))
    speeds.add(slow, 100.0, Outcome("finished", seconds=44.0, training=40.0))
    assert [speeds.seconds(entry, 100.0) for entry in (fast, slow, other)] == [11, 44, 44]


def test_two_workers_never_train_in_one_folder():
    one, snapshot, other = entries(one=1.0, snapshot=1.0, other=1.0)
    snapshot["trainer"] = "one"
    assert chosen(SomePlan(), [snapshot, other], 99, busy=[one]) == "other"


# ---------------------------------------------------------------- in pieces


@pytest.fixture
def packed(tmp_path, monkeypatch):
    """`packed(jobs, piece)`: the archives that are written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLORIZATION_DATA", str(tmp_path))

    def write(of, piece):
        pack(of, tmp_path / "bundle.tar", piece, say=lambda _: None)
        return sorted(tmp_path.glob("bundle*.tar"))

    return write


def unpack(archive: Path, place: Path) -> None:
    with tarfile.open(archive) as opened:
        opened.extractall(place, filter="data")


def test_pieces_have_code_first_then_images_and_none_is_too_large(packed, tmp_path, monkeypatch):
    code, *pieces = packed(jobs("berkeley", ["regression"]), 20_000)
    assert len(pieces) >= 2 and all(piece.stat().st_size <= 20_000 for piece in pieces)
    assert code.name == f"bundle-1-of-{1 + len(pieces)}.tar"
    with tarfile.open(code) as opened:
        names = opened.getnames()
    assert "colorization-bundle/colorization/__main__.py" in names
    assert not any("/photos/" in name or name.endswith(".npy") for name in names)

    unpack(code, tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there" / "colorization-bundle")
    plan = Plan.read(report_module)
    (entry,) = plan.runs
    assert not plan.has_arrived(entry)
    pieces[0].rename(Path("..") / pieces[0].name)
    Path(pieces[1].name).write_bytes(pieces[1].read_bytes()[:-1])  # still on its way
    plan.unpack_pieces()
    assert plan.unpacked == {pieces[0].name} and not plan.has_arrived(entry)
    for piece in pieces[1:]:
        Path(piece.name).write_bytes(piece.read_bytes())
    plan.unpack_pieces()
    assert len(plan.unpacked) == len(pieces) and plan.has_arrived(entry)


def test_photographs_travel_once_and_become_the_arrays_that_they_were(
    packed, tmp_path, monkeypatch
):
    from colorization.reproduction.obtain import obtain

    of = jobs("berkeley", ["regression", "weighted"])  # one set of photographs, two recipes
    (archive,) = packed(of, None)
    here = {job.arm.name: obtain(job.config, lambda _: None)[1] for job in of}
    with tarfile.open(archive) as opened:
        assert sum("/photos/" in name for name in opened.getnames()) == 40
    unpack(archive, tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there" / "colorization-bundle")
    monkeypatch.delenv("COLORIZATION_DATA")
    for job in of:
        said = []
        _, there = obtain(job.config, said.append)
        mine = here[job.arm.name]
        assert there.digest == mine.digest and there.folder != mine.folder
        for split in ("train", "val", "test"):
            np.testing.assert_array_equal(there.images(split), mine.images(split))
        assert len(said) == 3 and all(line.startswith("preparing") for line in said)
    # What came in a bundle can be packed again.
    pack(of, Path("again.tar"), say=lambda _: None)
    with tarfile.open("again.tar") as opened:
        assert sum("/photos/" in name for name in opened.getnames()) == 40


def test_photographs_that_decode_to_other_pixels_are_said_and_a_missing_one_is_named(
    packed, tmp_path, monkeypatch
):
    from colorization.reproduction.obtain import obtain

    of = jobs("berkeley", ["regression"])
    (archive,) = packed(of, None)
    unpack(archive, tmp_path / "there")
    bundle = tmp_path / "there" / "colorization-bundle"
    monkeypatch.chdir(bundle)
    monkeypatch.delenv("COLORIZATION_DATA")
    (folder,) = (bundle / "data/prepared").glob("forms*")
    kept = {f["sha256"] for f in PreparedSet(folder).manifest["files"] if f["split"] == "val"}
    photo = bundle / "data/photos" / min(kept)
    content = photo.read_bytes()
    photo.unlink()
    assert not has_arrived(folder)
    with pytest.raises(UserError, match=f"{photo.name}, val/.* is not there; bring"):
        obtain(of[0].config, lambda _: None)
    other = next(p for p in (bundle / "data/photos").iterdir() if p.name not in kept)
    photo.write_bytes(other.read_bytes())
    said = []
    obtain(of[0].config, said.append)
    assert sum("decodes the val images to other pixels" in line for line in said) == 1
    photo.write_bytes(content)


def test_a_photograph_larger_than_a_piece_is_one_line(packed):
    with pytest.raises(UserError, match="fits into no piece; raise PIECES"):
        packed(jobs("berkeley", ["regression"]), 11_000)


# ---------------------------------------------------------------- with workers


@pytest.mark.slow
def test_two_workers_killed_in_the_middle_go_on_as_pieces_arrive(packed, tmp_path):
    of = jobs("berkeley", ["regression", "regression-eval"]) + jobs("flower-cgan", ["l1-only"])
    code, *pieces = packed(of, 60_000)
    unpack(code, tmp_path / "there")
    bundle = tmp_path / "there" / "colorization-bundle"

    process = start_there(bundle, 10, workers=2)
    assert "waiting for images of 3 runs" in process.stdout.readline()
    for piece in pieces:
        piece.rename(tmp_path / "there" / piece.name)
    for line in process.stdout:
        if "epoch 1/" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    time.sleep(3)  # its workers end with it
    assert not [p for p in Path("/proc").glob("[0-9]*") if _works_in(p, bundle)]

    done = finish(start_there(bundle, 10, workers=2))
    assert done.returncode == 0, done.stderr + done.stdout
    assert "[1] " in done.stdout and "[2] " in done.stdout
    assert "not finished" not in done.stdout
    with tarfile.open(bundle / "results.tar.gz") as opened:
        names = opened.getnames()
    for job in of:
        place = f"results/{job.report.key}/smoke/{job.arm.name}"
        assert any(name.startswith(place) for name in names), place


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return Path(os.readlink(process / "cwd")) == folder
    except OSError:
        return False
