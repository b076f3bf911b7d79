"""What the callbacks show and write: progress, metrics.jsonl, samples, losses.png, checkpoints."""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from ganfw import Batch, Dataset, RunError, RunView, Shapes, TrainingError
from ganfw.interfaces.events import (
    Checkpoint,
    EpochEnd,
    Failure,
    GradientsReady,
    Log,
    StepEnd,
    StepMetrics,
    TrainEnd,
    TrainStart,
)
from ganfw.interfaces.player import Player
from ganfw.storage.checkpoint import CheckpointStore
from ganfw.storage.run_dir import RunDir
from ganfw_plugins.callbacks import checkpoints, loss_figure, metrics_log, progress, samples
from ganfw_plugins.callbacks.history import History
from ganfw_plugins.callbacks.loss_curve import LossCurve
from ganfw_plugins.callbacks.options import (
    CheckpointsOptions,
    LossCurveOptions,
    MetricsLogOptions,
    ProgressOptions,
    SamplesOptions,
)

SHAPES = Shapes(sample=(3,), value_range=None, classes=4, latent_dim=2)
STEPS_PER_EPOCH, EPOCHS = 10, 3


class Points(Dataset):
    """Remembers what it was shown; its picture is one column wide per sample."""

    def __init__(self) -> None:
        super().__init__(None)
        self.shown: list[tuple[Tensor, Tensor | None]] = []

    def preview(self, samples: Tensor, real: Tensor | None = None) -> Image.Image:
        self.shown.append((samples, real))
        return Image.new("RGB", (len(samples), 7))


