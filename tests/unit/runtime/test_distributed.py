"""What one process of many plays on, without any other process."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ganfw.config.request import RunRequest
from ganfw.data.memory_loader import MemoryLoader
from ganfw.errors import UsageError
from ganfw.interfaces.networks import Generator
from ganfw.interfaces.shapes import Shapes
from ganfw.launch.checks import _batch_norm_unshared
from ganfw.launch.prepare import prepare
from ganfw.registry.registry import Registry
from ganfw.runtime.device import choose_device
from ganfw.runtime.distributed import SINGLE_PROCESS, Processes
from ganfw.runtime.random_state import gather_random_states, own_random_state, random_state
from ganfw.sampling.latents import Latents

TWO = [Processes(rank, 2) for rank in range(2)]


def _epoch(examples: int, batch_size: int, seed: int, processes: Processes) -> list[Tensor]:
    """The indices of the samples in each batch of an epoch."""
    indices, device = torch.arange(examples), torch.device("cpu")
    loader = MemoryLoader(indices.float(), None, None, batch_size, seed, device, processes)
    batches = [batch.samples.long() for batch in loader.epoch(3)]
    assert len(batches) == len(loader)
    return batches


@pytest.mark.parametrize(
    ("examples", "batch_size", "count", "batches"),
    [
        (20, 10, 1, 2), (22, 10, 1, 3), (22, 10, 2, 2), (24, 10, 2, 3), (25, 10, 5, 2),
        (21, 10, 1, 2),  # one sample by itself: batch norm can't be trained on it
        (3, 1, 1, 3), (5, 2, 2, 2), (6, 2, 2, 3),  # unless batches are of one sample each
    ],
)  # fmt: skip
def test_every_process_gets_as_many(
    examples: int, batch_size: int, count: int, batches: int
) -> None:
    shares = [_epoch(examples, batch_size, 0, Processes(rank, count)) for rank in range(count)]
    for share in shares:
        assert [len(each) for each in share] == [len(each) for each in shares[0]]
        assert len(share) == batches
    seen = torch.cat([each for share in shares for each in share])
    assert len(seen.unique()) == len(seen)


def test_shares_make_up_the_batches_of_one() -> None:
    alone = _epoch(24, 10, 7, SINGLE_PROCESS)
    first, second = (_epoch(24, 10, 7, processes) for processes in TWO)
    for whole, one, other in zip(alone, first, second, strict=True):
        assert set(whole.tolist()) == set(one.tolist()) | set(other.tolist())


class Codes(Generator):
    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return torch.randint(1000, (count, 2, 4), generator=random, device=random.device)


@pytest.mark.parametrize("network", [nn.Identity(), Codes(None, Shapes((2,), None, 0, 3))])
def test_latents_are_drawn_for_all(network: nn.Module) -> None:
    shapes = Shapes((2,), None, 0, 3)
    alone = Latents(network, shapes, 5, torch.device("cpu"))
    shares = [Latents(network, shapes, 5, torch.device("cpu"), each) for each in TWO]
    for _ in range(2):
        whole = alone(6)
        for rank, share in enumerate(shares):
            assert torch.equal(share(3), whole[rank::2])


def test_the_state_of_random_streams_travels_as_text() -> None:
    class Two(Processes):
        def gather(self, text: str) -> list[str]:
            return ["of the first", text]

    before, processes = random_state(), Two(1, 2)
    after = own_random_state({}, gather_random_states(processes)[1:], processes)
    assert after["python"] == before["python"]
    assert torch.equal(after["torch"], before["torch"])
    assert after.keys() == before.keys()


def test_each_process_takes_the_card_of_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert str(choose_device("auto", 1)) == str(choose_device("cuda", 1)) == "cuda:1"
    assert str(choose_device("cuda:0", 1)) == "cuda:0"
    assert str(choose_device("cpu", 1)) == "cpu"
    for name in ("cuda:2", "cuda:", "cuda:-1", "cuda:١", "cpu\n", f"cuda:{'9' * 5000}"):
        with pytest.raises(UsageError, match=r"there are cpu, cuda:0 to cuda:1"):
            choose_device(name)


def test_a_batch_that_cannot_be_shared(registry: Registry) -> None:
    settings = {"train.batch_size": 3, "data.count": 100}
    request = RunRequest(gen="linear", disc="mlp", data="gaussian", settings=settings)
    said = "which is too small for 2 processes: give -s train.batch_size=2"
    with pytest.raises(UsageError, match=said):
        prepare(registry, request.layers(registry, "test"), TWO[0])


@pytest.mark.parametrize(("count", "lengths"), [(3, [4, 3, 3]), (4, [3, 3, 2, 2])])
def test_the_rest_of_a_batch_is_spread(count: int, lengths: list[int]) -> None:
    """The shares make up the batches of one process; the last batch, 7 of 27, is shared evenly."""
    alone = _epoch(27, 10, 7, SINGLE_PROCESS)
    shares = [_epoch(27, 10, 7, Processes(rank, count)) for rank in range(count)]
    assert [len(share[0]) for share in shares] == lengths
    for whole, *parts in zip(alone[:2], *shares, strict=False):
        assert set(whole.tolist()) == set(torch.cat(parts).tolist())
    assert [len(batches) for batches in shares] == [3 if count == 3 else 2] * count
    assert {len(share[-1]) for share in shares if count == 3} <= {2}


def test_uneven_shares_leave_the_stream_of_latents_at_one_place() -> None:
    """A loss may draw half as many again."""
    shapes, cpu = Shapes((2,), None, 0, 3), torch.device("cpu")
    three = [Latents(nn.Identity(), shapes, 5, cpu, Processes(rank, 3), 10) for rank in range(3)]
    drawn = [[latents(n), latents(n // 2)] for latents, n in zip(three, (4, 3, 3), strict=True)]
    assert [[len(part) for part in parts] for parts in drawn] == [[4, 2], [3, 1], [3, 1]]
    assert len(torch.cat([part for parts in drawn for part in parts]).unique(dim=0)) == 14
    states = [latents.generator.get_state() for latents in three]
    assert all(torch.equal(state, states[0]) for state in states)


def test_batch_norm_that_sees_a_part_of_the_batch_is_said() -> None:
    normed = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    networks = {"generator 'a'": normed, "discriminator 'b'": nn.Linear(2, 1)}
    (notice,) = _batch_norm_unshared(networks, TWO[0])
    assert notice.startswith("batch norm in generator 'a' sees each process's share")
    assert _batch_norm_unshared(networks, SINGLE_PROCESS) == []
