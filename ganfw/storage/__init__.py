"""Bytes on disk: atomic writes, the cache folder, run folders, checkpoints. Knows no config."""
