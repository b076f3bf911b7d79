"""Where a component's code lies and who publishes it; found without running the code."""

from __future__ import annotations

import ast
import importlib.util
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from .registry import Registered
from .source import Source

_PAGES = ("homepage", "repository", "source", "source code", "documentation")


def location(registered: Registered) -> str | None:
    """``path:line`` of what the target names; the path alone, or None, where that can't be told."""
    module, _, name = registered.component.target.partition(":")
    path = _file_of(registered, module)
    if path is None:
        return None
    if registered.component.kind == "recipe":
        return str(path.parent / name)
    return f"{path}{_line_of(path, name)}"


def home_page(source: Source) -> str | None:
    """The home page that the distribution of ``source`` names, or None."""
    if source.kind != "package":
        return None
    try:
        about = metadata(source.name)
    except PackageNotFoundError:
        return None
    pairs = [each.partition(",") for each in about.get_all("Project-URL") or []]
    pages = {label.strip().lower(): url.strip() for label, _, url in pairs}
    named = [pages[page] for page in _PAGES if page in pages]
    pages_of_old = [str(each) for each in about.get_all("Home-page") or []]
    return next(iter([*named, *pages_of_old]), None)


def _file_of(registered: Registered, module: str) -> Path | None:
    file = registered.source.file
    if file is not None and module == file.module_name:
        return file.path
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.has_location else None


def _line_of(path: Path, name: str) -> str:
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return ""
    kinds = (ast.ClassDef, ast.FunctionDef)
    lines = [each.lineno for each in body if isinstance(each, kinds) and each.name == name]
    return f":{lines[-1]}" if lines else ""
