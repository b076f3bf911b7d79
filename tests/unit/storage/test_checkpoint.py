from __future__ import annotations

import errno
import json
import math
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from ganfw.errors import CheckpointError
from ganfw.storage import checkpoint
from ganfw.storage.checkpoint import CheckpointStore

STATE = {
    "numbers": [1, 2.5, 0.1 + 0.2, True, None, "text", math.inf],
    "betas": (0.5, 0.999),
    "by_index": {0: {"step": torch.tensor(3.0)}, 1: {"step": torch.tensor(4.0)}},
    "shared": torch.arange(6.0),
    "types": [torch.tensor([1, 2], dtype=torch.uint8), torch.ones(2, dtype=torch.bfloat16)],
    "empty": {},
    "$odd": {"$tensor": "no tensor"},
}


def _same(one: object, other: object) -> bool:
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and one.equal(other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and all(map(_same, one, other))
    return one == other and type(one) is type(other)


def test_a_state_comes_back_exactly(tmp_path: Path) -> None:
    state = {**STATE, "view": STATE["shared"][2:4]}
    CheckpointStore(tmp_path).save(7, state)
    assert _same(state, CheckpointStore(tmp_path).load(7))
    assert CheckpointStore(tmp_path).last == 7


def test_what_is_written_is_safetensors_and_json(tmp_path: Path) -> None:
    CheckpointStore(tmp_path).save(400, STATE)
    folder = tmp_path / "000400"
    assert sorted(each.name for each in folder.iterdir()) == ["state.json", "state.safetensors"]
    assert json.loads((folder / "state.json").read_text())["step"] == 400
    assert (tmp_path / "last").read_text() == "000400\n"


def test_what_is_not_plain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"state\.a\.0 is a set"):
        CheckpointStore(tmp_path).save(1, {"a": [{1, 2}]})
    assert CheckpointStore(tmp_path).last is None


def test_saving_a_step_again_replaces_it(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(1, {"x": 1})
    assert store.best is None
    store.save(1, {"x": 2}, best=True)
    assert store.load(1) == {"x": 2}
    assert (store.steps(), store.best) == ([1], 1)


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), SafetensorError("No space left")]
)
def test_a_full_disk_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object) -> None:
        raise error

    save_file = checkpoint.save_file
    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(CheckpointError, match=r"there is none yet"):
        CheckpointStore(tmp_path).save(1, {})
    monkeypatch.setattr(checkpoint, "save_file", save_file)
    CheckpointStore(tmp_path).save(1, {"x": torch.ones(3)})
    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(
        CheckpointError, match=r"step 2 .*: No space left.*; the last one is step 1"
    ):
        CheckpointStore(tmp_path).save(2, {"x": torch.ones(3)})
    assert torch.equal(CheckpointStore(tmp_path).load(1)["x"], torch.ones(3))
    assert (tmp_path / "last").read_text() == "000001\n"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["000001", "last"]


@pytest.mark.parametrize("file", ["state.safetensors", "state.json"])
@pytest.mark.parametrize("damage", ["truncated", "foreign", "missing", "empty"])
def test_damage_is_named_with_a_way_out(tmp_path: Path, file: str, damage: str) -> None:
    for step in (1, 2, 3, 4):
        CheckpointStore(tmp_path).save(step, STATE)
    path = tmp_path / "000003" / file
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(
            {"truncated": content[:-7], "foreign": b"GIF89a" * 9, "empty": b""}[damage]
        )
    with pytest.raises(CheckpointError) as error:
        CheckpointStore(tmp_path).load(3)
    assert file in str(error.value)
    assert "--from-step 4" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "tree",
    [
        "[]",
        "[" * 9999,
        '{"state": []}',
        '{"state": {}, "format": "1"}',
        '{"state": {"x": {"$tensor": []}}}',
        '{"state": {"x": {"$tuple": 5}}}',
        '{"state": {"$dict": [[1]]}}',
        '{"state": {"$dict": [[{}, 1]]}}',
    ],
)
def test_a_tree_that_is_none_is_named(tmp_path: Path, tree: str) -> None:
    CheckpointStore(tmp_path).save(1, STATE)
    (tmp_path / "000001" / "state.json").write_text(tree)
    with pytest.raises(CheckpointError, match=r"state\.json can't be read \(.*\)$"):
        CheckpointStore(tmp_path).load(1)


def test_another_runs_tensors_are_refused(tmp_path: Path) -> None:
    CheckpointStore(tmp_path).save(1, {"a": torch.ones(1)})
    CheckpointStore(tmp_path).save(2, {"b": torch.ones(1)})
    theirs = (tmp_path / "000002" / "state.safetensors").read_bytes()
    (tmp_path / "000001" / "state.safetensors").write_bytes(theirs)
    with pytest.raises(CheckpointError, match=r"state\.safetensors"):
        CheckpointStore(tmp_path).load(1)


def test_a_newer_format_asks_for_a_newer_ganfw(tmp_path: Path) -> None:
    """One that is not told is the first of all."""
    CheckpointStore(tmp_path).save(1, {})
    path = tmp_path / "000001" / "state.json"
    written = path.read_text()
    path.write_text(written.replace('"format": 1', '"format": 2'))
    with pytest.raises(CheckpointError, match=r"format 2, .*up to 1: install a newer ganfw"):
        CheckpointStore(tmp_path).load(1)
    path.write_text(written.replace('"format": 1, ', ""))
    assert CheckpointStore(tmp_path).load(1) == {}


@pytest.mark.parametrize("last", [None, "", "twelve", "000013\n"])
def test_last_may_be_lost(tmp_path: Path, last: str | None) -> None:
    CheckpointStore(tmp_path).save(1, {})
    CheckpointStore(tmp_path).save(12, {})
    (tmp_path / "last").unlink()
    if last is not None:
        (tmp_path / "last").write_text(last)
    (tmp_path / ".tmp-000099").mkdir()  # half removed
    assert CheckpointStore(tmp_path).last == 12
    assert CheckpointStore(tmp_path).steps() == [1, 12]
