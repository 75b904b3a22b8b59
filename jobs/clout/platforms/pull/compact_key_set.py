"""A set of keys in eight bytes each, so that a large day does not fill the memory."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

_MASK = 2**64 - 1


class CompactKeySet:
    """A set of keys that remembers 64 bits of each: sorted, but for the newest.

    That two keys share them, and the second is taken for the first, has a chance of 3 in 100 million among a million keys.
    """

    def __init__(self, at_once: int = 50_000) -> None:
        self._sorted = np.empty(0, dtype=np.uint64)
        self._new: set[int] = set()
        self._at_once = at_once

    def add(self, key: Hashable) -> bool:
        """Remember a key. Gives whether it is new."""
        if key in self:
            return False
        self._new.add(hash(key) & _MASK)
        if len(self._new) >= self._at_once:
            self._sorted = np.concatenate([self._sorted, np.fromiter(self._new, np.uint64, len(self._new))])
            self._sorted.sort()
            self._new.clear()
        return True

    def __contains__(self, key: Hashable) -> bool:
        bits = hash(key) & _MASK
        if bits in self._new:
            return True
        place = int(self._sorted.searchsorted(np.uint64(bits)))
        return place < self._sorted.size and int(self._sorted[place]) == bits
