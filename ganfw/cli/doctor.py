"""``ganfw doctor``: is everything well here?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import plugin_option
from .table import columns

if TYPE_CHECKING:
    from ..doctor import Report


@click.command("doctor")
@plugin_option
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.option("--strict", is_flag=True, help="Exit with status 1 if there is a problem.")
def doctor_command(plugins: tuple[Path, ...], as_json: bool, strict: bool) -> None:
    """Look at versions, devices, plugins and the cache, and say what to fix."""
    from ..registry.discovery import discover

    # Plugins come first: one that imports torch is noticed only while torch is not there.
    registry = discover(plugins)
    from ..doctor import examine

    report = examine(registry, Path.cwd())
    click.echo(_json(report) if as_json else _text(report))
    if strict and report.problems:
        sys.exit(1)


def _json(report: Report) -> str:
    from dataclasses import asdict

    return json.dumps({**asdict(report), "healthy": not report.problems}, indent=2)


def _text(report: Report) -> str:
    parts = [_versions(report), _devices(report), _plugins(report), _cache(report)]
    parts += [_tracebacks(report), _findings(report)]
    return "\n\n".join(part for part in parts if part)


def _versions(report: Report) -> str:
    return columns(list(report.versions.items()))


def _devices(report: Report) -> str:
    rows = [
        (
            check.device,
            check.name,
            "fails" if check.error else f"{check.milliseconds:.1f} ms a step",
        )
        for check in report.devices
    ]
    return columns([("DEVICE", "NAME", "SMALL GAN"), *rows])


def _plugins(report: Report) -> str:
    rows = [
        (
            plugin.entry_point,
            f"{plugin.distribution} {plugin.version}",
            "broken" if plugin.failure else str(plugin.components),
            f"{plugin.seconds * 1e3:.1f} ms",
        )
        for plugin in report.plugins
    ]
    return columns([("PLUGIN", "FROM", "COMPONENTS", "TIME"), *rows])


def _cache(report: Report) -> str:
    size = f"{report.cache.bytes / 2**20:.1f} MiB"
    return f"cache  {report.cache.path}  {size}{'' if report.cache.writable else ', not writable'}"


def _tracebacks(report: Report) -> str:
    broken = [(plugin, plugin.failure) for plugin in report.plugins if plugin.failure]
    return "\n\n".join(
        f"{plugin.entry_point} of {plugin.distribution} {plugin.version}, {failure.phase}:\n"
        + failure.traceback.rstrip()
        for plugin, failure in broken
    )


def _findings(report: Report) -> str:
    if not report.findings:
        return "Everything is well."
    return "\n".join(
        f"{finding.level}: {finding.text}\n    → {finding.advice}" for finding in report.findings
    )
