"""``ganfw doctor``: does everything work here?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

# Imports no torch, so that a plugin that does is noticed.
from ..doctor import Report, examine
from ..registry.discovery import discover
from .options import json_option, plugin_option
from .table import columns, in_bytes


@click.command("doctor")
@plugin_option
@json_option
@click.option("--strict", is_flag=True, help="Exit with status 1 if there is a problem.")
def doctor_command(plugins: tuple[Path, ...], as_json: bool, strict: bool) -> None:
    """Check versions, devices, plugins and the cache, and say how to fix what is wrong."""
    report = examine(discover(plugins), Path.cwd())
    click.echo(_json(report) if as_json else _text(report))
    if report.unusable or (strict and report.problems):
        raise click.exceptions.Exit(1)


def _json(report: Report) -> str:
    return json.dumps({**asdict(report), "healthy": not report.problems}, indent=2)


def _text(report: Report) -> str:
    size = in_bytes(report.cache.bytes)
    locked = "" if report.cache.writable else ", not writable"
    parts = [
        columns(list(report.versions.items())),
        _devices(report) if report.devices else "",
        _plugins(report),
        f"cache  {report.cache.path}  {size}{locked}",
        _tracebacks(report),
        _findings(report),
    ]
    return "\n\n".join(filter(None, parts))


def _devices(report: Report) -> str:
    rows = [
        (
            test.device,
            test.name,
            "fails" if test.error else f"{test.milliseconds:.1f} ms a step",
            "" if test.bf16 is None else f"{test.bf16:.1f} × float32",
        )
        for test in report.devices
    ]
    return columns([("DEVICE", "NAME", "SMALL GAN", "BF16"), *rows])


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


def _tracebacks(report: Report) -> str:
    return "\n\n".join(
        f"{plugin.entry_point} of {plugin.distribution} {plugin.version}, {plugin.failure.phase}:\n"
        + plugin.failure.traceback.rstrip()
        for plugin in report.plugins
        if plugin.failure
    )


def _findings(report: Report) -> str:
    if not report.findings:
        return "Everything is well."
    return "\n".join(
        f"{finding.level}: {finding.text}\n    → {finding.advice}" for finding in report.findings
    )
