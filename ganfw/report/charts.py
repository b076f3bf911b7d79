"""The charts of a report: which lines there are, what they are called and how they look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..storage.run_dir import evenly_spaced
from .score_series import ScoreSeries, difference_labels
from .summary import Summary

COLOURS, DASHES = 8, 6
"""How many of each the script knows."""

MOST_ROWS = 40
"""Of a run's steps in the table below a chart."""

Value = float | None


@dataclass(frozen=True)
class Line:
    """``values`` over ``steps``; ``colour`` and ``dash`` are numbers of the script's."""

    name: str
    steps: Sequence[int]
    values: Sequence[Value]
    colour: int
    dash: int
    dots: bool = False


@dataclass(frozen=True)
class Chart:
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
        return [(step, [values.get(step) for values in known]) for step in sorted(steps)]


def loss_chart(runs: Sequence[Summary]) -> Chart:
    """Both players' losses; in a comparison each run has a colour, and each player a dash."""
    alone, lines = len(runs) == 1, []
    for number, run in enumerate(runs):
        losses = {"discriminator": run.losses.discriminator, "generator": run.losses.generator}
        for player, (name, values) in enumerate(losses.items()):
            colour, dash = (player, 0) if alone else (number, player + 2 * (number // COLOURS))
            title = name if alone else f"{run.name} · {name}"
            line = Line(title, run.losses.steps, values, colour % COLOURS, dash % DASHES)
            lines.append(line)
    return Chart("Losses", "", [line for line in lines if line.steps])


def score_charts(runs: Sequence[Summary]) -> list[Chart]:
    """A chart for each score that was computed at several steps, with a line for each way in which
    it was."""
    members: dict[tuple[str, str], list[tuple[int, ScoreSeries]]] = {}
    for number, run in enumerate(runs):
        for series in run.scores:
            if not series.is_of_category:
                members.setdefault((series.metric, series.name), []).append((number, series))
    return [
        _score_chart(runs, group)
        for group in members.values()
        if any(len(series.steps) > 1 for _, series in group)
    ]


def _score_chart(runs: Sequence[Summary], members: Sequence[tuple[int, ScoreSeries]]) -> Chart:
    """``members`` are series with the numbers of their runs."""
    first, alone, lines = members[0][1], len(runs) == 1, []
    labels = difference_labels([series.provenance for _, series in members])
    for place, ((number, series), label) in enumerate(zip(members, labels, strict=True)):
        parts = [part for part in ("" if alone else runs[number].name, label) if part]
        style = place if alone else number
        earlier = 0 if alone else sum(1 for other, _ in members[:place] if other == number)
        line = Line(
            name=" · ".join(parts) or series.name,
            steps=series.steps,
            values=series.values,
            colour=style % COLOURS,
            dash=(earlier + style // COLOURS) % DASHES,
            dots=True,
        )
        lines.append(line)
    note = f"{first.arrow} {first.better} is better" if first.better else f"of {first.metric}"
    return Chart(first.name, note, lines, first.is_main)
