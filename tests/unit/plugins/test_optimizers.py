"""Optimizers, against the steps that their papers and torch's own take."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable

import pytest
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganfw_plugins.optimizers.lion import lion
from ganfw_plugins.optimizers.muon import muon, orthogonalized
from ganfw_plugins.optimizers.options import AdamOptions, AdamWOptions, LionOptions, MuonOptions
from ganfw_plugins.optimizers.standard import adam, adamw

STEPS = 4


def _step(optimizers: Iterable[Optimizer], grads: list[tuple[nn.Parameter, Tensor | None]]) -> None:
    for weight, grad in grads:
        weight.grad = grad
    for optimizer in optimizers:
        optimizer.step()


class _Scalar(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0], dtype=torch.float64))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda net: adam(AdamOptions(weight_decay=0.1), net), torch.optim.Adam),
        (lambda net: adamw(AdamWOptions(weight_decay=0.1), net), torch.optim.AdamW),
    ],
)
def test_adam_is_torchs_bit_for_bit(
    ours: Callable[[nn.Module], Optimizer], theirs: type[torch.optim.Adam]
) -> None:
    network = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Linear(2, 2)).to(
        memory_format=torch.channels_last
    )
    reference = copy.deepcopy(network)
    made = ours(network)
    options = {name: made.defaults[name] for name in ("lr", "betas", "eps", "weight_decay")}
    plain = theirs(reference.parameters(), **options, fused=True)
    for step in range(STEPS):
        for i, pair in enumerate(zip(network.parameters(), reference.parameters(), strict=True)):
            grad = None if step == 1 and i == 0 else torch.randn_like(pair[0])
            _step([], [(weight, grad) for weight in pair])
        _step([made, plain], [])
        if step == 2:  # each goes on from what the other has saved
            saved = made.state_dict(), plain.state_dict()
            made.load_state_dict(copy.deepcopy(saved[1]))
            plain.load_state_dict(copy.deepcopy(saved[0]))
    torch.testing.assert_close([*network.parameters()], [*reference.parameters()], rtol=0, atol=0)
    torch.testing.assert_close(made.state_dict(), plain.state_dict(), rtol=0, atol=0)


def test_lion_takes_the_steps_of_algorithm_2() -> None:
    network = _Scalar()
    options = LionOptions(lr=0.1, betas=(0.9, 0.2), weight_decay=0.5)
    optimizer = lion(options, network)
    weight, momentum = 1.0, 0.0
    # The momentum outweighs the third gradient; the second step has none.
    for grad in (1.0, None, -2.0, -3.0):
        given = None if grad is None else torch.tensor([grad], dtype=torch.float64)
        _step([optimizer], [(network.weight, given)])
        if grad is not None:
            direction = 0.9 * momentum + 0.1 * grad
            weight -= 0.1 * ((1 if direction > 0 else -1) + 0.5 * weight)
            momentum = 0.2 * momentum + 0.8 * grad
        assert network.weight.item() == pytest.approx(weight, abs=1e-12)


class _Mixed(nn.Module):
    """Weights for both ways of Muon: a wide and a tall matrix, a wide and a tall convolution; and
    biases, a row, a column and an embedding, which are Adam's."""

    def __init__(self) -> None:
        super().__init__()
        self.matrices = nn.ModuleList(
            [
                nn.Linear(7, 5),
                nn.Linear(3, 6),
                nn.Conv2d(2, 4, 3).to(memory_format=torch.channels_last),
                nn.ConvTranspose2d(9, 2, 2),
            ]
        )
        self.vectors = nn.ModuleList([nn.Linear(5, 1), nn.Linear(1, 5), nn.Embedding(4, 3)])
        self.frozen = nn.Linear(2, 2).requires_grad_(False)


def _theirs(network: _Mixed, options: MuonOptions) -> tuple[list[nn.Parameter], list[Optimizer]]:
    """The weights of ``network``, convolutions as matrices, with torch's own optimizers."""
    flat = [nn.Parameter(layer.weight.detach().flatten(1).clone()) for layer in network.matrices]
    biases = [nn.Parameter(layer.bias.detach().clone()) for layer in network.matrices]
    vectors = [nn.Parameter(weight.detach().clone()) for weight in network.vectors.parameters()]
    common = {"lr": options.lr, "weight_decay": options.weight_decay}
    orthogonal = torch.optim.Muon(flat, adjust_lr_fn="match_rms_adamw", **common)
    adam = torch.optim.AdamW([*biases, *vectors], betas=options.betas, foreach=False, **common)
    return [*flat, *biases, *vectors], [orthogonal, adam]


@pytest.mark.skipif(torch.__version__ < "2.9", reason="torch.optim.Muon came with torch 2.9")
def test_muon_takes_the_steps_of_torchs_muon_and_adam() -> None:
    network, options = _Mixed(), MuonOptions(lr=0.05, weight_decay=0.1)
    theirs, optimizers = _theirs(network, options)
    ours = [layer.weight for layer in network.matrices]
    ours += [layer.bias for layer in network.matrices]
    ours += list(network.vectors.parameters())
    optimizer = muon(options, network)
    for _ in range(STEPS):
        grads = [torch.randn_like(weight) for weight in ours]
        _step([optimizer], list(zip(ours, grads, strict=True)))
        flat = [grad.reshape(their.shape) for grad, their in zip(grads, theirs, strict=True)]
        _step(optimizers, list(zip(theirs, flat, strict=True)))
    for our, their in zip(ours, theirs, strict=True):
        # Iterations in bfloat16 round otherwise when sums are taken in another order.
        torch.testing.assert_close(our.reshape(their.shape), their, atol=5e-4, rtol=0)


@pytest.mark.parametrize("shape", [(64, 48), (27, 64)])
def test_singular_values_become_alike(shape: tuple[int, int]) -> None:
    values = torch.linalg.svdvals(orthogonalized(torch.randn(shape), 5).float())
    assert values.min() > 0.6
    assert values.max() < 1.3
