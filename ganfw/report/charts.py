"""The charts of a report: which lines there are, what they are called and how they look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..storage.run_dir import evenly_spaced
from .score_series import ScoreSeries, told_apart
from .summary import Summary

COLOURS, DASHES = 8, 6
"""How many of each the script knows."""

MOST_ROWS = 40
"""Of a run's steps in the table below a chart."""

Value = float | None


@dataclass(frozen=True)
class Line:
    """``values`` over ``steps``; ``colour`` and ``dash`` count the looks that the script knows."""

    name: str
    steps: Sequence[int]
    values: Sequence[Value]
    colour: int
    dash: int
    dots: bool = False


@dataclass(frozen=True)
class Figure:
    """Lines that share their axes."""

    title: str
    note: str
    lines: list[Line]
    is_main: bool = True

    @property
    def rows(self) -> list[tuple[int, list[Value]]]:
        """The same as a table, thinned: each step, and the value that each line has there."""
        steps = {
            line.steps[i] for line in self.lines for i in evenly_spaced(len(line.steps), MOST_ROWS)
        }
        known = [dict(zip(line.steps, line.values, strict=True)) for line in self.lines]
        return [(step, [each.get(step) for each in known]) for step in sorted(steps)]


def loss_figure(runs: Sequence[Summary]) -> Figure:
    """Both players' losses; in a comparison a run has its colour, and a player its dash."""
    lines = []
    for number, run in enumerate(runs):
        for player, name in enumerate(("discriminator", "generator")):
            values = (run.losses.discriminator, run.losses.generator)[player]
            alone = len(runs) == 1
            lines.append(
                Line(
                    name if alone else f"{run.name} · {name}",
                    run.losses.steps,
                    values,
                    (player if alone else number) % COLOURS,
                    0 if alone else (player + 2 * (number // COLOURS)) % DASHES,
                )
            )
    return Figure("Losses", "", [line for line in lines if line.steps])


def score_figures(runs: Sequence[Summary]) -> list[Figure]:
    """A chart for each score that was made at several steps: those made unlike are lines apart."""
    members: dict[tuple[str, str], list[tuple[int, ScoreSeries]]] = {}
    for number, run in enumerate(runs):
        for judged in run.judged:
            if not judged.is_part:
                members.setdefault((judged.metric, judged.name), []).append((number, judged))
    return [
        _score_figure(runs, each)
        for each in members.values()
        if any(len(judged.steps) > 1 for _, judged in each)
    ]


def _score_figure(runs: Sequence[Summary], members: list[tuple[int, ScoreSeries]]) -> Figure:
    first = members[0][1]
    apart = told_apart([judged.making for _, judged in members])
    lines = []
    for place, ((number, judged), making) in enumerate(zip(members, apart, strict=True)):
        parts = [runs[number].name] if len(runs) > 1 else []
        parts += [making] if making else []
        style = place if len(runs) == 1 else number
        earlier = sum(1 for other, _ in members[:place] if other == number)
        dash = earlier if len(runs) > 1 else 0
        lines.append(
            Line(
                " · ".join(parts) or judged.name,
                judged.steps,
                judged.values,
                style % COLOURS,
                (dash + style // COLOURS) % DASHES,
                dots=True,
            )
        )
    note = f"{first.arrow} {first.better} is better" if first.better else f"of {first.metric}"
    return Figure(first.name, note, lines, first.is_main)
