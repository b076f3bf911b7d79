"""Real packages, built into real wheels and installed, without a network."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import venv
from collections.abc import Mapping
from pathlib import Path

import hatchling.build

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"

[project.entry-points.ganfw]
{entry_points}

[tool.hatch.build.targets.wheel]
include = ["*.py"]
"""


class Environment:
    """A virtual environment that also sees what this one has, ganfw included."""

    def __init__(self, path: Path) -> None:
        self.path = path
        venv.create(path, with_pip=False, symlinks=True)
        self.python = path / "bin" / "python"
        parent = sysconfig.get_path("purelib")
        # Through addsitedir, so that an editable ganfw is seen as well.
        line = f"import site; site.addsitedir({parent!r})\n"
        (self.packages / "parent.pth").write_text(line)

    @property
    def packages(self) -> Path:
        """The folder of installed packages."""
        lib = self.path / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        return lib / "site-packages"

    def install(self, *what: Path) -> None:
        """Install wheels or source folders, also where what this one has is of the same release:
        then pip would find that nothing is to be done."""
        offline = ("--no-index", "--no-deps", "--no-build-isolation", "--force-reinstall")
        self._pip("install", *offline, *map(str, what))

    def uninstall(self, name: str) -> None:
        """Uninstall a distribution."""
        self._pip("uninstall", "-y", name)

    def run(
        self, *words: object, cwd: Path, module: str = "ganfw", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """``python -m ganfw WORDS``, in ``cwd``."""
        return subprocess.run(
            [str(self.python), "-m", module, *map(str, words)],
            cwd=cwd,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def _pip(self, *words: str) -> None:
        command = [sys.executable, "-m", "pip", "--python", str(self.python), *words]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr


class Site:
    """A folder of installed packages, to be put on ``sys.path``: much quicker than an environment.

    The code of what was imported from it is forgotten by `forget`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def install(self, *wheels: Path) -> None:
        """Unpack wheels, which is how pip installs pure Python."""
        for wheel in wheels:
            shutil.unpack_archive(wheel, self.path, "zip")

    def uninstall(self) -> None:
        """Remove everything that was installed."""
        self.forget()
        shutil.rmtree(self.path)
        self.path.mkdir()

    def forget(self) -> None:
        """Let the next import read the files again."""
        for name, module in [*sys.modules.items()]:
            if str(getattr(module, "__file__", "")).startswith(str(self.path)):
                del sys.modules[name]


def build_wheel(
    folder: Path,
    name: str,
    files: Mapping[str, str],
    entry_points: Mapping[str, str] | None = None,
    version: str = "1.0",
) -> Path:
    """The wheel of a distribution made of ``files``, its sources left in ``folder``.

    Its one entry point is the module named like it, unless ``entry_points`` says otherwise.
    """
    root = folder / f"{name}-{version}"
    root.mkdir(parents=True)
    points = entry_points or {name: name.replace("-", "_")}
    lines = "\n".join(f'{key} = "{value}"' for key, value in points.items())
    content = PYPROJECT.format(name=name, version=version, entry_points=lines)
    (root / "pyproject.toml").write_text(content)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(textwrap.dedent(text))
    return wheel_of(root)


def wheel_of(root: Path) -> Path:
    """The wheel of the project in ``root``, built by its backend as pip would."""
    with contextlib.chdir(root):
        return root / "dist" / hatchling.build.build_wheel("dist")
