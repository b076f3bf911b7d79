"""The contract that every component must keep, for anyone's pytest.

It checks what the engine relies on, kind by kind: shapes, ranges and gradients for points and
pictures, with labels and without; the same result from the same seed; weights that survive
safetensors; float64 and bfloat16; state that restores; options with descriptions and bounds. A loss
is tried in `ganfw.Turn`s that the engine makes, among small networks or real ones. Each check is a
function of this package's modules.
"""

from .cases import ContractCase, contract_cases
from .failure import ContractFailure, NotApplicable

__all__ = ["ContractCase", "ContractFailure", "NotApplicable", "contract_cases"]
