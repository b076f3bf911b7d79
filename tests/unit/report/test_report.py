"""What a report reads from a run's folder, and what it makes of it."""

from __future__ import annotations

import base64
import io
import math
import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
import torch
from click.testing import Result
from made_up_runs import (
    REPLACED_DATA,
    STEPS,
    change_provenance,
    row,
    run_folder,
    score,
    write_lines,
)
from PIL import Image

from ganfw.errors import RunError
from ganfw.report.charts import loss_chart, score_charts
from ganfw.report.page import render
from ganfw.report.summary import named_apart, read
from ganfw.runs.options import differences
from ganfw.runs.records import End, Resumption, RunWarning
from ganfw.runs.scores import keep_scores
from ganfw.storage.run_dir import RunDir, evenly_spaced

Ganfw = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return run_folder(tmp_path)


# files that are no run's, damaged, or being written


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("provenance.json", "{}"),
        ("metrics.jsonl", "[1]\n"),
        ("scores.jsonl", "{}\n"),
        ("warnings.jsonl", "[]\n"),
        ("metrics.jsonl", row(1).to_line().replace("1", "1" + "0" * 400, 1)),
        ("scores.jsonl", score(1, 2.0).to_line().replace("2.0", "1" + "0" * 400, 1)),
        ("config.toml", "["),
        ("config.toml", "a = " + "[" * 9999),
        ("config.toml", "\xff"),
    ],
)
def test_a_damaged_file_is_named(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content, encoding="latin-1")
    with pytest.raises(RunError) as error:
        read(folder)
    assert f"{folder / name} can't be read: " in str(error.value)
    assert "\n" not in str(error.value)


def test_files_of_others_among_the_samples_are_passed_over(folder: Path) -> None:
    (folder / "samples" / "holiday.png").write_bytes(b"any")
    (folder / "samples" / "200.png").write_bytes(b"no picture")
    (folder / "samples" / "000250.png").mkdir()
    assert [picture.step for picture in read(folder).pictures] == [0, 100, 300]


def test_pictures_are_small_enough_to_send(folder: Path) -> None:
    """Noise, as it is before a run has learnt; the last picture stays as it was written."""
    noise = torch.randint(256, (300, 300, 3), generator=torch.Generator().manual_seed(0))
    for step in (200, 300):
        path = folder / "samples" / f"{step:06d}.png"
        Image.fromarray(noise.numpy().astype("uint8")).save(path)
    first, _, earlier, last = read(folder).pictures
    written = path.read_bytes()
    assert last.source == f"data:image/png;base64,{base64.b64encode(written).decode()}"
    assert len(earlier.source) < len(last.source) / 2
    kind, _, content = earlier.source.partition(";base64,")
    assert kind == "data:image/webp"
    shown = numpy.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("L"))
    was = numpy.asarray(Image.open(path).convert("L"))
    assert numpy.abs(shown.astype(int) - was).mean() < 6
    # One colour is smaller as it is.
    assert (first.width, len(first.source) < 300) == (420, True)


def test_a_strip_too_long_for_webp_stays_a_png(folder: Path) -> None:
    Image.new("RGB", (20, 16_400)).save(folder / "samples" / "000100.png")
    assert "image/png" in read(folder).pictures[1].source


def test_a_picture_that_is_too_large_to_open_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(RunError, match=r"000000\.png can't be read"):
        read(folder)


@pytest.mark.parametrize("step", [100, 300])
@pytest.mark.parametrize("kept", [10, 60, 90])
def test_a_damaged_picture_is_named(folder: Path, step: int, kept: int) -> None:
    path = folder / "samples" / f"{step:06d}.png"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(RunError, match=rf"{step:06d}\.png can't be read: it is damaged"):
        read(folder)


def test_the_score_at_the_top_is_the_one_computed_last(folder: Path) -> None:
    """Computed with other options at an earlier step, it is in the table only."""
    otherwise = score(100, 99.0, options={"samples": 7})
    kid = score(200, 3.0, metric="kid", main="kid", result={"kid": 3.0})
    write_lines(folder / "scores.jsonl", [otherwise, score(300, 60.0), kid])
    run = read(folder)
    newest = [(series.name, series.values[-1]) for series in run.headlines]
    assert newest == [("swd", 60), ("kid", 3)]
    assert len(run.scores) == 3
    # Computed again at the same step, as it was at first.
    lines = [score(300, 60.0), score(300, 50.0, options={"samples": 7}), score(300, 60.0)]
    for line in lines:
        keep_scores(RunDir(folder), [line])
    newest = [(series.name, series.values[-1]) for series in read(folder).headlines]
    assert sorted(newest) == [("kid", 3), ("swd", 60)]
    page = " ".join(render([run]).split())
    assert '60 <span class="faint">at step 300</span>' in page
    assert '99 <span class="faint">' not in page


# how the run ended


