"""Connected sets of accounts: by hand, and by thousands of random links against the rules read one by one."""

from __future__ import annotations

import pytest
from clout.score.identity import persons, with_pseudonyms
from hypothesis import given
from hypothesis import strategies as st

KEYS = [f"{platform}:{name}" for platform in ("agora", "murmur", "plaza") for name in "abcd"]
LINKS = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=8)


@pytest.mark.parametrize(
    ("claimed", "operator", "expected"),
    [
        ([], [], {}),
        ([("murmur:a", "plaza:b")], [], {"murmur:a": "murmur:a", "plaza:b": "murmur:a"}),
        # three accounts in a chain are one person; the smallest key names it
        (
            [("murmur:a", "plaza:b"), ("plaza:b", "agora:c")],
            [],
            {"murmur:a": "agora:c", "plaza:b": "agora:c", "agora:c": "agora:c"},
        ),
        # two accounts of one platform by claims: a conflict, and nothing of that set links
        ([("murmur:a", "plaza:b"), ("plaza:b", "murmur:c"), ("plaza:b", "agora:d")], [], {}),
        # the operator may say so
        ([], [("murmur:a", "murmur:c")], {"murmur:a": "murmur:a", "murmur:c": "murmur:a"}),
        # and what he joined counts as one account
        (
            [("murmur:a", "plaza:b"), ("plaza:b", "murmur:c")],
            [("murmur:a", "murmur:c")],
            {"murmur:a": "murmur:a", "murmur:c": "murmur:a", "plaza:b": "murmur:a"},
        ),
        # claims that would join two persons of the operator's do not hold; his word does
        (
            [("agora:c", "murmur:a"), ("agora:c", "plaza:d")],
            [("murmur:a", "plaza:b"), ("murmur:e", "plaza:d")],
            {"murmur:a": "murmur:a", "plaza:b": "murmur:a", "murmur:e": "murmur:e", "plaza:d": "murmur:e"},
        ),
        # a conflict elsewhere is no concern of this set
        (
            [("murmur:a", "murmur:b"), ("murmur:c", "plaza:d")],
            [],
            {"murmur:c": "murmur:c", "plaza:d": "murmur:c"},
        ),
        # an account linked with itself alone is nobody else's
        ([], [("murmur:a", "murmur:a")], {}),
    ],
)
def test_by_hand(claimed, operator, expected):
    assert persons(claimed, operator).person_of == expected


def test_conflicts_are_reported_with_their_reason():
    found = persons([("plaza:b", "murmur:a"), ("plaza:b", "murmur:c")], [("agora:x", "agora:y")])
    assert found.refused == dict.fromkeys(
        [("murmur:a", "plaza:b"), ("murmur:c", "plaza:b")], "claims would join two accounts of murmur"
    )


def test_who_did_not_agree_to_be_named_stands_under_another_id():
    both = {"agora:a": "agora:a", "murmur:a": "agora:a", "plaza:a": "agora:a"}
    alone = {"agora:b": "agora:b", "plaza:b": "agora:b"}
    unnamed = frozenset({"agora:a", "agora:b", "plaza:b", "agora:c"})
    found = with_pseudonyms(both | alone, unnamed, frozenset({"murmur:a"}), lambda key: f"someone-{key[-1]}")
    assert found == {
        # by the smallest key of those that are shown and may be named
        **dict.fromkeys(both, "plaza:a"),
        **dict.fromkeys(alone, "someone-b"),
        "agora:c": "someone-c",
    }
    assert with_pseudonyms(both, frozenset(), frozenset(both), str) == both


def test_a_million_links_in_a_chain_do_not_recurse():
    found = persons([], [(f"p:{i:07}", f"p:{i + 1:07}") for i in range(20_000)])
    assert set(found.person_of.values()) == {"p:0000000"}


@given(LINKS, LINKS, st.randoms())
def test_neither_order_nor_direction_matters(claimed, operator, chance):
    found = persons(claimed, operator)
    turned = [chance.choice([link, link[::-1]]) for link in (*claimed, *claimed)]
    chance.shuffle(turned)
    assert persons(turned, [link[::-1] for link in reversed(operator)]) == found


@given(LINKS, LINKS)
def test_a_person_is_a_connected_set_without_conflict(claimed, operator):
    found = persons(claimed, operator)
    held = [*operator, *(link for link in claimed if tuple(sorted(link)) not in found.refused)]

    def together(links):
        """The set of each key, by spreading along the links until nothing changes."""
        sets = {key: {key} for key in KEYS}
        for _ in KEYS:
            for a, b in links:
                sets[a] = sets[b] = sets[a] | sets[b]
                for key in sets[a]:
                    sets[key] = sets[a]
        return sets

    by_links, by_operator = together(held), together(operator)
    assert found.person_of == {key: min(group) for key, group in by_links.items() if len(group) > 1}
    for group in by_links.values():
        words = {frozenset(by_operator[key]) for key in group}
        if group == by_operator[min(group)]:
            continue  # the operator's own set is as he says
        platforms = [platform for word in words for platform in {key.split(":")[0] for key in word}]
        assert len(platforms) == len(set(platforms)), "two accounts of a platform, and nobody but claims joins them"
        assert sum(len(word) > 1 for word in words) <= 1, "two persons of the operator's became one"
    for a, b in found.refused:
        assert by_operator[a] != by_operator[b], "a claim that repeats the operator's word is refused"
