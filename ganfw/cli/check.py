"""``ganfw check``: does a component keep its contract?"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..config.layers import Text
from ..errors import UsageError
from ..interfaces.shapes import Shapes
from .completion import complete_subject, component_names
from .options import json_option, plugin_option, set_option

if TYPE_CHECKING:
    from ..testing import ContractCase


@dataclass(frozen=True)
class Result:
    """How one check of one component went."""

    component: str
    check: str
    outcome: str
    message: str


_SHAPES = re.compile(r"(\d+(?:x\d+)*)(?::(\d+))?")
_LATENT_DIM = 5


def _parse_shapes(
    context: click.Context, parameter: click.Parameter, given: Sequence[str]
) -> list[Shapes]:
    return [_shapes(text) for text in given]


def _shapes(text: str) -> Shapes:
    found = _SHAPES.fullmatch(text)
    sample = tuple(map(int, found[1].split("x"))) if found else ()
    if not found or not all(sample):
        raise UsageError(
            f"--shapes {text}: write the sides of one sample, such as 1x256 or 3x32x32, and the "
            "number of classes if it has labels, such as 3x32x32:10"
        )
    return Shapes(sample, (-1.0, 1.0), int(found[2] or 0), _LATENT_DIM)


def _partners(gen: str | None, disc: str | None, networks: Sequence[str]) -> dict[str, str]:
    """The components by the names that a game has for them."""
    partners = {player: name for player, name in (("gen", gen), ("disc", disc)) if name}
    for text in networks:
        name, _, component = text.rpartition("=")
        name = name or component.rpartition("/")[2]
        if name in ("gen", "disc") or name in partners:
            raise UsageError(f"--network {text}: '{name}' is taken; write OTHER={component}")
        partners[name] = component
    return partners


@click.command("check")
@click.argument("what", required=False, shell_complete=complete_subject)
@click.option(
    "--gen",
    metavar="NAME",
    shell_complete=component_names("generator"),
    help="The generator that a loss is checked with.",
)
@click.option(
    "--disc",
    metavar="NAME",
    shell_complete=component_names("discriminator"),
    help="The discriminator that a loss is checked with.",
)
@click.option(
    "--network",
    "networks",
    metavar="[NAME=]COMPONENT",
    multiple=True,
    help="A further network that a loss is checked with; can be repeated.",
)
@click.option(
    "--shapes",
    metavar="SIDES[:CLASSES]",
    multiple=True,
    callback=_parse_shapes,
    help="Shape of one sample, 1x256 or 3x32x32:10, in place of the usual ones; can be repeated.",
)
@set_option("Set one of its options, or a partner's: disc.OPTION.", metavar="OPTION=VALUE")
@plugin_option
@json_option
def check_command(
    what: str | None,
    gen: str | None,
    disc: str | None,
    networks: Sequence[str],
    shapes: Sequence[Shapes],
    settings: Mapping[str, Text],
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Check that components keep their contract: all there are, or WHAT.

    WHAT is a package, a plugin file, KIND/NAME, PACKAGE/NAME or NAME. Exits with status 1 if a
    contract is broken. A loss is checked with small networks, unless you name others.
    """
    # Not at the top: torch.
    from ..testing import contract_cases

    results: list[Result] = []
    cases = contract_cases(what, settings, shapes, plugins, _partners(gen, disc, networks))
    for component, group in itertools.groupby(cases, lambda case: case.component):
        found = [_run(case) for case in group]
        results += found
        if not as_json:
            _print(component, found)
    if as_json:
        click.echo(json.dumps([vars(result) for result in results], indent=2))
    if any(result.outcome == "broken" for result in results):
        raise click.exceptions.Exit(1)


def _run(case: ContractCase) -> Result:
    from ..testing import ContractFailure, NotApplicable

    try:
        case.run()
    except ContractFailure as failure:
        return Result(case.component, case.title, "broken", str(failure))
    except NotApplicable as reason:
        return Result(case.component, case.title, "left out", str(reason))
    return Result(case.component, case.title, "kept", "")


def _print(component: str, results: list[Result]) -> None:
    broken = [result for result in results if result.outcome == "broken"]
    kept = sum(result.outcome == "kept" for result in results)
    click.echo(f"{'broken' if broken else 'ok':6}  {component}  {kept} of {len(results)} checks")
    # One fault may break many checks: it is told once.
    for checks, first in _grouped(broken, lambda result: result.message.partition("\n")[2]):
        also = f"\n  also      {', '.join(checks[1:])}" if checks[1:] else ""
        click.echo(f"\n{first.message}{also}\n")
    left_out = [result for result in results if result.outcome == "left out"]
    for checks, first in _grouped(left_out, lambda result: result.message):
        what = checks[0] if len(checks) == 1 else f"{len(checks)} checks"
        click.echo(f"        left out: {what}: {first.message}")


def _grouped(
    results: list[Result], key: Callable[[Result], str]
) -> Iterator[tuple[list[str], Result]]:
    """Results of one ``key``: the names of their checks, and the first result."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    for group in groups.values():
        yield [result.check for result in group], group[0]