@pytest.mark.parametrize(
    ("ended", "state", "said"),
    [
        (End(when="", step=300), "finished", "Finished: step 300 of 300."),
        (End(when="", step=120, stopped="Ctrl-C"), "stopped",
         "Stopped by Ctrl-C after step 120 of 300. To go on: ganfw resume "),
        (End(when="", step=120, failed="a loss is nan"), "failed",
         "Failed after step 120 of 300: a loss is nan. To go on"),
        (None, "stopped",
         "Probably killed: no end was recorded, step 300 of 300 logged. To go on"),
    ],
)  # fmt: skip
def test_how_the_run_ended_is_said(folder: Path, ended: End | None, state: str, said: str) -> None:
    change_provenance(folder, ended=ended)
    status = read(folder).status
    assert status.state == state
    assert status.text.startswith(said)


def test_a_run_in_training_is_said_to_be(folder: Path) -> None:
    change_provenance(folder, ended=None, total_steps=900)
    with RunDir(folder).lock():
        assert read(folder).status.text == "Still training: step 300 of 900 logged so far."
    assert read(folder).status.state == "stopped"


def test_the_time_is_that_of_all_steps_however_few_are_logged(folder: Path) -> None:
    """300 steps of 8 samples at 80 a second."""
    facts = read(folder).facts
    assert facts["Time"] == "30 s in steps, 1 min 5 s from start to end"
    assert facts["Speed"] == "80 examples/s"
    write_lines(folder / "metrics.jsonl", [row(step) for step in range(10, STEPS + 1, 10)])
    facts = read(folder).facts
    assert facts["Time"].startswith("about 30 s in steps, by the speed of the 30 that are logged")
    assert facts["Speed"] == "80 examples/s"
    # Neither a clock that was set back nor a time with a pause in it tells what the run took.
    for when in ("2020-01-01T00:00:00+00:00", "2027-01-01T00:00:00", "now"):
        change_provenance(folder, ended=End(when=when, step=STEPS))
        assert "from start to end" not in read(folder).facts["Time"]
    resumed = Resumption(when="", from_step=3, argv=(), versions={})
    change_provenance(folder, resumed=(resumed,))
    assert "from start to end" not in read(folder).facts["Time"]


def test_numbers_beyond_reason_are_shown_all_the_same(folder: Path) -> None:
    rows = [row(step, loss_D=1.7e308, examples_per_second=1e-308) for step in (1, 2)]
    write_lines(folder / "metrics.jsonl", rows)
    facts = read(folder).facts
    assert facts["Loss of D, last 2 logged"] == "not finite"
    assert facts["Time"].startswith("unknown time in steps")


def test_what_must_not_be_missed_is_a_warning(folder: Path) -> None:
    change_provenance(folder, data=REPLACED_DATA)
    rows = [row(step) for step in range(1, STEPS + 1)]
    rows[6] = row(7, loss_G=math.nan)
    write_lines(folder / "metrics.jsonl", rows)
    write_lines(folder / "warnings.jsonl", [RunWarning(step=9, text="samples are alike")])
    run = read(folder)
    assert run.warnings == [
        "Trained on 'sprites' in place of 'pokemon'.",
        "A loss was not finite in 1 of 300 logged steps, first in step 7.",
        "Step 9: samples are alike",
    ]
    assert run.losses.generator[6] is None


