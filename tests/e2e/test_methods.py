"""Published methods as plugins of one file each: they are found, checked, run, resumed exactly,
sampled and reported on. Each is an entry of `METHODS`, with a claim that its paper makes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import claims
import further_claims as further
import pytest
from click.testing import Result

from ganfw.registry.discovery import discover

Ganfw = Callable[..., Result]

QUIETLY = ("--no-callback", "samples", "--no-callback", "loss-curve", "--quiet",
           "-s", "train.log_every=1")  # fmt: skip


@dataclass(frozen=True)
class Method:
    """A plugin file, the words of a run that uses it, and what must be true of it and of that run.
    ``check`` are words for ``ganfw check`` beside the file, or None where it can't check the
    method: it has no texts for labels, and a loss without a critic is none."""

    file: str
    words: str
    claim: Callable[[Path], None]
    check: str | None = ""

    @property
    def path(self) -> Path:
        return claims.PLUGINS / f"{self.file}.py"


SMALL = "-s data.size=16 --batch-size 8 --latent-dim 8 -s gen.channels=8 -s disc.channels=8"
PICTURES = f"--data sprites -s data.species=4 -s data.individuals=8 {SMALL}"
DCGAN = f"{PICTURES} --gen dcgan --disc dcgan"
POINTS = "--data ring -s data.count=64 --batch-size 8 --disc mlp"

METHODS = (
    Method("acgan", f"{PICTURES} --gen acgan --disc dcgan -s disc.head=classes "
           "--loss nonsaturating --loss auxiliary-classifier --precision bf16 "
           "-s train.fake_labels=shuffled", claims.classes_are_told_in_bf16),
    Method("guided", f"{PICTURES} --gen guided --disc guided --loss dropped-hinge "
           "-s gen.drop=0.5", claims.labels_are_dropped_in_training_alone,
           check="--gen guided --disc guided"),
    Method("history", f"{DCGAN} --loss nonsaturating --loss history -s loss.history.size=24",
           claims.the_past_is_shown_again_and_saved),
    Method("uniform", f"{POINTS} --gen uniform --loss nonsaturating", claims.latents_lie_in_a_cube),
    Method("deligan", f"{POINTS} --gen deligan -s gen.components=4 --loss nonsaturating",
           claims.latents_come_from_a_mixture_that_is_learnt),
    Method("bigan", f"{PICTURES} --gen dcgan --disc pairs --loss bigan --network encoder=encoder "
           "-s network.encoder.channels=8", further.pairs_are_judged_and_the_encoder_learns,
           check="--disc pairs --network encoder=encoder "
           "--shapes 3x16x16:4"),
    Method("vaegan", f"{PICTURES} --gen dcgan --disc features --loss nonsaturating --loss vaegan "
           "--network encoder=encoder -s network.encoder.channels=8",
           further.the_encoder_learns_likeness_whatever_gamma,
           check="--disc features --network encoder=encoder "
           "--shapes 3x16x16:4"),
    Method("glo", "--data numbered-spiral -s data.count=16 --batch-size 8 --latent-dim 4 --gen glo "
           "--disc mlp --loss glo -s gen.optimizer.lr=0.01",
           further.latents_are_learnt_and_drawn_as_they_lie, check=None),
    Method("gan_cls", "--data places -s data.count=32 --batch-size 8 --latent-dim 8 --gen text "
           "--disc text --loss gan-cls", further.a_real_sample_with_a_wrong_text_is_false,
           check="--gen text --disc text"),
    Method("ccgan", "--data circle -s data.count=32 --batch-size 8 --latent-dim 8 "
           "--gen continuous --disc continuous --loss vicinal", further.only_near_labels_stand_in,
           check="--gen continuous --disc continuous"),
    Method("lion_groups", f"{DCGAN} --loss hinge -s gen.optimizer.use=lion-groups "
           "-s disc.optimizer.use=lion-groups",
           further.weights_move_by_signs_and_biases_do_not_decay),
    Method("optimistic", f"{POINTS} --gen mlp --loss nonsaturating "
           "-s gen.optimizer.use=extra-adam -s disc.optimizer.use=optimistic-adam",
           further.looking_ahead_ends_a_circle),
    Method("early_stop", f"{POINTS} --gen mlp --loss nonsaturating --callback early-stop "
           "-s data.count=16 --metric frechet-gaussian", further.patience_ends),
    Method("growing", f"{PICTURES} --gen growing --disc growing --loss hinge --callback grow "
           "-s callback.grow.steps=4", further.blocks_fade_in),
)  # fmt: skip


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.file)
def test_a_published_method(ganfw: Ganfw, tmp_path: Path, method: Method) -> None:
    def call(*words: object) -> str:
        result = ganfw(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    listed = call("list", "--plugin", method.path)
    own = [part.name for part in discover([method.path]).components()
           if part.source.name == method.path.name]  # fmt: skip
    assert own
    assert all(name in listed for name in own)
    if method.check is not None:
        call("check", method.path, *method.check.split())
    call("run", *method.words.split(), "--plugin", method.path, "--steps", claims.STEPS, *QUIETLY,
         "-s", f"callback.checkpoints.every_steps={claims.BETWEEN}")  # fmt: skip
    (run,) = (tmp_path / "runs").iterdir()
    copy = shutil.copytree(run, tmp_path / "copy")
    call("resume", copy, "--from-step", claims.BETWEEN, "--quiet")
    assert weights_of(copy) == weights_of(run)
    assert claims.losses_of(copy) == claims.losses_of(run)
    assert len(claims.losses_of(run)) == claims.STEPS
    call("sample", run, "-n", 4, "-o", "samples.png")
    call("report", run, "-o", "report.html")
    method.claim(run)


def weights_of(run: Path) -> dict[str, bytes]:
    """All tensors that the run has written: networks, and the state of each checkpoint."""
    found = {file.relative_to(run).as_posix(): file.read_bytes()
             for file in run.rglob("*.safetensors")}  # fmt: skip
    assert len(found) >= 4
    return found
