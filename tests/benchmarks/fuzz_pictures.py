"""Damaged picture files of many formats through `read_picture`: ``python fuzz_pictures.py [N]``.

A good file is read, a damaged one may be skipped with a reason of one line. What a finding is,
`fuzzing` says; its file is kept.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from fuzz_seeds import seeds
from fuzzing import Judge, memory

from ganfw import read_picture


def mutated(content: bytes, chance: random.Random) -> bytes:
    """``content`` with a few bytes changed, mostly near its beginning, or cut, or spliced."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        near = chance.random() < 0.7
        at = chance.randrange(min(len(changed), 300) if near else len(changed))
        kind = chance.randrange(5)
        if kind == 0:
            changed[at] = chance.randrange(256)
        elif kind == 1:
            changed[at : at + 4] = chance.choice(
                (b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\1")
            )
        elif kind == 2:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 3:
            start = chance.randrange(len(changed))
            changed[at:at] = changed[start : start + chance.randrange(64)]
        elif len(changed) > 64 and chance.random() < 0.3:
            del changed[chance.randrange(32, len(changed)) :]
    return bytes(changed)


def main(count: int) -> None:
    """Try ``count`` files and print what came of them."""
    folder, judge = Path(tempfile.mkdtemp(prefix="fuzz-")), Judge()
    good = list(seeds().items())
    formats = {name.partition("-")[0] for name, _ in good}
    began = time.perf_counter()
    for i in range(count):
        name, content = good[i % len(good)]
        suffix = ".png" if i % 3 == 0 else "." + name.partition("-")[0].lower()
        changed = mutated(content, random.Random(i)) if i >= len(good) else content
        path = folder / f"{i}-{name}{suffix}"
        path.write_bytes(changed)
        if found := judge.is_new(lambda path=path: _read(path)):
            print(f"{path.name}: {found}", flush=True)
        elif i >= len(good):
            path.unlink()
        elif judge.last != "read":
            print(f"{path.name}: a good file was {judge.last}", flush=True)
    seconds = time.perf_counter() - began
    print(f"{count} files of {len(good)} seeds in {len(formats)} formats, {seconds:.0f} s, "
          f"{memory() / 2**20:.0f} MiB: {dict(judge.came)}")  # fmt: skip
    print(f"findings in {folder}")


def _read(path: Path) -> None:
    assert read_picture(path, (16, 16)).shape == (3, 16, 16)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
