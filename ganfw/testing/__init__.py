"""The contract that every component must keep, for anyone's pytest.

It asks of each kind what the engine relies on: shapes, ranges and gradients over points and
pictures, with labels and without; the same result from the same seed; weights that survive
safetensors; float64 and bfloat16; state that restores; options that explain themselves. The
functions of this package's modules say it one by one.
"""

from .cases import ContractCase, contract_cases
from .failure import ContractFailure, NotApplicable

__all__ = ["ContractCase", "ContractFailure", "NotApplicable", "contract_cases"]
