"""A README in the run's folder: what this is, what made it, and how to use it."""

from __future__ import annotations

import importlib.metadata
import json
from typing import Any

from ganfw import Callback, Checkpoint, RunView, TrainEnd

from .disk import writing

_CARD = """\
# {name}

A generator of {shape}, trained by [ganfw](https://pypi.org/project/ganfw/) on `{data}`
({examples} samples) for {step} steps.

```python
import ganfw

samples = ganfw.load("{folder}").sample(64)  # a tensor (64, {dimensions})
```

```console
$ pip install ganfw=={version}
$ ganfw sample {folder} -n 64 -o grid.png
$ ganfw report {folder}
```

| | |
|---|---|
{rows}

- `config.toml` replays the run: `ganfw run --config config.toml`.
- `provenance.json` holds the command, versions, seed, device and the data's fingerprint.
- `{weights}/` holds the weights (safetensors) and what is needed to build the network.
{pictures}
Samples show what the data shows: think of its rights and its gaps before you share them.
"""


class ModelCard(Callback):
    """Writes ``README.md`` at each checkpoint and at the end. Raises RunError if the disk
    refuses."""

    def checkpoint(self, event: Checkpoint) -> None:
        self._write(event.run, event.step)

    def train_end(self, event: TrainEnd) -> None:
        self._write(event.run, event.step)

    def _write(self, run: RunView, step: int) -> None:
        with writing(run.folder.path / "README.md"):
            run.folder.write("README.md", card(run, step).encode())


def card(run: RunView, step: int) -> str:
    """The whole text."""
    record = run.folder.read_provenance()
    sample = run.shapes.sample
    folder = run.folder.path
    shape = "×".join(map(str, sample[1:])) + " pictures" if run.shapes.is_picture else "points"
    pictures = "- `samples/` shows the same latents through the epochs.\n"
    return _CARD.format(
        name=folder.resolve().name,
        shape=shape,
        data=record["data"]["trained_on"],
        examples=record["data"]["examples"],
        step=step,
        folder=folder.as_posix(),
        dimensions=", ".join(map(str, sample)),
        version=importlib.metadata.version("ganfw"),
        rows=_rows(record),
        weights=next(reversed(run.published), "generator"),
        pictures=pictures if (folder / "samples").is_dir() else "",
    )


def _rows(record: dict[str, Any]) -> str:
    parts = [f"{each['slot']}: `{each['name']}`" for each in record["components"]]
    facts = {
        "made of": ", ".join(part for part in parts if not part.startswith("callback")),
        "command": f"`{' '.join(record['argv'])}`",
        "seed": str(record["seed"]),
        "device": record["machine"]["device_name"],
        "data": f"fingerprint `{record['data']['fingerprint']}`",
    }
    asked = record["data"]["asked"]
    if asked != record["data"]["trained_on"]:
        facts["note"] = f"`{asked}` was asked for and could not be had"
    return "\n".join(f"| {name} | {json.dumps(fact)[1:-1]} |" for name, fact in facts.items())
