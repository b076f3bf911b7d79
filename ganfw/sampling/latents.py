"""What is done to latents before a generator sees them: truncated, and ways through them."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

from ..runtime.distributed import SINGLE_PROCESS, Processes
from ..runtime.random_state import check_seed, derive_seed

_SMALL = 1e-4


def truncated(latents: Tensor, limit: float) -> Tensor:
    """Latents (B, Z) from N(0, 1) turned into latents of the same distribution cut off at
    ±``limit``: the truncated normal of Brock et al. 2019, section 3.1, who draw again what falls
    outside.

    Here nothing is drawn. The probability of less than x, Φ(x), is uniform; it is scaled into
    Φ(-limit)..Φ(limit) and taken back by Φ⁻¹, with 2Φ(x) - 1 = erf(x / √2). So each latent moves
    towards the middle, in any order and for any limit at the same cost.
    """
    centred = torch.erf(latents.double() / math.sqrt(2)) * math.erf(limit / math.sqrt(2))
    within = (torch.erfinv(centred) * math.sqrt(2)).clamp(-limit, limit)
    return within.to(latents.dtype)


def slerp(one: Tensor, other: Tensor, share: float) -> Tensor:
    """From ``one`` (..., Z) to ``other`` along the great circle between them (Shoemake 1985), the
    length going evenly from one's to the other's; straight where they point the same way.

    Normal latents lie close to a sphere, and a straight line would cut through it (White 2016).
    """
    cosine = torch.nn.functional.cosine_similarity(one, other, dim=-1).clamp(-1, 1)
    angle = cosine.acos()[..., None]
    if float(angle.sin().abs().min()) < _SMALL:
        return torch.lerp(one, other, share)
    lengths = torch.lerp(one.norm(dim=-1), other.norm(dim=-1), share)[..., None]
    first, last = one / one.norm(dim=-1)[..., None], other / other.norm(dim=-1)[..., None]
    turned = ((1 - share) * angle).sin() * first + (share * angle).sin() * last
    between: Tensor = turned / angle.sin() * lengths
    return between


def slerp_path(stops: Tensor, frames: int) -> Tensor:
    """Through the rows of ``stops`` (K, Z): ((K - 1) · frames + 1, Z)."""
    legs = [
        slerp(one, other, i / frames)
        for one, other in itertools.pairwise(stops)
        for i in range(frames)
    ]
    return torch.stack([*legs, stops[-1]])


def whole_legs(path: Tensor, frames: int) -> Tensor:
    """A path (L · frames + 1, ...) leg by leg, each from a stop to the next with both of them, so
    that a stop between two legs is there twice: (L · (frames + 1), ...)."""
    return path.unfold(0, frames + 1, frames).movedim(-1, 1).flatten(0, 1)


class Latents:
    """A stream of latent vectors, N(0, 1), drawn on the device and independent of all others.

    Where there are many processes, each draws for all of them and takes its share. Raises
    UsageError for a seed below 0, or of 2**63 or more.
    """

    def __init__(
        self,
        latent_dim: int,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
    ) -> None:
        check_seed(seed)
        self._processes = processes
        self.latent_dim = latent_dim
        self.device = device
        self.generator = torch.Generator(device).manual_seed(derive_seed(seed, 1))

    def __call__(self, count: int) -> Tensor:
        """Draw (count, Z)."""
        size = (count * self._processes.count, self.latent_dim)
        drawn = torch.randn(size, generator=self.generator, device=self.device)
        return self._processes.share(drawn)
