"""One platform a module. Each has a PLATFORM, in which all stands that is to be known of it; nothing else lists them."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from clout.config.readers import Reader


def _found() -> dict[str, Reader]:
    """Every module's PLATFORM, by its name."""
    modules = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    platforms = [platform for module in modules if (platform := getattr(module, "PLATFORM", None)) is not None]
    return {platform.name: platform for platform in platforms}


READERS = _found()
