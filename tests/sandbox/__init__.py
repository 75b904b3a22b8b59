"""Stands in for the platforms: an invented world, the same on every machine."""
