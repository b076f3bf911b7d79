"""A run survives what goes wrong around it: readers, disks, libraries, folders that move."""

from __future__ import annotations

import errno
import io
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import Result
from PIL import Image
from safetensors.torch import load_file, save_file

import ganfw as api
from ganfw import RunError
from ganfw.runs.records import read_provenance
from ganfw.storage import atomic
from ganfw.storage.run_dir import RunDir

Ganfw = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[str]"]

POINTS = ("run", "--gen", "linear", "--disc", "mlp", "--data", "gaussian", "-s", "data.count=64",
          "--no-callback", "loss-curve")  # fmt: skip
PICTURES = ("run", "--gen", "dcgan", "--disc", "dcgan", "--size", 16, "--batch-size", 4,
            "-s", "gen.channels=8", "-s", "disc.channels=8",
            "--no-callback", "loss-curve")  # fmt: skip
RUN = Path("runs/0001-dcgan-photos")
SWD = ("--metric", "swd", "-s", "metric.swd.samples=8")


def _photos(folder: str = "photos") -> None:
    Path(folder).mkdir()
    random = np.random.default_rng(0)
    for number in range(8):
        pixels = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(f"{folder}/{number}.png")


def _trained(ganfw: Ganfw) -> None:
    _photos()
    result = ganfw(*PICTURES, "--data", "./photos", "--steps", 2)
    assert result.exit_code == 0, result.output


