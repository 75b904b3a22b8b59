"""Lets pyarrow do without pandas, which it imports at its first scalar: a quarter of a second and 40 MiB of each job.

It asks again when somebody wants a table of pandas. Import this before pyarrow is used.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder

import pyarrow as pa


class _NoPandas(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("not for a scalar", name=name)


if "pandas" not in sys.modules:
    sys.meta_path.insert(0, hidden := _NoPandas())
    try:
        pa.scalar(0)
    finally:
        sys.meta_path.remove(hidden)
