"""The game, the loop around it, and the checks before it."""
