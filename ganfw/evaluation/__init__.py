"""Metrics at work: on finished runs and while training."""
