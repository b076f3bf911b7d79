"""A run's configuration: layers, how they merge, what may be set, and the resolved run."""
