"""torch's own optimizers, fused into one kernel where torch has it."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

from .fused_adam import Adam, AdamW
from .options import AdamOptions, AdamWOptions, RMSpropOptions, SGDOptions
from .trainable import trainable


def adam(options: AdamOptions, network: nn.Module) -> Optimizer:
    """Kingma & Ba 2015, algorithm 1."""
    return Adam(trainable(network), **options.model_dump(), fused=True)


def adamw(options: AdamWOptions, network: nn.Module) -> Optimizer:
    """Loshchilov & Hutter 2019, algorithm 2."""
    return AdamW(trainable(network), **options.model_dump(), fused=True)


def sgd(options: SGDOptions, network: nn.Module) -> Optimizer:
    """Gradient descent, with momentum if asked."""
    return torch.optim.SGD(trainable(network), **options.model_dump(), fused=True)


def rmsprop(options: RMSpropOptions, network: nn.Module) -> Optimizer:
    """Tieleman & Hinton 2012, lecture 6.5."""
    return torch.optim.RMSprop(trainable(network), **options.model_dump())
