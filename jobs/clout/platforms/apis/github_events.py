"""One GitHub event, as GH Archive keeps it in a line: what it says of who acted on whom, or why it says nothing.

star = like, fork = share, comments and what is opened (issues, pull requests, discussions) = reply, @name in what they say =
mention, unless it is the owner, who is answered anyway. The target is the repository's owner. Only opened, created and started
actions count: closing or merging is the owner's own work. Accounts are keyed by login, since events name the owner and the
mentioned only so. Texts are read for @names and thrown away; e-mails are never stored. A repository whose language or topics
an event tells is a post of its owner with these as hashtags: a star or a fork is an act on it. What is said in its issues is an
act on the issue, whose topic nobody tells.

Before 2015 events had another form: the actor's login as a text, `repository` with owner and name, no id, and of comments
numbers only. They are read alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from clout.platforms.pull.rows import short_hash
from clout.platforms.pull.said import tags
from clout.platforms.unique_json import SaidTwice, unique

#: event type -> (kind, subkind, actions that count; None where the event has no action)
ACTS: dict[str, tuple[str, str, tuple[str, ...] | None]] = {
    "WatchEvent": ("like", "star", ("started",)),
    "ForkEvent": ("share", "fork", None),
    "IssuesEvent": ("reply", "issue", ("opened",)),
    "PullRequestEvent": ("reply", "pull_request", ("opened",)),
    "IssueCommentEvent": ("reply", "issue_comment", ("created",)),
    "PullRequestReviewEvent": ("reply", "review", ("created",)),
    "PullRequestReviewCommentEvent": ("reply", "review_comment", ("created",)),
    "CommitCommentEvent": ("reply", "commit_comment", ("created",)),
    "DiscussionEvent": ("reply", "discussion", ("created",)),
    "DiscussionCommentEvent": ("reply", "discussion_comment", ("created",)),
}
#: What is no act on anybody: the actor's own work, or what concerns no repository.
NO_ACTS = frozenset(
    f"{name}Event"
    for name in (
        *("Create", "Delete", "Download", "Follow", "ForkApply", "Gist", "Gollum", "Member", "Public"),
        *("PullRequestReviewThread", "Push", "Release", "Sponsorship", "TeamAdd"),
    )
)
KNOWN_TYPES = NO_ACTS | ACTS.keys()
#: A login after an @ that is not inside a word, an e-mail address, a path or another name.
_MENTION = re.compile(r"(?<![\w.@/`-])@([a-z\d](?:[a-z\d]|-(?=[a-z\d])){0,38})(?![\w@/])", re.IGNORECASE)
_TYPE = re.compile(r"[A-Za-z]{1,60}")
#: Owner, name and number in the address of what an old event is about.
_PLACE = re.compile(r"https?://(?:www\.)?github\.com/([\w.-]+)/([\w.-]+)(?:/(?:issues|pull)/(\d{1,18})(?!\d))?")
_WORDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}


class UnreadableError(ValueError):
    """A line, or a field without which an event says nothing, cannot be read. In plain words, without anything of the line."""


def parsed(line: bytes) -> dict[str, Any]:
    """The event in a line. Raises UnreadableError."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableError("the line is not UTF-8") from None
    try:
        event = json.loads(text, object_pairs_hook=unique)
    except SaidTwice:
        raise UnreadableError("a name stands twice in one object of the line, and says two things") from None
    except RecursionError:
        raise UnreadableError("the line is too deeply nested") from None
    except ValueError as error:
        raise UnreadableError(_no_json(text.strip(), error)) from None
    if not isinstance(event, dict):
        raise UnreadableError(f"the line is {_WORDS[type(event)]}, not an object")
    return event


def _no_json(text: str, error: ValueError) -> str:
    """Why a text is not one JSON value."""
    if not text:
        return "the line is empty"
    decoder, at, values = json.JSONDecoder(), 0, 0
    try:
        while at < len(text):
            _, at = decoder.raw_decode(text, at)
            values += 1
            at += len(text[at:]) - len(text[at:].lstrip(" \t\r,"))
    except (RecursionError, ValueError):
        pass
    if values > 1:
        return "several events in one line"
    is_cut = isinstance(error, json.JSONDecodeError) and (
        error.pos >= len(text) - 1 or error.msg.startswith("Unterminated")
    )
    if text[0] in "{[" and is_cut:
        return "the line ends in the middle of an event"
    return "the line is no JSON" if not values else "an event and something else in one line"


