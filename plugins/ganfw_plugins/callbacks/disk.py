"""The error for a file that can't be written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganfw import RunError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns an OSError in the block into a RunError that names ``path`` and says what to do."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"can't write {path}: {reason}. Fix that, then resume the run") from error
