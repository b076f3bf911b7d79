from __future__ import annotations

from pathlib import Path

import pytest

from ganfw import Component
from ganfw.errors import PluginError, UsageError
from ganfw.registry.registry import Registry
from ganfw.registry.source import Source


def _component(name: str, kind: str = "generator", target: str = "missing:Net") -> Component:
    return Component(kind, name, target)


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add(_component("dcgan"), Source("ganfw", "0.1.0"))
    registry.add(_component("unet"), Source("acme", "2.0"))
    return registry


def test_bare_and_canonical_names_find_the_same(registry: Registry) -> None:
    assert registry.find("generator", "unet") is registry.find("generator", "acme/unet")
    assert registry.find("generator", "unet").canonical == "acme/unet"


def test_our_own_names_stay_ours(registry: Registry) -> None:
    registry.add(_component("dcgan"), Source("acme", "2.0"))
    assert registry.find("generator", "dcgan").source.name == "ganfw"
    theirs = registry.find("generator", "acme/dcgan")
    assert theirs.source.name == "acme"
    assert registry.shortest_name(theirs) == "acme/dcgan"


def test_any_other_clash_names_both(registry: Registry) -> None:
    registry.add(_component("unet"), Source("zeta", "1.0"))
    with pytest.raises(UsageError, match="'acme/unet' or 'zeta/unet'"):
        registry.find("generator", "unet")


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("generator", "dcgna", "no generator 'dcgna'. Did you mean 'dcgan'?"),
        ("generator", "zzz", "no generator 'zzz'; there are dcgan, unet"),
        ("generater", "dcgan", "no kind of component 'generater'. Did you mean 'generator'?"),
        ("generator", "gone/net", "the package 'gone' is not installed"),
        ("generator", "gone.py/net", "give the file that offers it with --plugin gone.py"),
        ("generator", "session/net", "register it again with @ganfw.register"),
        ("generator", "./net.py", "a file is given with --plugin ./net.py, and what it"),
        ("recipe", "my.toml", "no recipe 'my.toml': a file is given with --config my.toml"),
        ("generator", "acme/unte", "no generator 'acme/unte'. Did you mean 'unet'?"),
    ],
)
def test_what_is_not_there_is_said_with_the_nearest(
    registry: Registry, kind: str, name: str, said: str
) -> None:
    with pytest.raises(UsageError) as error:
        registry.find(kind, name)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pics/", "no dataset 'pics/': there is no such folder"),
        ("pics/of/cats", "no dataset 'pics/of/cats': there is no such folder"),
        ("a" * 300 + "/" + "b", "is not installed"),
        ("gone/cats", "the package 'gone' is not installed"),
    ],
)
def test_a_dataset_that_can_only_be_a_path(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pics").mkdir()
    Path("pics", "0.png").write_bytes(b"")
    with pytest.raises(UsageError) as error:
        registry.find("dataset", name)
    assert said in str(error.value)


def test_a_target_that_cannot_be_loaded_names_its_distribution(registry: Registry) -> None:
    with pytest.raises(
        PluginError, match=r"generator 'unet' of acme 2\.0 is broken: 'missing:Net'"
    ):
        registry.find("generator", "unet").load()


def test_options_that_are_no_options_are_refused() -> None:
    registry = Registry()
    registry.add(Component("loss", "x", "a:B", options="pathlib:Path"), Source("acme", "1"))
    with pytest.raises(PluginError, match=r"no subclass of ganfw\.Options"):
        registry.find("loss", "x").load_options()


def test_components_are_listed_by_kind_and_name(registry: Registry) -> None:
    registry.add(_component("a", "dataset"), Source("zeta", "1"))
    names = [component.canonical for component in registry.components()]
    assert names == ["zeta/a", "ganfw/dcgan", "acme/unet"]
    assert [component.name for component in registry.components("dataset")] == ["a"]
