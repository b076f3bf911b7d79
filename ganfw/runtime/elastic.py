"""Joining the processes that torchrun started, and its job, in which machines come and go."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.distributed import PrefixStore, Store, TCPStore  # type: ignore[attr-defined]

from .distributed import SINGLE_PROCESS, Processes, explain_lost_process

_JOB = "ganfw/job"
_ROUNDS = "ganfw/rounds"
_RESTARTS = ("RESTART_COUNT", "MAX_RESTARTS")
_TIMEOUT = timedelta(seconds=1)
_PATIENCE = 5.0  # seconds; the torchruns of all machines look for new ones ten times a second


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


def job_name() -> str | None:
    """What torchrun's job is called, the same whenever it starts its processes anew: its --rdzv-id
    or, without one, what was drawn at its first start. None where no one knows."""
    given = os.environ.get("TORCHELASTIC_RUN_ID", "none")
    if given != "none":
        return given
    store = _job_store()
    return None if store is None else store.compare_set(_JOB, "", uuid.uuid4().hex).decode()


def is_restarted() -> bool:
    """Whether this process, which stopped with the others though no one asked it to, is to fail, so
    that torchrun starts it anew on the machines that stay.

    torchrun ends its processes by SIGTERM when its machine leaves, and all of them, machine by
    machine, when another one joins. The wish to stop travels faster: it may come by another process
    first, and torchrun must not take a process that ended before its own signal for the end of all.
    """
    if os.environ.get("GROUP_WORLD_SIZE", "1") == "1":
        return False
    time.sleep(_PATIENCE)  # The signal ends it, if one is on its way.
    restarts, most = (os.environ.get(f"TORCHELASTIC_{name}", "0") for name in _RESTARTS)
    return int(restarts) < int(most)


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
