"""``ganfw runs`` and ``ganfw compare``, on runs that are made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from made_up_runs import REPLACED_DATA, change_provenance, run_folder

from ganfw.runs.records import End

Ganfw = Callable[..., Result]


def test_runs_are_listed_with_what_came_of_them(ganfw: Ganfw, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        run_folder(tmp_path / "runs", number)
    change_provenance(tmp_path / "runs/0002-dcgan-sprites", ended=None, data=REPLACED_DATA)
    (tmp_path / "runs/0003-dcgan-sprites/provenance.json").write_text("{")
    (tmp_path / "runs/notes").mkdir()
    result = ganfw("runs")
    assert result.exit_code == 0
    head, *rows = [line.split() for line in result.stdout.splitlines()]
    assert head == ["RUN", "DATA", "STEP", "STATE", "SIZE", "SCORES"]
    assert rows[0][:5] == ["runs/0001-dcgan-sprites", "sprites,", "100", "300/300", "finished"]
    assert rows[0][-2:] == ["swd", "60"]
    assert " ".join(rows[1]).startswith(
        "runs/0002-dcgan-sprites sprites for pokemon, 100 300/300 stopped"
    )
    assert "damaged" in rows[2]
    first, second, third = json.loads(ganfw("runs", "--json").stdout)
    assert (first["state"], first["scores"], first["step"]) == ("finished", {"swd": 60.0}, 300)
    files = [path for path in (tmp_path / first["path"]).rglob("*") if path.is_file()]
    assert first["size"] == sum(path.stat().st_size for path in files)
    assert second["problem"] is None
    assert "provenance.json" in third["problem"]


def test_other_folders(ganfw: Ganfw, tmp_path: Path) -> None:
    run = run_folder(tmp_path / "elsewhere")
    assert len(ganfw("runs", "elsewhere").stdout.splitlines()) == 2
    assert len(json.loads(ganfw("runs", run, "--json").stdout)) == 1
    (tmp_path / "empty").mkdir()
    assert ganfw("runs", "empty").stderr == "empty has no runs.\n"
    assert json.loads(ganfw("runs", "empty", "--json").stdout) == []
    result = ganfw("runs")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_runs_are_compared(ganfw: Ganfw, tmp_path: Path) -> None:
    first, second = run_folder(tmp_path, 1), run_folder(tmp_path, 2, lr=0.5)
    end = End(when="2026-01-01T10:01:05+00:00", step=200, stopped="SIGINT")
    change_provenance(second, versions={"ganfw": "2"}, ended=end)
    found = json.loads(ganfw("compare", first, second, "--json").stdout)
    assert found["gen.optimizer.lr"] == {str(first): "0.1", str(second): "0.5"}
    assert [*found["version of ganfw"].values()] == ["1", "2"]
    assert [*found["ended"].values()] == ["finished", "stopped"]
    assert [*found["step"].values()] == ["300", "200"]
    assert not {"data", "score swd swd", "gen.use"} & {*found}
    lines = ganfw("compare", first, second).stdout.splitlines()
    assert lines[0].split() == [first.name, second.name]
    assert ["gen.optimizer.lr", "0.1", "0.5"] in [line.split() for line in lines]


def test_what_can_not_be_compared(ganfw: Ganfw, tmp_path: Path) -> None:
    run = run_folder(tmp_path)
    for words in ((run,), (run, run), (run, tmp_path / "nowhere")):
        result = ganfw("compare", *words)
        assert result.exit_code
        assert len(result.stderr.splitlines()) == 1
    twin = run_folder(tmp_path, 2)
    assert ganfw("compare", run, twin).stdout == "Nothing differs.\n"
