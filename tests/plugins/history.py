"""A history of generated samples: Shrivastava et al. 2017, "Learning from simulated and
unsupervised images through adversarial training", section 2.3."""

import torch
from pydantic import Field
from torch.nn.functional import softplus

from ganfw import Component, Loss, Options, hookimpl


class HistoryOptions(Options):
    size: int = Field(512, ge=1, le=1_000_000, description="Number of samples that are kept")


class History(Loss):
    """-log(1 - D(x̃)) over as many kept samples x̃, of now and of the past, as there are new ones.
    Those to show and those to keep are chosen at random."""

    def __init__(self, options):
        super().__init__(options)
        self.register_buffer("samples", torch.empty(0))
        self.register_buffer("labels", torch.empty(0, dtype=torch.long))

    def terms(self, turn):
        if turn.player == "gen":
            return {}
        count, new = len(turn.fake), turn.fake_labels
        samples = torch.cat([self.samples, turn.fake.detach()])
        labels = torch.cat([self.labels, self.labels.new_zeros(count) if new is None else new])
        order = torch.randperm(len(samples), device=samples.device)
        samples, labels = samples[order], labels[order]
        self.samples, self.labels = samples[: self.options.size], labels[: self.options.size]
        shown = turn.critic(samples[:count], None if new is None else labels[:count])
        return {"past": softplus(shown).mean()}


@hookimpl
def ganfw_components():
    options, summary = "history:HistoryOptions", "Generated samples of earlier steps, shown again"
    return [Component("loss", "history", "history:History", options, summary)]
