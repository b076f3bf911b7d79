"""``ganfw check``: does a component keep its contract?"""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from .completion import complete_subject
from .options import plugin_option

if TYPE_CHECKING:
    from ..testing import ContractCase


@dataclass(frozen=True)
class Result:
    """How one check of one component went."""

    component: str
    check: str
    outcome: str
    message: str


@click.command("check")
@click.argument("what", required=False, shell_complete=complete_subject)
@click.option(
    "-s", "--set", "settings", multiple=True, metavar="OPTION=VALUE", help="Set one of its options."
)
@plugin_option
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def check_command(
    what: str | None, settings: tuple[str, ...], plugins: tuple[Path, ...], as_json: bool
) -> None:
    """Check that components keep their contract: all there are, or WHAT.

    WHAT is a package, a plugin file, KIND/NAME, PACKAGE/NAME or NAME. Exits with status 1 for a
    broken contract.
    """
    from ..config.layers import Text
    from ..testing import contract_cases

    pairs = [setting.partition("=") for setting in settings]
    for name, equals, _ in pairs:
        if not equals:
            raise UsageError(f"-s {name}: write OPTION=VALUE, such as root=./my-photos")
    options = {name.strip(): Text(value.strip()) for name, _, value in pairs}
    results: list[Result] = []
    cases = contract_cases(what, options, plugins=plugins)
    for component, group in itertools.groupby(cases, lambda case: case.component):
        found = [_run(case) for case in group]
        results += found
        if not as_json:
            _print(component, found)
    if as_json:
        click.echo(json.dumps([vars(each) for each in results], indent=2))
    if any(each.outcome == "broken" for each in results):
        sys.exit(1)


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
    broken = [each for each in results if each.outcome == "broken"]
    kept = sum(each.outcome == "kept" for each in results)
    click.echo(f"{'broken' if broken else 'ok':6}  {component}  {kept} of {len(results)} checks")
    for each in broken:
        click.echo(f"\n{each.message}\n")
    left_out = {each.message: each.check for each in results if each.outcome == "left out"}
    for reason, check in left_out.items():
        click.echo(f"        left out: {check}: {reason}")
