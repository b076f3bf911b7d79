"""A dataset of twice the memory that a run may take still trains: it is mapped, not read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA is Linux's own")

RUN = """
import resource
import numpy as np
import ganfw
from ganfw import Dataset

CAP, SAMPLE = 100 * 2**20, 2**16


@ganfw.register("dataset", "large")
class Large(Dataset):
    sample_shape = (SAMPLE,)

    def __len__(self):
        return 2 * CAP // SAMPLE

    def __getitem__(self, index):
        return np.full(SAMPLE, index % 256, dtype=np.uint8), None

    def fingerprint(self):
        return "large"


def run(data):
    settings = {"train.batch_size": 4, "train.latent_dim": 1, "disc.hidden": ()}
    words = {"gen": "linear", "disc": "mlp", "no_callback": ["samples", "loss-curve"]}
    return ganfw.run(**words, data=data, steps=2, settings=settings)


def taken():
    fields = dict(line.split(":") for line in open("/proc/self/status"))
    return int(fields["VmData"].split()[0]) * 1024


run("gaussian")  # what it imports is not limited
resource.setrlimit(resource.RLIMIT_DATA, (taken() + CAP,) * 2)
try:
    np.ones(2 * CAP, dtype=np.uint8)
except MemoryError:
    print("too large to be read")
print(run("large").outcome.step)
"""


def test_larger_than_memory(tmp_path: Path) -> None:
    (tmp_path / "large.py").write_text(RUN)
    ended = subprocess.run(
        [sys.executable, "large.py"],
        cwd=tmp_path,
        env={**os.environ, "GANFW_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == ["too large to be read", "2"]
