"""What Klout's API answered, said of published people: the shapes of v2, v1 and Kred's score, with ids of our own.

The shapes are those of the fixtures of the clients that were written for them, quirks included: `scoreDelta` with a score,
`scoreDeltas` with a user, ids as texts of digits that fit a signed 64-bit integer, at most five influencers. A number that
is not known is absent. Clout's score is not Klout's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from clout.web import words
from clout.web.asked import Asked

#: Klout's name of a network -> what the platform may be called here. Others go by their own names.
NETWORKS: Mapping[str, tuple[str, ...]] = {
    "tw": ("x", "twitter"),
    "fb": ("facebook",),
    "ig": ("instagram",),
    "gp": ("googleplus",),
}
#: People that are listed as influencers or influencees, and asked about at once in v1.
LISTED, AT_ONCE, PAIRS = 5, 5, 25
LONGEST_NAME, LARGEST_ID = 64, 2**63 - 1
#: Kred's scale of influence ends at 1,000.
_KRED = 10.0

#: What is said of whoever is not shown, whatever the cause.
NOT_SCORED = "not scored: insufficient evidence"
NO_SUCH_ADDRESS = "no such address"

_USERS = """
SELECT
  k.klout_id, s.person_id, coalesce(a.handle, a.display_name, s.person_id) AS nick, s.score, s.true_reach, s.amplification,
  s.network_influence, c.day_change, c.week_change, c.month_change
FROM (SELECT person_id, klout_id FROM web.klout WHERE person_id IN (SELECT unnest($persons))) AS k
INNER JOIN clout.scores AS s ON s.person_id = k.person_id
LEFT JOIN (
  SELECT person_id, min(handle) AS handle, min(display_name) AS display_name
  FROM clout.accounts WHERE person_id IN (SELECT unnest($persons)) GROUP BY person_id
) AS a ON a.person_id = k.person_id
LEFT JOIN (
  SELECT
    person_id,
    max(change) FILTER (WHERE days_before = 1) AS day_change,
    max(change) FILTER (WHERE days_before = 7) AS week_change,
    max(change) FILTER (WHERE days_before = 30) AS month_change
  FROM clout.score_changes WHERE person_id IN (SELECT unnest($persons)) GROUP BY person_id
) AS c ON c.person_id = k.person_id
"""
_INFLUENCES = """
SELECT
  person_id, direction, place, other_id,
  other_id IN (SELECT person_id FROM clout.consented WHERE purpose = 'named') AS is_named
FROM clout.influences
WHERE person_id IN (SELECT unnest($persons)) AND other_id IN (SELECT person_id FROM web.klout)
ORDER BY person_id, direction, place
"""
_BY_ID = "SELECT person_id FROM web.klout WHERE klout_id = $id"
_BY_HANDLE = "SELECT DISTINCT platform, person_id FROM web.handles WHERE handle = lower($name)"
_BY_ACCOUNT = "SELECT person_id FROM clout.accounts SEMI JOIN web.klout USING (person_id) WHERE account_key = $account"
_ACCOUNTS = """
SELECT person_id, platform, account_key, handle FROM clout.accounts
WHERE person_id IN (SELECT unnest($persons)) AND person_id IN (SELECT person_id FROM web.klout) ORDER BY account_key
"""
_EVERYBODY = "SELECT person_id FROM web.klout ORDER BY klout_id"


class Refused(Exception):
    """An error as Klout's API said it: a status, and a description."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status, self.description = status, description


def not_shown() -> Refused:
    """The answer about everybody who is unknown, has no score, may not be named, or is gone."""
    return Refused(404, NOT_SCORED)


def klout_id(person: str) -> str:
    """A person's id: the first 60 bits of SHA-256 as a decimal, which every client's integer holds."""
    return str(int(hashlib.sha256(person.encode()).hexdigest()[:15], 16))


def by_id(asked: Asked, text: str) -> str:
    """The person of an id. Raises Refused."""
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > LARGEST_ID:
        raise not_shown()
    return _only(_rows(asked, _BY_ID, id=int(text)))


def by_screen_name(asked: Asked, name: str) -> str:
    """The person of a handle on X; where nobody there has it, whoever alone has it on another platform. Raises Refused."""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused(400, f"screenName must be a name of 1 to {LONGEST_NAME} printable signs")
    found = _rows(asked, _BY_HANDLE, name=name.removeprefix("@"))
    there = [row for row in found if row["platform"] in NETWORKS["tw"]]
    return _only([{"person_id": person} for person in {row["person_id"] for row in there or found}])


def by_account(asked: Asked, network: str, native: str) -> str:
    """The person of an account by the platform's own id. Raises Refused."""
    for platform in NETWORKS.get(network, (network,)):
        account = f"{platform}:{native}"
        if not words.is_pseudonym(account) and (found := _rows(asked, _BY_ACCOUNT, account=account)):
            return found[0]["person_id"]
    raise not_shown()


def identity(person: str) -> dict[str, str]:
    """Who somebody is here."""
    return {"id": klout_id(person), "network": "ks"}


def identity_there(asked: Asked, person: str, network: str) -> dict[str, str]:
    """The person's account of a network, by the platform's own id. Raises Refused."""
    platforms = NETWORKS.get(network, (network,))
    for row in accounts(asked, [person])[person]:
        if row["platform"] in platforms:
            return {"id": native_id(row), "network": network}
    raise not_shown()


