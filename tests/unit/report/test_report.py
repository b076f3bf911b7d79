"""What a report reads from a run's folder, and what it makes of it."""

from __future__ import annotations

import base64
import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from click.testing import Result
from made_up_runs import change_record, run_folder, score, write_lines
from PIL import Image

from ganfw.errors import RunError
from ganfw.report.charts import loss_figure, score_figures
from ganfw.report.page import render
from ganfw.report.summary import differences, named_apart, read
from ganfw.runs.scores import keep_scores
from ganfw.storage.run_dir import RunDir, evenly_spaced

Ganfw = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return run_folder(tmp_path)


# files that are no run's, damaged, or being written


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("provenance.json", "{}", "lacks argv, started, seed, data"),
        ("provenance.json", "[]", "lacks argv"),
        ("provenance.json", "nonsense", "can't be read"),
        ("metrics.jsonl", "{\n", "can't be read"),
        ("metrics.jsonl", "[1]\n", "holds what ganfw never wrote"),
        ("metrics.jsonl", '{"step": 1}\n', "holds what ganfw never wrote ('epoch')"),
        ("metrics.jsonl", "\xff\n", "can't be read"),
        ("scores.jsonl", "{}\n", "holds what ganfw never wrote"),
        ("scores.jsonl", "1\n", "holds what ganfw never wrote"),
        ("warnings.jsonl", "[]\n", "holds what ganfw never wrote"),
        ("config.toml", "[", "can't be read"),
    ],
)
def test_a_damaged_file_is_named(folder: Path, name: str, content: str, said: str) -> None:
    (folder / name).write_text(content, encoding="latin-1")
    with pytest.raises(RunError) as error:
        read(folder)
    assert said in str(error.value)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_part_of_a_provenance_is_not_enough(folder: Path) -> None:
    change_record(folder, data={"trained_on": "sprites"})
    with pytest.raises(RunError, match=r"\(data\).*lacks asked, fingerprint, examples"):
        read(folder)


def test_files_of_others_among_the_samples_are_passed_over(folder: Path) -> None:
    (folder / "samples" / "holiday.png").write_bytes(b"any")
    (folder / "samples" / "200.png").write_bytes(b"no picture")
    (folder / "samples" / "000250.png").mkdir()
    assert [each.step for each in read(folder).pictures] == [0, 100, 300]


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


def test_the_score_at_the_top_is_the_one_made_last(folder: Path) -> None:
    """Made with other options at an earlier step, it stands in the table alone."""
    otherwise = score(100, 99.0, options={"samples": 7})
    kid = score(200, 3.0, metric="kid", main="kid", result={"kid": 3.0})
    write_lines(folder / "scores.jsonl", [otherwise, score(300, 60.0), kid])
    run = read(folder)
    assert [(each.name, each.values[-1]) for each in run.headlines] == [("swd", 60), ("kid", 3)]
    assert len(run.judged) == 3
    # ScoreSeries again at the same step, as it was at first.
    lines = [score(300, 60.0), score(300, 50.0, options={"samples": 7}), score(300, 60.0)]
    for line in lines:
        keep_scores(folder / "scores.jsonl", [line])
    assert {each.name: each.values[-1] for each in read(folder).headlines} == {"swd": 60, "kid": 3}
    page = " ".join(render([run]).split())
    assert '60 <span class="faint">at step 300</span>' in page
    assert '99 <span class="faint">' not in page


@pytest.mark.parametrize("name", ["metrics.jsonl", "warnings.jsonl"])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"step": }', "Expecting value at column 10"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff"),
        (b"[1]", "it holds what ganfw never wrote"),
    ],
)
def test_the_damaged_line_is_named(folder: Path, name: str, line: bytes, said: str) -> None:
    row = {"step": 1, "epoch": 1, "examples": 8, "examples_per_second": 9.0, "loss_D": 1.0,
           "loss_G": 1.0, "text": "alike"}  # fmt: skip
    (folder / name).write_bytes(json.dumps(row).encode() + b"\n" + line + b"\n")
    with pytest.raises(RunError) as error:
        read(folder)
    assert f"{folder / name} can't be read: line 2: {said}" in str(error.value)


