"""A README in the run's folder: what this is, what made it, how good it is, how to use it."""

from __future__ import annotations

import importlib.metadata
import json
import shlex
from collections.abc import Iterable
from typing import Any

from ganfw import Callback, Checkpoint, RunView, TrainEnd

from .disk import writing

_CARD = """\
# {name}

A generator of {shape}, trained by ganfw on `{data}`
({examples} samples) for {step} steps.
{picture}
```python
import ganfw

samples = ganfw.load({loaded}).sample(64)  # a tensor (64, {dimensions})
```

```console
$ pip install ganfw=={version}
$ ganfw sample {folder} -n 64 -o grid.png
$ ganfw report {folder}
```
{scores}
{facts}

- `config.toml` replays the run: `ganfw run --config config.toml`.
- `provenance.json` holds the command, versions, seed, device and the data's fingerprint.
- `{weights}/` holds the weights (safetensors) and what is needed to build the network.
{pictures}
Samples show what the data shows: think of its rights and its gaps before you share them.
"""


class ModelCard(Callback):
    """Writes ``README.md`` at each checkpoint and at the end. Raises RunError if the disk
    refuses."""

    def on_checkpoint(self, event: Checkpoint) -> None:
        self._write(event.run, event.step)

    def on_train_end(self, event: TrainEnd) -> None:
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
    shown = run.folder.pictures()
    return _CARD.format(
        name=folder.resolve().name,
        shape=shape,
        data=record["data"]["trained_on"],
        examples=record["data"]["examples"],
        step=step,
        picture=f"\n![Samples](samples/{shown[-1].name})\n" if shown else "",
        loaded=json.dumps(folder.as_posix(), ensure_ascii=False),
        folder=shlex.quote(folder.as_posix()),
        dimensions=", ".join(map(str, sample)),
        version=importlib.metadata.version("ganfw"),
        scores=_scores(run),
        facts=_facts(record),
        weights=next(reversed(run.exported), "generator"),
        pictures="- `samples/` shows the same latents through the epochs.\n" if shown else "",
    )


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; its cells may hold anything."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\r", "").replace("\n", "<br>")


def _facts(record: dict[str, Any]) -> str:
    parts = [f"{each['slot']}: `{each['name']}`" for each in record["components"]]
    facts = {
        "made of": ", ".join(part for part in parts if not part.startswith("callback")),
        "command": f"`{shlex.join(record['argv'])}`",
        "seed": str(record["seed"]),
        "device": record["machine"]["device_name"],
        "data": f"fingerprint `{record['data']['fingerprint']}`",
    }
    asked = record["data"]["asked"]
    if asked != record["data"]["trained_on"]:
        facts["note"] = f"`{asked}` was asked for and could not be had"
    return table(("", ""), facts.items())


def _scores(run: RunView) -> str:
    """Each metric's newest main score, and where the best checkpoint is; nothing before any."""
    try:
        lines = run.folder.scores.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ""
    records = sorted(map(json.loads, lines), key=lambda each: int(each["step"]))
    newest = {each["metric"]: each for each in records}
    rows = [_score(each) for each in newest.values() if each["main"] in each["result"]]
    if not rows:
        return ""
    return f"\n{table(('score', 'value', 'better', 'at step'), rows)}\n{_best(run)}"


def _score(record: dict[str, Any]) -> tuple[str, ...]:
    better = "lower" if record["lower_is_better"] else "higher"
    value = f"{record['result'][record['main']]:.5g}"
    return f"`{record['main']}`", value, better, str(record["step"])


def _best(run: RunView) -> str:
    step = run.checkpoints.best
    if step is None:
        return ""
    return f"\nThe best step, by the first of the run's metrics, is {step}: `best=True` loads it.\n"