def accounts(asked: Asked, persons: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """The accounts of people that may be named, by person."""
    found: dict[str, list[dict[str, Any]]] = {person: [] for person in persons}
    for row in _rows(asked, _ACCOUNTS, persons=list(found)):
        if not words.is_pseudonym(row["account_key"]):
            found[row["person_id"]].append(row)
    return found


def native_id(account: Mapping[str, Any]) -> str:
    """An account's id as its platform says it."""
    return str(account["account_key"]).partition(":")[2]


def everybody(asked: Asked) -> list[str]:
    """All who are shown, in order of their ids."""
    return [row["person_id"] for row in _rows(asked, _EVERYBODY)]


def people(asked: Asked, persons: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What is published of people, by person; only who is shown."""
    return {row["person_id"]: row for row in _rows(asked, _USERS, persons=list(persons))}


def user(row: Mapping[str, Any]) -> dict[str, Any]:
    """The user of v2."""
    return {
        "kloutId": str(row["klout_id"]),
        "nick": row["nick"],
        "score": {"score": row["score"], "bucket": bucket(row["score"])},
        "scoreDeltas": _deltas(row),
    }


def score(row: Mapping[str, Any]) -> dict[str, Any]:
    """The score of v2, whose deltas go by another name."""
    return {"score": row["score"], "scoreDelta": _deltas(row), "bucket": bucket(row["score"])}


def bucket(value: float) -> str:
    """The tenth of the scale, as Klout named them."""
    tens = min(int(value) // 10, 9) * 10
    return "90-100" if tens == 90 else f"{tens or 1}-{tens + 9}"


def influence(asked: Asked, persons: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The influence of v2, by person: how many with a score move each, and are moved; at most five who agreed to be named."""
    wanted = list(persons)
    scored: dict[str, dict[str, int]] = {person: {"moved_by": 0, "moves": 0} for person in wanted}
    listed: dict[str, dict[str, list[str]]] = {person: {"moved_by": [], "moves": []} for person in wanted}
    for row in _rows(asked, _INFLUENCES, persons=wanted):
        scored[row["person_id"]][row["direction"]] += 1
        others = listed[row["person_id"]][row["direction"]]
        if row["is_named"] and len(others) < LISTED:
            others.append(row["other_id"])
    known = people(asked, {other for each in listed.values() for others in each.values() for other in others})

    def entities(others: list[str]) -> list[dict[str, Any]]:
        return [{"entity": {"id": klout_id(other), "payload": user(known[other])}} for other in others]

    return {
        person: {
            "myInfluencers": entities(each["moved_by"]),
            "myInfluencees": entities(each["moves"]),
            "myInfluencersCount": scored[person]["moved_by"],
            "myInfluenceesCount": scored[person]["moves"],
        }
        for person, each in listed.items()
    }


#: Topics of a person that Klout's clients expect at most.
TOPICS = 5


def topics(asked: Asked, person: str) -> list[dict[str, str]]:
    """The topics of v2: those that a person is named for, at most five; none where there is not evidence enough."""
    return [
        {
            "id": row["topic_id"],
            "displayName": row["name"],
            "name": row["name"],
            "slug": row["slug"],
            "imageUrl": "",  # no image is ours
            "topicType": row["topic_type"],
            "displayType": "visible",
        }
        for row in asked.rows("topics_of", person=person)[:TOPICS]
    ]


def v1_score(row: Mapping[str, Any]) -> dict[str, Any]:
    """The pair of v1."""
    return {"twitter_screen_name": row["nick"], "kscore": row["score"]}


def v1_user(asked: Asked, row: Mapping[str, Any], native: str) -> dict[str, Any]:
    """The user of v1. `slope` is the change of 30 days."""
    before = asked.day - timedelta(5)
    then = [each["score"] for each in asked.snapshot.history(row["person_id"]) if each["ds"] == before]
    numbers = {
        "kscore": row["score"],
        "slope": row["month_change"],
        "description": f"moves about {words.number(row['true_reach'])} people",
        "kscore_description": f"{row['score']:.0f} of 100",
        "network_score": row["network_influence"],
        "amplification_score": None if row["amplification"] is None else 100.0 * row["amplification"],
        "true_reach": round(row["true_reach"]),
        "delta_1day": row["day_change"],
        "delta_5day": row["score"] - then[0] if then else None,
    }
    known = {name: value for name, value in numbers.items() if value is not None}
    return {"twitter_id": native, "twitter_screen_name": row["nick"], "score": known}


def v1_pairs(asked: Asked, person: str, direction: str) -> list[dict[str, Any]]:
    """Up to 25 who move somebody, or are moved, and agreed to be named, with their scores."""
    rows = _rows(asked, _INFLUENCES, persons=[person])
    others = [row["other_id"] for row in rows if row["direction"] == direction and row["is_named"]]
    known = people(asked, others[:PAIRS])
    return [v1_score(known[other]) for other in others[:PAIRS]]


def kred(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Kred's pair: influence up to 1,000. Outreach, which counted what somebody does, is not measured."""
    return {"influence": round(_KRED * row["score"]), "name": name, "outreach": None}


def _deltas(row: Mapping[str, Any]) -> dict[str, float]:
    named = {"dayChange": "day_change", "weekChange": "week_change", "monthChange": "month_change"}
    return {name: row[column] for name, column in named.items() if row[column] is not None}


def _only(rows: list[dict[str, Any]]) -> str:
    if len(rows) != 1:
        raise not_shown()
    return rows[0]["person_id"]


def _rows(asked: Asked, sql: str, **values: Any) -> list[dict[str, Any]]:
    return asked.snapshot.day(asked.day).rows(sql, values)
