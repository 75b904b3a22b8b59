"""Imports Great Expectations without what no check here needs, which is half of what its import takes.

By itself it imports Spark, SQLAlchemy, Altair and SciPy's statistics. It goes without the first two where they are not
installed; the others are for an expectation that compares distributions, and are imported when that is asked.
Whoever imports Great Expectations calls `load` first.
"""

from __future__ import annotations

import gc
import importlib
import sys
from functools import cache
from types import ModuleType

_ABSENT = ("pyspark", "sqlalchemy")
_LATER = ("altair", "scipy.stats")


@cache
def load() -> ModuleType:
    """Great Expectations."""
    if "great_expectations" in sys.modules:
        return sys.modules["great_expectations"]
    before = {name: sys.modules.get(name) for name in (*_ABSENT, *_LATER)}
    sys.modules |= {name: None for name in _ABSENT}  # type: ignore[misc] # which says that there is none
    sys.modules |= {name: _Later(name) for name in _LATER if before[name] is None}
    collects = gc.isenabled()
    gc.disable()  # it makes thousands of classes, and none to throw away
    try:
        return importlib.import_module("great_expectations")
    finally:
        if collects:
            gc.enable()
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


class _Later(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> object:
        return getattr(importlib.import_module(self.__name__), name)
