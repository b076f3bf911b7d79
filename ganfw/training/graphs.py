"""``train.cuda_graphs``: a step's passes captured once as CUDA graphs, then replayed.

A GPU waits for the host in small batches: it launches some hundred kernels a step, one by one. A
graph launches all of a turn's at once. Captured are the forward and backward passes alone: between
the graphs gradients are clipped, rates follow their schedules and optimizers step as in any run.
"""

from __future__ import annotations

import contextlib
import gc
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from ..data.loader import Loader
from ..errors import UsageError, reason_of
from ..interfaces.dataset import Batch
from ..interfaces.shapes import Shapes
from ..interfaces.turn import Side
from ..sampling.latents import Latents
from .game import Game, OnGradients, ignore_gradients
from .objective import StepLosses
from .parity import PARITY_STEPS, first_batches, first_losses, gap, rehearsal
from .turns import DrawLatents

WARM_UP, TOLERANCE, MOST_KINDS = 3, 1e-2, 64
"""Steps played before a capture, in which kernels are chosen and optimizers make their state; how
far replayed losses may lie from launched ones, relatively; first steps that are looked at for
losses that are active in some steps only."""

Pool: TypeAlias = Any
"""The handle of a pool of the device's memory."""

Kind = tuple[tuple[str, ...], tuple[object, ...]]
"""The active losses, and the batches' shapes: steps of one kind launch the same kernels."""


@dataclass(frozen=True)
class TurnGraph:
    """The passes up to the update of ``side``, and the gradients that they leave there."""

    graph: torch.cuda.CUDAGraph
    side: Side
    gradients: Sequence[tuple[nn.Parameter, Tensor | None]]


@dataclass(frozen=True)
class CapturedStep:
    """A step's graphs in their order, with the tensors that they read and write."""

    batches: Sequence[Batch]
    latents: Sequence[Tensor]
    turns: Sequence[TurnGraph]
    losses: StepLosses

    def replay(
        self, game: Game, batches: Sequence[Batch], latents: DrawLatents, watch: OnGradients
    ) -> StepLosses:
        """Play the step on ``batches`` with new ``latents``."""
        for own, batch in zip(self.batches, batches, strict=True):
            own.samples.copy_(batch.samples)
            if own.labels is not None and batch.labels is not None:
                own.labels.copy_(batch.labels)
        for drawn in self.latents:
            drawn.copy_(latents(len(drawn)))
        for turn in self.turns:
            turn.graph.replay()
            for weight, gradient in turn.gradients:
                weight.grad = gradient
            game.update(turn.side, watch)
        return _cloned(self.losses)


@dataclass
class StepGraphs:
    """The steps of ``game``: replayed if their kind was captured, launched one by one if not, as an
    epoch's smaller last batch is."""

    game: Game
    captured: dict[Kind, CapturedStep] = field(default_factory=dict)

    def step(
        self,
        batches: Sequence[Batch],
        latents: DrawLatents,
        on_gradients: OnGradients = ignore_gradients,
        number: int = 1,
    ) -> StepLosses:
        """As `Game.step`."""
        step = self.captured.get(_kind(self.game, batches, number))
        if step is None:
            return self.game.step(batches, latents, on_gradients, number)
        return step.replay(self.game, batches, latents, on_gradients)


def capture_game(game: Game, loader: Loader, shapes: Shapes, disc_steps: int = 1) -> StepGraphs:
    """Capture every kind of step that ``game``, which is left as it was, has on whole batches.

    Raises UsageError, with the reason, for a game that can't be captured: something in its passes
    waits for the device, replaces a tensor that it learns by a new one, or follows the step.
    """
    batches = first_batches(loader, disc_steps)
    cycle = math.lcm(*(weighted.every for weighted in game.losses))
    # A loss that follows the step gives others at the run's end than at its begin.
    before = max(game.turns.total_steps - PARITY_STEPS, 0) // cycle * cycle
    wanted = first_losses(game, batches, shapes, before=before)
    graphs = StepGraphs(game)
    try:
        _capture_kinds(graphs, batches, shapes, min(cycle, MOST_KINDS))
    except Exception as error:
        raise UsageError(
            f"this run can't be captured, leave train.cuda_graphs out: {reason_of(error)}"
        ) from error
    apart = gap(first_losses(game, batches, shapes, graphs.step, before), wanted)
    if not apart <= TOLERANCE:
        raise UsageError(
            f"replayed losses lie {apart:.2g} from the launched ones after {PARITY_STEPS} steps: a "
            "network, loss or augment computes with the step's number, or with a tensor that is "
            "not the one captured: leave train.cuda_graphs out"
        )
    return graphs


