"""The README and the guides as tests read them: files to write, code to run, commands to type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
README = REPOSITORY / "README.md"
GUIDES = sorted((REPOSITORY / "ganfw" / "guides").glob("*.md"))
DOCUMENTS = (README, *GUIDES)

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"# ([\w/]+\.(?:py|toml))\n")
_LINK = re.compile(r"\]\(([^)]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A command line, and what the document shows of its output, "…" and empty lines aside."""

    line: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A fenced block, and the language that it says it is in."""

    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The path in its first line, if it is a file to be written."""
        named = _FILE.match(self.text)
        return named[1] if named else None

    def commands(self) -> Iterator[Command]:
        """What is typed in a block ``console``: after ``$``, or the line that makes a venv."""
        line, shown = "", list[str]()
        for text in self.text.splitlines():
            if text.startswith(("$ ", "python3 ")):
                if line:
                    yield Command(line, tuple(shown))
                line, shown = text.removeprefix("$ "), []
            elif text.strip() not in ("", "…"):
                shown.append(text)
        yield Command(line, tuple(shown))


def blocks(document: Path) -> list[Block]:
    """Every fenced block of ``document``, in order."""
    return [Block(*found) for found in _BLOCK.findall(document.read_text(encoding="utf-8"))]


def relative_links(document: Path) -> list[tuple[str, str]]:
    """Where its links and pictures lead, the web aside: a path, and a heading's anchor or ""."""
    links = [link for link in _LINK.findall(_prose(document)) if not link.startswith("http")]
    return [(path, anchor) for path, _, anchor in (link.partition("#") for link in links)]


def anchors(document: Path) -> set[str]:
    """What a link to a heading of ``document`` is called."""
    headings = _HEADING.findall(_prose(document))
    return {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in headings}


def _prose(document: Path) -> str:
    return _BLOCK.sub("", document.read_text(encoding="utf-8"))
