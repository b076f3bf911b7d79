"""Discovery over real metadata: small distributions written to a folder on sys.path."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from ganfw.discovery import discover
from ganfw.errors import PluginError

Install = Callable[..., None]

GOOD = """
    from ganfw import Component, hookimpl

    @hookimpl
    def ganfw_components():
        return [Component("loss", "{name}", "nowhere:Loss")]
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    monkeypatch.syspath_prepend(tmp_path)

    def install(name: str, code: str, module: str | None = None) -> None:
        module = module or name.replace("-", "_") + "_plugin"
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(code))
        monkeypatch.delitem(sys.modules, module, raising=False)
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[ganfw]\n{name} = {module}\n")

    return install


def test_our_own_components_come_through_entry_points() -> None:
    registry = discover()
    assert not registry.broken
    assert {each.distribution for each in registry.components()} == {"ganfw"}
    assert {each.component.kind for each in registry.components()} >= {
        "dataset", "generator", "discriminator", "loss", "callback", "recipe",
    }  # fmt: skip


def test_a_strangers_plugin_is_registered_under_its_distribution(install: Install) -> None:
    install("acme-gan", GOOD.format(name="acme"))
    assert discover().find("loss", "acme").canonical == "acme-gan/acme"


@pytest.mark.parametrize(
    ("code", "phase", "said"),
    [
        ("import no_such_module", "import", "ModuleNotFoundError"),
        ("def broken(:", "import", "SyntaxError"),
        ("import sys; sys.exit(3)", "import", "SystemExit"),
        ("GANFW_API = 99", "registration", "plugin API 99"),
        ("x = 1", "registration", "no function ganfw_components"),
        (
            "from ganfw import hookimpl\n@hookimpl\ndef ganfw_component(): return []",
            "registration",
            "ganfw_component",
        ),
        (
            "from ganfw import hookimpl\n@hookimpl\ndef ganfw_components(): return 1 / 0",
            "hook",
            "ZeroDivisionError",
        ),
        (
            "from ganfw import hookimpl\n@hookimpl\ndef ganfw_components(): return ['x']",
            "offer",
            "no ganfw.Component",
        ),
    ],
)
def test_a_broken_plugin_is_kept_apart_and_named(
    install: Install, code: str, phase: str, said: str
) -> None:
    install("bad-gan", code)
    install("good-gan", GOOD.format(name="fine"))
    registry = discover()
    (broken,) = registry.broken
    assert (broken.distribution, broken.phase) == ("bad-gan", phase)
    assert said in str(broken)
    assert "\n" not in str(broken)
    assert registry.has("loss", "fine")
    assert registry.has("generator", "dcgan")


def test_strict_mode_refuses(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("bad-gan", "import no_such_module")
    monkeypatch.setenv("GANFW_STRICT_PLUGINS", "1")
    with pytest.raises(PluginError, match="bad-gan"):
        discover()


def test_switches_choose_among_strangers_only(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme-gan", GOOD.format(name="acme"))
    install("zeta-gan", GOOD.format(name="zeta"))
    monkeypatch.setenv("GANFW_PLUGINS", "zeta-gan")
    names = {each.name for each in discover().components("loss")}
    assert "zeta" in names
    assert "acme" not in names
    assert "nonsaturating" in names
    monkeypatch.setenv("GANFW_DISABLE_PLUGINS", "1")
    assert not discover().has("loss", "zeta")
