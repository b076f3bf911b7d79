"""A dataset of twice the memory that a run may take still trains: it is mapped, not read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA is Linux's own")

RUN = """
import resource, sys
import numpy as np
import ganfw
from ganfw import Dataset

MIB, CAP = 2**20, int(sys.argv[1])


@ganfw.register("dataset", "large")
class Large(Dataset):
    value_range, sample_shape, classes = (-1.0, 1.0), (3, 128, 128), 0

    def __len__(self):
        return 2 * CAP * MIB // (3 * 128 * 128)

    def __getitem__(self, index):
        return np.full((3, 128, 128), index % 256, dtype=np.uint8), None

    def fingerprint(self):
        return "large"


def run():
    settings = {"gen.channels": 8, "disc.channels": 8, "train.batch_size": 8}
    return ganfw.run(gen="dcgan", disc="dcgan", data="large", steps=2, settings=settings)


def taken():
    fields = dict(line.split(":") for line in open("/proc/self/status"))
    return int(fields["VmData"].split()[0]) * 1024


resource.setrlimit(resource.RLIMIT_DATA, (taken() + CAP * MIB,) * 2)
if sys.argv[2] == "read":
    np.ones(2 * CAP * MIB, dtype=np.uint8)
print(run().outcome.step)
"""


@pytest.mark.parametrize("how", ["map", "read"])
def test_larger_than_memory(tmp_path: Path, how: str) -> None:
    """The second case shows that the cap would hold back what reads it all."""
    (tmp_path / "large.py").write_text(RUN)
    ended = subprocess.run(
        [sys.executable, "large.py", "450", how],
        cwd=tmp_path,
        env={"GANFW_CACHE": str(tmp_path / "cache"), "MPLCONFIGDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if how == "read":
        assert "MemoryError" in ended.stderr
    else:
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.splitlines()[-1] == "2"
