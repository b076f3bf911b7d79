"""Generated pictures of earlier steps, which a critic is shown again."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class History(nn.Module):
    """Shrivastava et al. 2017, section 2.3, as in Zhu et al. 2017, section 4: the ``size`` pictures
    generated of late, of which a critic sees one of earlier steps in half of all cases.

    What is kept is a buffer, saved with the run.
    """

    kept: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("kept", torch.empty(0))

    def forward(self, new: Tensor) -> Tensor:
        """New pictures (B, C, H, W) to those to show (B, C, H, W). Each, with probability 1/2, is
        exchanged for a kept one; until enough are kept, all are kept and shown."""
        room = self.size - len(self.kept)
        if room > 0 or not self.size:
            self.kept = torch.cat([self.kept, new[: max(room, 0)]])
            return new
        places = torch.randperm(self.size, device=new.device)[: len(new)]
        own, old = new[: len(places)], self.kept[places]
        exchanged = torch.rand(len(places), 1, 1, 1, device=new.device) < 0.5
        self.kept[places] = torch.where(exchanged, own, old)
        return torch.cat([torch.where(exchanged, old, own), new[len(places) :]])
