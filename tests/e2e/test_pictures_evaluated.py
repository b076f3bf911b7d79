"""A run of pictures, evaluated and reported from the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from ganfw import ScoreRecord, read_provenance, read_scores
from ganfw.cli import main
from ganfw.evaluation.evaluate_run import DEFAULT_TAG
from ganfw.registry.registry import Registry
from ganfw.storage.run_dir import RunDir

PICTURES = ("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "sprites", "--epochs", "2",
            "-s", "data.species=4", "-s", "data.individuals=12", "-s", "data.size=32",
            "-s", "train.batch_size=16", "-s", "gen.channels=8", "-s", "disc.channels=8",
            "-s", "callback.samples.count=4")  # fmt: skip
Ganfw = Callable[..., Result]
RUN, OTHER = "runs/0001-dcgan-sprites", "runs/0002-dcgan-sprites"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, trained once for all tests."""
    root = tmp_path_factory.mktemp("trained")
    result = CliRunner().invoke(main, [*PICTURES, "--out", str(root)])
    assert result.exit_code == 0, result.output
    return root / Path(RUN).name


@pytest.fixture
def pictures(ganfw: Ganfw, trained: Path) -> str:
    """A copy of that run in the test's own folder."""
    shutil.copytree(trained, RUN)
    return RUN


def _said(ganfw: Ganfw, *words: object) -> str:
    result = ganfw(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def _refused(ganfw: Ganfw, said: str, *words: object, code: int = 2) -> None:
    result = ganfw(*words)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def _look(path: str) -> tuple[tuple[int, int], int]:
    """A picture's width and height, and the number of its frames."""
    with Image.open(path) as picture:
        return picture.size, getattr(picture, "n_frames", 1)


def _scores(folder: str) -> list[ScoreRecord]:
    return read_scores(RunDir(Path(folder)))


def test_a_run_evaluated(ganfw: Ganfw, pictures: str) -> None:
    """Twice the same call gives the same numbers, kept once, with all that made them."""
    words = ("evaluate", pictures, "--metric", "swd", "--metric", "c2st", "--json",
             "-s", "metric.c2st.epochs=3", "-s", "metric.swd.samples=40")  # fmt: skip
    first, second = (json.loads(_said(ganfw, *words)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one["result"] == other["result"]
    swd, c2st = _scores(pictures)
    assert [swd.model_dump(mode="json"), c2st.model_dump(mode="json")] == second
    assert (swd.metric, c2st.metric) == ("swd", "c2st")
    assert swd.options["samples"] == 40
    assert (swd.step, swd.weights, swd.seed) == (6, "generator", 0)
    provenance = read_provenance(RunDir(Path(pictures)))
    assert swd.data.fingerprint == provenance.data.fingerprint
    assert swd.result["generated_samples"] == 40
    other_seed = json.loads(_said(ganfw, *words, "--seed", 1))
    assert other_seed[0]["result"]["swd"] != swd.main_score
    assert len(_scores(pictures)) == 4


def test_evaluated_by_default_with_the_nearest_pictures(ganfw: Ganfw, pictures: str) -> None:
    table = _said(ganfw, "evaluate", pictures, "--nearest", "near.png", "-s",
                  "metric.swd.samples=40", "-s", "metric.random-kid.samples=40",
                  "-s", "metric.random-prdc.samples=40", "-s", "metric.c2st.samples=40",
                  "-s", "metric.c2st.epochs=2")  # fmt: skip
    for name in ("swd_32", "random_kid", "random_precision", "c2st_p"):
        assert name in table
    assert "frechet_gaussian" not in table
    assert _look("near.png")[0] == (8 * 34 + 2, 8 * 34 + 2)
    novelty = _scores(pictures)[-1]
    assert novelty.metric == "novelty"
    assert novelty.scores["novelty"] > 0
    assert novelty.result["real_samples"] == novelty.data.given == 48
    assert "novelty" in table


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--metric", "sdw"), "no metric 'sdw'. Did you mean 'swd'?"),
        (("--metric", "frechet-gaussian"), "it judges points, and this data is none"),
        (("--metric", "swd", "-s", "metric.swd.sample=3"), "has no option 'sample'"),
        (("--metric", "random-prdc", "-s", "metric.random-prdc.samples=3"),
         "it needs 6 samples or more of each kind, not 3"),
        (("--seed", "-1"), "give 0 or more"),
        (("--metric", "swd", "--nearest", "x.foo"), "--nearest x.foo: '.foo' is no format"),
    ],
)  # fmt: skip
def test_scores_that_cannot_be_had(
    ganfw: Ganfw, pictures: str, words: tuple[str, ...], said: str
) -> None:
    _refused(ganfw, said, "evaluate", pictures, *words)
    assert not Path(pictures, "scores.jsonl").exists()


def test_the_default_metrics_are_said(ganfw: Ganfw, registry: Registry) -> None:
    """By the tag, which any plugin's metrics may carry, and not by all that fits the data."""
    said = " ".join(_said(ganfw, "evaluate", "--help").split())
    assert f"Without it, those tagged {DEFAULT_TAG} that fit the data." in said
    metrics = registry.components("metric")
    tagged = {metric.name for metric in metrics if DEFAULT_TAG in metric.component.tags}
    assert "c2st" in tagged
    assert "mode-coverage" not in tagged


def test_what_cannot_be_evaluated(ganfw: Ganfw, pictures: str, tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    _refused(ganfw, "is no run folder", "evaluate", "foreign", code=1)
    shutil.rmtree(f"{pictures}/generator")
    _refused(ganfw, "has no generator yet", "evaluate", pictures, code=1)


def test_a_report_of_one_and_of_two(ganfw: Ganfw, pictures: str) -> None:
    _said(ganfw, "evaluate", pictures, "--metric", "swd", "-s", "metric.swd.samples=40")
    assert f"{pictures}/report.html" in _said(ganfw, "report", pictures)
    page = Path(pictures, "report.html").read_text()
    for part in ("swd_32", "command line", "fingerprint", "gen.channels"):
        assert part in page
    assert page.count("<section") == 4
    assert "http-equiv" not in page
    assert 'src="http' not in page
    shutil.copytree(pictures, OTHER)
    config = Path(OTHER, "config.toml")
    config.write_text(config.read_text().replace("lr = ", "lr = 1"))
    _said(ganfw, "report", pictures, OTHER, "-o", "both.html")
    both = Path("both.html").read_text()
    assert "What differs" in both
    assert "gen.optimizer.lr" in both[both.index("What differs") : both.index("Losses</h2>")]


def test_reports_that_cannot_be_made(ganfw: Ganfw, pictures: str) -> None:
    _refused(ganfw, "no run folder nowhere", "report", "nowhere", code=1)
    _refused(ganfw, "there is no folder", "report", pictures, "-o", "no/where.html")
    _refused(ganfw, "named twice", "report", pictures, Path(pictures).absolute())
    Path(pictures, "metrics.jsonl").write_text("{\n")
    _refused(ganfw, "metrics.jsonl can't be read", "report", pictures, code=1)
