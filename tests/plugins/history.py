"""A history of generated samples: Shrivastava et al. 2017, "Learning from simulated and
unsupervised images through adversarial training", section 2.3."""

import torch
from pydantic import Field
from torch.nn.functional import softplus

from ganfw import Component, Loss, Options, hookimpl


class HistoryOptions(Options):
    size: int = Field(512, ge=1, le=1_000_000, description="Number of samples that are kept")


class History(Loss):
    """-log(1 - D(x̃)) over kept samples x̃ of the generator's past, as many as there are new ones.
    They are chosen at random, and the first to make room."""

    def __init__(self, options):
        super().__init__(options)
        self.register_buffer("samples", torch.empty(0))
        self.register_buffer("labels", torch.empty(0, dtype=torch.long))

    def terms(self, turn):
        if turn.player == "gen":
            return {}
        count, labels = len(turn.fake), turn.fake_labels
        order = torch.randperm(len(self.samples), device=self.samples.device)
        past, past_labels = self.samples[order], self.labels[order]
        new_labels = self.labels.new_zeros(count) if labels is None else labels
        self.samples = torch.cat([past, turn.fake.detach()])[-self.options.size :]
        self.labels = torch.cat([past_labels, new_labels])[-self.options.size :]
        if len(past) < count:
            return {}
        shown = turn.critic(past[:count], None if labels is None else past_labels[:count])
        return {"past": softplus(shown).mean()}


@hookimpl
def ganfw_components():
    options, summary = "history:HistoryOptions", "Generated samples of earlier steps, shown again"
    return [Component("loss", "history", "history:History", options, summary)]
