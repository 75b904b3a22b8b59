"""Seen is a set, whatever it holds and however often it sorts itself."""

from __future__ import annotations

from clout.platforms.pull.compact_key_set import CompactKeySet
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.one_of(st.integers(0, 20), st.tuples(st.text(max_size=2)))), st.integers(1, 5))
def test_it_tells_what_a_set_tells(keys, at_once):
    seen, known = CompactKeySet(at_once), set()
    for key in keys:
        assert (key in seen) == (key in known)
        assert seen.add(key) == (key not in known)
        known.add(key)
    assert all(key in seen for key in known)
