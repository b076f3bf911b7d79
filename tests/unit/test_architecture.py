"""Imports point one way, plugins use the public API alone, and nothing is ever pickled."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import ganfw
import ganfw_plugins

CORE = Path(ganfw.__file__).parent
PLUGINS = Path(ganfw_plugins.__file__).parent
SOURCES = sorted([*CORE.rglob("*.py"), *PLUGINS.rglob("*.py")])


def _imports(path: Path, type_checking: bool = False) -> Iterator[tuple[str, str]]:
    """(module, name) of each import, relative ones made absolute."""
    root = CORE.parent if path.is_relative_to(CORE) else PLUGINS.parent
    package = path.relative_to(root).parent.parts
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in skipped and not type_checking:
            continue
        if isinstance(node, ast.Import):
            yield from ((each.name, "") for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((module, each.name) for each in node.names)


def _core_modules() -> dict[str, set[str]]:
    """Each module of the engine, and those it imports."""
    names = {
        ".".join(path.relative_to(CORE.parent).with_suffix("").parts): path
        for path in CORE.rglob("*.py")
    }
    names = {name.removesuffix(".__init__"): path for name, path in names.items()}
    graph = {}
    for name, path in names.items():
        found = {f"{m}.{n}" if f"{m}.{n}" in names else m for m, n in _imports(path)}
        graph[name] = (found & names.keys()) - {name, "ganfw"}
    return graph


def test_the_engine_imports_no_plugin() -> None:
    for path in CORE.rglob("*.py"):
        assert not any(module.startswith("ganfw_plugins") for module, _ in _imports(path, True))


def test_plugins_import_the_public_api_alone() -> None:
    for path in PLUGINS.rglob("*.py"):
        for module, name in _imports(path, True):
            assert not module.startswith("ganfw."), path
            assert module != "ganfw" or name in ganfw.__all__, path


def test_imports_form_no_circle() -> None:
    graph = _core_modules()
    # What is imported inside a function, for the sake of start-up, counts too.
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(graph)


LAYERS = (
    {"errors", "images"},
    {"storage", "runtime"},
    {"interfaces"},
    {"registry"},
    {"config", "scaffold"},
    {"runs", "data"},
    {"sampling", "report"},
    {"training", "evaluation"},
    {"launch", "testing"},
    {"api", "doctor"},
    {"cli"},
)
"""The packages, and the modules beside them, from low to high: each sees only what is lower."""

NARROW = {"report": {"runs", "storage", "images", "errors"}}
"""What sees less than all that is lower."""


def _package(module: str) -> str:
    return module.split(".")[1]


def test_each_package_sees_only_what_is_lower() -> None:
    level = {package: i for i, packages in enumerate(LAYERS) for package in packages}
    graph = {name: found for name, found in _core_modules().items() if name.count(".")}
    assert {_package(name) for name in graph} == {*level, "__main__"}
    for name, imported in graph.items():
        own = _package(name)
        for other in {_package(each) for each in imported} - {own}:
            assert level[other] < level.get(own, len(LAYERS)), f"{name} imports {other}"
            assert other in NARROW.get(own, level), f"{name} imports {other}"


def test_nothing_is_pickled() -> None:
    # Trained weights of others come as torch's own files; of those, tensors alone are read.
    weights = PLUGINS / "trained" / "tensor_files.py"
    text = weights.read_text("utf-8")
    assert text.count("torch.load(") == text.count("weights_only=True") == 1
    for path in [each for each in SOURCES if each != weights]:
        modules = {module.partition(".")[0] for module, _ in _imports(path)}
        assert not modules & {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve"}
        calls = [ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text("utf-8")))
                 if isinstance(node, ast.Call)]  # fmt: skip
        assert not {"torch.save", "torch.load"} & set(calls), path
        assert "allow_pickle" not in path.read_text("utf-8")


def test_type_checkers_see_the_names_that_are_there() -> None:
    stub = ast.parse((CORE / "__init__.pyi").read_text("utf-8"))
    named = {
        alias.asname or alias.name
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    named |= {node.target.id for node in stub.body
              if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}  # fmt: skip
    assert named - {"__all__", "Any"} == set(ganfw.__all__)
    for name in ganfw.__all__:
        assert getattr(ganfw, name) is not None
