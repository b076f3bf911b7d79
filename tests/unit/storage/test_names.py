"""Paths of any bytes: in text files, and of files that others open."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ganfw.storage import atomic, names, run_dir
from ganfw.storage.tensors import load_tensors

ODD = "caf\udce9 é"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are UTF-8")


def test_text_holds_any_name() -> None:
    assert names.as_text(ODD).encode()
    assert names.restored(names.as_text(ODD)) == ODD


def test_files_in_a_folder_of_any_name(tmp_path: Path) -> None:
    run = run_dir.create(tmp_path / ODD, "x" * 300)
    assert len(run.path.name) < 100
    atomic.write_text(run.config, f"root = '{run.path}'")
    assert names.restored(run.config.read_text("utf-8")) == f"root = '{run.path}'"
    save_file({"a": torch.ones(2)}, run.path / "a.safetensors")
    assert load_tensors(run.path / "a.safetensors")["a"].tolist() == [1, 1]
