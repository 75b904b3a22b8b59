"""Groups accounts into persons by declared links: links in, connected sets out. Accounts are never matched by name.

A link holds where both accounts declare each other (self_declared), where the platform itself checked that the page which the
account names links back (rel_me), or where the operator says so. Claims that would join what cannot be one person are in
conflict: then none of the claims of that set holds. The operator's word is never overruled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

#: Who is who: only accounts of linked sets; any other account is a person of its own.
PERSONS = pa.schema([("account_key", pa.string()), ("person_id", pa.string())])

#: Two accounts that are declared to be one person's.
Link = tuple[str, str]


@dataclass(frozen=True)
class Persons:
    """`person_of`: account_key -> person_id of every linked account. `refused`: the claimed links in conflict, and why."""

    person_of: dict[str, str]
    refused: dict[Link, str]


def persons(claimed: Iterable[Link], operator: Iterable[Link]) -> Persons:
    """The connected sets of two or more accounts. `claimed`: links by claims that hold both ways; `operator`: the operator's.

    A set's person_id is its smallest account_key, so that it depends on that day's links alone: it stays when a larger key
    joins or leaves, and changes when a smaller one does. The result depends on neither order nor direction of the links.
    """
    operator_sets = _Sets(operator)
    claimed = {_ordered((a, b)) for a, b in claimed if operator_sets.root(a) != operator_sets.root(b)}
    all_sets = _Sets([*operator_sets.links, *claimed])
    conflicts = {
        root: why for root, members in all_sets.members().items() if (why := _conflict(members, operator_sets))
    }
    refused = {link: conflicts[all_sets.root(link[0])] for link in claimed if all_sets.root(link[0]) in conflicts}
    held = _Sets([*operator_sets.links, *(claimed - refused.keys())])
    person_of = {key: root for root, members in held.members().items() for key in members if len(members) > 1}
    return Persons(person_of, refused)


def with_pseudonyms(
    person_of: dict[str, str], unnamed: frozenset[str], hidden: frozenset[str], pseudonym: Callable[[str], str]
) -> dict[str, str]:
    """`person_of`, under ids that name nobody who did not agree to be named: a key may hold its owner's name.

    unnamed: keys that may not be published. A person of one such account gets its pseudonym. One who has other accounts, too,
    has the smallest key of these, without those of `hidden`, which are shown nowhere; where none is left, a pseudonym.
    """
    members: dict[str, set[str]] = defaultdict(set)
    for key, person in person_of.items():
        members[person].add(key)
    ids = {}
    for person in {person_of[key] for key in unnamed & person_of.keys()}:
        shown = members[person] - unnamed - hidden
        ids[person] = min(shown) if shown else pseudonym(person)
    alone = {key: pseudonym(key) for key in unnamed - person_of.keys()}
    return {key: ids.get(person, person) for key, person in person_of.items()} | alone


def is_unnamed(key: str, handle: str | None, naming: Mapping[str, tuple[str, frozenset[str]]]) -> bool:
    """Whether an account's owner is named only where they agreed: people who pass by, on platforms that name whom they follow.

    naming: see Sources.naming.
    """
    platform, _, native_id = key.partition(":")
    if platform not in naming:
        return False
    rule, followed = naming[platform]
    return rule == "consenting" or not followed & {native_id.lower(), (handle or "").lower().removeprefix("@")}


def _conflict(members: list[str], operator_sets: _Sets) -> str | None:
    """Why claims may not hold a set together, if so. What the operator joined counts as one account."""
    of_platform: dict[str, set[str]] = defaultdict(set)
    for key in members:
        of_platform[key.partition(":")[0]].add(operator_sets.root(key))
    if len({operator_sets.root(key) for key in members if operator_sets.has(key)}) > 1:
        return "claims would join two persons of the operator's"
    doubled = sorted(platform for platform, roots in of_platform.items() if len(roots) > 1)
    return f"claims would join two accounts of {', '.join(doubled)}" if doubled else None


def _ordered(link: Link) -> Link:
    return min(link), max(link)


class _Sets:
    """Connected sets; the root of a set is its smallest key."""

    def __init__(self, links: Iterable[Link]) -> None:
        self.links = {_ordered(link) for link in links}
        self._parent: dict[str, str] = {}
        for a, b in self.links:
            roots = self.root(a), self.root(b)
            self._parent |= {a: self._parent.get(a, a), b: self._parent.get(b, b), max(roots): min(roots)}

    def has(self, key: str) -> bool:
        return key in self._parent

    def root(self, key: str) -> str:
        while (parent := self._parent.get(key, key)) != key:
            # Halve the way for whoever comes next.
            self._parent[key] = self._parent.get(parent, parent)
            key = parent
        return key

    def members(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for key in self._parent:
            found[self.root(key)].append(key)
        return found