def test_a_last_line_half_written_is_left_out(folder: Path) -> None:
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 301, "epo')
    assert read(folder).losses.steps[-1] == 300


# how the run stands


@pytest.mark.parametrize(
    ("changes", "state", "said"),
    [
        ({}, "finished", "Finished: step 300 of 300."),
        ({"ended": {"when": "", "step": 120, "stopped": "Ctrl-C"}}, "stopped",
         "Stopped by Ctrl-C after step 120 of 300. To go on: ganfw resume "),
        ({"ended": {"when": "", "step": 120, "failed": "a loss is nan"}}, "failed",
         "Failed after step 120 of 300: a loss is nan. To go on"),
        ({"ended": None, "total_steps": 900}, "stopped",
         "Ended unannounced, as a killed run does: step 300 of 900 logged. To go on"),
    ],
)  # fmt: skip
def test_how_the_run_ended_is_said(
    folder: Path, changes: dict[str, Any], state: str, said: str
) -> None:
    change_record(folder, **changes)
    run = read(folder)
    assert run.state == state
    assert run.standing.startswith(said)


def test_a_run_in_training_is_said_to_be(folder: Path) -> None:
    change_record(folder, ended=None, total_steps=900)
    lock = RunDir(folder).lock()
    assert read(folder).standing == "Still training: step 300 of 900 logged so far."
    lock.release()
    assert read(folder).state == "stopped"


def test_a_run_of_an_older_release_is_not_guessed_about(folder: Path) -> None:
    record = json.loads((folder / "provenance.json").read_text())
    del record["ended"], record["total_steps"]
    (folder / "provenance.json").write_text(json.dumps(record))
    assert read(folder).standing == "Step 300 logged; how the run ended was not recorded."