class Noisy(nn.Module):
    """A generator with batch norm and noise of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 3)
        self.norm = nn.BatchNorm1d(3)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        assert labels is not None
        assert labels.shape == (len(latents),)
        noise = torch.randn(len(latents), 3)
        shown: Tensor = self.norm(self.linear(latents)) + 0 * noise
        return shown + labels[:, None]


@pytest.fixture
def run(tmp_path: Path) -> RunView:
    torch.manual_seed(0)
    networks = {"gen": Noisy(), "disc": nn.Linear(3, 1)}
    return RunView(
        folder=RunDir(tmp_path),
        dataset=Points(),
        shapes=SHAPES,
        networks={
            name: Player(network, torch.optim.SGD(network.parameters(), lr=0.1))
            for name, network in networks.items()
        },
        losses={},
        components=(),
        config={},
        seed=5,
        device=torch.device("cpu"),
        epochs=EPOCHS,
        steps_per_epoch=STEPS_PER_EPOCH,
        total_steps=EPOCHS * STEPS_PER_EPOCH,
        real_batch=lambda n: Batch(torch.ones(n, 3), None),
    )


def reading(step: int, loss_d: float = 0.5, loss_g: float = 1.5) -> StepMetrics:
    terms = {"D/nonsaturating.real": loss_d, "G/nonsaturating.fake": loss_g}
    return StepMetrics(step, (step - 1) // STEPS_PER_EPOCH + 1, 64, loss_d, loss_g, terms)


def readings(run: RunView, steps: range, rate: float = 640.0) -> Log:
    return Log(run, tuple(map(reading, steps)), rate)


def epoch_end(run: RunView, epoch: int) -> EpochEnd:
    return EpochEnd(run, epoch * STEPS_PER_EPOCH, epoch, 0.61, 1.12, 2292.4)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in ("progress", "loss_curve", "checkpoints"):
        monkeypatch.setattr(f"ganfw_plugins.callbacks.{module}.time", clock)
    return clock


# progress


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def use_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Not a fixture, since pytest puts its own stderr between a test and its fixtures."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return terminal


def test_progress_prints_a_line_per_epoch_where_there_is_no_terminal(
    run: RunView, said: list[str], clock: Clock
) -> None:
    callback = progress.Progress(ProgressOptions(seconds=30))
    callback.on_train_start(TrainStart(run, 0, 1))
    for step in range(1, 11):
        callback.on_step_end(StepEnd(run, step, 1))
    callback.on_log(readings(run, range(1, 11)))
    callback.on_epoch_end(epoch_end(run, 1))
    callback.on_train_end(TrainEnd(run, 10, 1, None))
    # 20 steps of 64 examples are left, at 640 examples a second.
    assert said == ["epoch 1/3  step 10/30  D 0.61  G 1.12  2292 examples/s  eta 2s"]


def test_progress_prints_within_a_long_epoch_but_not_too_often(
    run: RunView, said: list[str], clock: Clock
) -> None:
    callback = progress.Progress(ProgressOptions(seconds=30))
    callback.on_train_start(TrainStart(run, 0, 1))
    for step in range(1, 10):
        clock.now += 10
        callback.on_step_end(StepEnd(run, step, 1))
        callback.on_log(readings(run, range(step, step + 1)))
    assert [line.split("  ")[1] for line in said] == ["step 3/30", "step 6/30", "step 9/30"]
    assert said[0].endswith("D 0.50  G 1.50  640 examples/s  eta 3s")


def test_progress_leaves_an_epochs_last_reading_to_the_line_of_its_end(
    run: RunView, said: list[str], clock: Clock
) -> None:
    callback = progress.Progress(ProgressOptions(seconds=0))
    callback.on_train_start(TrainStart(run, 0, 1))
    callback.on_log(readings(run, range(1, 11)))
    callback.on_epoch_end(epoch_end(run, 1))
    assert len(said) == 1


def test_progress_has_one_live_line_on_a_terminal(
    run: RunView, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = use_terminal(monkeypatch)
    callback = progress.Progress(ProgressOptions())
    callback.on_train_start(TrainStart(run, 0, 1))
    callback.on_log(readings(run, range(1, 11)))
    callback.on_step_end(StepEnd(run, 15, 2))
    print("a line said [bold]as it is[/bold]", file=sys.stderr)
    callback.on_train_end(TrainEnd(run, 15, 2, "interrupted"))
    shown = terminal.getvalue()
    assert "a line said [bold]as it is[/bold]\n" in shown
    last = shown.split("\x1b[2K")[-1]
    assert last.startswith(f"epoch 2/3  step 15/30  {'▓' * 12}{'░' * 12}  D 0.50  G 1.50")
    assert "eta 2s" in last
    assert said == []
    assert sys.stderr is terminal
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1


def test_progress_gives_the_terminal_back_after_a_failure(
    run: RunView, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = use_terminal(monkeypatch)
    callback = progress.Progress(ProgressOptions())
    callback.on_train_start(TrainStart(run, 0, 1))
    assert sys.stderr is not terminal
    callback.on_failure(Failure(run, 0, TrainingError("nan")))
    assert sys.stderr is terminal
    assert "\x1b[?25h" in terminal.getvalue()


@pytest.mark.parametrize("width", [20, 60, 78, 80, 200])
def test_progress_fits_the_terminal(run: RunView, width: int, clock: Clock) -> None:
    callback = progress.Progress(ProgressOptions())
    callback.on_train_start(TrainStart(run, 0, 1))
    callback.on_log(readings(run, range(1, 10)))
    line = callback._line(width, "utf-8").plain
    assert ("▓" in line or "░" in line) == (width >= 78)
    assert width < 78 or len(line) < width
    assert line.count("░") <= progress.BAR_WIDTH


def test_bar_and_duration() -> None:
    assert progress.bar(0.5, 4) == "▓▓░░"
    assert progress.bar(0.5, 4, "ascii") == "##--"
    assert progress.bar(2.0, 3) == "▓▓▓"
    durations = [progress.duration(seconds) for seconds in (0.4, 59.4, 59.6, 70, 3599.7, 7500)]
    assert durations == ["0s", "59s", "1m00s", "1m10s", "1h00m", "2h05m"]


# metrics-log


def strict(line: str) -> dict[str, object]:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    content: dict[str, object] = json.loads(line, parse_constant=refuse)
    return content


def logged(run: RunView) -> list[dict[str, object]]:
    return [strict(line) for line in run.folder.metrics.read_text().splitlines()]


def log_started(run: RunView, step: int = 0, every: int = 1) -> metrics_log.MetricsLog:
    callback = metrics_log.MetricsLog(MetricsLogOptions(every=every))
    callback.on_train_start(TrainStart(run, step, 1))
    return callback


def test_log_has_a_flat_line_per_step(run: RunView) -> None:
    callback = log_started(run)
    callback.on_log(readings(run, range(1, 3), rate=640.12345))
    callback.on_log(readings(run, range(3, 4)))
    first, *rest = logged(run)
    assert first == {
        "step": 1,
        "epoch": 1,
        "examples": 64,
        "loss_D": 0.5,
        "loss_G": 1.5,
        "examples_per_second": 640.123,
        "D/nonsaturating.real": 0.5,
        "G/nonsaturating.fake": 1.5,
    }
    assert [each["step"] for each in rest] == [2, 3]


def test_log_of_every_third_step(run: RunView) -> None:
    log_started(run, every=3).on_log(readings(run, range(1, 11)))
    assert [each["step"] for each in logged(run)] == [3, 6, 9]


def test_log_writes_nonfinite_numbers_as_strings_in_strict_json(run: RunView) -> None:
    rows = (reading(1, math.nan, math.inf), reading(2, -math.inf, 0.0))
    log_started(run).on_log(Log(run, rows, math.inf))
    first, second = logged(run)
    assert (first["loss_D"], first["loss_G"], second["loss_D"]) == ("nan", "inf", "-inf")
    assert first["D/nonsaturating.real"] == "nan"
    assert first["examples_per_second"] == "inf"


def text_of(*steps: int) -> str:
    return "".join(metrics_log.line(reading(step), 640.0) for step in steps)


@pytest.mark.parametrize(
    ("content", "resumed_at", "kept"),
    [
        (text_of(1, 2, 3, 4, 5), 3, text_of(1, 2, 3)),
        (text_of(1, 2, 3), 3, text_of(1, 2, 3)),
        (text_of(1, 2), 3, text_of(1, 2)),
        (text_of(1, 2, 3) + text_of(4)[:25], 4, text_of(1, 2, 3)),
        (text_of(1, 2, 3) + text_of(4)[:-1], 4, text_of(1, 2, 3)),
        (text_of(1, 2, 2, 1, 3), 3, text_of(1, 2, 3)),
        (text_of(1) + "\x00\x00\n[]\n{}\n" + text_of(2), 3, text_of(1, 2)),
        (text_of(1, 2), 0, ""),
        ("", 7, ""),
    ],
    ids=["ahead", "exact", "behind", "cut", "no newline", "doubles", "damage", "fresh", "empty"],
)
def test_log_is_cut_back_to_where_the_run_resumes(
    run: RunView, content: str, resumed_at: int, kept: str
) -> None:
    run.folder.metrics.write_text(content)
    log_started(run, resumed_at)
    assert run.folder.metrics.read_text() == kept
    assert [each.name for each in run.folder.path.iterdir()] == ["metrics.jsonl"]


def test_log_of_a_killed_and_resumed_run_has_neither_holes_nor_doubles(run: RunView) -> None:
    first = log_started(run)
    first.on_log(readings(run, range(1, 6)))
    first.on_checkpoint(Checkpoint(run, 5))
    first.on_log(readings(run, range(6, 9)))
    with run.folder.metrics.open("a") as file:
        file.write(text_of(9)[:30])
    log_started(run, 5).on_log(readings(run, range(6, 11)))
    assert [each["step"] for each in logged(run)] == list(range(1, 11))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_log_says_that_the_disk_is_full(run: RunView) -> None:
    callback = log_started(run)
    run.folder.metrics.unlink()
    run.folder.metrics.symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"^can't write .*metrics\.jsonl: No space left on device\."):
        callback.on_log(readings(run, range(1, 3)))


# samples


def drawn(run: RunView) -> list[str]:
    return sorted(each.name for each in run.folder.samples.glob("*"))


def test_samples_are_drawn_at_the_start_each_epoch_and_at_the_end(run: RunView) -> None:
    callback = samples.Samples(SamplesOptions(every=2, count=5))
    callback.on_train_start(TrainStart(run, 0, 1))
    assert drawn(run) == ["000000.png"]
    for epoch in (1, 2, 3):
        callback.on_epoch_end(epoch_end(run, epoch))
    assert drawn(run) == ["000000.png", "000020.png"]
    callback.on_train_end(TrainEnd(run, 30, 3, None))
    assert drawn(run) == ["000000.png", "000020.png", "000030.png"]
    for name in drawn(run):
        with Image.open(run.folder.samples / name) as picture:
            assert (picture.format, picture.size) == ("PNG", (5, 7))


def test_samples_draws_the_last_step_once_and_a_resumed_run_not_at_its_start(run: RunView) -> None:
    callback = samples.Samples(SamplesOptions(count=5))
    callback.on_train_start(TrainStart(run, 10, 2))
    assert drawn(run) == []
    callback.on_epoch_end(epoch_end(run, 2))
    callback.on_train_end(TrainEnd(run, 20, 3, None))
    assert isinstance(run.dataset, Points)
    assert len(run.dataset.shown) == 1


def test_samples_come_from_the_seeds_latents_through_the_showcase(run: RunView) -> None:
    average = Noisy().eval()
    run.export("generator_ema", average)
    callback = samples.Samples(SamplesOptions(count=5))
    callback.on_train_start(TrainStart(run, 0, 1))
    callback.on_epoch_end(epoch_end(run, 1))
    generator = torch.Generator().manual_seed(run.seed)
    latents = torch.randn(5, 2, generator=generator)
    labels = torch.randint(4, (5,), generator=generator)
    with torch.no_grad():
        expected = average(latents, labels)
    assert isinstance(run.dataset, Points)
    for shown, real in run.dataset.shown:
        assert torch.equal(shown, expected)
        assert torch.equal(real, torch.ones(5, 3))


def test_samples_without_classes_have_no_labels(run: RunView) -> None:
    object.__setattr__(run, "shapes", Shapes((3,), None, 0, 2))
    latents, labels = run.inputs(4)
    assert latents.shape == (4, 2)
    assert labels is None


def test_samples_leave_training_alone(run: RunView) -> None:
    network = run.players["gen"].network
    before = {name: each.clone() for name, each in network.state_dict().items()}
    random = torch.get_rng_state()
    callback = samples.Samples(SamplesOptions(count=5))
    callback.on_train_start(TrainStart(run, 0, 1))
    assert torch.equal(torch.get_rng_state(), random)
    assert network.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_samples_say_that_the_folder_cannot_be_written(run: RunView) -> None:
    run.folder.samples.write_text("in the way")
    callback = samples.Samples(SamplesOptions(count=5))
    with pytest.raises(RunError, match=r"can't write .*000000\.png: "):
        callback.on_train_start(TrainStart(run, 0, 1))


# loss-curve


def test_history_keeps_all_points_until_there_are_too_many() -> None:
    history = History(limit=8)
    for index in range(1, 9):
        history.add(index, 0.0, 0.0)
    assert [point[0] for point in history.points] == list(range(1, 9))
    history.add(9, 0.0, 0.0)
    assert [point[0] for point in history.points] == [2, 4, 6, 8]
    for index in range(10, 1001):
        history.add(index, 0.0, 0.0)
        assert len(history.points) <= 8
    assert [point[0] for point in history.points] == [128 * i for i in range(1, 8)]


def test_curve_survives_a_resume_exactly(run: RunView, tmp_path: Path) -> None:
    whole, first, second = (LossCurve(LossCurveOptions()) for _ in range(3))
    for callback in (whole, first):
        callback.on_train_start(TrainStart(run, 0, 1))
        callback.on_log(Log(run, (reading(1), reading(2, math.nan, 1 / 3)), 640.0))
        callback.on_log(readings(run, range(3, 5001)))
        callback.on_epoch_end(epoch_end(run, 1))
    CheckpointStore(tmp_path / "saves").save(5000, first.state_dict())
    second.load_state_dict(CheckpointStore(tmp_path / "saves").load(5000))
    second.on_train_start(TrainStart(run, 5000, 1))
    for callback in (whole, second):
        callback.on_log(readings(run, range(5001, 6001)))
    for name in ("steps", "epochs"):
        expected, found = whole.state_dict()[name], second.state_dict()[name]
        assert expected["stride"] == found["stride"]
        torch.testing.assert_close(
            found["points"], expected["points"], rtol=0, atol=0, equal_nan=True
        )
    assert whole.state_dict()["steps"]["stride"] == 2


def test_curve_takes_up_without_a_state_and_with_an_empty_one(run: RunView, tmp_path: Path) -> None:
    callback = LossCurve(LossCurveOptions())
    callback.load_state_dict({})
    CheckpointStore(tmp_path / "saves").save(0, callback.state_dict())
    callback.load_state_dict(CheckpointStore(tmp_path / "saves").load(0))
    callback.on_train_start(TrainStart(run, 0, 1))
    callback.on_train_end(TrainEnd(run, 0, 1, "interrupted"))
    with Image.open(run.folder.losses) as picture:
        picture.load()


def test_curve_is_drawn_not_too_often_and_at_the_end(
    run: RunView, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def draw(steps: Tensor, epochs: Tensor, steps_per_epoch: int) -> bytes:
        calls.append(len(epochs))
        clock.now += 0.25
        return samples.png(Image.new("RGB", (3, 3)))

    monkeypatch.setattr(loss_figure, "draw", draw)
    callback = LossCurve(LossCurveOptions(seconds=10))
    callback.on_train_start(TrainStart(run, 0, 1))
    for epoch in range(1, 20):
        clock.now += 4
        callback.on_epoch_end(epoch_end(run, epoch))
    assert calls == [3, 10, 17]  # after 10 seconds, then 24.75 = 99 * 0.25 seconds later
    callback.on_train_end(TrainEnd(run, 190, 19, None))
    assert calls == [3, 10, 17, 19]


def test_curve_shows_both_losses_in_their_colours(run: RunView) -> None:
    callback = LossCurve(LossCurveOptions())
    callback.on_train_start(TrainStart(run, 0, 1))
    callback.on_log(Log(run, (reading(1), reading(2, math.nan, math.inf), reading(9)), 1.0))
    callback.on_epoch_end(epoch_end(run, 1))
    callback.on_epoch_end(epoch_end(run, 2))
    callback.on_train_end(TrainEnd(run, 20, 3, None))
    assert "matplotlib.pyplot" not in sys.modules
    with Image.open(run.folder.losses) as picture:
        assert picture.format == "PNG"
        assert picture.size == (1050, 570)
        colors = {color for _, color in picture.convert("RGB").getcolors(1 << 20) or []}
    for color in loss_figure.COLORS.values():
        assert tuple(bytes.fromhex(color[1:])) in colors


def test_curve_gives_rare_spikes_no_say_in_its_scale() -> None:
    steps = torch.rand(1000, 2, dtype=torch.float64).numpy()
    steps[3] = 1e6
    means = torch.tensor([[0.5, 3.0]], dtype=torch.float64).numpy()
    low, high = loss_figure.limits(steps, means)
    assert -0.5 < low <= 0.01
    assert 3.0 < high < 3.5
    assert loss_figure.limits(steps[:0], means[:0]) == (0.0, 1.0)


# checkpoints


def asked(run: RunView) -> bool:
    was, run.requests.checkpoint = run.requests.checkpoint, False
    return was


def saves(run: RunView) -> list[str]:
    return sorted(each.name for each in run.folder.checkpoints.iterdir())


def save_all(run: RunView, keep: int, steps: list[int]) -> checkpoints.Checkpoints:
    callback = checkpoints.Checkpoints(CheckpointsOptions(keep=keep))
    for step in steps:
        callback.on_checkpoint(Checkpoint(run, step))
        run.checkpoints.save(step, {})
    return callback


def test_checkpoints_follow_epochs_but_not_faster_than_min_seconds(
    run: RunView, clock: Clock
) -> None:
    callback = checkpoints.Checkpoints(CheckpointsOptions(every_epochs=2, min_seconds=40))
    callback.on_train_start(TrainStart(run, 0, 1))
    asked_at = []
    for epoch in range(1, 13):
        clock.now += 10
        callback.on_gradients_ready(GradientsReady(run, epoch * 10, "gen", run.players["gen"]))
        assert not asked(run)
        callback.on_epoch_end(epoch_end(run, epoch))
        if asked(run):
            asked_at.append(epoch)
            callback.on_checkpoint(Checkpoint(run, epoch * 10))
    assert asked_at == [4, 8, 12]


def test_checkpoints_every_so_many_steps_exactly(run: RunView, clock: Clock) -> None:
    callback = checkpoints.Checkpoints(CheckpointsOptions(every_steps=4, min_seconds=0))
    callback.on_train_start(TrainStart(run, 0, 1))
    asked_at = []
    for step in range(1, 14):
        callback.on_gradients_ready(GradientsReady(run, step, "disc", run.players["disc"]))
        if asked(run):
            asked_at.append(step)
    callback.on_epoch_end(epoch_end(run, 1))
    assert not asked(run)
    assert asked_at == [4, 8, 12]


@pytest.mark.parametrize(
    ("keep", "before_the_end", "at_the_end"),
    [
        (1, ["999999", "1000000", "last"], ["1000000", "last"]),
        (2, ["999999", "1000000", "last"], ["999999", "1000000", "last"]),
        (3, ["999998", "999999", "1000000", "last"], ["999998", "999999", "1000000", "last"]),
    ],
)
def test_checkpoints_keeps_the_newest(
    run: RunView, keep: int, before_the_end: list[str], at_the_end: list[str]
) -> None:
    callback = save_all(run, keep, [999_996, 999_997, 999_998, 999_999, 1_000_000])
    assert saves(run) == sorted(before_the_end)
    callback.on_train_end(TrainEnd(run, 1_000_000, 3, None))
    assert saves(run) == sorted(at_the_end)


@pytest.mark.parametrize("keep", [1, 3])
def test_checkpoints_leaves_whole_ones_if_the_save_fails(run: RunView, keep: int) -> None:
    callback = save_all(run, keep, [100, 200, 300, 400])
    callback.on_checkpoint(Checkpoint(run, 500))
    assert saves(run)[-2:] == ["000400", "last"]
    assert run.checkpoints.load(400) == {}


def test_checkpoints_never_removes_the_last_whatever_its_number(run: RunView) -> None:
    callback = save_all(run, 1, [600])
    run.checkpoints.save(450, {})
    callback.on_checkpoint(Checkpoint(run, 500))
    callback.on_train_end(TrainEnd(run, 500, 3, None))
    assert saves(run) == ["000450", "000600", "last"]


def test_checkpoints_removes_nothing_that_is_not_a_save(run: RunView) -> None:
    callback = save_all(run, 1, [100])
    (run.folder.checkpoints / "mine").mkdir()
    (run.folder.checkpoints / ".tmp-000100").mkdir()
    (run.folder.checkpoints / ".tmp-000100" / "left").touch()
    run.checkpoints.save(200, {})
    callback.on_train_end(TrainEnd(run, 200, 3, None))
    assert saves(run) == ["000200", "last", "mine"]


def test_checkpoints_says_what_it_could_not_remove(
    run: RunView, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    callback = save_all(run, 1, [100, 200])

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    rename: Callable[[Path, Path], Path] = refuse
    monkeypatch.setattr(Path, "rename", rename)
    callback.on_train_end(TrainEnd(run, 200, 3, None))
    (line,) = said
    assert line.startswith(f"old checkpoints in {run.folder.checkpoints} can't be removed: ")
    assert "000100" in saves(run)
