"""The contracts: what the engine asks of datasets, networks, losses, callbacks and metrics."""
