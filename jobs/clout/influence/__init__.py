"""Compute: from snapshots to scores. No module reads a clock; evidence.py and the engines of nights know the lake, no other does."""
