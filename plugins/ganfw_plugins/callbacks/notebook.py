"""A picture in a notebook that is replaced in its place."""

from __future__ import annotations

import sys
from typing import Any


class NotebookPicture:
    """Shown by the first update and replaced by the next ones; nothing outside a notebook."""

    _shown: Any = None

    def update(self, content: bytes) -> None:
        """Show the PNG ``content``."""
        if not _in_notebook():
            return
        from IPython.display import Image, display

        picture = Image(content)
        if self._shown is None:
            self._shown = display(picture, display_id=True)
        else:
            self._shown.update(picture)


def _in_notebook() -> bool:
    """Whether a kernel runs this: IPython is at work and it is no terminal's."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
