"""The consent part of a pull: it reads the ledger before, adds to it after, and names accounts that must not be missing."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from datetime import date

from pyarrow import fs as pafs

from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.column_roles import people_of
from clout.lake.partitions import Lake
from clout.platforms.pull.rows import Batch, PullReport
from clout.privacy import consent_ledger
from clout.privacy.consent_ledger import Hearing
from clout.privacy.row_deletion import partitions
from clout.privacy.suppression import NOBODY, SuppressionList


def hearing(
    lake: Lake, source: Source, day: date, names: Callable[[set[str]], dict[str, str]], say: Callable[[str], None]
) -> Hearing:
    """The ledger of consent, ready to hear what a pull of `day` says; the operator's list and releases are in it already."""
    with lake.lock("consent"):
        ledger = consent_ledger.read(lake)
        if not ledger.heard:
            say(
                f"pull {source.name}: {lake.uri} has no ledger of consent yet. Who said no before it began is known only to the"
                " lake that was before: bring its ledger over with jobs/consent.py bring --from THAT_LAKE; if there was none,"
                " all is well"
            )
        if source.name not in ledger.heard:
            shown = (
                (each, lake.read(path)) for each, path in partitions(lake, f"snapshots/accounts/platform={source.name}")
            )
            words = consent_ledger.words_of_snapshots(ledger, shown, source.name, source.platform)
            consent_ledger.append(lake, ledger, source.name, words)
        listed = [key for key in source.excluded if key.partition(":")[0] == source.platform]
        words = consent_ledger.list_words(ledger, source.platform, listed, day, source.released, names)
        if words:
            consent_ledger.append(lake, ledger, consent_ledger.LISTED, words)
    pulled = lake.fs.get_file_info(
        pafs.FileSelector(f"{lake.root}/snapshots/manifest/platform={source.name}", allow_not_found=True)
    )
    named = (re.fullmatch(r"snapshot_date=(\d{4}-\d{2}-\d{2})", info.base_name) for info in pulled)
    newest = max((date.fromisoformat(found[1]) for found in named if found), default=day)
    return Hearing(ledger, source.name, source.platform, max(newest, day), source.released)


def remember(
    lake: Lake,
    source: Source,
    hearing: Hearing,
    names: Callable[[set[str]], dict[str, str]],
    say: Callable[[str], None],
    ids: re.Pattern[str],
) -> None:
    """Add to the ledger what the pull heard. Raises InvalidInput where too much was taken back at once, and where the
    operator's list names somebody by what is no id of the platform (`ids`) and whom no pull ever met under it.
    """
    words = hearing.judge(names)
    listed = [key for key in source.excluded if key.partition(":")[0] == source.platform]
    met, never = consent_ledger.met_words(hearing.ledger, listed, hearing.met)
    with lake.lock("consent"):
        for of, found in ((source.name, words), (consent_ledger.LISTED, met)):
            if found:
                consent_ledger.append(lake, hearing.ledger, of, found)
    if wrong := [key for key in never if not ids.fullmatch(key.partition(":")[2])]:
        raise InvalidInput(
            f"pull {source.name}: the exclusion list names {', '.join(wrong[:20])}: no id of an account as"
            f" {source.reader} writes it, nor a handle or an address of anybody whom a pull has met, so that it would keep"
            f" nobody out. Write the account's id ({ids.pattern})"
        )
    if never:
        say(
            f"pull {source.name}: no pull has met {len(never)} people of the exclusion list yet: {', '.join(never[:20])}."
            " Is each the account's id, as the source writes it?"
        )


def names_of(
    lake: Lake,
    source: Source,
    read: Callable[[Source, set[date], SuppressionList], Iterable[Batch | PullReport]] | None,
    days: list[date],
    people: set[str],
) -> dict[str, str]:
    """The keys of hashes in the ledger, as far as the lake's accounts or the exports, which `read` reads, name them."""
    ledger = consent_ledger.read(lake)
    found: dict[str, str] = {}

    def look(keys: Iterable[str | None]) -> None:
        found.update({one: key for key in keys if key for one in ledger.hashed(key) if one in people})

    for _, path in reversed(partitions(lake, f"snapshots/accounts/platform={source.name}")):
        look(lake.read(path, columns=["account_key"])["account_key"].to_pylist())
    if read and "base_url" not in source.options and len(found) < len(people):
        with contextlib.suppress(InvalidInput):
            for item in read(source, set(days), NOBODY):
                if isinstance(item, Batch):
                    for name in people_of(item.table):
                        look(item.rows[name].unique().to_pylist())
                if len(found) == len(people):
                    break
    return found
