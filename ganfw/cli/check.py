"""``ganfw check``: does a component keep its contract?"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..config.layers import Text
from .completion import complete_subject
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


@click.command("check")
@click.argument("what", required=False, shell_complete=complete_subject)
@set_option("Set one of its options.", metavar="OPTION=VALUE")
@plugin_option
@json_option
def check_command(
    what: str | None, settings: Mapping[str, Text], plugins: tuple[Path, ...], as_json: bool
) -> None:
    """Check that components keep their contract: all there are, or WHAT.

    WHAT is a package, a plugin file, KIND/NAME, PACKAGE/NAME or NAME. Exits with status 1 if a
    contract is broken.
    """
    # Not at the top: torch.
    from ..testing import contract_cases

    results: list[Result] = []
    cases = contract_cases(what, settings, plugins=plugins)
    for component, group in itertools.groupby(cases, lambda case: case.component):
        found = [_run(case) for case in group]
        results += found
        if not as_json:
            _print(component, found)
    if as_json:
        click.echo(json.dumps([vars(result) for result in results], indent=2))
    if any(result.outcome == "broken" for result in results):
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
    broken = [result.message for result in results if result.outcome == "broken"]
    kept = sum(result.outcome == "kept" for result in results)
    click.echo(f"{'broken' if broken else 'ok':6}  {component}  {kept} of {len(results)} checks")
    for message in broken:
        click.echo(f"\n{message}\n")
    left_out = {result.message: result.check for result in results if result.outcome == "left out"}
    for reason, check in left_out.items():
        click.echo(f"        left out: {check}: {reason}")
