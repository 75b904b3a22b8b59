"""The ledger of consent: who was ever opted out, excluded, minor, protected, suspended or deleted, by whose word, since when.

    lake/consent_ledger/<number>-<source>-<id>.jsonl   one file for each pull that heard something new; never changed

A "no" stands until a later full view of the same source states the contrary, or the operator releases the person by name. A
row, a column, a file or a list that is missing lifts nothing; where many are missing at once, or many a no turns to yes, the
pull stops and names whom. People are salted hashes. The first line of a file holds its salt: whoever has the lake and a guess
can test the guess, as with lake/erased.json, so both are readable by their owner only.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import fs as pafs

from clout.config.native_ids import look_alike_key
from clout.errors import InvalidInput
from clout.lake.partitions import Lake

FOLDER = "consent_ledger"
#: Stands in the place of a source where the word is the operator's list.
LISTED = "(exclusions)"
#: What a row of accounts says, column by column: the reason that True or such a status is, the worst last.
FLAGS = {"is_protected": "protected", "opt_out": "opt_out", "is_minor": "minor"}
GONE = ("suspended", "deleted")
HERE = ("active", "moved")
#: Reasons whose people stay in an export: a deleted account may be missing from the next.
_STAYS = ("opt_out", "minor", "protected")
#: The reasons that are wishes, and of as many that stand how many may turn to yes in one pull: one, or a tenth. Of the others,
#: which platforms turn off and on, two or a fifth.
_WISHES = ("opt_out", "minor", "operator")
_MET = "the exclusion list, met"
#: How many of those that stand may be missing in a full view that showed them before: two, or a tenth.
_SHOWN_IN_A_MESSAGE = 20

#: (hash, source, reason)
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Word:
    """What a source said of somebody. said: no; yes (the no is lifted); kept (it stands, though the source says it no more)."""

    hash: str
    reason: str
    said: str
    source: str
    platform: str
    by: str
    day: date


@dataclass
class Ledger:
    """The newest word of each (hash, source, reason), but for those that were lifted; the lake's own salt comes first."""

    salts: list[str] = field(default_factory=list)
    standing: dict[Place, Word] = field(default_factory=dict)
    #: The sources that were ever heard, each with the newest day of a word of it.
    heard: dict[str, date] = field(default_factory=dict)
    #: The first day of every no, those that were lifted, too.
    since: dict[Place, date] = field(default_factory=dict)

    def hear(self, source: str, words: Iterable[Word]) -> None:
        """Take the words of a source in order: a no stands until a yes of the same place lifts it."""
        self.heard.setdefault(source, date.min)
        for word in words:
            place = (word.hash, word.source, word.reason)
            if word.said == "yes":
                self.standing.pop(place, None)
            else:
                self.standing[place] = word
                self.since[place] = min(self.since.get(place, word.day), word.day)
            self.heard[source] = max(self.heard[source], word.day)

    def hashed(self, key: str) -> list[str]:
        """The hashes of a key, one for each salt."""
        return [hashlib.sha256((salt + key).encode("utf-8", "surrogatepass")).hexdigest() for salt in self.salts]

    def ever(self, day: date) -> int:
        """How many noes were said by a day, lifted or not: a number that never falls, but where the lake is another one."""
        return sum(since <= day for since in self.since.values())

    def rows(self) -> list[tuple[str, str, str]]:
        """(salt, hash, reason) of all that stand: sql/remembered.sql tries every salt on a key."""
        found = {(word.hash, word.reason) for word in self.standing.values()}
        return sorted((salt, *each) for each in found for salt in self.salts)

    def reasons(self) -> dict[str, set[str]]:
        """The reasons that stand, by hash."""
        found: dict[str, set[str]] = {}
        for word in self.standing.values():
            found.setdefault(word.hash, set()).add(word.reason)
        return found


#: The schema of Ledger.rows as a table.
ROWS = pa.schema([("salt", pa.string()), ("hash", pa.string()), ("reason", pa.string())])


def read(lake: Lake) -> Ledger:
    """The ledger of a lake; empty where there is none. Raises InvalidInput where a file of it cannot be read."""
    ledger = Ledger()
    for path in files(lake):
        try:
            content = lake.checksums.read_file(path.removeprefix(f"{lake.root}/"))
            head, *lines = [json.loads(line) for line in content.decode().splitlines()]
            words = [Word(**{**line, "day": date.fromisoformat(line["day"])}) for line in lines]
            salt, source = head["salt"], head["source"]
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
            raise InvalidInput(
                f"{path}: the ledger of consent cannot be read ({type(error).__name__}), and without it people who said no"
                " would be shown: restore the file from a backup of the lake"
            ) from None
        if salt not in ledger.salts:
            ledger.salts.append(salt)
        ledger.hear(source, words)
    return ledger


