"""The files of a new plugin package, from the templates beside this module."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from string import Template

from .. import __version__
from ..errors import RunError, UsageError
from ..registry.component import API, KINDS, SLOT_OF
from ..registry.registry import Registry
from ..registry.source import HOME
from ..storage import atomic

LONGEST_NAME = 40
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PARTNERS = {"dataset": "gaussian", "generator": "linear", "discriminator": "mlp"}
"""What completes a run with a new component, where the plugin offers no such kind itself."""


def write_plugin(parent: Path, name: str, kinds: Sequence[str], registry: Registry) -> list[str]:
    """Write the package ``name`` into a new folder below ``parent``; its files, relative to it.

    ``kinds`` are the kinds of its components. Raises UsageError for a name that is impossible or
    taken, RunError if the disk refuses; then nothing is written.
    """
    check_name(name, kinds, registry)
    if (parent / name).exists():
        raise UsageError(f"{parent / name} exists already: nothing is written; take another name")
    files = plugin_files(name, kinds)
    try:
        with atomic.folder(parent / name) as folder:
            for path, content in files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(content, encoding="utf-8")
    except OSError as error:
        raise RunError(f"{parent / name} can't be written: {error.strerror}") from None
    return list(files)


def check_name(name: str, kinds: Sequence[str], registry: Registry) -> None:
    """Raises UsageError unless ``name`` can be a distribution's, a module's and a component's."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        better = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:LONGEST_NAME]
        better = better.strip("-")
        raise UsageError(
            f"'{name}' can't be a plugin's name: a-z, 0-9 and single hyphens, a letter first, at "
            f"most {LONGEST_NAME}{f'; try {better!r}' if better else ''}"
        )
    module = name.replace("-", "_")
    known = keyword.iskeyword(module) or module in sys.stdlib_module_names
    if known or importlib.util.find_spec(module) is not None:
        raise UsageError(f"'{name}' would hide the module {module}: try '{name}-gan'")
    for kind in kinds:
        if registry.has(kind, f"{HOME}/{name}"):
            raise UsageError(f"ganfw has a {kind} '{name}' of its own: try 'my-{name}'")


def plugin_files(name: str, kinds: Sequence[str]) -> dict[str, str]:
    """The content of each file of the package, by its path."""
    chosen = [kind for kind in KINDS if kind in kinds]
    words = _words(name, chosen)
    source = f"src/{words['package']}"
    files = {
        "pyproject.toml": _filled("pyproject.toml.txt", words),
        f"{source}/__init__.py": _filled("init.py.txt", words),
        f"{source}/py.typed": "",
        "tests/test_contract.py": _filled("test_contract.py.txt", words),
        "README.md": _filled("README.md.txt", words),
        ".github/workflows/test.yml": _filled("ci.yml.txt", words),
        ".gitignore": _filled("gitignore.txt", words),
    }
    classes = [_of_kind(kind, "options", words) for kind in chosen if kind != "recipe"]
    if classes:
        files[f"{source}/options.py"] = "".join([_filled("options.py.txt", words), *classes])
    for kind in chosen:
        files[f"{source}/{_module(kind, name)}"] = _of_kind(kind, "module", words)
    return files


def try_command(name: str, kinds: Sequence[str]) -> str:
    """A command that shows the new component at work, in seconds."""
    if len(kinds) == 1 and kinds[0] in ("metric", "network"):
        # A network learns nothing until a loss runs it.
        return f"ganfw check {kinds[0]}/{name}"
    if "recipe" in kinds:
        words = [f"--recipe {name}"]
    else:
        words = [f"--{slot} {partner}" for slot, partner in _partners(name, kinds).items()]
        words += [f"--loss {name}"] if "loss" in kinds else []
    words += [f"--{kind} {name}" for kind in ("augment", "callback") if kind in kinds]
    words += [f"-s gen.optimizer.use={name}"] if "optimizer" in kinds else []
    return " ".join(["ganfw run", *words, "--steps 200"])


def _words(name: str, kinds: Sequence[str]) -> dict[str, str]:
    """What the templates' placeholders stand for."""
    package = name.replace("-", "_")
    contents = [f"- `src/{package}/{_module(kind, name)}`: how the {kind} works" for kind in kinds]
    if kinds != ["recipe"]:
        contents.insert(0, f"- `src/{package}/options.py`: what you can set")
    words = {
        "name": name,
        "package": package,
        "camel": "".join(part.capitalize() for part in name.split("-")),
        "description": f"A plugin for ganfw: {', '.join(kinds)}.",
        "ganfw_version": __version__,
        "api": str(API),
        "try_it": try_command(name, kinds),
        "shows": ", ".join(f"`ganfw show {SLOT_OF.get(kind, kind)} {name}`" for kind in kinds),
        "contents": "\n".join(contents),
        "loss": name if "loss" in kinds else "nonsaturating",
        **_partners(name, kinds),
    }
    words["components"] = "".join(_of_kind(kind, "component", words) for kind in kinds)
    return words


def _partners(name: str, kinds: Sequence[str]) -> dict[str, str]:
    """What fills the slots of a run that shows the plugin at work."""
    return {
        SLOT_OF[kind]: name if kind in kinds else partner for kind, partner in _PARTNERS.items()
    }


def _module(kind: str, name: str) -> str:
    return f"{name}.toml" if kind == "recipe" else f"{kind}.py"


def _of_kind(kind: str, template: str, words: dict[str, str]) -> str:
    """A template of one kind. Its class is named ``MyLoss``, and not ``MyLossLoss``."""
    prefix = words["camel"].removesuffix(kind.capitalize()) or words["camel"]
    return _filled(f"{kind}/{template}.txt", {**words, "prefix": prefix})


def _filled(template: str, words: dict[str, str]) -> str:
    text = resources.files(__package__).joinpath("templates", template).read_text("utf-8")
    return Template(text).substitute(words)