def _full(*arguments: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _one_line(result: Result, *said: str) -> None:
    assert result.exit_code == 1, result.output
    error = result.stderr.splitlines()[-1]
    assert error.startswith("Error: ")
    assert all(part in error for part in said), error
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_reader_that_goes_away_costs_no_run(ganfw_process: Start, tmp_path: Path) -> None:
    process = ganfw_process(*POINTS, "--steps", 40)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stderr.readline()
    process.stderr.close()
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert (tmp_path / "runs/0001-linear-gaussian/checkpoints/last").read_text() == "000040\n"


@pytest.mark.slow
def test_no_stdout_and_no_stderr_at_all(tmp_path: Path) -> None:
    words = " ".join(map(str, POINTS))
    command = f'"{sys.executable}" -m ganfw {words} --steps 3 >&- 2>&-'
    assert subprocess.run(command, shell=True, cwd=tmp_path, timeout=60).returncode == 0
    run = tmp_path / "runs/0001-linear-gaussian"
    assert (run / "checkpoints/last").read_text() == "000003\n"
    json.loads((run / "provenance.json").read_text())


@pytest.mark.usefixtures("ganfw")
def test_python_without_a_stderr_that_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what ganfw prints nor what a plugin prints ends the run."""

    Path("noisy.py").write_text(
        "import sys\nimport ganfw\n\nclass Noisy(ganfw.Callback):\n"
        "    def on_step_end(self, event):\n        sys.stderr.write('step')\n\n"
        "@ganfw.hookimpl\ndef ganfw_components():\n"
        "    return [ganfw.Component('callback', 'noisy', target=f'{__name__}:Noisy')]\n"
    )

    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(errno.EPIPE, "gone")

    for stream in (None, Closed(), object()):
        monkeypatch.setattr(sys, "stderr", stream)
        run = api.run("linear", "mlp", "gaussian", callback="noisy", steps=2, plugin="noisy.py")
        assert (run.path / "checkpoints/last").read_text() == "000002\n"
        assert sys.stderr is stream


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_output_to_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "ganfw", "list"]
        ended = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, cwd=tmp_path
        )
    assert ended.returncode == 1
    assert ended.stderr == "Error: stdout can't be written: No space left on device\n"


@pytest.mark.slow
@pytest.mark.parametrize("library", ["torch", "PIL"])
def test_a_library_that_can_not_be_imported(tmp_path: Path, library: str) -> None:
    (tmp_path / library).mkdir()
    (tmp_path / library / "__init__.py").write_text("raise OSError('libx.so: no such file')\n")
    variables = {**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    said = f"{library} can't be imported"

    def ended(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ganfw", *map(str, words)]
        return subprocess.run(
            command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    run = ended(*POINTS, "--steps", 1)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith(f"Error: {said} (OSError: libx.so: no such file)")
    doctor = ended("doctor")
    assert doctor.returncode == 1
    assert doctor.stderr == ""
    assert doctor.stdout.count(said) == 1
    assert "pip install --force-reinstall" in doctor.stdout


def test_a_picture_that_can_not_be_drawn_costs_no_run(
    ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ganfw_plugins.callbacks.loss_figure", None)
    result = ganfw(*POINTS[:-2], "--steps", 2)
    assert result.exit_code == 0, result.output
    assert "losses.png is not drawn: matplotlib can't be imported" in result.stderr


@pytest.mark.parametrize(("place", "name"), [(atomic, "write_text"), (RunDir, "write")])
def test_a_disk_that_is_full_at_the_start(
    ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch, place: object, name: str
) -> None:
    """The first files, and those of callbacks before the first step."""
    monkeypatch.setattr(place, name, _full)
    _one_line(ganfw(*POINTS, "--steps", 2), "No space left on device", "0001-linear-gaussian")
    assert list(Path("runs").iterdir()) == []


def test_a_disk_that_is_full_when_resuming(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ganfw(*POINTS, "--steps", 2).exit_code == 0
    run = Path("runs/0001-linear-gaussian")
    with monkeypatch.context() as full:
        full.setattr(atomic, "write_text", _full)
        _one_line(ganfw("resume", run, "--steps", 4), "No space left on device")
    assert ganfw("resume", run, "--steps", 4).exit_code == 0


def test_an_error_of_the_disk_in_a_plugin(ganfw: Ganfw, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import ganfw\n\nclass Mine(ganfw.Callback):\n    def on_step_end(self, event):\n"
        "        open('gone/away', 'w')\n\n@ganfw.hookimpl\ndef ganfw_components():\n"
        "    return [ganfw.Component('callback', 'mine', target=f'{__name__}:Mine')]\n"
    )
    result = ganfw(*POINTS, "--steps", 2, "--plugin", "mine.py", "--callback", "mine")
    _one_line(result, "gone/away can't be read or written: No such file or directory")
    ended = read_provenance(RunDir(Path("runs/0001-linear-gaussian"))).ended
    assert ended is not None
    assert "gone/away" in str(ended.failed)


def test_scores_that_can_not_be_kept_are_shown(
    ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch
) -> None:
    _trained(ganfw)
    monkeypatch.setattr(atomic, "write_text", _full)
    result = ganfw("evaluate", RUN, *SWD)
    assert result.exit_code == 0, result.output
    assert "\nswd " in result.stdout
    assert "the scores are not kept" in result.stderr
    assert not (RUN / "scores.jsonl").exists()


def test_few_samples_come_with_a_word_of_caution(ganfw: Ganfw) -> None:
    _trained(ganfw)
    result = ganfw("evaluate", RUN, "--metric", "random-frechet")
    assert "random_frechet: 8 samples are few" in result.stderr
    assert "it takes 432 or more, as many as it has features" in result.stderr


def test_weights_that_are_not_finite_are_named(ganfw: Ganfw) -> None:
    _trained(ganfw)
    path = RUN / "generator" / "model.safetensors"
    weights = load_file(path)
    name = next(name for name, value in weights.items() if value.is_floating_point())
    weights[name].flatten()[0] = torch.nan
    save_file(weights, path)
    result = ganfw("sample", RUN)
    assert result.exit_code == 0
    assert f"{RUN}/generator holds {name}, which is not finite" in result.stderr


def test_weights_with_names_of_data_parallel(ganfw: Ganfw) -> None:
    _trained(ganfw)
    path = RUN / "generator" / "model.safetensors"
    save_file({f"module.{name}": value for name, value in load_file(path).items()}, path)
    _one_line(ganfw("sample", RUN), "all names begin with 'module.', as DataParallel's do")


def test_another_number_of_threads_is_said_and_recorded(
    ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ganfw(*POINTS, "--steps", 2).exit_code == 0
    run = Path("runs/0001-linear-gaussian")
    threads = torch.get_num_threads()
    assert "threads" not in ganfw("resume", run, "--steps", 3).stderr
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads + 1)
    said = f"trained with threads: {threads}, and goes on with {threads + 1}"
    assert said in ganfw("resume", run, "--steps", 4).stderr
    assert "threads" not in ganfw("resume", run, "--steps", 5).stderr
    resumed = read_provenance(RunDir(run)).resumed
    assert [entry.threads for entry in resumed] == [None, threads + 1, None]


def test_a_clock_that_jumps(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    """Back by an hour and ahead by a year, at every look at it."""
    words = (*POINTS, "-s", "callback.checkpoints.every_steps=2", "--steps")
    assert ganfw(*words, 6, "--out", "steady").exit_code == 0
    now, jumps = time.time, itertools.cycle((0, -3600, 365 * 24 * 3600))
    monkeypatch.setattr(time, "time", lambda: now() + next(jumps))
    assert ganfw(*words, 4).exit_code == 0
    assert ganfw("resume", "runs/0001-linear-gaussian", "--steps", 6).exit_code == 0
    weights = [
        Path(out, "0001-linear-gaussian/generator/model.safetensors").read_bytes()
        for out in ("runs", "steady")
    ]
    assert weights[0] == weights[1]
    assert ganfw("cache", "prune", "--older-than", "1h").exit_code == 0
    assert ganfw("runs").exit_code == 0


def test_data_that_was_moved(ganfw: Ganfw) -> None:
    _trained(ganfw)
    Path("photos").rename("moved")
    for command in ("resume", "evaluate"):
        _one_line(
            ganfw(command, RUN), f"no longer at {Path('photos').absolute()}",
            f"ganfw {command} {RUN} --data PATH",
        )  # fmt: skip
    assert ganfw("evaluate", RUN, *SWD, "--data", "moved").exit_code == 0
    assert ganfw("evaluate", RUN, *SWD, "-s", "data.root=moved").exit_code == 0
    _photos()
    Image.new("RGB", (16, 16)).save("photos/0.png")
    for command in ("resume", "evaluate"):
        _one_line(ganfw(command, RUN, "--data", "photos"), "has changed since the run began")
    assert ganfw("resume", RUN, "--steps", 3, "--data", "./moved").exit_code == 0
    assert ganfw("resume", RUN, "--steps", 4).exit_code == 0  # it is known from now on


def test_data_that_has_no_place_does_not_move(ganfw: Ganfw) -> None:
    assert ganfw(*POINTS, "--steps", 2).exit_code == 0
    result = ganfw("resume", "runs/0001-linear-gaussian", "--steps", 3, "--data", "x")
    assert result.exit_code == 2
    assert "trained on 'gaussian', which is no folder that can move" in result.stderr


def test_a_notebook_that_changes_its_folder(
    ganfw: Ganfw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _trained(ganfw)
    run, sampler = api.Run(RUN), api.load(RUN)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run.sample(2).shape == (2, 3, 16, 16)
    assert len(run.metrics()) == 2
    assert sampler.preview(sampler.sample(2)).width
    with pytest.raises(RunError, match="no run folder"):
        api.load(RUN)


def test_what_is_cached_is_listed_and_pruned(
    ganfw: Ganfw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANFW_CACHE", str(tmp_path / "cache"))
    _trained(ganfw)
    leftover = tmp_path / "cache" / "datasets" / ".tmp-12ab-34"
    leftover.mkdir()
    (leftover / "samples.npy").write_bytes(bytes(2048))
    (tmp_path / "cache" / "datasets" / "12ab.lock").touch()
    doctor = ganfw("doctor")
    assert "note: killed processes left 2.0 KiB half written" in doctor.stdout
    assert "ganfw cache prune" in doctor.stdout
    lines = ganfw("cache").stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["KIND", "datasets", "leftover"]
    assert str(tmp_path / "photos") in lines[1]
    assert {entry["kind"] for entry in json.loads(ganfw("cache", "--json").stdout)} == {
        "datasets", "leftover"}  # fmt: skip
    assert ganfw("cache", "prune", "--older-than", "1h").stdout.startswith("removed 1, 2.0 KiB;")
    assert ganfw("cache", "prune", "--all", "--json").stdout.count('"kind": "datasets"') == 1
    assert json.loads(ganfw("cache", "--json").stdout) == []
    for words in (("--older-than", "soon"), ("--all", "--older-than", "1d")):
        assert ganfw("cache", "prune", *words).exit_code == 2
    assert ganfw(*PICTURES, "--data", "./photos", "--steps", 1).exit_code == 0
