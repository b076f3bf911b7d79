"""A picture in a notebook that is updated in place."""

from __future__ import annotations

import sys
from typing import Any


class NotebookPicture:
    """Shown by the first update and replaced by later ones; does nothing outside a notebook."""

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
    """Whether this runs in a Jupyter kernel, and not in IPython on a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