def files(lake: Lake) -> list[str]:
    """The files of a lake's ledger, oldest first."""
    selector = pafs.FileSelector(f"{lake.root}/{FOLDER}", allow_not_found=True)
    found = [info.path for info in lake.fs.get_file_info(selector) if info.base_name.endswith(".jsonl")]
    there = {path for path in found if not path.rpartition("/")[2].startswith(".")}
    # Those that must be there, too: what is gone is found missing where it is read.
    expected = (path for path in lake.checksums.all_expected(FOLDER) if path.endswith(".jsonl"))
    return sorted(there | {f"{lake.root}/{path}" for path in expected})


def append(lake: Lake, ledger: Ledger, source: str, words: Iterable[Word]) -> None:
    """Add a file with these words, in one step, numbered after those that are there; the ledger that was read gets them too."""
    if not ledger.salts:
        ledger.salts.append(secrets.token_hex(32))
    added = list(words)
    lines: list[dict[str, Any]] = [{"salt": ledger.salts[0], "source": source}, *(vars(word) for word in added)]
    text = "".join(json.dumps(line, default=str) + "\n" for line in lines)
    numbers = [path.rpartition("/")[2].partition("-")[0] for path in files(lake)]
    number = max((int(each) for each in numbers if each.isdigit()), default=0) + 1
    name = f"{number:08}-{source.strip('()')}-{uuid.uuid4().hex[:8]}.jsonl"
    lake.checksums.write_file(f"{FOLDER}/{name}", text.encode())
    ledger.hear(source, added)


def hashes(keys: pa.Array, salt: str) -> pa.Array:
    """The hash of each key, as Ledger.hashed has it with one salt: DuckDB takes a tenth of Python's time."""
    import duckdb

    with duckdb.connect() as connection:
        connection.register("keys", pa.table({"key": keys}))
        found = connection.sql("SELECT sha256(? || key) AS h FROM keys", params=[salt]).to_arrow_table()
    return found["h"].combine_chunks()


#: Fewer keys are hashed one by one: to ask DuckDB costs as much as some thousand of them.
_FEW = 5_000


