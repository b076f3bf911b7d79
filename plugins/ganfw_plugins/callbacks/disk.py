"""What a user reads when the disk refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganfw import RunError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns an OSError of the block into a RunError that names ``path`` and what to do."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"can't write {path}: {reason}. Mend that, then resume the run") from error
