"""Finding the run of a job that torchrun starts anew, as it does when machines come and go."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..config.layers import Layer
from ..config.run_config import resolve
from ..errors import RunError
from ..registry.registry import Registry
from ..runs.records import Provenance, read_provenance
from ..runtime.distributed import Processes
from ..runtime.elastic import job_name
from ..storage.checkpoint import CheckpointStore
from ..storage.run_dir import RunDir


def find_job(registry: Registry, layers: Sequence[Layer]) -> str | None:
    """What tells the run that ``layers`` describe from the other runs of torchrun's job, and from
    those of other jobs. None where torchrun did not start this process."""
    name = job_name()
    if name is None:
        return None
    asked = resolve(registry, layers).to_toml()
    return f"{name}/{hashlib.sha256(asked.encode()).hexdigest()[:16]}"


def run_of_job(job: str | None, out: Path, processes: Processes) -> Path | None:
    """The newest run in ``out`` that the first process's ``job`` has begun, if it saved a
    checkpoint. Raises RunError where that run is finished."""
    begun = _begun(job, out) if job else {}
    newest = max(begun, key=lambda path: begun[path].started, default="")
    name = processes.broadcast(str(newest))
    if not name:
        return None
    path = Path(name)
    ended = read_provenance(RunDir(path)).ended
    if ended and not (ended.stopped or ended.failed):
        raise RunError(
            f"{path} is finished, and was this job's: give torchrun another --rdzv-id for a new run"
        )
    return path


def _begun(job: str, out: Path) -> dict[Path, Provenance]:
    """The runs of ``job`` that have a checkpoint."""
    found = {}
    for path in out.glob("*/provenance.json"):
        folder = RunDir(path.parent)
        with suppress(RunError):
            provenance = read_provenance(folder)
            if provenance.job == job and CheckpointStore(folder.checkpoints).steps():
                found[folder.path] = provenance
    return found
