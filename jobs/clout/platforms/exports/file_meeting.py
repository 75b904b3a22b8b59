"""Checks that the accounts which a source's files describe are those that act in its other files.

An accounts file that calls people by number where the others call them by name reaches nobody with its opt-outs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from clout.config.native_ids import look_alike
from clout.config.sources import Source
from clout.errors import InvalidInput

#: Fewer accounts or people say nothing.
LEAST = 20
#: So many of each are remembered.
MOST = 100_000
_SHAPES = {
    "numbers": re.compile(r"\d+"),
    "addresses": re.compile(r"[a-z]+://.*"),
    "DIDs or URNs": re.compile(r"(did|urn):.*"),
    "UUIDs": re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"),
}
_NAMES = "names"


class Meeting:
    """The keys of accounts files, and whether any of them occurs elsewhere."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.met = False
        self._accounts: set[str] = set()
        self._handles: dict[str, str] = {}
        self._noes: set[str] = set()
        self._people: set[str] = set()
        self._keys: pa.Array | None = None

    def describe(self, accounts: pa.Table, noes: pa.Array) -> None:
        """Take rows of an accounts file, and the keys of those of them who may not be shown."""
        if len(self._noes) < MOST:
            self._noes.update(noes.to_pylist()[:MOST])
        if len(self._accounts) >= MOST:
            return
        self._accounts.update(accounts["account_key"].to_pylist()[:MOST])
        named = accounts.select(["handle", "account_key"]).slice(0, MOST).to_pydict()
        self._handles.update(
            (look_alike(handle), key) for handle, key in zip(*named.values(), strict=True) if handle is not None
        )

    def see(self, columns: Iterable[pa.Array]) -> None:
        """Take the keys of people of interactions or posts."""
        if self.met or len(self._accounts) < LEAST or len(self._people) >= MOST:
            return
        if self._keys is None:
            self._keys = pa.array(sorted(self._accounts), pa.string())
        for column in columns:
            if pc.any(pc.is_in(column, self._keys)).as_py():
                self.met = True
                return
            self._people.update(key for key in pc.unique(column).to_pylist()[:MOST] if key)

    def told(self) -> str | None:
        """What is to be said where none of the accounts occurs. Raises InvalidInput where it can be no chance."""
        if self.met or len(self._accounts) < LEAST or len(self._people) < LEAST:
            return None
        accounts, people = _ids(self._accounts), _ids(self._people)
        shapes, seen = _shape(accounts), _shape(people)
        named = [person for person in people if look_alike(person) in self._handles]
        what = (
            f"none of the {len(accounts):,} accounts of its accounts files ({_some(accounts)}) acts or is acted on in its other"
            f" files ({_some(people)})"
        )
        is_no_chance = len(named) >= LEAST // 2 or shapes != seen or 2 * len(accounts) >= len(people)
        if not is_no_chance:
            return what
        cure = (
            'the others name people by their handles: write account = "(the column of handles)" under [source.columns]'
            if named
            else f"the ones are {shapes}, the others {seen}: export both with the same ids"
        )
        raise InvalidInput(
            f"source {self.source.name}: {what}, and nobody's opt-out would be heeded; {cure}, or make the accounts files a"
            " source of their own"
        )

    def otherwise_called(self) -> str | None:
        """What is to be said of those who may not be shown and whose key is not as the other accounts' keys are.

        Such a row may mean somebody who is shown all the same: by their handle, their address, or another system's number.
        """
        form = _shape(_ids(self._accounts))
        odd = [
            key
            for key in sorted(self._noes)
            if self._handles.get(look_alike(key.partition(":")[2]), key) not in {key, *self._noes}
            or (len(self._accounts) >= LEAST and form in (*_SHAPES, _NAMES) and _form(key.partition(":")[2]) != form)
        ]
        if not odd:
            return None
        are = "is" if len(odd) == 1 else "are"
        return (
            f"{len(odd):,} of those who may not be shown {are} called otherwise than the other accounts"
            f" ({_some(_ids({*odd}))}): is each the account's id, and not a handle, an address or a number of another system?"
        )


def _ids(keys: set[str]) -> list[str]:
    return sorted(key.partition(":")[2] for key in keys)


def _some(ids: list[str]) -> str:
    """What ids look like, without saying whose they are: some may belong to people who are not to be named."""
    forms = Counter(re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", each[:24])) for each in ids)
    return "such as " + ", ".join(form for form, _ in forms.most_common(2))


def _shape(ids: list[str]) -> str:
    counted = Counter(map(_form, ids))
    name, number = counted.most_common(1)[0] if ids else (_NAMES, 0)
    return name if number >= 0.9 * len(ids) else "of several kinds"


def _form(id: str) -> str:
    return next((name for name, form in _SHAPES.items() if form.fullmatch(id)), _NAMES)
