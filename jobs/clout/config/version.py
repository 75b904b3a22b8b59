"""The version of the code that made a score: the package's, and a hash of everything that could change a result."""

from __future__ import annotations

import hashlib
from functools import cache

import clout
from clout.config.paths import ROOT


@cache
def code_version() -> str:
    """`0.1.0+<12 hex digits>` over the files of jobs/, sql/ and expectations/. Works in a bare checkout, without git."""
    digest = hashlib.sha256()
    for folder, pattern in (("jobs", "*.py"), ("sql", "*.sql"), ("expectations", "*.json")):
        for file in sorted((ROOT / folder).rglob(pattern)):
            digest.update(str(file.relative_to(ROOT)).encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return f"{clout.__version__}+{digest.hexdigest()[:12]}"
