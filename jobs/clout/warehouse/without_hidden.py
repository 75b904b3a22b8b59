"""Old content without the people who may not be shown any more: what a rollback publishes in its place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clout.config.topic_settings import EVERY
from clout.engine import queries
from clout.errors import InvalidInput
from clout.lake import declared
from clout.lake.partitions import Lake
from clout.lake.staging import TABLES, Staged, content_hash
from clout.privacy.hidden_today import HiddenToday
from clout.privacy.hidden_topics import Unsaid, newest_unsaid, unsaid_in, without_unsaid
from clout.privacy.newest_consents import newest
from clout.warehouse import catalog
from clout.warehouse.content_files import names_one_of
from clout.warehouse.versions import DataFile, LogEntry, Release, visible_versions

#: A person and the purpose that they agreed to.
Agreement = tuple[str, str]


@dataclass(frozen=True)
class Cut:
    """Content that lacks some people, as files that a writer loads; `people` is how many are missing."""

    release: Release
    staged: Staged
    people: int


def cut(
    read: Callable[..., pa.Table],
    log: Sequence[LogEntry],
    parts: Sequence[DataFile],
    target: LogEntry,
    hidden: HiddenToday,
    today: date,
    folder: Path,
) -> Cut | None:
    """The content of a version without all rows that name the hidden, and without what people agree to no more, or hide,
    written into `folder`; None where it holds none of these."""
    names = sorted({part.table_name for part in parts if part.version == target.content_version})
    state = _state(read, log, target)
    tables = {name: _rows(read, name, state, target) for name in names}
    scores, others = tables["scores"], tables.get("influences")
    keys = [*scores["person_id"].chunks, *(others["other_id"].chunks if others else ())]
    gone = hidden.people(tables["accounts"], pc.unique(pa.chunked_array(keys, pa.string())).drop_null())
    withdrawn: set[Agreement] = set()
    if hidden.consents is not None and "consented" in tables:
        withdrawn = taken_back(tables["consented"], tables["accounts"], hidden.consents, today)
        # Where people are named only if they agreed, this content names them whom a night run now would not.
        gone |= {person for person, purpose in withdrawn if purpose == "named"}
    unsaid = _unsaid(tables, hidden.unsaid)
    if not gone and not withdrawn and not unsaid:
        return None
    agreed = _pairs(tables["consented"]) - withdrawn if "consented" in tables else set()
    people = pc.sum(pc.is_in(pc.unique(scores["person_id"]), pa.array(sorted(gone), pa.string()))).as_py() or 0
    files: dict[str, list[dict[str, Any]]] = {}
    for name, rows in tables.items():
        kept = _without(name, rows.filter(pc.invert(names_one_of(rows, gone))), agreed)
        if column := declared.tables()[name].hidden:
            kept = without_unsaid(kept, column, unsaid)
        # In an order of its own, so that the same people left out again give the same content.
        order = [(each.name, "ascending") for each in kept.schema if not pa.types.is_nested(each.type)]
        path = folder / f"{name}.parquet"
        pq.write_table(kept.sort_by(order), path)
        files[name] = [
            {
                "name": path.name,
                "path": str(path),
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "rows": kept.num_rows,
            }
        ]
    release = Release(
        day=target.ds,
        run=target.run_id,
        content_hash=content_hash({name: files.get(name, []) for name in TABLES}),
        tables=files,
        staged_at=target.staged_at,
        model_version=target.model_version,
        code_version=target.code_version,
        warnings=target.warnings,
        reason=None,
    )
    named = gone | {person for person, _ in withdrawn | unsaid}
    return Cut(release, Staged(Lake(folder), target.ds, target.run_id), people or len(named))


def _unsaid(tables: dict[str, pa.Table], said: Collection[Unsaid]) -> frozenset[Unsaid]:
    """What of the hidden topics some table holds."""
    unsaid = unsaid_in(said, tables["accounts"], tables.get("topics"))
    held: set[Unsaid] = set()
    for name, rows in tables.items() if unsaid else ():
        if column := declared.tables()[name].hidden:
            rows = rows.filter(pc.is_in(rows["person_id"], pa.array({person for person, _ in unsaid}, pa.string())))
            persons = rows["person_id"].to_pylist()
            held.update((person, EVERY) for person in persons)
            held.update(zip(persons, rows[column].to_pylist(), strict=True) if column != EVERY else ())
    return unsaid & held


def taken_back(consented: pa.Table, accounts: pa.Table, lists: pa.Table, today: date) -> set[Agreement]:
    """Who agreed to what by the rows of clout.consented, and does not by the newest lists."""
    persons = accounts.select(["account_key", "person_id"])
    with queries.connect() as connection:
        rows = queries.run_duckdb(connection, "agreed", {"day": today}, consents=lists, persons=persons)
        pairs = "SELECT person_id, purpose FROM"
        found = queries.duckdb_relation(
            connection, f"{pairs} consented EXCEPT {pairs} agreed", {}, {"consented": consented, "agreed": rows}
        )
        return set(found.fetchall())


def refuse_what_was_taken_back(staged: Staged, lake: Lake) -> None:
    """Raise InvalidInput where a staged run shows people for what they agreed to, and do not by the newest lists."""
    consented = staged.root.read(staged.table("consented"), columns=["person_id", "purpose"])
    accounts = staged.root.read(staged.table("accounts"), columns=["account_key", "person_id"])
    lists, heard = newest(lake)
    if found := taken_back(consented, accounts, lists, heard or staged.day):
        number, purposes = len({person for person, _ in found}), sorted({purpose for _, purpose in found})
        raise InvalidInput(
            f"{staged.location}: {number} of the people of run {staged.run} took back what they had agreed to"
            f" ({', '.join(purposes)}): run jobs/night.py --days {staged.day} again, which lists them no more"
        )


def refuse_what_is_hidden(staged: Staged, lake: Lake) -> None:
    """Raise InvalidInput where a staged run says of somebody what they hide by the newest night's word."""
    said = newest_unsaid(lake)
    asked = {"accounts": ["account_key", "person_id"], "topics": ["topic_id", "slug"]}
    for name, table in declared.tables().items():
        if table.hidden:
            asked[name] = list(dict.fromkeys((*asked.get(name, ()), "person_id", table.hidden)))
    tables = {
        name: staged.root.read(staged.table(name), columns=[column for column in columns if column != EVERY])
        for name, columns in asked.items()
        if said and staged.root.exists(staged.table(name))
    }
    if said and (found := _unsaid(tables, said)):
        raise InvalidInput(
            f"{staged.location}: {len({person for person, _ in found})} of the people of run {staged.run} hide since what it"
            f" says of them: run jobs/night.py --days {staged.day} again, which leaves it out"
        )


