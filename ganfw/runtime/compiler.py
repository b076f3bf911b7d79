"""torch's compiler, which is imported only where something is compiled."""

from __future__ import annotations

import sys

from torch.optim import Optimizer

_KEPT_FROM_IT = (
    Optimizer.add_param_group,
    Optimizer.state_dict,
    Optimizer.load_state_dict,
    Optimizer.zero_grad,
)
_MARK = "__dynamo_disable"


def spare_compiler() -> None:
    """Let optimizers be made without importing the compiler.

    torch keeps some of their methods from being compiled, and imports the whole compiler to do so
    when the first is called, which takes longer than ``import torch``. What torch would remember
    then is set here: nothing compiled calls these methods. Where a version of torch remembers it
    otherwise, the compiler is imported as before.
    """
    if "torch._dynamo" in sys.modules:
        return
    for method in _KEPT_FROM_IT:
        plain = getattr(method, "__wrapped__", None)
        if plain is not None:
            setattr(plain, _MARK, plain)
