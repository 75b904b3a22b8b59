"""X's API v2 as its specification describes it, over the invented world. Any Bearer token reads; `user-...` is a user's.

Ids are snowflakes: the millisecond, and the rank within it, so that all are beyond 2**53. Answers are in the dialect of
tweets; with `new_dialect` in that of posts. `X.answer` gives a body; `Refused` is a problem as X describes it.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any

import numpy as np

from sandbox.history import (
    LIKE,
    MENTION,
    NEVER,
    POST,
    QUOTE,
    REPLY,
    SHARE,
    WRITTEN,
    View,
    home,
    iso,
    numbered,
    page,
    username,
    words,
)
from sandbox.world import World

HOST = "api.birdsite.test"
EPOCH = 1_288_834_974_657  # when snowflakes begin, in Unix milliseconds
PROBLEM = "https://api.twitter.com/2/problems/"
OPENED = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp())
#: What people write where X asks for a place; most leave it out.
PLACES = ("Lyon, France", "the moon", "she/her", "Toronto")
KINDS = {REPLY: "replied_to", SHARE: "retweeted", QUOTE: "quoted"}
RENAMED = {  # what the newer dialect calls the fields of the older one
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "note_tweet": "note_post",
    "retweet_count": "repost_count",
    "tweet_count": "post_count",
    "tweets": "posts",
}
POST_FIELDS = {"author_id", "conversation_id", "created_at", "entities", "in_reply_to_user_id", "lang", "note_tweet"}
POST_FIELDS |= {
    "context_annotations",
    "public_metrics",
    "referenced_tweets",
    "id",
    "text",
    "edit_history_tweet_ids",
    "reply_settings",
}
USER_FIELDS = {
    "created_at",
    "description",
    "entities",
    "location",
    "protected",
    "public_metrics",
    "verified",
    "id",
    "name",
    "username",
}
EXPANSIONS = {"author_id", "in_reply_to_user_id", "referenced_tweets.id", "referenced_posts"}
SEARCH = re.compile(r"conversation_id:(\d{1,19})|to:(\w{1,15})")
#: The parameters of each sort of endpoint, and the least and most of a page.
LISTS = {
    "tweets": (5, 100, {"start_time", "end_time"}),
    "mentions": (5, 100, {"start_time", "end_time"}),
    "search": (10, 100, {"start_time", "end_time", "query"}),
    "retweets": (1, 100, set()),
    "quote_tweets": (10, 100, set()),
    "liking_users": (1, 100, set()),
}
SHOWN = {"tweet.fields", "post.fields", "user.fields", "expansions"}
Json = dict[str, Any]
Params = dict[str, list[str]]


class Refused(Exception):
    """A problem: status, and body."""

    def __init__(self, status: int, title: str, kind: str = "about:blank", **more: Any) -> None:
        self.status, self.body = status, {"title": title, "type": kind, "detail": title, "status": status} | more


def invalid(what: str) -> Refused:
    """The problem of a request that is not well formed."""
    return Refused(400, "Invalid Request", f"{PROBLEM}invalid-request", errors=[{"message": what}])


def name_of(world: World, person: int) -> str:
    """The name after the @: fifteen signs at most."""
    return f"{world.name(person).split()[0].lower()}_{person}"


def id_of(person: int) -> str:
    """The id of an account."""
    return str((OPENED * 1000 - EPOCH + person * 1009 << 22) + 7)


def token_of(key: int) -> str:
    """An opaque pagination token."""
    return base64.b32encode(str(key).encode()).decode().lower().rstrip("=")


def key_of(token: str) -> int:
    """The key in a pagination token."""
    try:
        return max(-NEVER, min(NEVER, int(base64.b32decode(token.upper() + "=" * (-len(token) % 8)))))
    except ValueError as wrong:
        raise invalid("The `pagination_token` query parameter value is not valid") from wrong


class X:
    """What one request may ask, of one view; `struck` are the misbehaviours that strike this request."""

    def __init__(self, view: View, struck: frozenset[str], token: str | None, clock: float) -> None:
        self.view, self.table, self.world, self.struck, self.token = view, view.table, view.world, struck, token
        self.clock = clock
        self.errors: list[Json] = []

    def answer(self, path: str, params: Params) -> Json:
        """The body for one path."""
        if not self.token:
            raise Refused(401, "Unauthorized")
        if "credits_depleted" in self.struck:
            raise Refused(402, "CreditsDepleted", f"{PROBLEM}credits")
        if "wrong_token_kind" in self.struck:
            raise Refused(403, "Unsupported Authentication", f"{PROBLEM}unsupported-authentication")
        found = re.fullmatch(r"/2/(?:(users|tweets)(/by)?|(users|tweets)/(\d{1,19}|search)/(\w+))", path)
        if found is None:
            raise Refused(404, "Not Found")
        if found[1]:
            body = self._users(params, bool(found[2])) if found[1] == "users" else self._tweets(params)
        else:
            body = self._list("search" if found[4] == "search" else found[5], found[4], params)
        body |= {"errors": self.errors} if self.errors else {}
        return self._renamed(body) if "new_dialect" in self.struck else body

    # -- look-ups

    def _users(self, params: Params, by_name: bool) -> Json:
        name = "usernames" if by_name else "ids"
        wanted, fields = self._many(params, name, r"\w{1,15}" if by_name else r"\d{1,19}"), self._fields(params, "user")
        self._only(params, {name, "user.fields"})
        shown = []
        for one in wanted:
            person = self._named(one) if by_name else self._identified(one)
            if person is not None and self.view.here[person]:
                shown.append(self.user(person, fields))
                continue
            self._gone(person, one, name)
        return {"data": shown} if shown else {}

    def _tweets(self, params: Params) -> Json:
        wanted, fields = self._many(params, "ids", r"\d{1,19}"), self._fields(params, "tweet")
        self._only(params, SHOWN | {"ids"})
        numbers = []
        for one in wanted:
            number = self._event(one)
            if number is None:
                self._error("resource-not-found", f"Could not find tweet with ids: [{one}].", "tweet", one, "ids")
            else:
                numbers.append(number)
        return self._shown(numbers, fields, params)

    # -- lists

    def _list(self, name: str, subject: str, params: Params) -> Json:
        if name not in LISTS:
            raise Refused(404, "Not Found")
        if name == "liking_users" and not str(self.token).startswith("user-"):
            raise Refused(403, "Unsupported Authentication", f"{PROBLEM}unsupported-authentication")
        least, most, more = LISTS[name]
        fields = self._fields(params, "user" if name == "liking_users" else "tweet")
        self._only(params, more | SHOWN | {"max_results", "pagination_token", "next_token"})
        size = self._number(params, "max_results", least, most, 100 if least == 1 else 10)
        rows = self._rows(name, subject, params)
        if "start_time" in more:
            first, last = (self._time(params, word) for word in ("start_time", "end_time"))
            if last is not None and last > self.clock - 10:
                raise invalid("'end_time' must be a minimum of 10 seconds prior to the request time")
            at = self.table.at[rows]
            rows = rows[(at >= (first or 0)) & (at < (NEVER if last is None else last))]
        token = (params.get("pagination_token") or params.get("next_token") or [None])[0]
        shown, following = page(rows, size, None if token is None else key_of(token), self.struck)
        numbers = [int(i) for i in shown]
        if "errors_in_200" in self.struck:
            for number in numbers[::3]:
                self._error("resource-not-found", "Could not find tweet.", "tweet", self.id(number), "id")
            numbers = [number for place, number in enumerate(numbers) if place % 3]
        meta: Json = {"result_count": len(numbers)}
        if numbers and name in ("tweets", "mentions", "search"):
            meta |= {"newest_id": self.id(numbers[0]), "oldest_id": self.id(numbers[-1])}
        if following is not None:
            meta["next_token"] = token_of(following)
        if name == "liking_users":
            users = [self.user(int(self.table.actor[i]), fields) for i in numbers]
            return ({"data": users} if users else {}) | {"meta": meta}
        return self._shown(numbers, fields, params) | {"meta": meta}

    def _rows(self, name: str, subject: str, params: Params) -> np.ndarray:
        none = self.table.at[:0]
        if name == "search":
            found = SEARCH.fullmatch(params.get("query", [""])[0])
            if found is None:
                raise invalid("There were errors processing your request: no viable alternative")
            if found[2]:
                person = self._named(found[2])
                return none if person is None else self._acts_on(person, (REPLY,), since=self.view.now - 7 * 86_400)
            number = self._event(found[1])
            return none if number is None else self._open(self.view.about(number, (REPLY,)))
        if name in ("tweets", "mentions"):
            person = self._identified(subject)
            if person is None or not self.view.here[person]:
                self._error("resource-not-found", f"Could not find user with id: [{subject}].", "user", subject, "id")
                return none
            if person in self.world.protected:
                detail = f"Sorry, you are not authorized to see the user with id: [{subject}]."
                self._error("not-authorized-for-resource", detail, "user", subject, "id", section="data")
                return none
            if name == "tweets":
                return self.view.of_actor(person, (*WRITTEN, SHARE))
            return self._acts_on(person, (MENTION, REPLY))
        number = self._event(subject)
        if number is None:
            self._error("resource-not-found", f"Could not find tweet with id: [{subject}].", "tweet", subject, "id")
            return none
        kind = {"retweets": SHARE, "quote_tweets": QUOTE, "liking_users": LIKE}[name]
        rows = self.view.about(number, (kind,))
        return rows[:100] if kind == LIKE else self._open(rows)

    def _named(self, name: str) -> int | None:
        person = numbered(name, "_")
        known = 0 <= person < self.view.people and name_of(self.world, person) == name.lower()
        return person if known else None

    def _identified(self, native: str) -> int | None:
        person = ((int(native) >> 22) + EPOCH - OPENED * 1000) // 1009
        return person if 0 <= person < self.view.people and id_of(person) == native else None

    def _acts_on(self, person: int, kinds: tuple[int, ...], since: int = 0) -> np.ndarray:
        hit = (
            (self.table.target == person) & np.isin(self.table.kind, kinds) & self.view.whole & (self.table.at >= since)
        )
        return self._open(np.flatnonzero(hit)[::-1])

    def _open(self, rows: np.ndarray) -> np.ndarray:
        """Without what protected people wrote."""
        return rows[~self.world.is_protected[self.table.actor[rows]]]

    # -- objects

    def user(self, person: int, fields: set[str]) -> Json:
        """An account, with the fields that were asked for."""
        view, world, name = self.view, self.world, name_of(self.world, person)
        about = f"{world.name(person)} writes here."
        whole: Json = {
            "id": id_of(person),
            "name": world.name(person),
            "username": name,
            "verified": person % 50 == 0,
        }
        whole |= {
            "created_at": f"{world.created(person).isoformat()}T00:00:00.000Z",
            "protected": person in world.protected,
        }
        if person % 8 == 0:  # says so elsewhere too
            there, start = f"https://{home(world, person, view.now)}/@{username(world, person)}", len(about) + 6
            about += f" Also https://t.co/a{person}"
            link = {"start": start, "end": len(about), "url": f"https://t.co/a{person}", "expanded_url": there}
            whole["entities"] = {"description": {"urls": [link | {"display_url": there[8:]}]}}
        whole |= {"description": about}
        if person % 4 == 0:
            whole["location"] = PLACES[person // 4 % len(PLACES)]
        counts = (view.followers(person).size, view.follows(person).size)
        whole["public_metrics"] = dict(zip(("followers_count", "following_count"), counts, strict=True)) | {
            "tweet_count": int(view.written_by[person]),
            "listed_count": person % 7,
            "like_count": int(view.of_actor(person, (LIKE,)).size),
        }
        if "negative_counts" in self.struck and person % 3 == 0:
            whole["public_metrics"]["followers_count"] = -1
        return {name: value for name, value in whole.items() if name in fields | {"id", "name", "username"}}

    def id(self, number: int) -> str:
        """The id of an event's post."""
        return str((int(self.table.at[number]) * 1000 - EPOCH << 22) + int(self.table.rank[number]))

    def _is_edited(self, number: int) -> bool:
        return "edited_posts" in self.struck and number % 5 == 0

    def _former(self, number: int) -> str:
        """The id that a post had before it was edited, a minute after it was written."""
        return str(int(self.id(number)) - (60_000 << 22))

    def tweet(self, number: int, fields: set[str]) -> Json:
        """A post, with the fields that were asked for."""
        kind, about, actor = (int(column[number]) for column in (self.table.kind, self.table.about, self.table.actor))
        text, tag = words(int(self.table.at[number]), actor)
        told, target = f"{text} #{tag}", int(self.table.target[number])
        former = [self._former(number)] if self._is_edited(number) else []
        whole: Json = {"id": self.id(number), "edit_history_tweet_ids": [*former, self.id(number)], "lang": "en"}
        whole |= {"author_id": id_of(actor), "conversation_id": self.id(about if kind == REPLY else number)}
        whole["created_at"] = iso(int(self.table.at[number]))
        entities: Json = {}
        if kind in (REPLY, MENTION, SHARE):  # an answer names whom it answers
            named = name_of(self.world, target)
            told = f"RT @{named}: {told}" if kind == SHARE else f"@{named} {told}"
            start = 3 if kind == SHARE else 0
            entities["mentions"] = [
                {"start": start, "end": start + len(named) + 1, "username": named, "id": id_of(target)}
            ]
        entities["hashtags"] = [{"start": len(told) - len(tag) - 1, "end": len(told), "tag": tag}]
        if number % 10 == 0 and kind == POST:  # a long one
            whole["note_tweet"] = {
                "text": f"{told} {'and so on ' * 30}#{tag}",
                "entities": {"hashtags": entities["hashtags"]},
            }
        whole |= {"text": told, "entities": entities}
        if kind == POST:  # what X takes it to be about: something of its interests
            meant = {"id": str(850_000 + actor % 50), "name": tag}
            whole["context_annotations"] = [{"domain": {"id": "66", "name": "Interests"}, "entity": meant}]
        if kind == REPLY:
            whole["in_reply_to_user_id"] = id_of(target)
        if kind in KINDS:
            meant = self._former(about) if self._is_edited(about) and number % 2 else self.id(about)
            whole["referenced_tweets"] = [{"type": KINDS[kind], "id": meant}]
        counts = self.view.counts(about if kind == SHARE else number)
        whole["public_metrics"] = {
            "retweet_count": counts[SHARE],
            "reply_count": 0 if kind == SHARE else counts[REPLY],
            "like_count": 0 if kind == SHARE else counts[LIKE],
            "quote_count": 0 if kind == SHARE else counts[QUOTE],
            "bookmark_count": 0,
            "impression_count": 12 * sum(counts),
        }
        if "negative_counts" in self.struck and number % 3 == 0:
            whole["public_metrics"]["bookmark_count"] = -1
        return {
            name: value for name, value in whole.items() if name in fields | {"id", "text", "edit_history_tweet_ids"}
        }

    def _shown(self, numbers: list[int], fields: set[str], params: Params) -> Json:
        """Posts with what comes along."""
        expansions = self._words(params, "expansions", EXPANSIONS)
        refers = expansions & {"referenced_tweets.id", "referenced_posts"}
        fields = (
            fields | (expansions & {"author_id", "in_reply_to_user_id"}) | ({"referenced_tweets"} if refers else set())
        )
        people: dict[int, str] = {}
        others: dict[int, None] = {}
        for number in numbers:
            if "author_id" in expansions:
                people[int(self.table.actor[number])] = "author_id"
            if "in_reply_to_user_id" in expansions and self.table.kind[number] == REPLY:
                people.setdefault(int(self.table.target[number]), "in_reply_to_user_id")
            about = int(self.table.about[number])
            if refers and int(self.table.kind[number]) in KINDS:
                if self.view.visible[about] and int(self.table.actor[about]) not in self.world.protected:
                    others[about] = None
                else:
                    where = {"section": "includes"}
                    one = self.id(about)
                    self._error(
                        "not-authorized-for-resource", "Not authorized.", "tweet", one, "referenced_tweets.id", **where
                    )
        body: Json = {"data": [self.tweet(i, fields) for i in numbers]} if numbers else {}
        for person, parameter in people.items():
            if not self.view.here[person]:
                self._gone(person, id_of(person), parameter)
        users = [self.user(i, self._fields(params, "user")) for i in people if self.view.here[i]]
        includes = ({"users": users} if users else {}) | (
            {"tweets": [self._unsigned(self.tweet(i, fields)) for i in others]} if others else {}
        )
        return body | ({"includes": includes} if includes else {})

    def _unsigned(self, tweet: Json) -> Json:
        return {n: v for n, v in tweet.items() if n != "author_id" or "unsigned_includes" not in self.struck}

    def _gone(self, person: int | None, named: str, parameter: str) -> None:
        """That a person cannot be shown, in the words in which X says it."""
        if person is not None and person in self.world.suspended:
            detail, more = f"User has been suspended: [{named}].", {"title": "Forbidden"}
        else:
            detail, more = f"Could not find user with {parameter}: [{named}].", {}
        self._error("resource-not-found", detail, "user", named, parameter, **more)

    def _renamed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {RENAMED.get(name, name): self._renamed(one) for name, one in value.items()}
        return [self._renamed(one) for one in value] if isinstance(value, list) else value

    def _error(self, kind: str, detail: str, what: str, which: str, parameter: str, **more: Any) -> None:
        title = "Authorization Error" if kind.startswith("not-authorized") else "Not Found Error"
        told = {"title": title, "type": PROBLEM + kind, "detail": detail, "parameter": parameter}
        self.errors.append(told | {"resource_type": what, "resource_id": which, "value": which} | more)

    def _event(self, native: str) -> int | None:
        """The standing post of an id, of somebody who is not protected; or None."""
        at, rank = (int(native) >> 22) + EPOCH, int(native) & (1 << 22) - 1
        number = self.view.find(at // 1000, rank) if at % 1000 == 0 else None
        if number is None or not self.view.visible[number] or self.table.kind[number] == LIKE:
            return None
        return None if int(self.table.actor[number]) in self.world.protected else number

    # -- parameters

    def _only(self, params: Params, known: set[str]) -> None:
        for name in params.keys() - known:
            raise invalid(f"The query parameter [{name}] is not one of {sorted(known)}")

    def _fields(self, params: Params, of: str) -> set[str]:
        """The fields that were asked for, by the names of the older dialect."""
        if of == "user":
            return self._words(params, "user.fields", USER_FIELDS)
        if "post.fields" in params and "new_dialect" not in self.struck:
            raise invalid("The query parameter [post.fields] is not one of [tweet.fields]")
        old = {new: name for name, new in RENAMED.items()}
        asked = self._words(params, "post.fields", {RENAMED.get(name, name) for name in POST_FIELDS})
        return self._words(params, "tweet.fields", POST_FIELDS) | {old.get(name, name) for name in asked}

    def _words(self, params: Params, name: str, known: set[str]) -> set[str]:
        asked = {word for text in params.get(name, []) for word in text.split(",")}
        for word in asked - known:
            raise invalid(f"The `{name}` query parameter value [{word}] is not one of {sorted(known)}")
        return asked

    def _many(self, params: Params, name: str, shape: str) -> list[str]:
        asked = [one for text in params.get(name, []) for one in text.split(",")]
        if not 1 <= len(asked) <= 100 or not all(re.fullmatch(shape, one) for one in asked):
            raise invalid(f"The `{name}` query parameter must hold 1 to 100 values of the form {shape}")
        return asked

    def _number(self, params: Params, name: str, least: int, most: int, usual: int) -> int:
        text = params.get(name, [str(usual)])[0]
        if not text.isdecimal() or not least <= int(text) <= most:
            raise invalid(f"The `{name}` query parameter value [{text}] is not between {least} and {most}")
        return int(text)

    def _time(self, params: Params, name: str) -> int | None:
        try:
            return int(datetime.fromisoformat(params[name][0]).timestamp()) if name in params else None
        except ValueError as wrong:
            raise invalid(f"The `{name}` query parameter value is not a valid RFC 3339 date-time") from wrong
