"""The loss of CycleGAN."""

from __future__ import annotations

from torch import Tensor

from ganfw import Loss, ShapesError, Terms, Turn, tensor_of

from .history import History
from .options import CycleGANOptions

BACK, DISC_A = "back", "disc-a"


class CycleGAN(Loss):
    """Zhu et al. 2017: equation 3 with the least squares of section 4, and the identity of section
    5.2. A label is a picture of domain A, a sample one of domain B, and they are no pair.

    G, the generator, maps A to B, and F, the network ``back``, B to A; D_B is the discriminator,
    D_A the network ``disc-a``, and neither looks at labels. In their turn the terms are halved
    (section 7.1), and generated pictures go through a `History`.
    """

    options: CycleGANOptions
    needs = ("labels", f"network.{BACK}", f"network.{DISC_A}")

    def __init__(self, options: CycleGANOptions) -> None:
        super().__init__(options)
        self.of_a, self.of_b = History(options.history), History(options.history)

    def terms(self, turn: Turn) -> Terms:
        """``a`` and ``b`` of the game for either domain; the generator's also ``cycle`` and
        ``identity``. Raises ShapesError where A and B differ in shape."""
        a, b = turn.fake_labels, turn.real
        if a is None or a.shape != b.shape:
            raise ShapesError("loss 'cyclegan' needs samples and labels that are alike in shape")
        fake_a = _back(turn, b)
        if turn.player == "gen":
            return self._generators(turn, a, b, fake_a)
        shown_a, shown_b = self.of_a(fake_a.detach()), self.of_b(turn.fake)
        return {
            "a": (squares(_judge_a(turn, a), 1) + squares(_judge_a(turn, shown_a), 0)) / 2,
            "b": (squares(turn.critic(b), 1) + squares(turn.critic(shown_b, a), 0)) / 2,
        }

    def _generators(self, turn: Turn, a: Tensor, b: Tensor, fake_a: Tensor) -> Terms:
        terms = {
            "a": squares(_judge_a(turn, fake_a), 1),
            "b": squares(turn.critic(turn.fake), 1),
            "cycle": self.options.cycle
            * (distance(_back(turn, turn.fake), a) + distance(_there(turn, fake_a), b)),
        }
        if self.options.identity:
            same = distance(_back(turn, a), a) + distance(_there(turn, b), b)
            terms["identity"] = self.options.identity * same
        return terms


def squares(scores: Tensor, target: float) -> Tensor:
    """Of each score of each patch: E (D(x) - target)² (Mao et al. 2017, equation 2)."""
    return (scores - target).square().mean()


def distance(first: Tensor, second: Tensor) -> Tensor:
    """The mean of ‖x - y‖₁, by pixel (equation 2)."""
    return (first - second).abs().mean()


def _there(turn: Turn, pictures: Tensor) -> Tensor:
    """G: pictures of A to pictures of B."""
    return tensor_of(turn.generate(turn.latents, pictures), "samples")


def _back(turn: Turn, pictures: Tensor) -> Tensor:
    """F: pictures of B to pictures of A."""
    return tensor_of(turn.forward(BACK, turn.latents, pictures), "samples")


def _judge_a(turn: Turn, pictures: Tensor) -> Tensor:
    """D_A's scores of pictures, which are augmented as the critic's are."""
    return tensor_of(turn.forward(DISC_A, turn.augment(pictures), None), "scores")
