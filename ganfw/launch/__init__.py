"""Prepare, build, then start or resume a run: the one place that wires."""
