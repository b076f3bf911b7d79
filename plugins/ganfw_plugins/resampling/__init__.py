"""Layers that make maps smaller or larger, for networks of several plugins."""
