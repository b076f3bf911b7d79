"""Each thing that a run does to the disk fails in turn: no checkpoint is lost, nothing half written
is taken for whole, and what went wrong is said in a line.

A few of them here; all of them, in half an hour, with ``GANFW_EVERY_WRITE=1``.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from failing_disk import FailingDisk

from ganfw.cli import main
from ganfw.runs.records import read_provenance
from ganfw.storage import atomic
from ganfw.storage.checkpoint import CheckpointStore
from ganfw.storage.run_dir import RunDir

RUN = ("run", "--gen", "linear", "--disc", "mlp", "--data", "gaussian", "-s", "data.count=200",
       "--batch-size", 100, "--epochs", 3, "--callback", "ema", "--metric", "frechet-gaussian",
       "-s", "metric.frechet-gaussian.samples=200", "-s", "callback.checkpoints.every_steps=2",
       "-s", "callback.checkpoints.keep=1", "-s", "train.log_every=2", "--quiet")  # fmt: skip


def _call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def _run_on(disk: FailingDisk) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        disk.root.mkdir()
        patch.chdir(disk.root)
        patch.setenv("GANFW_CACHE", str(disk.root / "cache"))
        disk.patch(patch)
        return _call(*RUN)


def _content(run: Path) -> Iterator[tuple[str, object]]:
    """All that is read again, by name, without times and speeds."""
    for path in run.rglob("*.safetensors"):
        if atomic.TEMPORARY not in str(path):
            yield str(path.relative_to(run)), path.read_bytes()
    for name in ("metrics.jsonl", "scores.jsonl"):
        lines = (run / name).read_text().splitlines() if (run / name).exists() else []
        yield name, [{k: v for k, v in json.loads(line).items() if "second" not in k}
                     for line in lines]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, object]]:
    """How much a run does to a disk that is well, and what is there in the end."""
    disk = FailingDisk(tmp_path_factory.mktemp("whole") / "disk", 0, 0)
    result = _run_on(disk)
    assert result.exit_code == 0, result.output
    return disk.done, dict(_content(disk.root / "runs" / "0001-linear-gaussian"))


@pytest.mark.parametrize("name", ["ENOSPC", "EIO", "EACCES"])
def test_what_fails_is_said_and_the_run_goes_on(
    name: str, tmp_path: Path, whole: tuple[int, dict[str, object]]
) -> None:
    total, expected = whole
    apart = 1 if "GANFW_EVERY_WRITE" in os.environ else total // 4
    for fatal in range(total - 3 * len(name), 0, -apart):
        disk = FailingDisk(tmp_path / f"{fatal}", fatal, vars(errno)[name])
        result = _run_on(disk)
        case = f"{name} at {disk.failed}: {result.output} {result.exception!r}"
        assert isinstance(result.exception, SystemExit | None), case
        assert "Traceback" not in result.stderr, case
        run = disk.root / "runs" / "0001-linear-gaussian"
        if result.exit_code:
            assert result.stderr.splitlines()[-1].startswith("Error: "), case
            assert os.strerror(vars(errno)[name]) in result.stderr, case
            if not CheckpointStore(run / "checkpoints").steps():
                continue
            resumed = _call("resume", run)
            case += resumed.output
            assert resumed.exit_code == 0 or "is finished" in resumed.stderr, case
            assert not list(run.rglob(f"{atomic.TEMPORARY}*")), case
        found = dict(_content(run))
        if "the scores are not kept" in result.stderr:
            found["scores.jsonl"] = expected["scores.jsonl"]
        assert found == expected, case
        ended = read_provenance(RunDir(run)).ended
        assert ended is None or ended.failed is None, case
