"""Q, which tells the codes again."""

from __future__ import annotations

from torch import Tensor, nn

from ganfw import Network, Output, Shapes, ShapesError

from .options import QOptions

_HIDDEN, _SLOPE = 128, 0.1


class Q(Network):
    """Chen et al. 2016, appendix C.1: two dense layers on the features of the critic (B, F), to

    - ``"categorical"`` (B, variables, values): logits,
    - ``"mean"`` and ``"log_deviation"`` (B, continuous), of Gaussians.
    """

    options: QOptions

    def __init__(self, options: QOptions, shapes: Shapes) -> None:
        super().__init__(options, shapes)
        outputs = options.categorical_length + 2 * options.continuous
        if not outputs:
            raise ShapesError("it has no codes: give it variables, or continuous ones")
        self.layers = nn.Sequential(
            nn.Linear(options.features, _HIDDEN, bias=False),
            nn.BatchNorm1d(_HIDDEN),
            nn.LeakyReLU(_SLOPE),
            nn.Linear(_HIDDEN, outputs),
        )

    def forward(self, features: Tensor) -> Output:
        """Features (B, F) to what there is to know of the codes. Raises ShapesError for another F
        than the option."""
        given, length = self.options, features.shape[1]
        if length != given.features:
            raise ShapesError(
                f"network 'q' takes {given.features} features, and the critic gives {length}: try "
                f"network.q.features={length}"
            )
        outputs = self.layers(features)
        logits, mean, log_deviation = outputs.split(
            [given.categorical_length, given.continuous, given.continuous], dim=1
        )
        logits = logits.unflatten(1, (given.variables, given.values))
        return {"categorical": logits, "mean": mean, "log_deviation": log_deviation}
