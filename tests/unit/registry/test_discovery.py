"""Discovery over real metadata: small distributions written to a folder on sys.path."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from ganfw.errors import PluginError
from ganfw.registry.discovery import discover

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
    assert {component.source.name for component in registry.components()} == {"ganfw"}
    assert {found.component.kind for found in registry.components()} >= {
        "dataset", "generator", "discriminator", "loss", "callback", "recipe",
    }  # fmt: skip


def test_a_strangers_plugin_is_registered_under_its_distribution(install: Install) -> None:
    install("acme-gan", GOOD.format(name="acme"))
    assert discover().find("loss", "acme").canonical == "acme-gan/acme"


def test_a_broken_plugin_is_kept_apart_with_its_whole_story(install: Install) -> None:
    """Every way to break is tried on real packages, in ``e2e/test_broken_plugins.py``."""
    install("bad-gan", "import no_such_module")
    install("good-gan", GOOD.format(name="fine"))
    registry = discover()
    (broken,) = registry.broken
    assert (broken.distribution, broken.entry_point, broken.components) == ("bad-gan", "bad-gan", 0)
    assert broken.failure is not None
    assert broken.failure.phase == "import"
    assert "\n" not in str(broken)
    assert 'bad_gan_plugin.py", line 1' in broken.failure.traceback
    assert registry.has("loss", "fine")
    assert registry.has("generator", "dcgan")


def test_names_of_distributions_are_normalized(install: Install) -> None:
    install("Acme.GAN", GOOD.format(name="acme"), module="acme_module")
    assert discover().find("loss", "acme-gan/acme").source.version == "1.0"


def test_wrecked_metadata_is_no_plugin(install: Install, tmp_path: Path) -> None:
    install("acme-gan", GOOD.format(name="acme"))
    for name, content in (("wreck", b"\xff\xfe"), ("nameless", b"[ganfw]\nx = none_such\n")):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_bytes(content)
        (info / "METADATA").write_bytes(b"")
    registry = discover()
    assert registry.has("loss", "acme")
    assert [plugin.version for plugin in registry.broken] == ["?"]


def test_a_hook_may_not_take_what_is_not_given(install: Install) -> None:
    install(
        "bad-gan",
        "from ganfw import hookimpl\n@hookimpl\ndef ganfw_components(colour): return []",
    )
    (broken,) = discover().broken
    assert "colour" in str(broken)


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
    names = {loss.name for loss in discover().components("loss")}
    assert "zeta" in names
    assert "acme" not in names
    assert "nonsaturating" in names
    monkeypatch.setenv("GANFW_DISABLE_PLUGINS", "1")
    assert not discover().has("loss", "zeta")