def test_the_time_is_that_of_all_steps_however_few_are_logged(folder: Path) -> None:
    """300 steps of 8 samples at 80 a second."""
    facts = read(folder).facts
    assert facts["Time"] == "30 s in steps, 1 min 5 s from start to end"
    assert facts["Speed"] == "80 examples/s"
    lines = (folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    (folder / "metrics.jsonl").write_text("".join(lines[9::10]))
    facts = read(folder).facts
    assert facts["Time"].startswith("about 30 s in steps, by the speed of the 30 that are logged")
    assert facts["Speed"] == "80 examples/s"
    # What a pause lies in is not a time that the run took.
    change_record(folder, resumed=[{"from_step": 3}])
    assert "from start to end" not in read(folder).facts["Time"]


def test_what_must_not_be_missed_is_a_warning(folder: Path) -> None:
    data = {"trained_on": "sprites", "asked": "pokemon", "fingerprint": "ab", "examples": 100}
    change_record(folder, data=data)
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    rows[6]["loss_G"] = "nan"
    write_lines(folder / "metrics.jsonl", rows)
    write_lines(folder / "warnings.jsonl", [{"step": 9, "text": "samples are alike"}])
    run = read(folder)
    assert run.warnings == [
        "Trained on 'sprites' in place of 'pokemon'.",
        "A loss was not finite in 1 of 300 logged steps, first in step 7.",
        "Step 9: samples are alike",
    ]
    assert run.losses.generator[6] is None


def test_a_loss_of_every_fourth_step_makes_no_waves_in_the_curve(folder: Path) -> None:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    lazy = [{**rows[0], "step": n, "loss_D": 4.0 * (n % 4 == 0)} for n in range(1, 40_001)]
    write_lines(folder / "metrics.jsonl", lazy)
    losses = read(folder).losses
    assert len(losses.steps) == 2000
    assert losses.steps[-1] == 40_000
    assert set(losses.discriminator) == {1.0}


# options


def test_each_option_has_its_own_origin(folder: Path) -> None:
    (folder / "config.toml").write_text(
        '[gen]\nuse = "x"\nmap = {a = 1}\n[gen.optimizer]\nlr = 1\neps = 2\n'
        '[[loss]]\nuse = "mine/hinge"\nweight = 2.0\n'
    )
    origins = {"gen.map": "run.toml", "gen.optimizer.lr": "command line",
               "loss.hinge.weight": "recipe"}  # fmt: skip
    change_record(folder, origins=origins)
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
    assert differences(runs) == {"gen.optimizer.lr": ["0.1", "0.2"]}
    with Path(runs[1].path, "config.toml").open("a") as file:
        file.write("[train]\nseed = 3\n")
    runs[1] = read(Path(runs[1].path))
    assert list(differences([runs[1], runs[0]])) == ["gen.optimizer.lr", "train.seed"]
    assert [run.name for run in named_apart(runs)] == [run.path for run in runs]


def test_the_command_can_be_pasted(folder: Path) -> None:
    assert read(folder).command == "ganfw run --data './my photos'"


# scores and charts


def test_scores_made_unlike_are_lines_apart(folder: Path) -> None:
    more = {"options": {"samples": 90}, "seed": 3}
    write_lines(
        folder / "scores.jsonl",
        [score(200, 5.0), score(100, 4.0), score(100, 7.0, **more), score(200, 6.0, **more)],
    )
    run = read(folder)
    first, second = run.judged
    assert (first.steps, first.values, first.best) == ([100, 200], [4.0, 5.0], (100, 4.0))
    assert (first.arrow, first.better) == ("↓", "lower")
    assert second.values == [7.0, 6.0]
    assert second.making["samples"] == "90"
    (figure,) = score_figures([run])
    assert figure.note == "↓ lower is better"
    assert [line.name for line in figure.lines] == [
        "latents' seed 0, samples 50",
        "latents' seed 3, samples 90",
    ]
    assert figure.rows == [(100, [4.0, 7.0]), (200, [5.0, 6.0])]


def test_each_score_has_its_own_axes(folder: Path) -> None:
    result = {"p": 0.5, "r": 0.1, "by_class": {"cat": 0.25, "dog": 1}, "features": "random"}
    made = {"metric": "prdc", "main": "p", "lower_is_better": False, "result": result}
    write_lines(
        folder / "scores.jsonl",
        [score(1, 9.0), score(2, 8.0), score(1, 0, **made), score(2, 0, **made)],
    )
    run = read(folder)
    parts = {each.name: each.values[-1] for each in run.judged if each.is_part}
    assert parts == {"by_class/cat": 0.25, "by_class/dog": 1.0}
    figures = score_figures([run])
    assert [(each.title, each.is_main) for each in figures] == [
        ("swd", True), ("p", True), ("r", False)
    ]  # fmt: skip
    assert figures[1].note == "↑ higher is better"
    page = render([run])
    assert "by_class/cat" in page
    assert "features random" in page


def test_runs_are_told_apart_by_their_looks(tmp_path: Path) -> None:
    runs = [read(run_folder(tmp_path, number)) for number in range(1, 11)]
    for figure in (loss_figure(runs), *score_figures(runs)):
        looks = [(line.colour, line.dash) for line in figure.lines]
        assert len(set(looks)) == len(looks) >= 10
        assert len({line.name for line in figure.lines}) == len(looks)


def test_what_is_thinned_keeps_both_ends() -> None:
    assert evenly_spaced(5, 9) == [0, 1, 2, 3, 4]
    assert evenly_spaced(101, 3) == [0, 50, 100]


def test_a_run_is_named_once_however_it_is_written(ganfw: Ganfw, tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    result = ganfw("report", folder.name, folder)
    assert result.exit_code == 2
    assert "a run is named twice" in result.output


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
    change_record(folder, argv=["ganfw", "</script><b>"])
    write_lines(folder / "scores.jsonl", [score(n, 1.0, weights="</script><b>") for n in (1, 2)])
    assert "</script><b>" not in render([read(folder)])
