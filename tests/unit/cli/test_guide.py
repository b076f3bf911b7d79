"""``ganfw guide``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import Result

import ganfw as package
from ganfw.cli import main

Ganfw = Callable[..., Result]
GUIDES = sorted((Path(package.__file__).parent / "guides").glob("*.md"))

SCRIPT = """
import sys
from ganfw.cli import main
try:
    main(["guide", *sys.argv[1:]])
except SystemExit:
    pass
print(*sorted({"torch", "pydantic", "rich"} & set(sys.modules)), file=sys.stderr)
"""


def test_it_lists_every_guide_by_its_title(ganfw: Ganfw) -> None:
    lines = ganfw("guide").stdout.splitlines()[1:]
    titles = {path.stem: path.read_text("utf-8").splitlines()[0] for path in GUIDES}
    assert "plugins" in titles
    assert {line.split()[0]: f"# {line.split(maxsplit=1)[1]}" for line in lines} == titles


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_where_no_terminal_is_it_prints_the_guide_itself(ganfw: Ganfw, path: Path) -> None:
    result = ganfw("guide", path.stem)
    assert result.exit_code == 0
    assert result.stdout == path.read_text("utf-8")


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        ("plugin", ". Did you mean 'plugins'?"),
        ("zzz", "; there are "),
        ("../README", "; there are "),
    ],
)
def test_a_guide_that_is_not_there(ganfw: Ganfw, topic: str, hint: str) -> None:
    result = ganfw("guide", topic)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: no guide '{topic}'{hint}")
    assert result.stderr.count("\n") == 1


def test_topics_complete() -> None:
    complete = ShellComplete(main, {}, "ganfw", "_GANFW_COMPLETE")
    (item,) = complete.get_completions(["guide"], "plug")
    assert (item.value, item.help) == ("plugins", "Write a plugin")


@pytest.mark.parametrize("words", [(), ("speed",)])
def test_it_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", SCRIPT, *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout
    assert ended.stderr == "\n"


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no terminals to pretend")
def test_a_terminal_gets_it_rendered() -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", SCRIPT, "exercises"]
    variables = {**os.environ, "TERM": "xterm-256color"}
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, env=variables)
        os.close(theirs)
        shown = b""
        while (content := _read(screen)) != b"":
            shown += content
        assert process.stderr is not None
        assert process.stderr.read() == b"rich\n"
        process.stderr.close()
        assert process.wait(timeout=60) == 0
    assert b"The book's exercises" in shown
    assert b"\x1b[" in shown
    assert b"# The book" not in shown
    assert b"```" not in shown


def _read(screen: object) -> bytes:
    try:
        return screen.read(65536)  # type: ignore[attr-defined,no-any-return]
    except OSError:
        # What Linux says once the other end is closed.
        return b""