def _pairs(rows: pa.Table) -> set[Agreement]:
    return set(zip(rows["person_id"].to_pylist(), rows["purpose"].to_pylist(), strict=True))


def _without(name: str, rows: pa.Table, agreed: set[Agreement]) -> pa.Table:
    """A table's rows without those of people who are in it only because they agreed, and do not any more."""
    if name == "consented":
        kept = [pair in agreed for pair in zip(rows["person_id"].to_pylist(), rows["purpose"].to_pylist(), strict=True)]
    elif purpose := declared.tables()[name].consent:
        kept = [person is None or (person, purpose) in agreed for person in rows["person_id"].to_pylist()]
    else:
        return rows
    return rows.filter(pa.array(kept, pa.bool_()))


def _state(read: Callable[..., pa.Table], log: Sequence[LogEntry], target: LogEntry) -> int:
    """The newest state in which the content was shown and that can still be read."""
    for entry in reversed(log):
        if visible_versions(log, entry.version).get(target.ds) == target.content_version:
            try:
                read("clout.scores", entry.version, target.ds)
                return entry.version
            except InvalidInput:
                continue
    raise InvalidInput(
        f"{target.ds}: the content of version {target.content_version} cannot be read, so nobody can tell whether it shows"
        f" people who have said no since: run jobs/night.py --days {target.ds} again in its place"
    )


def _rows(read: Callable[..., pa.Table], name: str, state: int, target: LogEntry) -> pa.Table:
    relation = catalog.relations()[name]
    return read(relation.full_name, state, target.ds).select(relation.arrow_schema.names).cast(relation.arrow_schema)
