"""The people whom a lake hides today: applied when content is shown again that was made before somebody said no.

A rollback shows old content, and a run that waited for a person is published days after it was scored. Both are held against
the newest word of the ledger of consent, the list of the erased, and the operator's list, in whatever spelling.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import fs as pafs

from clout.config.native_ids import look_alike, look_alike_key
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.lake.staging import Staged
from clout.privacy import consent_ledger
from clout.privacy.consent_ledger import Ledger
from clout.privacy.hidden_topics import Unsaid, newest_unsaid
from clout.privacy.newest_consents import newest
from clout.privacy.suppression import ErasedKeys, read_erased

#: The columns of staged tables that name everybody whom a run shows.
_NAMED = {"scores": "person_id", "accounts": "account_key", "influences": "other_id"}


class HiddenToday:
    """Who may not be shown, by what a lake knows now, and by the operator's list (account keys) as it now is.

    consents: the rows of the newest lists; whoever was shown for what they do not agree to any more is not shown for it again.
    unsaid: which topics, by id or slug, which account or person hides, see hidden_topics.py.
    """

    def __init__(
        self,
        ledger: Ledger,
        erased: ErasedKeys,
        listed: Collection[str] = (),
        consents: pa.Table | None = None,
        unsaid: Collection[Unsaid] = (),
    ) -> None:
        self.consents = consents
        self.unsaid = frozenset(unsaid)
        self._ledger, self._erased = ledger, erased
        self._standing = pa.array(sorted(ledger.reasons()), pa.string())
        self._listed = frozenset(map(look_alike_key, listed))
        if self._erased.salt:  # on platforms that name few people an account may stand under a pseudonym
            self._listed |= {look_alike_key(self._erased.pseudonym(key)) for key in listed}

    @classmethod
    def of(cls, lake: Lake, listed: Collection[str] = (), unsaid: Collection[Unsaid] = ()) -> HiddenToday:
        """What a lake knows, and the operator's lists: people who may not be shown, topics that they hide."""
        return cls(
            consent_ledger.read(lake), read_erased(lake), listed, newest(lake)[0], newest_unsaid(lake).union(unsaid)
        )

    def by_ledger(self, keys: pa.Array) -> set[str]:
        """Those of the keys that the ledger holds back."""
        found: set[str] = set()
        for salt in self._ledger.salts if len(self._standing) else ():
            held = pc.is_in(consent_ledger.hashes(keys, salt), self._standing)
            found.update(keys.filter(held).to_pylist())
        return found

    def among(self, keys: pa.Array) -> set[str]:
        """Those of the keys that anything holds back."""
        others = [key for key in keys.to_pylist() if look_alike_key(key) in self._listed or self._erased.holds(key)]
        return self.by_ledger(keys) | set(others)

    def people(self, accounts: pa.Table, keys: pa.Array) -> frozenset[str]:
        """All keys of everybody who may not be shown: of whom one account is held back, all accounts and the person's id.

        accounts: account_key, person_id and handle of a published day; keys: whatever else it names people by.
        """
        hidden = self.among(pc.unique(pa.chunked_array([*accounts["account_key"].chunks, keys], pa.string())))
        rows = accounts.select(["account_key", "person_id", "handle"]).to_pylist()
        if self._listed:  # the list may name people by their handle
            hidden |= {row["account_key"] for row in rows if _by_handle(row) in self._listed}
        persons = {row["person_id"] for row in rows if not hidden.isdisjoint((row["account_key"], row["person_id"]))}
        return frozenset(hidden).union(persons, (row["account_key"] for row in rows if row["person_id"] in persons))


def lake_that_knows(uri: str) -> Lake:
    """The lake at a place. Raises InvalidInput where there is none: then nobody's consent is known."""
    lake = Lake(uri)
    if isinstance(lake.fs, pafs.LocalFileSystem) and not Path(lake.root).is_dir():
        raise InvalidInput(
            f"{lake.uri}: no lake lies there, and without its ledger of consent nobody knows who has said no since this"
            " content was made: name the lake with --lake or CLOUT_LAKE"
        )
    return lake


def refuse_to_show(staged: Staged, lake: Lake) -> None:
    """Raise InvalidInput where a staged run shows somebody whom the lake's ledger holds back now."""
    hidden = HiddenToday(consent_ledger.read(lake), ErasedKeys())
    found: set[str] = set()
    for table, column in _NAMED.items():
        if staged.root.exists(staged.table(table)):
            rows = staged.root.read(staged.table(table), columns=[column])
            found |= hidden.by_ledger(pc.unique(rows[column]).drop_null())
    if found:
        raise InvalidInput(
            f"{staged.location}: {len(found)} of the accounts of run {staged.run} have said no, or may not be shown for another"
            f" reason, since it was scored: run jobs/night.py --days {staged.day} again, which leaves them out"
        )


def _by_handle(row: dict[str, str | None]) -> str:
    return f"{(row['account_key'] or '').partition(':')[0]}:{look_alike(row['handle'] or '')}"
