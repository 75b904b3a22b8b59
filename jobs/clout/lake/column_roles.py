"""Roles of the columns of text: whose key, somebody's name or words, or a word of the project's own. A name means one thing.

Suppression, erasure, retention and pseudonyms read here which columns speak of people. A column that is not named here is
taken for a text and searched; a test refuses one, and any column of keys without a role.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache

from clout.lake.schemas import CONFORMED, SNAPSHOTS


class Role(Enum):
    """What the cells of a column are."""

    #: A key of an account or a person, or a list of such.
    ACCOUNT = "account"
    #: A key of a post.
    POST = "post"
    #: The id of the row's account or post, as its platform writes it.
    ID = "id"
    #: What somebody wrote or is called, or a text that may hold such: searched for words.
    TEXT = "text"
    #: One of few words, a number in text, or a hash: names nobody.
    WORD = "word"


_COLUMNS = {
    Role.ACCOUNT: (
        "account_key author_key actor_key target_account_key in_reply_to_account_key account_a moved_to_key mentions"
        " actor target person_id other_id"
    ),
    Role.POST: (
        "post_key target_post_key source_post_key in_reply_to_post_key shared_post_key quoted_post_key conversation_key"
    ),
    Role.ID: "native_id",
    # account_b is a key, an address or its hash; the least and the greatest key of a table are keys joined by commas.
    Role.TEXT: (
        "handle display_name name bio url text links hashtags raw raw_ref reason why file subject columns drift account_b"
        " location city evidence campaign code part rule seed title evidence_url registry_id reviewed_by note"
        " smallest_key largest_key observed"
    ),
    Role.WORD: (
        "interaction_key account_type status platform platforms kind subkind post_type visibility lang lists_asked basis"
        " signal unit table table_name endpoint source_endpoint source snapshot dataset metric feature direction defence"
        " occurred_precision observed_via model_version no_score_reason amplification_missing_reason variant"
        " strengths_from reverse_from"
        " check_id severity verdict expected scope gate suite run_id action terms removed"
        " purpose country admin1 arm event currency visitor outcome_id query_hash registry decision"
        " topic topic_id slug topic_type parent_ids wikidata_id evidence text_hash platform_topics not_named ontology_version"
        " endorsements_refused_why style between_style style_reason lens axis inputs"
    ),
}
ROLES: Mapping[str, Role] = {name: role for role, names in _COLUMNS.items() for name in names.split()}

#: By which keys a row is somebody's; whoever is in another column of keys is only spoken of. A manifest is nobody's.
OWNERS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("account_key",),
    "posts": ("post_key", "author_key"),
    "interactions": ("actor_key", "target_account_key", "target_post_key", "source_post_key"),
    "account_links": ("account_a", "account_b"),
    "external_signals": ("account_key",),
    "consents": ("account_key",),
    "campaigns": ("account_key",),
    "credentials": ("account_key",),
    "endorsements": ("actor_key", "target_account_key"),
    "outcomes": (),
    "activity": ("actor", "target"),
    "post_actions": ("post_key", "actor"),
    "post_topics": ("post_key", "author_key"),
    "topic_activity": ("post_key", "actor", "target"),
    "reactions": ("post_key", "actor", "target"),
    "manifest": (),
}


def role(name: str) -> Role:
    """What a column holds."""
    return ROLES.get(name, Role.TEXT)


@cache
def columns(table: str, wanted: Role) -> tuple[str, ...]:
    """The columns of a table of snapshots or of what conform writes that hold something."""
    return tuple(name for name in (SNAPSHOTS | CONFORMED)[table].names if ROLES.get(name) is wanted)


@cache
def people_of(table: str) -> tuple[str, ...]:
    """The columns of accounts by which a row is somebody's."""
    return tuple(name for name in OWNERS.get(table, ()) if ROLES[name] is Role.ACCOUNT)


@cache
def spoken_of(table: str, wanted: Role = Role.ACCOUNT) -> tuple[str, ...]:
    """The columns of keys in which a row only speaks of somebody, or of somebody's post."""
    return tuple(name for name in columns(table, wanted) if name not in OWNERS.get(table, ()))