def type_of(event: dict[str, Any]) -> str:
    """The type of an event. Raises UnreadableError."""
    found = _field(event, "type", str)
    if not _TYPE.fullmatch(found):
        raise UnreadableError("type: is no name of a type")
    return found


def interactions(platform: str, event: dict[str, Any]) -> list[dict[str, Any]]:
    """The interactions of one event: at most one with the repository's owner, and one for each other person mentioned.

    None of an event that is no act. Raises UnreadableError where who, whom, when or the action cannot be read; what else
    cannot is as if it were missing.
    """
    name = type_of(event)
    if name not in ACTS:
        return []
    kind, subkind, actions = ACTS[name]
    payload = _field(event, "payload", dict) if event.get("payload") is not None else {}
    if (
        actions is not None
        and payload.get("action") is not None
        and _field(payload, "action", str, "payload.") not in actions
    ):
        return []
    actor = account_key(platform, _login(event))
    owner, repository, of_place = _repository(event)
    at = _time(event)
    thread = _some(payload, "issue") or _some(payload, "pull_request") or _some(payload, "discussion") or {}
    number = next((one for one in (thread.get("number"), payload.get("number"), of_place) if _is_number(one)), None)
    post = repository if number is None else f"{repository}#{number}"
    # Event ids have not been monotone or unique since 2025: identity is the whole of who, what, where, when.
    own = str(event["id"]) if isinstance(event.get("id"), str | int) else _digest(payload)
    identity = [own, name, actor, repository, str(event["created_at"])]
    base = {
        "actor_key": actor,
        "target_post_key": f"{platform}:{post}",
        "occurred_at": at,
        "occurred_precision": "exact",
        "observed_via": "event_archive",
        "is_removed": False,
    }
    rows = [
        {
            **base,
            "interaction_key": short_hash(*identity, kind),
            "kind": kind,
            "subkind": subkind,
            "target_account_key": account_key(platform, owner),
        }
    ]
    said = _some(payload, "comment") or _some(payload, "review") or thread
    body = said.get("body")
    names = {one.lower() for one in _MENTION.findall(body)} if kind == "reply" and isinstance(body, str) else set()
    for mentioned in sorted(names - {owner}):
        rows.append(
            {
                **base,
                "interaction_key": short_hash(*identity, "mention", mentioned),
                "kind": "mention",
                "target_account_key": account_key(platform, mentioned),
                "target_post_key": None,
                "source_post_key": f"{platform}:{post}",
            }
        )
    return rows


def repository_of(platform: str, event: dict[str, Any]) -> tuple[str, str, list[str]] | None:
    """Its post's key, its owner's key, and what it is tagged with, of the repository of an event that tells its language or its
    topics: pull requests, forks, and events from before 2015 do. None of any other. Raises UnreadableError.
    """
    payload = _some(event, "payload") or {}
    told = _some(_some(_some(payload, "pull_request") or {}, "base") or {}, "repo")
    told = told or _some(payload, "forkee") or _some(event, "repository") or {}
    language, topics = told.get("language"), told.get("topics")
    given = [language.replace("+", "p").replace("#", "sharp")] if isinstance(language, str) else []
    given += [one for one in topics if isinstance(one, str)] if isinstance(topics, list) else []
    found = tags(given, lambda value, why: None)  # GitHub's own words: nobody has to be told of one that is none
    if not found:
        return None
    owner, repository, _ = _repository(event)
    return f"{platform}:{repository}", account_key(platform, owner), found


def repository_post(key: str, owner: str, hashtags: list[str], provenance: dict[str, Any]) -> dict[str, Any]:
    """A repository as a post of its owner: what people act on, and what it is about. When it began is not told."""
    return {
        "post_key": key,
        "native_id": key.split(":", 1)[1],
        "author_key": owner,
        "post_type": "original",
        "hashtags": hashtags,
        "is_deleted": False,
        "from_feed": False,
        "lists_asked": "none",
        **provenance,
    }