def test_a_loss_of_every_fourth_step_makes_no_waves_in_the_curve(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganfw.report.summary.MOST_POINTS", 50)
    lazy = [row(step, loss_D=4.0 * (step % 4 == 0)) for step in range(1, 201)]
    write_lines(folder / "metrics.jsonl", lazy)
    losses = read(folder).losses
    assert losses.steps == list(range(4, 201, 4))
    assert set(losses.discriminator) == {1.0}


# options


def test_each_option_has_its_own_origin(folder: Path) -> None:
    (folder / "config.toml").write_text(
        '[gen]\nuse = "x"\nmap = {a = 1}\n[gen.optimizer]\nlr = 1\neps = 2\n'
        '[[loss]]\nuse = "mine/hinge"\nweight = 2.0\n'
    )
    origins = {"gen.map": "run.toml", "gen.optimizer.lr": "command line",
               "loss.hinge.weight": "recipe"}  # fmt: skip
    change_provenance(folder, origins=origins)
    run = read(folder)
    assert {path: run.set_by(path) for path in run.options} == {
        "gen.use": "default",
        "gen.map.a": "run.toml",
        "gen.optimizer.lr": "command line",
        "gen.optimizer.eps": "default",
        "loss.hinge.use": "default",
        "loss.hinge.weight": "recipe",
    }


def test_two_runs_tell_what_differs(tmp_path: Path) -> None:
    runs = [read(run_folder(tmp_path / place, 1, lr)) for place, lr in (("a", 0.1), ("b", 0.2))]
    first, second = (run.options for run in runs)
    assert differences([first, second]) == {"gen.optimizer.lr": ["0.1", "0.2"]}
    with Path(runs[1].path, "config.toml").open("a") as file:
        file.write("[train]\nseed = 3\n")
    longer = read(Path(runs[1].path)).options
    assert list(differences([longer, first])) == ["gen.optimizer.lr", "train.seed"]
    assert [run.name for run in named_apart(runs)] == [run.path for run in runs]


def test_the_command_can_be_pasted(folder: Path) -> None:
    assert read(folder).command == "ganfw run --data './my photos'"


# scores and charts


def test_scores_computed_in_two_ways_are_two_lines(folder: Path) -> None:
    more = {"options": {"samples": 90}, "seed": 3}
    write_lines(
        folder / "scores.jsonl",
        [score(200, 5.0), score(100, 4.0), score(100, 7.0, **more), score(200, 6.0, **more)],
    )
    run = read(folder)
    first, second = run.scores
    assert (first.steps, first.values, first.best) == ([100, 200], [4.0, 5.0], (100, 4.0))
    assert (first.arrow, first.better) == ("↓", "lower")
    assert second.values == [7.0, 6.0]
    assert second.provenance["samples"] == "90"
    (chart,) = score_charts([run])
    assert chart.note == "↓ lower is better"
    assert [line.name for line in chart.lines] == [
        "latents' seed 0, samples 50",
        "latents' seed 3, samples 90",
    ]
    assert chart.rows == [(100, [4.0, 7.0]), (200, [5.0, 6.0])]


def test_each_score_has_its_own_axes(folder: Path) -> None:
    result = {"p": 0.5, "r": 0.1, "by_class": {"cat": 0.25, "dog": 1}, "features": "random"}
    made = {"metric": "prdc", "main": "p", "lower_is_better": False, "result": result}
    write_lines(
        folder / "scores.jsonl",
        [score(1, 9.0), score(2, 8.0), score(1, 0, **made), score(2, 0, **made)],
    )
    run = read(folder)
    parts = {series.name: series.values[-1] for series in run.scores if series.is_of_category}
    assert parts == {"by_class/cat": 0.25, "by_class/dog": 1.0}
    charts = score_charts([run])
    assert [(chart.title, chart.is_main) for chart in charts] == [
        ("swd", True), ("p", True), ("r", False)
    ]  # fmt: skip
    assert charts[1].note == "↑ higher is better"
    page = render([run])
    assert "by_class/cat" in page
    assert "features random" in page


def test_runs_are_told_apart_by_their_looks(tmp_path: Path) -> None:
    runs = [read(run_folder(tmp_path, number)) for number in range(1, 11)]
    for chart in (loss_chart(runs), *score_charts(runs)):
        looks = [(line.colour, line.dash) for line in chart.lines]
        assert len(set(looks)) == len(looks) >= 10
        assert len({line.name for line in chart.lines}) == len(looks)


def test_what_is_thinned_keeps_both_ends() -> None:
    assert evenly_spaced(5, 9) == [0, 1, 2, 3, 4]
    assert evenly_spaced(101, 3) == [0, 50, 100]


# the page


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("newdir/", "a report is an .html file"),
        ("x.pdf", "a report is an .html file"),
        ("no/x.html", "there is no folder no"),
        ("pipe.html", "it is no file that can be replaced"),
        ("folder.html", "it is no file that can be replaced"),
    ],
)
def test_a_page_that_can_not_be_written_is_refused_before_the_run_is_read(
    ganfw: Ganfw, tmp_path: Path, output: str, said: str
) -> None:
    os.mkfifo("pipe.html")
    Path("folder.html").mkdir()
    before = sorted(tmp_path.iterdir())
    result = ganfw("report", "nowhere", "-o", output)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before
    assert stat.S_ISFIFO(Path("pipe.html").stat().st_mode)


def test_a_link_to_a_page_stays(ganfw: Ganfw, folder: Path) -> None:
    Path("newest.HTML").symlink_to("page.html")
    result = ganfw("report", folder, "-o", "newest.HTML")
    assert result.exit_code == 0, result.output
    assert Path("newest.HTML").is_symlink()
    assert Path("page.html").read_text().startswith("<!")


def test_what_is_missing_is_said_in_words(folder: Path) -> None:
    for name in ("metrics.jsonl", "scores.jsonl", *(f"samples/{n:06d}.png" for n in (0, 100, 300))):
        (folder / name).unlink()
    page = render([read(folder)])
    assert "No pictures of samples were written" in page
    assert "No losses were logged" in page
    assert "No scores yet" in page
    assert 'class="plot"' not in page
    assert "Finished: step 300 of 300." in page


def test_no_text_of_a_run_becomes_markup(folder: Path) -> None:
    change_provenance(folder, argv=("ganfw", "</script><b>"))
    write_lines(folder / "scores.jsonl", [score(n, 1.0, weights="</script><b>") for n in (1, 2)])
    assert "</script><b>" not in render([read(folder)])
