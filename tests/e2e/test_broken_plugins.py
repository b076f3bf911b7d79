"""Every way in which someone's package can fail, as real wheels: ganfw goes on working, prints one
clear line, and shows the traceback when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from environments import Site, build_wheel

from ganfw.cli import main
from ganfw.doctor import examine
from ganfw.registry.discovery import discover

Ganfw = Callable[..., Result]

HOOK = """
    from ganfw import Component, hookimpl
    {before}
    @hookimpl
    def ganfw_components():
        return {gives}
"""


def _hook(gives: str, before: str = "") -> str:
    return HOOK.format(gives=gives, before=before)


@dataclass(frozen=True)
class Bad:
    """A plugin that is left out: its code, the phase it fails in, and what is said."""

    code: str
    phase: str
    said: str


BAD = {
    "bad-import": Bad("import no_such_module", "import", "No module named 'no_such_module'"),
    "bad-syntax": Bad("x = 1\ndef broken(:", "import", "(bad_syntax.py, line 2)"),
    "bad-exit": Bad("import sys\nsys.exit('bye')", "import", "SystemExit: bye"),
    "bad-hook": Bad(_hook("1 / 0"), "hook", "ZeroDivisionError: division by zero"),
    "bad-spelling": Bad(
        "from ganfw import hookimpl\n@hookimpl\ndef ganfw_component(): return []",
        "registration",
        "it marks an unknown hook; the one hook is ganfw_components",
    ),
    "bad-unmarked": Bad(
        "def ganfw_components(): return []",
        "registration",
        "its ganfw_components is not marked with @ganfw.hookimpl",
    ),
    "bad-empty": Bad("x = 1", "registration", "it has no function ganfw_components"),
    "bad-none": Bad(_hook("None"), "hook", "ganfw_components returned None"),
    "bad-bare": Bad(
        _hook("Component('loss', 'x', 'a:B')"), "hook", "returned Component(kind='loss', name='x'"
    ),
    "bad-number": Bad(_hook("3"), "hook", "ganfw_components returned 3"),
    "bad-words": Bad(_hook("['loss']"), "offer", "returned 'loss', which is no ganfw.Component"),
    "bad-component": Bad(_hook("[Component('lossy', 'x', 'a:B')]"), "hook", "the kind must be one"),
    "bad-twice": Bad(
        _hook("[Component('loss', 'x', 'a:B'), Component('loss', 'x', 'a:C')]"),
        "offer",
        "its distribution offers the loss 'x' twice",
    ),
    "bad-newer": Bad(
        _hook("[]", "GANFW_API = 99"),
        "registration",
        "plugin API 99, this ganfw knows 1 to 1: update ganfw",
    ),
    "bad-older": Bad(
        _hook("[]", "GANFW_API = 0"),
        "registration",
        "plugin API 0, this ganfw knows 1 to 1: update the plugin",
    ),
    "bad-api": Bad(_hook("[]", "GANFW_API = 'one'"), "registration", "a whole number, not 'one'"),
}

ODD = {
    "odd-target": _hook("[Component('loss', 'lost', 'odd_target:Nothing', summary='x')]"),
    "odd-options": _hook("[Component('loss', 'opt', 'pathlib:Path', options='pathlib:Path')]"),
    "odd-ours": _hook("[Component('loss', 'hinge', 'odd_ours:Hinge', summary='Not ours')]")
    + "    class Hinge: pass\n",
    "odd-twin-a": _hook("[Component('loss', 'twin', 'odd_twin_a:Twin')]") + "    Twin = int\n",
    "odd-twin-b": _hook("[Component('loss', 'twin', 'odd_twin_b:Twin')]") + "    Twin = int\n",
}
GOOD = {
    "good_gan": """
        from ganfw import Component, hookimpl

        @hookimpl
        def ganfw_components():
            return [Component("loss", "fine", "fine:Fine", summary="Fine")]
    """,
    "fine": """
        import ganfw

        class Fine(ganfw.Loss):
            def discriminator_terms(self, critic, real, fake):
                return {"all": (critic(fake) - critic(real)).square().mean()}

            def generator_terms(self, critic, real, fake):
                return {"all": (1 - critic(fake)).square().mean()}
    """,
}


def _module(name: str) -> str:
    return f"{name.replace('-', '_')}.py"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """All of them installed, and a good one among them."""
    root = tmp_path_factory.mktemp("crowd")
    site = Site(root / "site")
    for name, bad in BAD.items():
        site.install(build_wheel(root, name, {_module(name): bad.code}))
    for name, code in ODD.items():
        site.install(build_wheel(root, name, {_module(name): code}))
    good = {_module(name): code for name, code in GOOD.items()}
    # Its entry point has the name of one of ours, which pluggy's own loader would skip.
    site.install(build_wheel(root, "Good_GAN", good, {"dcgan": "good_gan"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site.path)
        yield
    site.forget()


@pytest.fixture(scope="module")
def listed(crowd: None) -> Result:
    return CliRunner().invoke(main, ["list", "--json"])


@pytest.fixture(scope="module")
def doctor(crowd: None) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).stdout)
    return report


def _findings(report: dict[str, Any]) -> list[str]:
    return [
        f"{finding['level']}: {finding['text']} → {finding['advice']}"
        for finding in report["findings"]
    ]


@pytest.mark.parametrize("name", BAD)
def test_a_broken_plugin_gets_one_line(name: str, listed: Result) -> None:
    (line,) = [line for line in listed.stderr.splitlines() if name in line]
    begin = f"Warning: plugin '{name}' of {name} 1.0 is left out: {BAD[name].phase} failed: "
    assert line.startswith(begin)
    assert BAD[name].said in line


@pytest.mark.parametrize("name", BAD)
def test_doctor_tells_the_whole_story(name: str, doctor: dict[str, Any]) -> None:
    (plugin,) = [plugin for plugin in doctor["plugins"] if plugin["distribution"] == name]
    assert plugin["failure"]["phase"] == BAD[name].phase
    assert plugin["failure"]["traceback"].startswith("Traceback (most recent call last)")
    (problem,) = [finding for finding in _findings(doctor) if f"'{name}'" in finding]
    assert f"pip uninstall {name}" in problem


def test_the_rest_goes_on_working(listed: Result) -> None:
    assert listed.exit_code == 0
    canonical = {record["canonical"] for record in json.loads(listed.stdout)}
    assert {"ganfw/dcgan", "good-gan/fine", "odd-twin-a/twin", "odd-twin-b/twin"} <= canonical
    assert len(listed.stderr.splitlines()) == len(BAD)


def test_a_run_in_the_crowd(crowd: None, ganfw: Ganfw) -> None:
    words = ("--gen", "linear", "--disc", "mlp", "--data", "gaussian", "--steps", 20)
    ended = ganfw("run", *words, "--loss", "fine", "--loss", "r1")
    assert ended.exit_code == 0, ended.output
    assert 'use = "good-gan/fine"' in next(Path().rglob("config.toml")).read_text()


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("lost", "loss 'lost' of odd-target 1.0 is broken: 'odd_target:Nothing' can't be loaded: "
                 "AttributeError"),
        ("opt", "its options 'pathlib:Path' are no subclass of ganfw.Options"),
        ("twin", "loss 'twin' is offered more than once: write 'odd-twin-a/twin' or "
                 "'odd-twin-b/twin'"),
        ("bad-import/x", "No module named 'no_such_module'"),
    ],
)  # fmt: skip
def test_using_what_is_broken_is_one_error(crowd: None, ganfw: Ganfw, loss: str, said: str) -> None:
    ended = ganfw("run", "--gen", "linear", "--disc", "mlp", "--data", "gaussian", "--loss", loss)
    assert ended.exit_code in (1, 2)
    line = ended.stderr.splitlines()[-1]
    assert line.startswith("Error: ")
    assert said in line
    assert not Path("runs").exists()


def test_our_own_name_stays_ours_and_theirs_can_be_said(crowd: None, ganfw: Ganfw) -> None:
    rows = [line.split()[:3] for line in ganfw("list", "loss/hinge").stdout.splitlines()[1:]]
    assert rows == [["loss", "hinge", "ganfw"], ["loss", "odd-ours/hinge", "odd-ours"]]


@pytest.mark.parametrize(
    "said",
    [
        "problem: loss 'lost' of odd-target 1.0 is broken",
        "problem: loss 'opt' of odd-options 1.0 is broken: its options 'pathlib:Path'",
        "note: the loss 'hinge' of odd-ours 1.0 shares its name with another → say 'odd-ours/",
        "note: the loss 'twin' of odd-twin-b 1.0 shares its name",
    ],
)
def test_doctor_finds_what_is_odd(said: str, doctor: dict[str, Any]) -> None:
    assert any(finding.startswith(said) for finding in _findings(doctor))


def test_some_plugins_alone(crowd: None, ganfw: Ganfw, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other switches are tried in ``unit/registry/test_discovery.py``."""
    monkeypatch.setenv("GANFW_PLUGINS", "Good.GAN")
    only = ganfw("list", "loss")
    assert only.stderr == ""
    assert "good-gan" in only.stdout
    assert "hinge" in only.stdout
    assert "odd-twin" not in only.stdout
    monkeypatch.setenv("GANFW_PLUGINS", "bad-hook")
    doctor = ganfw("doctor", "--strict")
    assert doctor.exit_code == 1
    assert "ZeroDivisionError" in doctor.stdout
    assert "return 1 / 0" in doctor.stdout


