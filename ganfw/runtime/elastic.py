"""What torchrun tells the processes that it starts, and keeps for them when it restarts them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch.distributed import PrefixStore, Store, TCPStore  # type: ignore[attr-defined]

from .distributed import SINGLE_PROCESS, Processes

_FOLDER = "ganfw/folder"
_MEETINGS = "ganfw/meetings"
_PATIENCE = timedelta(seconds=1)


@contextmanager
def joined() -> Iterator[Processes]:
    """This process among those that torchrun started, for the length of a run; alone otherwise."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield SINGLE_PROCESS
        return
    # Imported once a group stands (torch's compiler does), its functions keep that group for their
    # defaults; the group's threads then outlive it, and abort the process when Python ends.
    from torch.distributed.nn import functional  # noqa: F401

    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    rank, local_rank = int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"])
    if torch.cuda.is_available():
        torch.cuda.set_device(local_rank)
    store = _kept_store()
    if store is None:
        dist.init_process_group(backend)
    else:
        fresh = PrefixStore(_meet(store, rank, count), store)
        dist.init_process_group(backend, store=fresh, rank=rank, world_size=count)
    try:
        yield Processes(rank, count, local_rank)
        # torchrun ends all when one ends: none may leave while the first still saves.
        dist.all_reduce(torch.zeros(1))
    finally:
        dist.destroy_process_group()


def keep_folder(folder: Path) -> None:
    """Let the processes that may be started in place of these know where the run is."""
    store = _kept_store()
    if store is not None:
        store.set(_FOLDER, str(folder))


def kept_folder() -> Path | None:
    """The folder of the run that this job began before torchrun restarted it, or None."""
    store = _kept_store()
    if store is None or not store.check([_FOLDER]):
        return None
    return Path(store.get(_FOLDER).decode())


def _kept_store() -> Store | None:
    """The store that outlives the processes of a job, where torchrun shares it with them."""
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return None
    return TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False)


def _meet(store: Store, rank: int, count: int) -> str:
    """A name for this meeting of all processes, which no earlier one had.

    The kept store still holds the addresses of processes that have died, and torchrun's count of
    restarts differs from machine to machine, so it can't tell them apart
    (github.com/pytorch/pytorch/issues/135712).
    """
    if rank == 0:
        name = f"ganfw/{store.add(_MEETINGS, 1)}"
        for other in range(1, count):
            store.set(store.get(f"{name}/{other}").decode(), "")
        return name
    # Only the first process of this very meeting can answer to this key.
    answer = f"ganfw/{uuid.uuid4().hex}"
    while True:
        name = f"ganfw/{store.add(_MEETINGS, 0)}"
        store.set(f"{name}/{rank}", answer)
        try:
            store.wait([answer], _PATIENCE)
        except dist.DistStoreError:
            continue
        return name
