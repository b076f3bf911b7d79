"""What processes agree on, in a group of one that believes to be two."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch.distributed as dist

from ganfw.runtime.agreement import Agreement
from ganfw.runtime.distributed import SINGLE_PROCESS, Processes


@pytest.fixture
def group() -> Iterator[None]:
    from torch.distributed.nn import functional  # noqa: F401  (see runtime/elastic.py)

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("group")
def test_what_comes_after_it_began_waits_for_the_next() -> None:
    """One process would stop, and the others would wait for it for ever."""
    agreement = Agreement(Processes(0, 2))
    agreement.begin(False, True)
    agreement.begin(True, True)
    assert agreement.reach(True, False) == (False, True)
    assert agreement.reach(True, False) == (True, False)
    agreement.begin(False, False)
    assert agreement.reach(True, True) == (False, False)


def test_one_process_asks_nobody() -> None:
    agreement = Agreement(SINGLE_PROCESS)
    agreement.begin(False, False)
    assert agreement.reach(False, True) == (False, True)
