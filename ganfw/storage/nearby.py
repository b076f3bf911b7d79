"""What may have been meant by a path where nothing is."""

from __future__ import annotations

from pathlib import Path

from ..errors import did_you_mean


def nearby(path: Path) -> str:
    """``". Did you mean 'PATH'?"`` for what is there under nearly that path, or nothing: written
    with quotes, spaces or backslashes, or misspelt."""
    text = str(path)
    try:
        for other in (text.strip(" '\""), text.replace("\\", "/")):
            if other not in ("", text) and Path(other).exists():
                return f". Did you mean '{other}'?"
        names = [it.name for it in path.parent.iterdir()] if path.parent.is_dir() else []
    except (OSError, ValueError):  # of a path that can't be one
        return ""
    near = did_you_mean(path.name.strip(" '\""), names)
    folder = "" if path.parent == Path() else f"{path.parent}/"
    return near.replace("mean '", f"mean '{folder or './'}", 1)
