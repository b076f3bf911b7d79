"""A README in the run's folder: what the generator makes, how it was trained, how to use it."""

from __future__ import annotations

import importlib.metadata
import json
import shlex
from collections.abc import Iterable

from ganfw import (
    Callback,
    Checkpoint,
    Provenance,
    RunView,
    ScoreRecord,
    TrainEnd,
    read_provenance,
    read_scores,
)

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
            run.folder.write("README.md", card(run, step).encode("utf-8", "backslashreplace"))


def card(run: RunView, step: int) -> str:
    """The whole text."""
    provenance = read_provenance(run.folder)
    sample = run.shapes.sample
    folder = run.folder.path
    shape = "×".join(map(str, sample[1:])) + " pictures" if run.shapes.is_picture else "points"
    shown = run.folder.pictures()
    return _CARD.format(
        name=folder.resolve().name,
        shape=shape,
        data=provenance.data.trained_on,
        examples=provenance.data.examples,
        step=step,
        picture=f"\n![Samples](samples/{shown[-1].name})\n" if shown else "",
        loaded=json.dumps(folder.as_posix(), ensure_ascii=False),
        folder=shlex.quote(folder.as_posix()),
        dimensions=", ".join(map(str, sample)),
        version=importlib.metadata.version("ganfw"),
        scores=_scores(run),
        facts=_facts(provenance),
        weights=run.sampling_weights,
        pictures="- `samples/` shows the same latents through the epochs.\n" if shown else "",
    )


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; its cells may hold anything."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\r", "").replace("\n", "<br>")


def _facts(provenance: Provenance) -> str:
    data, components = provenance.data, provenance.components
    facts = {
        "made of": ", ".join(
            f"{component.slot}: `{component.name}`"
            for component in components
            if component.slot != "callback"
        ),
        "command": f"`{shlex.join(provenance.argv)}`",
        "seed": str(provenance.seed),
        "device": provenance.machine.device_name,
        "data": f"fingerprint `{data.fingerprint}`",
    }
    if data.asked != data.trained_on:
        facts["note"] = f"`{data.asked}` was asked for and could not be had"
    return table(("", ""), facts.items())


def _scores(run: RunView) -> str:
    """Each metric's newest main score, and where the best checkpoint is; nothing before any."""
    records = sorted(read_scores(run.folder), key=lambda record: record.step)
    newest = {record.metric: record for record in records}
    rows = [
        _score(record, value)
        for record in newest.values()
        if (value := record.main_score) is not None
    ]
    if not rows:
        return ""
    return f"\n{table(('score', 'value', 'better', 'at step'), rows)}\n{_best(run)}"


def _score(record: ScoreRecord, value: float) -> tuple[str, ...]:
    return f"`{record.main}`", f"{value:.5g}", record.better, str(record.step)


def _best(run: RunView) -> str:
    step = run.checkpoints.best
    if step is None:
        return ""
    return f"\nThe best step, by the first of the run's metrics, is {step}: `best=True` loads it.\n"
