"""What a run is on disk: its records, provenance, networks, scores and plugin copies."""
