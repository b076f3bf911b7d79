"""Follows the README or a guide: writes its files, runs its code, types its commands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from documents import REPOSITORY, Block, Command
from environments import Environment, wheel_of

import ganfw as package

Ganfw = Callable[..., Result]
Ended = tuple[int, str]
"""An exit status, and all that was printed."""

NETWORKS = "-s gen.channels=8 -s disc.channels=8 -s train.batch_size=4"
SPRITES = "-s data.species=2 -s data.individuals=20 --steps 2"  # as many as are told apart
POKEMON = f"-s data.root=pokemon-copy -s data.size=32 {NETWORKS} --steps 2"
SWD = "-s metric.swd.samples=32"
C2ST = "-s metric.c2st.samples=40 -s metric.c2st.epochs=2"
COVERAGE = "-s metric.mode-coverage.samples=60"
ALL = f"{SWD} {C2ST} -s metric.random-kid.samples=32 -s metric.random-prdc.samples=32"

AS_IT_IS = re.compile(
    r"(list|check|guide|doctor|new-plugin|show (?!data \./)|run --config .*"
    r"|run .*( --print-config| -s disc\.chanels=| -s train\.batchsize=| -s lr=)).*"
)
"""What takes no time as it is. Its output is the one that is shown, to the letter."""

SMALLER: Mapping[str, str] = {
    r"show data \./my-photos .*": "",
    r"run .* --data \./my-photos( -s data.size=32)?": "--steps 2",
    r"run (--from \S+ )?\./my-photos.*": "--steps 2",
    r"run (\./my-shards|--data shards) .*": f"{NETWORKS} --steps 2",
    r"runs|compare \S+ \S+": "",
    r"run --recipe d2l-gaussian( (-s gen|--(loss|callback|lr)).*)?": "-s data.count=80 --epochs 2",
    r"run .*--data gaussian.*": "--steps 20",
    r"run .*(--recipe d2l-dcgan|--data pokemon)( -s disc.activation=relu)?": POKEMON,
    r"run --recipe toy-(ring|grid)( .*)?": "-s data.count=1000 --steps 2",
    r"run .* --nproc 8": "--print-config",
    r"run --recipe d2l-dcgan --data sprites --steps 260": f"{NETWORKS} {SPRITES}",
    r"run --recipe pictures": SPRITES,
    r"run --recipe pictures (-s train.accumulate=2 .*|--gen dcgan)": f"{NETWORKS} {SPRITES}",
    r"run --recipe pictures --metric swd .*": f"{SPRITES} {SWD}",
    r"run --gen dcgan --disc dcgan --data sprites .*": f"-s data.size=32 {NETWORKS} {SPRITES}",
    r"run --gen dcgan --disc sn --data sprites .*": f"-s gen.channels=8 {SPRITES}",
    r"run .* --data fashion-mnist .*": f"-s data.root=clothes {COVERAGE} {NETWORKS} --steps 2",
    r"resume .* --steps \d+": "--steps 4",
    r"resume .* --epochs \d+": "--epochs 3",
    r"resume .* --lr 0.001 --callback ema": "--epochs 4",
    r"sample .* -n 10000 .*": "-n 20",
    r"sample .* --interpolate 6 .*": "--frames 2",
    r"sample \S+( (-n (64|100)|--labels \S+|--best|--timeline|--truncation 0.7))* -o [\w.-]+/?": "",
    r"evaluate \S+(-sprites|-linear-gaussian)": ALL,
    r"evaluate .*--metric swd .*": SWD,
    r"evaluate .*--metric c2st": C2ST,
    r"evaluate .*--metric mode-coverage": COVERAGE,
    r"report .*": "",
}
"""What makes a command small enough to be run here. Numbers in its output are other ones then."""

EXTRAS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]


class Reader:
    """Follows one document from top to bottom, in one folder."""

    def __init__(self, ganfw: Ganfw, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ganfw_here = ganfw
        self._folder = folder
        self._patch = monkeypatch
        self._module = types.ModuleType("written_in_a_guide")
        monkeypatch.setitem(sys.modules, self._module.__name__, self._module)
        monkeypatch.setattr("ganfw.registry.session._REGISTERED", {})
        monkeypatch.setattr(package, "run", _small_run(package.run))

    def follow(self, block: Block) -> None:
        """Write the file, run the code, or type the commands."""
        if block.file is not None:
            path = self._folder / block.file
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        if block.language == "python":
            code = compile(block.text, block.file or "guide", "exec")
            if block.file is None:
                exec(code, self._module.__dict__)
        elif block.language == "console":
            for command in block.commands():
                self._type(command)

    def _type(self, command: Command) -> None:
        exact = False
        for line in command.line.split(" && "):
            exact = AS_IT_IS.fullmatch(line.removeprefix("ganfw ")) is not None
            status, output = self._run(line)
        refused = command.shown[:1] and command.shown[0].startswith(("Error:", "broken"))
        assert bool(status) == bool(refused), f"{command.line}\n{output}"
        printed = {_bare(line, exact) for line in output.splitlines()}
        for line in command.shown:
            assert _bare(line, exact) in printed, f"{command.line}\n{output}"

    def _run(self, line: str) -> Ended:
        if completion := re.search(r"_GANFW_COMPLETE=(\w+)_source ganfw", line):
            return self._complete(completion[1])
        words = shlex.split(line)
        programs: dict[str, Callable[[list[str]], Ended]] = {
            "ganfw": self._ganfw,
            "pip": self._pip,
            "pytest": self._pytest,
            "python": self._python,
            "python3": self._venv,
            "torchrun": self._torchrun,
        }
        program = Path(words[0]).name
        assert program in programs, f"no test knows how to run: {line}"
        return programs[program](words[1:])

    def _ganfw(self, words: list[str]) -> Ended:
        words = _smaller(words)
        result = self._ganfw_here(*words)
        return result.exit_code, result.output.replace(f"{self._folder}/", "/home/you/")

    def _pip(self, words: list[str]) -> Ended:
        """A package of the document's own is installed into an environment that this process sees;
        ganfw is here already, and its extras are those that there are."""
        assert words[0] == "install"
        project = self._folder / words[-1]
        if (extra := re.fullmatch(r"\.\[(\w+)\]", words[-1])) is not None:
            assert extra[1] in EXTRAS
        elif (project / "pyproject.toml").exists():
            environment = Environment(self._folder / f"environment-{project.name}")
            environment.install(wheel_of(project))
            self._patch.syspath_prepend(environment.packages)
            self._patch.setenv("PYTHONPATH", os.pathsep.join(map(str, sys.path)))
        else:
            assert words == ["install", "."]
        return 0, ""

    def _venv(self, words: list[str]) -> Ended:
        assert words == ["-m", "venv", ".venv"]
        return 0, ""

    def _pytest(self, words: list[str]) -> Ended:
        return _process("-m", "pytest", *words, "--collect-only", "-q", "tests/golden")

    def _python(self, words: list[str]) -> Ended:
        """Beside a foreign package named tests, as torch-fidelity brings one."""
        foreign = self._folder / "foreign"
        (foreign / "tests").mkdir(parents=True, exist_ok=True)
        (foreign / "tests" / "__init__.py").touch()
        path = os.pathsep.join([str(foreign), os.environ.get("PYTHONPATH", "")])
        return _process(*words, "--help", PYTHONPATH=path)

    def _torchrun(self, words: list[str]) -> Ended:
        """Two processes of this machine do all but train, which is tested elsewhere."""
        own, _, run = " ".join(words).partition(" -m ganfw ")
        here = "--nnodes 1 --nproc-per-node 2 --rdzv-endpoint localhost:0"
        command = f"-m torch.distributed.run {own} {here} -m ganfw {run} --print-config"
        return _process(*command.split())

    def _complete(self, shell: str) -> Ended:
        status, output = _process("-m", "ganfw", _GANFW_COMPLETE=f"{shell}_source")
        assert "_GANFW_COMPLETE=" in output
        return status, output


def _smaller(words: list[str]) -> list[str]:
    """``words`` with what makes them small, which no new line goes without."""
    line = " ".join(words)
    found = [more for pattern, more in SMALLER.items() if re.fullmatch(pattern, line)]
    assert found or AS_IT_IS.fullmatch(line), f"say in SMALLER how to run: ganfw {line}"
    return [*words, *(found[0].split() if found else [])]


def _bare(line: str, exact: bool) -> str:
    """``line`` less its spacing, and less its numbers unless they must be these."""
    line = " ".join(line.split())
    return line if exact else re.sub(r"\d[\d.e-]*", "#", line)


def _process(*words: str, cwd: Path = REPOSITORY, **variables: str) -> Ended:
    ended = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def _small_run(run: Callable[..., package.Run]) -> Callable[..., package.Run]:
    def small(**given: Any) -> package.Run:
        settings = {"gen.channels": 8, "disc.channels": 8, "train.batch_size": 4}
        if given["data"] == "sprites":
            settings |= {"data.species": 4, "data.individuals": 2, "data.size": 32}
        if given["data"] == "gaussian":
            settings = {}
        return run(**{**given, "settings": {**given.get("settings", {}), **settings}, "steps": 2})

    return small