def account_key(platform: str, login: str) -> str:
    """The key of a login. Raises UnreadableError where it cannot be one."""
    if not login or "@" in login:
        raise UnreadableError("login: is empty or an e-mail address")
    if not _is_storable(login):
        raise UnreadableError("login: holds signs that no table can hold")
    return f"{platform}:{login.lower()}"


def account(key: str, provenance: dict[str, Any]) -> dict[str, Any]:
    """What an event shows of its actor: a name, and whether GitHub itself marks it as an app."""
    login = key.split(":", 1)[1]
    is_bot = login.endswith("[bot]")
    return {
        "account_key": key,
        "native_id": login,
        "handle": login,
        "account_type": "bot" if is_bot else "unknown",
        "is_bot": is_bot or None,
        "status": "active",
        "state_complete": False,
        **provenance,
    }


# Fields ----------------------------------------------------------------------------------------------------------


def _field(holder: dict[str, Any], name: str, kind: type, of: str = "") -> Any:
    """A field that must be there and of one type."""
    value = holder.get(name)
    if type(value) is not kind:
        is_missing = name not in holder
        raise UnreadableError(
            f"{of}{name}: is {'missing' if is_missing else f'{_WORDS[type(value)]}, not {_WORDS[kind]}'}"
        )
    return value


def _some(holder: dict[str, Any], name: str) -> dict[str, Any] | None:
    """An object that may be missing; anything else than an object is as if it were."""
    value = holder.get(name)
    return value if isinstance(value, dict) else None


def _login(event: dict[str, Any]) -> str:
    """Who acted: a text before 2015, an object since."""
    if isinstance(event.get("actor"), str):
        return event["actor"]
    attributes = _some(event, "actor_attributes") or {}
    if event.get("actor") is None and isinstance(attributes.get("login"), str):
        return attributes["login"]
    return _field(_field(event, "actor", dict), "login", str, "actor.")


def _repository(event: dict[str, Any]) -> tuple[str, str, int | None]:
    """Owner, and owner/name, in lower case; and of old events the number in the address of what they are about."""
    place = _PLACE.match(event["url"]) if isinstance(event.get("url"), str) else None
    by_address = place.groups() if place else (None, None, None)
    old = _some(event, "repository")
    if event.get("repo") is not None or (old is None and place is None):
        name = _field(_field(event, "repo", dict), "name", str, "repo.")
    else:  # what is about a repository that is gone has its address alone
        told = {
            part: (old or {}).get(part) or other for part, other in zip(("owner", "name"), by_address, strict=False)
        }
        name = f"{_field(told, 'owner', str, 'repository.')}/{_field(told, 'name', str, 'repository.')}"
    repository = name.lower()
    owner, slash, rest = repository.partition("/")
    if not owner or not slash or not rest or "@" in repository or not _is_storable(repository):
        raise UnreadableError("repo.name: is not of the form owner/name")
    return owner, repository, int(by_address[2]) if by_address[2] else None


def _time(event: dict[str, Any]) -> datetime:
    text = _field(event, "created_at", str)
    readers: tuple[Callable[[str], datetime], ...] = (
        datetime.fromisoformat,
        lambda one: datetime.strptime(one, "%Y/%m/%d %H:%M:%S %z"),  # in 2011 and 2012
    )
    for read in readers:
        try:
            at = read(text)
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (OverflowError, ValueError):
            continue
    raise UnreadableError("created_at: is no time")


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _is_storable(text: str) -> bool:
    """Whether a table can hold a text: half a surrogate pair is legal JSON, and no UTF-8."""
    return "\x00" not in text and text.encode("utf-8", "replace").decode() == text


def _digest(payload: dict[str, Any]) -> str:
    """What tells events apart that have no id, as comments of one second."""
    try:
        return short_hash(json.dumps(payload, sort_keys=True))
    except RecursionError:
        return ""
