"""Top-k training: Sinha et al. 2020, "Top-k training of GANs"."""

import math

from pydantic import Field
from torch.nn.functional import relu

from ganfw import Component, Loss, Options, hookimpl


class TopKOptions(Options):
    decay: float = Field(0.999, gt=0, le=1, description="γ: k falls by it in every step")
    least: float = Field(0.5, gt=0, le=1, description="ν: the least k, as a share of the batch")


class TopK(Loss):
    """Hinge losses, with the generator learning from its k best samples alone (algorithm 1). k
    falls from B to ν B; here with steps, where the paper counts epochs."""

    def terms(self, turn):
        fake = turn.critic(turn.fake)
        if turn.player == "disc":
            real = turn.critic(turn.real)
            return {"real": relu(1 - real).mean(), "fake": relu(1 + fake).mean()}
        share = max(self.options.decay ** (turn.step - 1), self.options.least)
        return {"best": -fake.topk(math.ceil(share * len(fake)), dim=0).values.mean()}


@hookimpl
def ganfw_components():
    options, summary = "top_k:TopKOptions", "Hinge; the generator learns from its best samples"
    return [Component("loss", "top-k", "top_k:TopK", options=options, summary=summary)]