class Hearing:
    """What one pull of a source says about consent, held against the ledger. A view of a day before `newest` lifts nothing."""

    def __init__(
        self, ledger: Ledger, source: str, platform: str, newest: date, released: Mapping[str, date] | None = None
    ) -> None:
        self.ledger, self.source, self.platform = ledger, source, platform
        self.newest = max(newest, ledger.heard.get(source, date.min))
        self._released = {key: on for key, on in (released or {}).items() if on <= newest}
        self._reasons = ledger.reasons()
        self._by_hash: dict[str, list[Word]] = {}
        for word in ledger.standing.values():
            self._by_hash.setdefault(word.hash, []).append(word)
        self._noes: dict[tuple[str, str], tuple[date, str]] = {}
        self._yeses: set[tuple[str, str]] = set()
        self._known: dict[str, str | None] = {}
        self._spelt: dict[tuple[str, str], date] = {}
        #: Keys of the operator's list, or that look like one, that the pull met.
        self.met: set[str] = set()
        #: Whether what was heard is a whole list of the source's people, in which whoever said no must stand.
        self.is_whole = False

    def no(self, key: str, reason: str, day: date, by: str) -> None:
        """Somebody may not be shown, as `by` showed it on a day."""
        before = self._noes.get((key, reason), (date.min, ""))
        self._noes[key, reason] = max(before, (day, by))
        self._known.pop(key, None)

    def other_spelling(self, key: str, reason: str, day: date) -> None:
        """A key looks like that of somebody who may not be shown, and is left out, too; from now on by the ledger."""
        self._spelt[key, reason] = max(day, self._spelt.get((key, reason), day))
        if reason == "operator":
            self.met.add(key)

    def meet(self, keys: pa.Array) -> None:
        """Keys of people who may not be shown were met."""
        self.met.update(keys.to_pylist())

    def yes(self, key: str, reason: str, day: date) -> None:
        """A full view states the contrary of a reason. That of an older day than the newest known lifts nothing."""
        if day >= self.newest and self._reasons:
            self._yeses.add((key, reason))
            self._known.pop(key, None)

    def reason(self, key: str) -> str | None:
        """Why the ledger holds somebody back; None where it does not, or where this pull lifts all that it says."""
        if not self._reasons:
            return None
        if key not in self._known:
            standing = {reason for one in self.ledger.hashed(key) for reason in self._standing(one, key)}
            self._known[key] = min(standing, key=_worst, default=None)
        return self._known[key]

    def holds_any(self) -> bool:
        """Whether the ledger holds anybody back at all."""
        return bool(self._reasons)

    def among(self, keys: pa.Array) -> dict[str, str]:
        """Of many keys those that the ledger holds back, each with the reason."""
        if not self._reasons or not len(keys):
            return {}
        found: set[str] = set()
        if len(keys) < _FEW:
            found.update(
                key for key in keys.to_pylist() if not self._reasons.keys().isdisjoint(self.ledger.hashed(key))
            )
        else:
            standing = pa.array(list(self._reasons), pa.string())
            for salt in self.ledger.salts:
                found.update(keys.filter(pc.is_in(hashes(keys, salt), standing)).to_pylist())
        return {key: why for key in found if (why := self.reason(key))}

    def _standing(self, hashed: str, key: str) -> Iterable[str]:
        """The reasons of the words on a key that neither this pull nor the operator lifts."""
        for word in self._by_hash.get(hashed, ()):
            lifted = word.source == self.source and (key, word.reason) in self._yeses
            if self._is_said(key, word.reason) or not (lifted or self._is_released(key, word)):
                yield word.reason

    def _is_released(self, key: str, word: Word) -> bool:
        on = self._released.get(key)
        return on is not None and word.day <= on

    def _is_said(self, key: str, reason: str) -> bool:
        """Whether the newest view says it."""
        said = self._noes.get((key, reason))
        return said is not None and said[0] >= self.newest

    def judge(self, names: Callable[[set[str]], dict[str, str]]) -> list[Word]:
        """What the pull adds to the ledger. Raises InvalidInput where too many a no is lifted at once, or missing.

        names: gives the keys of hashes, as far as the lake or the exports still hold them.
        """
        standing = {
            (word.hash, word.reason): word for word in self.ledger.standing.values() if word.source == self.source
        }
        words: list[Word] = []
        now: set[tuple[str, str]] = set()
        for (key, reason), (day, by) in sorted(self._noes.items()):
            places = [(one, reason) for one in self.ledger.hashed(key)]
            held = [place for place in places if place in standing]
            now.update(places if day >= self.newest else ())
            if not any(standing[place].said == "no" for place in held):
                one = held[0][0] if held else self._hash_of(key)
                word = Word(one, reason, "no", self.source, self.platform, by, day)
                now.update({(one, reason)} if day >= self.newest else ())
                words.append(word)
                standing[one, reason] = word
        let_go = {
            (one, word.reason): word
            for key in self._released
            for one in self.ledger.hashed(key)
            for word in self._by_hash.get(one, ())
            if word.source == self.source and self._is_released(key, word) and (one, word.reason) not in now
        }
        for place, word in let_go.items():
            standing.pop(place, None)
            words.append(replace(word, said="yes", by="a release"))
        yeses = {(one, reason) for key, reason in self._yeses for one in self.ledger.hashed(key)}
        lifted = {place for place in standing if place in yeses and place not in now}
        missing = {
            place
            for place, word in standing.items()
            if self.is_whole and word.said == "no" and word.reason in _STAYS and place not in now | yeses
        }
        self._refuse(lifted, missing, standing, names)
        for (key, reason), day in sorted(self._spelt.items()):
            if not any((one, reason) in standing for one in self.ledger.hashed(key)) and key not in self._released:
                words.append(
                    Word(self._hash_of(key), reason, "kept", self.source, self.platform, "another spelling", day)
                )
        for said, by, turned in (("yes", "a full view", lifted), ("kept", "nobody", missing)):
            words += [Word(*place, said, self.source, self.platform, by, self.newest) for place in sorted(turned)]
        return words

    def _hash_of(self, key: str) -> str:
        if not self.ledger.salts:
            self.ledger.salts.append(secrets.token_hex(32))
        return self.ledger.hashed(key)[0]

    def _refuse(
        self,
        lifted: set[tuple[str, str]],
        missing: set[tuple[str, str]],
        standing: dict[tuple[str, str], Word],
        names: Callable[[set[str]], dict[str, str]],
    ) -> None:
        wishes = {place for place in standing if place[1] in _WISHES}
        states = standing.keys() - wishes
        expected = {place for place, word in standing.items() if word.said == "no" and word.reason in _STAYS}
        for found, of, least, share, what in (
            (lifted & wishes, wishes, 1, 10, "turn their no into a yes at once"),
            (lifted & states, states, 2, 5, "are no longer shown as protected, suspended or deleted, all at once"),
            (missing, expected, 2, 10, "said no, and no file says it of them any more"),
        ):
            if len(found) > max(least, len(of) // share):
                people = {one for one, _ in found}
                raise InvalidInput(
                    f"pull {self.source}: {len(people)} people {what}: {told(people, names(people))}. A column, rows or a file"
                    " may be damaged, and nobody is shown for that: mend the export; or name whoever changed their mind in the"
                    " file of the option `released` (account_key, released_on); or, where the source tells it no more, run"
                    f" jobs/consent.py keep --source {self.source}, and they stay out by the ledger alone"
                )


def list_words(
    ledger: Ledger,
    platform: str,
    listed: Collection[str],
    day: date,
    released: Mapping[str, date],
    names: Callable[[set[str]], dict[str, str]],
) -> list[Word]:
    """What the operator's list of a platform adds to the ledger. Raises InvalidInput where somebody is on it no more.

    released: key and day of those whom the operator lets go, each for what was said until that day. names: gives the keys of
    hashes.
    """
    standing = {
        word.hash: word for word in ledger.standing.values() if (word.source, word.platform) == (LISTED, platform)
    }
    words, now = [], set()
    for key in sorted(listed):
        if not ledger.salts:
            ledger.salts.append(secrets.token_hex(32))
        found = ledger.hashed(key)
        now.update(found)
        if not any(one in standing and standing[one].said == "no" for one in found):
            words.append(Word(found[0], "operator", "no", LISTED, platform, "the exclusion list", day))
    for key, on in released.items():
        for one in ledger.hashed(key):
            if one in standing and one not in now and standing[one].day <= on <= day:
                words.append(replace(standing.pop(one), said="yes", by="a release"))
    missing = {one for one, word in standing.items() if word.said == "no" and one not in now}
    if missing:
        raise InvalidInput(
            f"the exclusion list names {len(missing)} people of {platform} no more: {told(missing, names(missing))}. Nobody"
            " is let go by a missing row: put them back, or name each in the file of the option `released`"
            " (account_key, released_on)"
        )
    return words


def met_words(ledger: Ledger, listed: Iterable[str], met: set[str]) -> tuple[list[Word], list[str]]:
    """That people of the operator's list were met, for the ledger; and those of the list whom no pull ever met."""
    alike = {look_alike_key(key) for key in met}
    words, never = [], []
    for key in sorted(listed):
        standing = [
            word
            for one in ledger.hashed(key)
            if (word := ledger.standing.get((one, LISTED, "operator"))) and word.said == "no"
        ]
        if any(word.by == _MET for word in standing):
            continue
        if key in met or look_alike_key(key) in alike:
            words += [replace(word, by=_MET) for word in standing]
        else:
            never.append(key)
    return words, never


def told(people: set[str], names: dict[str, str]) -> str:
    """The keys of hashes, as far as they are known, for a message."""
    known = sorted(names[one] for one in people if one in names)
    more = len(people) - len(known[:_SHOWN_IN_A_MESSAGE])
    shown = ", ".join(known[:_SHOWN_IN_A_MESSAGE])
    if not more:
        return shown
    rest = f"{more} more" if known else f"{more} people"
    return (
        f"{shown}{' and ' if shown else ''}{rest} whose keys are not at hand"
        if len(known) <= _SHOWN_IN_A_MESSAGE
        else f"{shown} and {more} more"
    )


def words_of_snapshots(
    ledger: Ledger, accounts: Iterable[tuple[date, pa.Table]], source: str, platform: str
) -> list[Word]:
    """The noes that stand after the accounts snapshots of a lake that is older than its ledger, oldest first."""
    hearing: dict[tuple[str, str], tuple[str, date]] = {}
    for day, rows in accounts:
        for row in rows.to_pylist():
            key, noes = row["account_key"], said_by(row)
            for reason in noes:
                hearing[key, reason] = ("no", day)
            for reason in contradicted_by(row) if row["state_complete"] else ():
                if (key, reason) in hearing and reason not in noes:
                    hearing[key, reason] = ("yes", day)
    if hearing and not ledger.salts:
        ledger.salts.append(secrets.token_hex(32))
    return [
        Word(ledger.hashed(key)[0], reason, "no", source, platform, "snapshots", day)
        for (key, reason), (said, day) in sorted(hearing.items())
        if said == "no"
    ]


def said_by(row: dict[str, Any]) -> list[str]:
    """The reasons for which a row of accounts says that somebody may not be shown."""
    found = [reason for name, reason in FLAGS.items() if row.get(name)]
    return [*found, row["status"]] if row.get("status") in GONE else found


def contradicted_by(row: dict[str, Any]) -> list[str]:
    """The reasons of which a row of a full view states the contrary. What it does not say, it does not contradict."""
    found = [reason for name, reason in FLAGS.items() if row.get(name) is False]
    return [*found, *GONE] if row.get("status") in HERE else found


def _worst(reason: str) -> int:
    order = ("operator", "minor", "opt_out", "protected", *GONE)
    return order.index(reason) if reason in order else len(order)
