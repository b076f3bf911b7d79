"""Optimizers: how a network's weights follow their gradients."""

from __future__ import annotations

from collections.abc import Iterable

from ganfw import Component, hookimpl


@hookimpl
def ganfw_components() -> Iterable[Component]:
    """torch's own, and two that torch does not have in this form."""
    yield Component(
        "optimizer",
        "adam",
        target="ganfw_plugins.optimizers.standard:adam",
        options="ganfw_plugins.optimizers.options:AdamOptions",
        summary="Adam, with the betas of DCGAN; what a run uses by default",
    )
    yield Component(
        "optimizer",
        "adamw",
        target="ganfw_plugins.optimizers.standard:adamw",
        options="ganfw_plugins.optimizers.options:AdamWOptions",
        summary="Adam with decoupled weight decay",
    )
    yield Component(
        "optimizer",
        "sgd",
        target="ganfw_plugins.optimizers.standard:sgd",
        options="ganfw_plugins.optimizers.options:SGDOptions",
        summary="Stochastic gradient descent, with momentum if asked",
    )
    yield Component(
        "optimizer",
        "rmsprop",
        target="ganfw_plugins.optimizers.standard:rmsprop",
        options="ganfw_plugins.optimizers.options:RMSpropOptions",
        summary="RMSprop, the optimizer of WGAN",
    )
    yield Component(
        "optimizer",
        "lion",
        target="ganfw_plugins.optimizers.lion:lion",
        options="ganfw_plugins.optimizers.options:LionOptions",
        summary="The sign of a momentum: half the memory of Adam",
    )
    yield Component(
        "optimizer",
        "muon",
        target="ganfw_plugins.optimizers.muon:muon",
        options="ganfw_plugins.optimizers.options:MuonOptions",
        summary="Orthogonal steps for matrices and convolutions, Adam for the rest",
    )
