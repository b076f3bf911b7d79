"""``python -m ganfw`` is ``ganfw``."""

from .cli import main

main(prog_name="ganfw")
