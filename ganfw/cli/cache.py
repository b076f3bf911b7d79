"""``ganfw cache``: what is cached, how large it is, and room again."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from ..errors import UsageError
from ..storage import cache_contents
from ..storage.cache import cache_folder
from ..storage.cache_contents import LEFTOVER, Entry
from .options import json_option
from .table import columns, in_bytes

_SECONDS = {"m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
_AGE = re.compile(r"(\d+)\s*([mhdw])")


@click.group("cache", invoke_without_command=True)
@json_option
@click.pass_context
def cache_command(context: click.Context, as_json: bool) -> None:
    """List what is cached: downloads, and data decoded for training.

    All of it is made again when it is needed. GANFW_CACHE names another folder.
    """
    if context.invoked_subcommand is None:
        found = cache_contents.entries()
        click.echo(_json(found) if as_json else _table(found))


def _age(context: click.Context, parameter: click.Parameter, given: str | None) -> float | None:
    if given is None:
        return None
    found = _AGE.fullmatch(given.strip().lower())
    if found is None:
        raise UsageError(f"--older-than {given}: write 30d, 12h or 2w")
    return int(found[1]) * _SECONDS[found[2]]


@cache_command.command("prune")
@click.option("--all", "everything", is_flag=True, help="Remove all that is cached.")
@click.option(
    "--older-than", metavar="AGE", callback=_age, help="Also what was not used for 30d, 12h or 2w."
)
@json_option
def prune_command(everything: bool, older_than: float | None, as_json: bool) -> None:
    """Remove what killed processes left half written, and more if asked.

    \b
      ganfw cache prune
      ganfw cache prune --older-than 30d
      ganfw cache prune --all
    """
    if everything and older_than is not None:
        raise UsageError("--all and --older-than: give one of them")
    oldest = time.time() - older_than if older_than is not None else None

    def chosen(entry: Entry) -> bool:
        is_old = oldest is not None and entry.used <= oldest
        return everything or is_old or entry.kind == LEFTOVER

    removed, kept = cache_contents.prune(chosen)
    if as_json:
        click.echo(_json(removed))
        return
    left = in_bytes(cache_contents.size(cache_folder()))
    click.echo(f"removed {len(removed)}, {_total(removed)}; {left} left")
    if kept:
        click.echo(f"in use, or not ours to remove: {', '.join(it.what for it in kept)}", err=True)


def _json(found: Sequence[Entry]) -> str:
    records = [asdict(entry) | {"path": str(entry.path), "used": _date(entry)} for entry in found]
    return json.dumps(records, indent=2)


def _table(found: Sequence[Entry]) -> str:
    rows = [("KIND", "SIZE", "LAST USED", "WHAT")]
    rows += [(it.kind, in_bytes(it.bytes), _date(it)[:10], it.what) for it in found]
    return f"{columns(rows)}\n\n{cache_folder()}  {_total(found)}"


def _total(found: Sequence[Entry]) -> str:
    return in_bytes(sum(entry.bytes for entry in found))


def _date(entry: Entry) -> str:
    return datetime.fromtimestamp(entry.used, UTC).isoformat(timespec="seconds")
