"""An experiment that ganfw does not offer: the step on a GPU captured as CUDA graphs, replayed."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator

import torch
from gpu_timing import Play, Way, beside, made
from gpu_ways import (
    PICTURES,
    POINTS,
    Bench,
    beside_loops,
    gaussian_ways,
    loops,
    our_settings,
    ours,
    real_batch,
)
from measuring import Row
from steps import our_game, step_of
from torch import Tensor

from ganfw.interfaces.dataset import Batch
from ganfw.interfaces.player import Player
from ganfw.interfaces.shapes import Shapes
from ganfw.training.game import Game

WARM_UP = 5


class _Resting(Player):
    """Its optimizer steps outside the graph."""

    def step(self) -> None:
        pass


class Captured:
    """A step as graphs, each followed by an optimizer's step or by nothing.

    It holds the game: a graph knows addresses only, and all that was made before the capture,
    weights and the optimizers' state above all, has to live as long as it is replayed.
    """

    def __init__(self, game: Game, real: Tensor, shapes: Shapes) -> None:
        self.game, self.real = game, real
        self.latents = functools.partial(_latents, shapes.latent_dim, real.device)
        self.eager_step = functools.partial(step_of(game, shapes), real)
        self.graphs: list[tuple[torch.cuda.CUDAGraph, Player | None]] = []

    def __call__(self) -> None:
        for graph, player in self.graphs:
            graph.replay()
            if player is not None:
                player.optimizer.step()

    def capture_whole(self) -> None:
        """One graph, optimizers included."""
        for player in self.game.players.values():
            for group in player.optimizer.param_groups:
                group["capturable"] = True
        self._warm_up()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.eager_step()
        self.graphs = [(graph, None)]

    def capture_turns(self) -> None:
        """A graph for each player's forward and backward passes: its gradients stay where they
        were captured, and its optimizer reads them there."""
        self._warm_up()
        game, players = self.game, dict(self.game.players)
        first, second = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
        for name, player in players.items():
            game.players[name] = _Resting(player.network, player.optimizer)
        game.active_losses = game.losses
        with torch.cuda.graph(first):
            parts = game._split(Batch(self.real, None), self.latents)
            kept = game.turns.generate(parts[0].latents, None)
            game._play("disc", parts, kept, 1, _ignore)
        with torch.cuda.graph(second, pool=first.pool()):
            game._play("gen", parts, kept, 1, _ignore)
        game.players.update(players)
        self.graphs = [(first, game.disc), (second, game.gen)]

    def _warm_up(self) -> None:
        """On another stream, as torch wants it: state and gradients are made, kernels chosen."""
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                self.eager_step()
        torch.cuda.current_stream().wait_stream(aside)
        for player in self.game.players.values():
            player.zero_grad()


Capture = Callable[[Captured], None]


def _latents(latent_dim: int, device: torch.device, count: int) -> Tensor:
    return torch.randn(count, latent_dim, device=device)


def _ignore(name: str, player: Player) -> None:
    pass


def whole_step(bench: Bench) -> Iterator[Row]:
    """One graph for all of a step."""
    return _rows(bench, Captured.capture_whole, "as one CUDA graph")


def turns(bench: Bench) -> Iterator[Row]:
    """Two graphs, and the optimizers outside."""
    return _rows(bench, Captured.capture_turns, "as CUDA graphs, optimizers outside")


def _rows(bench: Bench, capture: Capture, name: str) -> Iterator[Row]:
    if bench.tiny:
        yield Row(name, "left out: it needs CUDA", "", "", "")
        return
    yield _parity(bench, capture, name)
    for batch in bench.batches(64, 256, 1024):
        if bench.is_late(15):
            yield Row(f"DCGAN, batch {batch}, {name}", "left out", "late", "", "")
            continue
        real = real_batch(bench, batch)
        ways = {"book": loops(bench, real)["book"], "eager": ours(bench, real, "bf16")}
        for precision in ("bf16", "tf32"):
            ways[f"{precision} {name}"] = _way(bench, real, precision, capture)
        yield from beside_loops(bench, batch, ways)
    real, ways = gaussian_ways(bench)
    ways[name] = _way(bench, real, "float32", capture, "d2l-gaussian", POINTS)
    yield from beside("Gaussian, batch 8", ways, bench.times(ways), ["book", "eager"])


def _way(
    bench: Bench,
    real: Tensor,
    precision: str,
    capture: Capture,
    recipe: str = "d2l-dcgan",
    shapes: Shapes = PICTURES,
) -> Way:
    def build() -> tuple[Play, Play]:
        prepare = functools.partial(our_settings, precision, bench.device, False)
        game = our_game(recipe, shapes, device=bench.device, train__precision=precision)
        captured = Captured(game, real, shapes)
        prepare()
        capture(captured)
        return captured, prepare

    return made(bench.device, build, len(real), captured=True)


def _parity(bench: Bench, capture: Capture, name: str) -> Row:
    """How far replayed steps lie from launched ones, from the same weights and latents."""
    game = our_game("d2l-dcgan", PICTURES, device=bench.device)
    our_settings("float32", bench.device, False)
    captured = Captured(game, real_batch(bench, 64), PICTURES)
    capture(captured)
    state = copy.deepcopy(game.state_dict())
    before = _weights(game)
    torch.cuda.manual_seed(1)
    captured()
    replayed = _weights(game)
    # New tensors take the place of the optimizers' state: what was captured can't be used again.
    captured.graphs = []
    game.load_state_dict(state)
    torch.cuda.manual_seed(1)
    captured.eager_step()
    launched = _weights(game)
    apart, moved = (float((launched - other).norm()) for other in (replayed, before))
    return Row(
        f"{name}, weights after a step",
        f"{apart:.2g} from the launched",
        f"{moved:.2g} moved",
        "",
        "",
    )


def _weights(game: Game) -> Tensor:
    weights = [it for player in game.players.values() for it in player.parameters()]
    return torch.cat([it.detach().flatten() for it in weights])
