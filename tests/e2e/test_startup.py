"""What a command imports before it must: start-up is a promise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from made_up_runs import run_folder

SCRIPT = """
import sys
sys.argv[0] = "ganfw"
from ganfw.cli import main
try:
    main()
except SystemExit:
    pass
heavy = {"torch", "torch._dynamo", "pydantic", "matplotlib", "rich", "numpy"} & set(sys.modules)
print("imported", *sorted(heavy), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (("--help",), ""),
        (("list",), ""),
        (("run", "--gen", "dcgan", "--disc", "dcgan", "--data", "pokemon", "-s",
          "disc.chanels=32"), "pydantic"),
    ],
)  # fmt: skip
def test_nothing_heavy_is_imported(words: tuple[str, ...], allowed: str) -> None:
    command = [sys.executable, "-c", SCRIPT, *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stderr.splitlines()[-1] == f"imported {allowed}".strip()


def test_a_report_imports_no_torch(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, "report", str(run_folder(tmp_path))]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "report.html" in ended.stdout
    assert "torch" not in ended.stderr.splitlines()[-1].split()


def test_a_run_leaves_the_compiler_out(tmp_path: Path) -> None:
    """Its import takes longer than that of torch. A run of two steps, from its start to its end."""
    words = ("run", "--gen", "linear", "--disc", "mlp", "--data", "gaussian", "--steps", "2")
    command = [sys.executable, "-c", SCRIPT, *words, "--out", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    imported = ended.stderr.splitlines()[-1].split()
    assert "torch" in imported
    assert "torch._dynamo" not in imported


def test_the_package_imports_no_torch() -> None:
    code = "import ganfw, sys; print({'torch', 'pydantic'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "set()"
