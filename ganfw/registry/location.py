"""Where a component's code is and who publishes it; found without running the code."""

from __future__ import annotations

import ast
import importlib.util
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from .registry import Registered
from .source import Source

_PAGES = ("homepage", "repository", "source", "source code", "documentation")


def location(registered: Registered) -> str | None:
    """``path:line`` of what the target names; only the path, or None, if the rest is unknown."""
    module, _, name = registered.component.target.partition(":")
    path = _file_of(registered.source, module)
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
    pairs = [line.partition(",") for line in about.get_all("Project-URL") or []]
    urls = {label.strip().lower(): url.strip() for label, _, url in pairs}
    named = [urls[page] for page in _PAGES if page in urls]
    return next(iter([*named, *(about.get_all("Home-page") or [])]), None)


def _file_of(source: Source, module: str) -> Path | None:
    if source.file is not None and module == source.file.module_name:
        return source.file.path
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
    lines = [node.lineno for node in body if isinstance(node, kinds) and node.name == name]
    return f":{lines[-1]}" if lines else ""
