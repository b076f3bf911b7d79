"""Every way a stranger's package can fail, each a real wheel in a real environment: ganfw goes on
working, says one clear line, and tells the whole story when asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from environments import Environment, build_wheel

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
    "bad-none": Bad(_hook("None"), "hook", "ganfw_components gave None"),
    "bad-bare": Bad(_hook("Component('loss', 'x', 'a:B')"), "hook", "gave a bare component"),
    "bad-number": Bad(_hook("3"), "hook", "ganfw_components gave 3"),
    "bad-words": Bad(_hook("['loss']"), "offer", "gave 'loss', which is no ganfw.Component"),
    "bad-component": Bad(_hook("[Component('lossy', 'x', 'a:B')]"), "hook", "the kind must be one"),
    "bad-twice": Bad(
        _hook("[Component('loss', 'x', 'a:B'), Component('loss', 'x', 'a:C')]"),
        "offer",
        "its distribution offers the loss 'x' twice",
    ),
    "bad-newer": Bad(
        _hook("[]", "GANFW_API = 99"),
        "registration",
        "plugin API 99, this ganfw speaks 1: update ganfw",
    ),
    "bad-older": Bad(
        _hook("[]", "GANFW_API = 0"),
        "registration",
        "plugin API 0, this ganfw speaks 1 to 1: update the plugin",
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


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """One environment with all of them, and a good one among them."""
    root = tmp_path_factory.mktemp("crowd")
    environment = Environment(root / "env")
    wheels = [
        build_wheel(root, name, {f"{name.replace('-', '_')}.py": bad.code})
        for name, bad in BAD.items()
    ]
    wheels += [
        build_wheel(root, name, {f"{name.replace('-', '_')}.py": code})
        for name, code in ODD.items()
    ]
    good = {f"{name}.py": code for name, code in GOOD.items()}
    # Its entry point bears the name of one of ours, which pluggy's own loader would pass over.
    wheels.append(build_wheel(root, "Good_GAN", good, {"dcgan": "good_gan"}))
    environment.install(*wheels)
    return environment


@pytest.fixture(scope="module")
def listed(crowd: Environment, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    ended = crowd.run("list", "--json", cwd=tmp_path_factory.mktemp("list"))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout, ended.stderr


@pytest.fixture(scope="module")
def doctor(crowd: Environment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    ended = crowd.run("doctor", "--json", cwd=tmp_path_factory.mktemp("doctor"))
    assert ended.returncode == 0, ended.stderr
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


def _findings(doctor: dict[str, Any]) -> Iterator[str]:
    for finding in doctor["findings"]:
        yield f"{finding['level']}: {finding['text']} → {finding['advice']}"


@pytest.mark.parametrize("name", BAD)
def test_a_broken_plugin_gets_one_line(name: str, listed: tuple[str, str]) -> None:
    lines = [line for line in listed[1].splitlines() if name in line]
    assert len(lines) == 1, listed[1]
    begin = f"Warning: plugin '{name}' of {name} 1.0 is left out: {BAD[name].phase} failed: "
    assert lines[0].startswith(begin)
    assert BAD[name].said in lines[0]


@pytest.mark.parametrize("name", BAD)
def test_doctor_tells_the_whole_story(name: str, doctor: dict[str, Any]) -> None:
    (record,) = [each for each in doctor["plugins"] if each["distribution"] == name]
    assert record["failure"]["phase"] == BAD[name].phase
    assert record["failure"]["traceback"].startswith("Traceback (most recent call last)")
    (problem,) = [each for each in _findings(doctor) if f"'{name}'" in each]
    assert f"pip uninstall {name}" in problem


def test_the_rest_goes_on_working(listed: tuple[str, str]) -> None:
    canonical = {each["canonical"] for each in json.loads(listed[0])}
    assert {"ganfw/dcgan", "good-gan/fine", "odd-twin-a/twin", "odd-twin-b/twin"} <= canonical
    assert len(listed[1].splitlines()) == len(BAD)


def test_a_run_in_the_crowd(crowd: Environment, tmp_path: Path) -> None:
    words = ("--gen", "linear", "--disc", "mlp", "--data", "gaussian", "--steps", 20)
    ended = crowd.run("run", *words, "--loss", "fine", "--loss", "r1", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert 'use = "good-gan/fine"' in next(tmp_path.rglob("config.toml")).read_text()


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("lost", "loss 'lost' of odd-target 1.0 is broken: 'odd_target:Nothing' can't be loaded: "
                 "AttributeError"),
        ("opt", "its options 'pathlib:Path' are no subclass of ganfw.Options"),
        ("twin", "loss 'twin' is offered more than once: say 'odd-twin-a/twin' or "
                 "'odd-twin-b/twin'"),
        ("bad-import/x", "No module named 'no_such_module'"),
    ],
)  # fmt: skip
def test_using_what_is_broken_is_one_error(
    crowd: Environment, tmp_path: Path, loss: str, said: str
) -> None:
    words = ("--gen", "linear", "--disc", "mlp", "--data", "gaussian", "--loss", loss)
    ended = crowd.run("run", *words, cwd=tmp_path)
    assert ended.returncode in (1, 2)
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("Error: ")
    assert said in ended.stderr.splitlines()[-1]
    assert not (tmp_path / "runs").exists()


def test_our_own_name_stays_ours_and_theirs_can_be_said(crowd: Environment, tmp_path: Path) -> None:
    ended = crowd.run("list", "loss/hinge", cwd=tmp_path)
    rows = [line.split()[:3] for line in ended.stdout.splitlines()[1:]]
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
    assert any(each.startswith(said) for each in _findings(doctor))


def test_a_slow_loud_plugin_that_imports_torch(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "env")
    code = _hook("[]", "import time, torch\n    print('hello'); time.sleep(0.5)")
    environment.install(build_wheel(tmp_path, "odd-loud", {"odd_loud.py": code}))
    listed = environment.run("list", "--json", cwd=tmp_path)
    assert listed.stderr == ""
    assert json.loads(listed.stdout)
    doctor = json.loads(environment.run("doctor", "--json", cwd=tmp_path).stdout)
    (record,) = [each for each in doctor["plugins"] if each["distribution"] == "odd-loud"]
    assert record["seconds"] > 0.5
    assert "torch" in record["heavy"]
    milliseconds = f"{record['seconds'] * 1e3:.0f} ms"
    name = "note: plugin 'odd-loud' of odd-loud 1.0"
    findings = "\n".join(_findings(doctor))
    assert f"{name} imports torch when it is listed ({milliseconds})" in findings
    assert f"{name} prints when listed: 'hello'" in findings
    assert doctor["healthy"] is True


def test_the_switches(crowd: Environment, tmp_path: Path) -> None:
    strict = crowd.run("list", cwd=tmp_path, GANFW_STRICT_PLUGINS="1")
    assert strict.returncode == 1
    assert strict.stderr.splitlines()[-1].startswith("Error: plugin 'bad-api' of bad-api 1.0")
    off = crowd.run("list", cwd=tmp_path, GANFW_DISABLE_PLUGINS="1")
    assert (off.returncode, off.stderr) == (0, "")
    assert "good-gan" not in off.stdout
    only = crowd.run("list", "loss", cwd=tmp_path, GANFW_PLUGINS="Good.GAN")
    assert only.stderr == ""
    assert "good-gan" in only.stdout
    assert "hinge" in only.stdout
    assert "twin" not in only.stdout
    doctor = crowd.run("doctor", "--strict", cwd=tmp_path, GANFW_PLUGINS="bad-hook")
    assert doctor.returncode == 1
    assert "ZeroDivisionError" in doctor.stdout
    assert "return 1 / 0" in doctor.stdout


def test_checking_a_broken_package_says_why(crowd: Environment, tmp_path: Path) -> None:
    ended = crowd.run("check", "bad-hook", cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: plugin 'bad-hook' of bad-hook 1.0 is left out")


def test_an_entry_point_added_since_the_installation(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "env")
    files = {"late_gan.py": _hook("[]")}
    project = build_wheel(tmp_path, "late-gan", files).parents[1]
    environment.install(project)
    pyproject = project / "pyproject.toml"
    more = '[project.entry-points.ganfw]\nmore = "late_gan"'
    pyproject.write_text(pyproject.read_text().replace("[project.entry-points.ganfw]", more))
    doctor = environment.run("doctor", "--strict", cwd=tmp_path)
    assert doctor.returncode == 1
    assert f"problem: {pyproject} declares more, which the installed metadata" in doctor.stdout
    assert f"→ pip install -e {project}" in doctor.stdout