def test_checking_a_broken_package_says_why(crowd: None, ganfw: Ganfw) -> None:
    ended = ganfw("check", "bad-hook")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: plugin 'bad-hook' of bad-hook 1.0 is left out")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    site = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(site.path)
    yield site
    site.forget()


def test_a_slow_loud_plugin_that_imports_torch(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = _hook("[]", "import time, torch\n    print('hello'); time.sleep(0.5)")
    stub = {"odd_loud.py": code, "torch.py": ""}
    site.install(build_wheel(tmp_path, "odd-loud", stub))
    monkeypatch.setenv("GANFW_PLUGINS", "odd-loud")
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "torch")
        registry = discover()
    (plugin,) = [plugin for plugin in registry.plugins if plugin.distribution == "odd-loud"]
    assert plugin.seconds > 0.5
    assert plugin.heavy == ("torch",)
    report = examine(registry, tmp_path)
    findings = [finding.text for finding in report.findings]
    name = "plugin 'odd-loud' of odd-loud 1.0"
    assert findings == [
        f"{name} imports torch when it is listed ({plugin.seconds * 1e3:.0f} ms)",
        f"{name} prints when listed: 'hello'",
    ]
    assert report.problems == []


def test_an_entry_point_added_since_the_installation(
    site: Site, tmp_path: Path, ganfw: Ganfw
) -> None:
    wheel = build_wheel(tmp_path, "late-gan", {"late_gan.py": _hook("[]")})
    project = wheel.parents[1]
    site.install(wheel)
    origin = {"url": project.as_uri(), "dir_info": {"editable": True}}
    (site.path / "late_gan-1.0.dist-info" / "direct_url.json").write_text(json.dumps(origin))
    pyproject = project / "pyproject.toml"
    more = '[project.entry-points.ganfw]\nmore = "late_gan"'
    pyproject.write_text(pyproject.read_text().replace("[project.entry-points.ganfw]", more))
    doctor = ganfw("doctor", "--strict")
    assert doctor.exit_code == 1
    assert f"problem: {pyproject} declares more, which the installed metadata" in doctor.stdout
    assert f"→ pip install -e {project}" in doctor.stdout
