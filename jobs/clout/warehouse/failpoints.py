"""The steps between which a crash must do no harm.

Every backend calls `step` between any two changes that outlive it. A test finds all calls in the code, and puts a kill, an
exception and a full disk on each.
"""

from __future__ import annotations

from collections.abc import Callable

#: What happens at a step: nothing, but where a test puts a fault.
at_step: Callable[[str], None] = lambda name: None  # noqa: E731


def step(name: str) -> None:
    """Mark a step. The name says what has just been done."""
    at_step(name)