def _capture_kinds(
    graphs: StepGraphs, batches: Sequence[Batch], shapes: Shapes, steps: int
) -> None:
    """Capture the kinds of the first ``steps`` steps; then all is put back."""
    game, device = graphs.game, batches[0].samples.device
    latents = Latents(game.gen.network, shapes, 0, device)
    # One pool for all graphs: a turn's passes read what the turn before has left, and steps of
    # another kind need nothing of it.
    pool = new_pool()
    with rehearsal(game), _side_stream():
        for number in range(1, steps + 1):
            kind = _kind(game, batches, number)
            if kind not in graphs.captured:
                graphs.captured[kind] = _capture(game, batches, latents, number, pool)


def _capture(
    game: Game, batches: Sequence[Batch], latents: DrawLatents, number: int, pool: Pool
) -> CapturedStep:
    """The graphs of step ``number``, after some steps of that kind."""
    for _ in range(WARM_UP):
        drawn: list[Tensor] = []

        def draw(count: int, drawn: list[Tensor] = drawn) -> Tensor:
            drawn.append(latents(count).clone())
            return drawn[-1]

        game.step(batches, draw, number=number)
    own = [_cloned_batch(batch) for batch in batches]
    remaining = iter(drawn)
    recorder = _Recorder(game, pool, updates=len(batches) + game.gen_steps)
    with recorder.recording():
        losses = game.passes(own, lambda count: next(remaining), recorder.update, number)
    return CapturedStep(own, drawn, recorder.turns, losses)


class _Recorder:
    """Records passes as graphs, of which each ends where a side is updated."""

    def __init__(self, game: Game, pool: Pool, updates: int) -> None:
        self.game, self.pool, self.updates = game, pool, updates
        self.turns: list[TurnGraph] = []
        self._graph: torch.cuda.CUDAGraph | None = None

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Begin the first graph; end the one that an error leaves open."""
        _settle()
        self._begin()
        try:
            yield
        finally:
            if self._graph is not None:
                with contextlib.suppress(Exception):
                    self._graph.capture_end()

    def update(self, side: Side) -> None:
        """In place of the game's update: nothing moves, the next graph begins."""
        graph = self._graph
        assert graph is not None
        self._graph = None
        graph.capture_end()
        players = self.game.learning[side].values()
        weights = [weight for player in players for weight in player.parameters()]
        gradients = [(weight, weight.grad) for weight in weights]
        self.turns.append(TurnGraph(graph, side, gradients))
        if len(self.turns) < self.updates:
            self._begin()

    def _begin(self) -> None:
        graph = new_graph()
        graph.capture_begin(self.pool)
        self._graph = graph


def new_graph() -> torch.cuda.CUDAGraph:
    """An empty graph."""
    return torch.cuda.CUDAGraph()


def new_pool() -> Pool:
    """Memory for graphs."""
    return torch.cuda.graph_pool_handle()


def _settle() -> None:
    """Nothing is under way, and nothing is freed while a graph is recorded."""
    gc.collect()
    torch.cuda.synchronize()
    torch.cuda.empty_cache()


@contextlib.contextmanager
def _side_stream() -> Iterator[None]:
    """Another stream than the usual one, on which nothing can be captured."""
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        yield
    torch.cuda.current_stream().wait_stream(aside)


def _kind(game: Game, batches: Sequence[Batch], number: int) -> Kind:
    active = tuple(weighted.name for weighted in game.losses_of(number))
    return active, tuple((batch.samples.shape, batch.whole) for batch in batches)


def _cloned_batch(batch: Batch) -> Batch:
    labels = None if batch.labels is None else batch.labels.clone()
    return Batch(batch.samples.clone(), labels, batch.whole)


def _cloned(losses: StepLosses) -> StepLosses:
    """The numbers of this step: the next one writes its own in their place."""
    terms = {name: value.clone() for name, value in losses.terms.items()}
    return StepLosses(losses.examples, losses.loss_D.clone(), losses.loss_G.clone(), terms)
