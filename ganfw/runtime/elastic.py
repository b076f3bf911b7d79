"""Joining the processes that torchrun started, and finding the run again after a restart."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch.distributed import PrefixStore, Store, TCPStore  # type: ignore[attr-defined]

from .distributed import SINGLE_PROCESS, Processes, explain_lost_process

_FOLDER = "ganfw/folder"
_ROUNDS = "ganfw/rounds"
_TIMEOUT = timedelta(seconds=1)


@contextmanager
def joined() -> Iterator[Processes]:
    """This process among those that torchrun started, while a run lasts; else a single one."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield SINGLE_PROCESS
        return
    # First imported while a group exists (as by torch's compiler), its functions keep the group as
    # a default; the group's threads then outlive it, and abort the process when Python ends.
    from torch.distributed.nn import functional  # noqa: F401

    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    rank, local_rank = int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"])
    if torch.cuda.is_available():
        torch.cuda.set_device(local_rank)
    store = _job_store()
    if store is None:
        dist.init_process_group(backend)
    else:
        fresh = PrefixStore(_rendezvous(store, rank, count), store)
        dist.init_process_group(backend, store=fresh, rank=rank, world_size=count)
    try:
        with explain_lost_process():
            yield Processes(rank, count, local_rank)
            # torchrun ends all processes when one ends: none may leave while the first still saves.
            dist.all_reduce(torch.zeros(1))
    finally:
        dist.destroy_process_group()


def remember_folder(folder: Path) -> None:
    """Tell processes that may be started in place of these where the run is."""
    store = _job_store()
    if store is not None:
        store.set(_FOLDER, json.dumps(str(folder)))  # as ASCII: a path may be any bytes


def remembered_folder() -> Path | None:
    """The folder of the run that this job started before torchrun restarted it, or None."""
    store = _job_store()
    if store is None or not store.check([_FOLDER]):
        return None
    return Path(json.loads(store.get(_FOLDER)))


def _job_store() -> Store | None:
    """The store that outlives a job's processes, if torchrun shares it with them."""
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return None
    return TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False)


def _rendezvous(store: Store, rank: int, count: int) -> str:
    """A name on which all processes agree, and which was never used before.

    The job's store still holds the addresses of processes that have died, and torchrun's count of
    restarts differs from machine to machine, so that it can't tell them apart
    (github.com/pytorch/pytorch/issues/135712).
    """
    if rank == 0:
        name = f"ganfw/{store.add(_ROUNDS, 1)}"
        for other in range(1, count):
            store.set(store.get(f"{name}/{other}").decode(), "")
        return name
    # Only the first process of this very round can answer to this key.
    answer = f"ganfw/{uuid.uuid4().hex}"
    while True:
        name = f"ganfw/{store.add(_ROUNDS, 0)}"
        store.set(f"{name}/{rank}", answer)
        try:
            store.wait([answer], _TIMEOUT)
        except dist.DistStoreError:
            continue
        return name
