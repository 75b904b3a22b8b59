"""Compute: from snapshots to scores. No module reads a clock; evidence.py and the engines of nights alone know the lake."""
