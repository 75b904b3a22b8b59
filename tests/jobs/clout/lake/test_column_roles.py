"""Shows that every column of text of every table says what it holds, so that no key of a person escapes what must find it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from clout.lake import declared
from clout.lake.column_roles import OWNERS, ROLES, Role, columns, people_of, role, spoken_of
from clout.lake.records import ERASURE_LOG, PURGE_LOG
from clout.lake.schemas import CONFORMED, SNAPSHOTS
from clout.quality.tables import DATA_QUALITY, METRICS

TABLES = {
    **SNAPSHOTS,
    **CONFORMED,
    "metrics": METRICS,
    "quality": DATA_QUALITY,
    "purges": PURGE_LOG,
    "log": ERASURE_LOG,
}


def texts(schema: pa.Schema) -> list[str]:
    """The names of a schema's columns of texts, and of lists of texts."""
    kinds = (getattr(field.type, "value_type", field.type) for field in schema)
    return [field.name for field, kind in zip(schema, kinds, strict=True) if pa.types.is_string(kind)]


@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_text_in_the_lake_has_a_role(table: str) -> None:
    assert set(texts(TABLES[table])) <= set(ROLES)


@pytest.mark.parametrize("table", declared.tables())
def test_every_published_column_of_text_has_a_role(table: str) -> None:
    named = declared.tables()[table].columns
    assert {name for name, kind in named.items() if kind == "string"} <= set(ROLES)


def test_keys_are_known_for_keys() -> None:
    """What is named like a key of somebody's is one."""
    for name in {name for schema in TABLES.values() for name in schema.names}:
        if name.endswith(("account_key", "author_key", "actor_key", "person_id")):
            assert role(name) is Role.ACCOUNT, name
        if name.endswith("post_key"):
            assert role(name) is Role.POST, name


def test_what_a_row_is_by_and_of_whom_it_only_speaks() -> None:
    assert people_of("interactions") == ("actor_key", "target_account_key")
    assert spoken_of("accounts") == ("moved_to_key",)
    assert spoken_of("posts") == ("in_reply_to_account_key", "mentions")
    assert set(spoken_of("posts", Role.POST)) == {
        *("in_reply_to_post_key", "shared_post_key", "quoted_post_key", "conversation_key")
    }
    assert role("what nobody thought of") is Role.TEXT
    for table, keys in OWNERS.items():
        known = (SNAPSHOTS | CONFORMED)[table].names
        assert set(keys) <= set(known)
        assert not columns(table, Role.ACCOUNT) or people_of(table), f"{table}: whose are its rows?"
