"""Trackers, against the real libraries: TensorBoard, W&B offline, MLflow in a file."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ganfw import log
from ganfw.testing import contract_cases

Ganfw = Callable[..., Result]
QUIET = ("--no-callback", "samples", "--no-callback", "loss-curve")
POINTS = ("run", "--recipe", "d2l-gaussian", "-s", "data.count=64", "--epochs", "2", *QUIET,
          "--metric", "frechet-gaussian")  # fmt: skip
RUN = "runs/0001-linear-gaussian"

# The libraries' own warnings.
pytestmark = pytest.mark.filterwarnings("ignore")


def _losses() -> dict[int, float]:
    rows = [json.loads(line) for line in Path(RUN, "metrics.jsonl").read_text().splitlines()]
    return {row["step"]: row["loss_D"] for row in rows}


def _ran(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def wandb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    library = pytest.importorskip("wandb", reason="wandb is not installed")
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    yield library
    library.teardown()


def _wandb_records() -> Iterator[Any]:
    from wandb.proto import wandb_internal_pb2

    for path in sorted(Path(RUN, "wandb").glob("offline-run-*/*.wandb")):
        for data in _leveldb_log(path.read_bytes()):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(data)
            yield record


def _leveldb_log(content: bytes) -> Iterator[bytes]:
    """The records of a file in LevelDB's log format, after W&B's own head of 7 bytes: blocks of
    32 KiB with pieces, each after a checksum, its length and whether it is the last of a record."""
    place, record = 7, b""
    while place + 7 <= len(content):
        length, kind = struct.unpack_from("<HB", content, place + 4)
        record += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):
            yield record
            record = b""
        if (left := -place % 2**15) < 7:
            place += left


def _wandb_values(key: str) -> dict[int, Any]:
    """What is logged under ``key``, by step."""
    found = {}
    for record in _wandb_records():
        items = {"/".join(item.nested_key) or item.key: item.value_json
                 for item in record.history.item}  # fmt: skip
        if key in items:
            found[record.history.step.num or int(items["_step"])] = json.loads(items[key])
    return found


def test_wandb_offline(ganfw: Ganfw, wandb: Any) -> None:
    words = ("--callback", "wandb", "-s", "callback.wandb.mode=offline")
    said = _ran(ganfw(*POINTS, *words)).stderr
    assert "W&B" not in said  # it was asked for
    _ran(ganfw("resume", RUN, "--epochs", "3"))
    losses = _wandb_values("loss/D")
    assert losses == pytest.approx(_losses())
    assert set(_wandb_values("samples/path")) == {8, 16, 24}
    assert set(_wandb_values("frechet-gaussian/frechet_gaussian")) == {8, 16, 24}
    runs = [record.run for record in _wandb_records() if record.run.run_id]
    assert len({run.run_id for run in runs}) == 1
    assert len(list(Path(RUN, "wandb").glob("offline-run-*"))) == 2
    config = {item.key: json.loads(item.value_json) for item in runs[0].config.update}
    assert config["gen.use"] == "linear"
    assert runs[0].display_name == "0001-linear-gaussian"


def test_wandb_where_nobody_is_logged_in(ganfw: Ganfw, wandb: Any) -> None:
    said = _ran(ganfw(*POINTS, "--callback", "wandb")).stderr.splitlines()
    (line,) = [line for line in said if "W&B" in line]
    assert "keeps this run offline in" in line
    assert "(nobody is logged in: wandb login): wandb sync sends it" in line


def test_wandb_where_the_server_is_away(
    ganfw: Ganfw, wandb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wandb, "login", lambda **more: True)
    begin = wandb.init

    def init(**more: Any) -> Any:
        if more["mode"] == "online":
            raise wandb.errors.CommError("Timed out\nand more")
        return begin(**more)

    monkeypatch.setattr(wandb, "init", init)
    said = _ran(ganfw(*POINTS, "--callback", "wandb")).stderr
    assert "(Timed out): wandb sync sends it" in said
    assert len(_wandb_values("loss/G")) == 16


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch) -> Any:
    library = pytest.importorskip("mlflow", reason="mlflow is not installed")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    return library


def test_mlflow_in_a_file(ganfw: Ganfw, mlflow: Any) -> None:
    _ran(ganfw(*POINTS, "--callback", "mlflow"))
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{Path('runs/mlflow.db').absolute()}")
    experiment = client.get_experiment_by_name("ganfw")
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.status, run.info.run_name) == ("FINISHED", "0001-linear-gaussian")
    _ran(ganfw("resume", RUN, "--epochs", "3"))
    (run,) = client.search_runs([experiment.experiment_id])
    history = client.get_metric_history(run.info.run_id, "loss/D")
    assert {metric.step: metric.value for metric in history} == pytest.approx(_losses())
    assert run.data.params["gen.use"] == "linear"
    assert run.data.params["loss.nonsaturating.use"] == "nonsaturating"
    assert any(name.startswith("frechet-gaussian/") for name in run.data.metrics)
    pictures = [file.path for file in client.list_artifacts(run.info.run_id, "samples")]
    assert pictures == [f"samples/{step:06d}.png" for step in (8, 16, 24)]
    assert list(Path("runs/mlflow-artifacts").rglob("000008.png"))


def test_mlflow_that_can_not_be_reached(ganfw: Ganfw, mlflow: Any) -> None:
    uri = "http://127.0.0.1:9"
    result = ganfw(*POINTS, "--callback", "mlflow", "-s", f"callback.mlflow.uri={uri}")
    assert result.exit_code == 1
    assert f"MLflow can't be reached at {uri} (" in result.stderr.splitlines()[-1]


def test_a_record_that_breaks_costs_the_run_nothing(
    ganfw: Ganfw, mlflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*words: object, **more: object) -> None:
        raise OSError("no space left\nand more")

    monkeypatch.setattr("mlflow.MlflowClient.log_image", refuse)
    said = _ran(ganfw(*POINTS, "--callback", "mlflow")).stderr
    assert said.count("MLflow no longer gets this run: no space left and more\n") == 1


def test_tensorboard_and_a_disk_that_fills(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("torch.utils.tensorboard.SummaryWriter.add_scalar", refuse)
    said = _ran(ganfw(*POINTS, "--callback", "tensorboard")).stderr
    assert said.count("TensorBoard no longer gets this run: ") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
@pytest.mark.parametrize("name", ["tensorboard", "wandb", "mlflow"])
def test_a_folder_whose_name_is_no_text(
    ganfw: Ganfw, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(log, "propagate", False)  # pytest-xdist can't send what is logged here
    if name != "tensorboard":
        request.getfixturevalue(name)
    result = ganfw(*POINTS, "--callback", name, "--out", "o\udcff")
    assert result.exit_code == 1, result.output
    error = result.stderr.splitlines()[-1]
    assert error.startswith("Error: ")
    assert "surrogates not allowed" in error
    assert "no longer gets this run" not in result.stderr


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_without_the_library(ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    result = ganfw(*POINTS, "--callback", name)
    assert result.exit_code == 1
    assert f"pip install 'ganfw[{name}]'" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_they_keep_their_contract(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    request.getfixturevalue(name)
    monkeypatch.chdir(tmp_path)  # where MLflow keeps pictures, if one gives it a database
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setenv("WANDB_MODE", "offline")
    for case in contract_cases(f"callback/{name}"):
        case.run()
