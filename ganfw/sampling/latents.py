"""Latents before a generator sees them: drawn, truncated, interpolated."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..interfaces.networks import draw_latents
from ..interfaces.shapes import Shapes
from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.logs import log
from ..runtime.random_state import check_seed, derive_seed

_SMALL = 1e-4


def truncated(latents: Tensor, limit: float) -> Tensor:
    """Latents (B, Z) from N(0, 1) turned into latents of the same distribution cut off at
    ±``limit``: the truncated normal of Brock et al. 2019, section 3.1, who resample what falls
    outside.

    Here nothing is resampled. The probability of less than x, Φ(x), is uniform; it is scaled to
    Φ(-limit)..Φ(limit) and mapped back by Φ⁻¹, with 2Φ(x) - 1 = erf(x / √2). Each latent moves
    towards 0, their order is kept, and any limit costs the same.
    """
    scaled = torch.erf(latents.double() / math.sqrt(2)) * math.erf(limit / math.sqrt(2))
    within = (torch.erfinv(scaled) * math.sqrt(2)).clamp(-limit, limit)
    return within.to(latents.dtype)


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """Spherical interpolation (Shoemake 1985): from ``start`` (..., Z) to ``end`` along the great
    circle between them, while the length changes linearly; a straight line if they are parallel.

    Normal latents lie close to a sphere, and a straight line would cut through it (White 2016).
    """
    cosine = torch.nn.functional.cosine_similarity(start, end, dim=-1).clamp(-1, 1)
    angle = cosine.acos()[..., None]
    if float(angle.sin().abs().min()) < _SMALL:
        return torch.lerp(start, end, share)
    start_length, end_length = start.norm(dim=-1)[..., None], end.norm(dim=-1)[..., None]
    first, last = start / start_length, end / end_length
    turned = ((1 - share) * angle).sin() * first + (share * angle).sin() * last
    result: Tensor = turned / angle.sin() * torch.lerp(start_length, end_length, share)
    return result


def slerp_path(keys: Tensor, frames: int) -> Tensor:
    """Interpolation through the rows of ``keys`` (K, Z): ((K - 1) · frames + 1, Z)."""
    return _path(keys, frames, slerp)


def straight_path(keys: Tensor, frames: int) -> Tensor:
    """Along straight lines through the rows of ``keys`` (K, ...), for latents that need not lie on
    a sphere: ((K - 1) · frames + 1, ...)."""
    return _path(keys, frames, torch.lerp)


def _path(keys: Tensor, frames: int, between: Callable[[Tensor, Tensor, float], Tensor]) -> Tensor:
    path = [
        between(start, end, i / frames)
        for start, end in itertools.pairwise(keys)
        for i in range(frames)
    ]
    return torch.stack([*path, keys[-1]])


def split_at_keys(path: Tensor, frames: int) -> Tensor:
    """An interpolation (S · frames + 1, ...) cut into its S segments from key to key. Each has both
    of its keys, so that a key between two segments is there twice: (S · (frames + 1), ...)."""
    return path.unfold(0, frames + 1, frames).movedim(-1, 1).flatten(0, 1)


class Latents:
    """A stream of latents for ``network``, drawn on the device, independent of other random
    numbers: normal ones (B, Z), or those that a generator draws itself.

    With many processes, each draws for all of them and takes its share. Where shares of a batch of
    ``batch_size`` differ in length, each call draws a multiple of the longest for every process, so
    that all stay at the same place of the stream. Raises UsageError for a seed below 0, or of 2**63
    or more.
    """

    def __init__(
        self,
        network: nn.Module,
        shapes: Shapes,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
        batch_size: int = 0,
    ) -> None:
        check_seed(seed)
        least, rest = divmod(batch_size, processes.count)
        self._unit = least + 1 if rest else 1
        self._seed, self._processes = seed, processes
        self._network = network
        self._shapes = shapes
        self.device = device
        self.generator = torch.Generator(device).manual_seed(derive_seed(seed, 1))

    def __call__(self, count: int) -> Tensor:
        """Draw (count, Z), or (count, ...) if the network's latents have another shape."""
        total = math.ceil(count / self._unit) * self._unit * self._processes.count
        drawn = draw_latents(self._network, self._shapes, total, self.generator)
        return self._processes.shard(drawn.to(self.device))[:count]

    def resume(self, state: Tensor, step: int) -> None:
        """Go on from ``state``, which the generator had after ``step`` steps. Another kind of
        device draws other numbers and can't: it begins a stream of that step, and logs it."""
        if len(state) == len(self.generator.get_state()):
            self.generator.set_state(state)
            return
        self.generator.manual_seed(derive_seed(self._seed, 1, step))
        log.warning(
            f"this run was saved on another kind of device than {self.device}: its latents, and "
            "rounding, will differ from here on"
        )
