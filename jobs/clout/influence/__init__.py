"""Compute: pure transforms from snapshots to scores. Nothing here knows a path or reads a clock."""
