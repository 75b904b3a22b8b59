"""The addresses of Klout's API, and of Kred's: JSON and nothing else, errors too."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Path, Query, Request
from fastapi.responses import JSONResponse

from clout.web import klout
from clout.web.asked import Asked

#: What `--also` takes.
ALSO = frozenset({"v1", "kred"})

_Id = Annotated[str, Path(description="the id that identity.json gave: digits")]
_Name = Annotated[str, Query(description="a handle, 1 to 64 signs; upper and lower case make no difference")]

_Names = Annotated[str, Query(description="up to five handles, with commas between")]


def is_api(path: str) -> bool:
    """Whether a path belongs to an API, so that errors are JSON in its shape."""
    return path.startswith(("/v2/", "/1/")) or path in ("/v2", "/1", "/kredscore")


def add(app: FastAPI, also: frozenset[str]) -> None:
    """Add the addresses to an application."""

    @app.exception_handler(klout.Refused)
    def refused(request: Request, error: klout.Refused) -> JSONResponse:
        return JSONResponse({"error": error.status, "description": error.description}, error.status)

    app.include_router(_v2())
    if "v1" in also:
        app.include_router(_v1())
    if "kred" in also:
        app.include_router(_kred())


def _asked(request: Request) -> Asked:
    """The newest day; the old API knew no other."""
    return Asked(request.state.snapshot, max(request.state.snapshot.contents), request.query_params)


def _v2() -> APIRouter:
    router = APIRouter(prefix="/v2", tags=["Klout v2"], default_response_class=JSONResponse)

    @router.get("/identity.json/twitter")
    def by_screen_name(request: Request, screenName: _Name = "") -> dict[str, str]:
        """The id of a person by handle: on X, or else on whichever platform one person alone has it."""
        return klout.identity(klout.by_screen_name(_asked(request), screenName))

    @router.get("/identity.json/klout/{klout_id}/{network}")
    def account(request: Request, klout_id: _Id, network: str) -> dict[str, str]:
        """The person's own id on a network: tw, fb, ig, gp, or a platform's name."""
        asked = _asked(request)
        return klout.identity_there(asked, klout.by_id(asked, klout_id), network)

    @router.get("/identity.json/{network}/{native:path}")
    def by_account(request: Request, network: str, native: str) -> dict[str, str]:
        """The id of a person by the id of an account on a network: tw, fb, ig, gp, or a platform's name."""
        return klout.identity(klout.by_account(_asked(request), network, native))

    def of_person(path: str, person: Any) -> None:
        @router.get(f"{path}/{{klout_id}}", name=f"{path} user")
        def user(request: Request, klout_id: _Id) -> dict[str, Any]:
            """A person's name, score and its changes since a day, a week and a month before."""
            asked = _asked(request)
            return klout.user(_row(asked, person(asked, klout_id)))

        @router.get(f"{path}/{{klout_id}}/score", name=f"{path} score")
        def score(request: Request, klout_id: _Id) -> dict[str, Any]:
            """A person's score."""
            asked = _asked(request)
            return klout.score(_row(asked, person(asked, klout_id)))

        @router.get(f"{path}/{{klout_id}}/topics", name=f"{path} topics")
        def topics(request: Request, klout_id: _Id) -> list[dict[str, str]]:
            """What people react to when this person writes about it."""
            asked = _asked(request)
            return klout.topics(asked, person(asked, klout_id))

        @router.get(f"{path}/{{klout_id}}/influence", name=f"{path} influence")
        def influence(request: Request, klout_id: _Id) -> dict[str, Any]:
            """At most five people who move this one, and five whom this one moves."""
            asked = _asked(request)
            found = person(asked, klout_id)
            return klout.influence(asked, [found])[found]

    of_person("/user.json", klout.by_id)
    of_person("/tw-user.json", lambda asked, native: klout.by_account(asked, "tw", native))
    return router


def _v1() -> APIRouter:
    router = APIRouter(prefix="/1", tags=["Klout v1"], default_response_class=JSONResponse)

    @router.get("/klout.json")
    def scores(request: Request, users: _Names = "") -> dict[str, Any]:
        """Scores by handle."""
        asked = _asked(request)
        return {"status": 200, "users": [klout.v1_score(row) for row in _named(asked, users)]}

    @router.get("/users/show.json")
    def show(request: Request, users: _Names = "") -> dict[str, Any]:
        """Scores and measures by handle."""
        asked = _asked(request)
        shown = []
        for row in _named(asked, users):
            there = klout.accounts(asked, [row["person_id"]])[row["person_id"]]
            native = next((klout.native_id(each) for each in there if each["platform"] in klout.NETWORKS["tw"]), "")
            shown.append(klout.v1_user(asked, row, native))
        return {"status": 200, "users": shown}

    @router.get("/users/topics.json")
    def topics(request: Request, users: _Names = "") -> dict[str, Any]:
        """Topics by handle."""
        asked = _asked(request)
        return {
            "status": 200,
            "users": [
                {
                    "twitter_screen_name": row["nick"],
                    "topics": [topic["name"] for topic in klout.topics(asked, row["person_id"])],
                }
                for row in _named(asked, users)
            ],
        }

    def pairs(path: str, direction: str, name: str) -> None:
        @router.get(path, name=path)
        def found(request: Request, users: _Names = "") -> dict[str, Any]:
            """Up to 25 people with their scores."""
            asked = _asked(request)
            return {
                "status": 200,
                "users": [
                    {
                        "twitter_screen_name": row["nick"],
                        name: klout.v1_pairs(asked, row["person_id"], direction),
                    }
                    for row in _named(asked, users)
                ],
            }

    pairs("/soi/influenced_by.json", "moved_by", "influencers")
    pairs("/soi/influencer_of.json", "moves", "influencees")
    return router


def _kred() -> APIRouter:
    router = APIRouter(tags=["Kred"], default_response_class=JSONResponse)

    @router.get("/kredscore")
    def kredscore(request: Request, term: str = "", source: str = "twitter") -> dict[str, Any]:
        """Scores by handle on Kred's scale of influence, up to 1,000."""
        asked = _asked(request)
        if source not in ("twitter", "facebook", "combined"):
            raise klout.Refused(400, "source must be twitter, facebook or combined")
        return {
            "data": [klout.kred(row, row["nick"]) for row in _named(asked, term)],
            "id": hashlib.sha256(f"{asked.snapshot.version} {term}".encode()).hexdigest()[:24],
            "request": {"term": term, "source": source},
        }

    return router


def _row(asked: Asked, person: str) -> dict[str, Any]:
    return klout.people(asked, [person])[person]


def _named(asked: Asked, names: str) -> list[dict[str, Any]]:
    """The rows of up to five handles; whoever is not shown is left out, and nobody at all is an error."""
    wanted = [name.strip() for name in names.split(",")]
    if len(wanted) > klout.AT_ONCE:
        raise klout.Refused(400, f"at most {klout.AT_ONCE} users at once")
    persons = []
    for name in wanted:
        try:
            persons.append(klout.by_screen_name(asked, name))
        except klout.Refused as refused:
            if refused.status != 404:
                raise
    known = klout.people(asked, persons)
    if not known:
        raise klout.not_shown()
    return [known[person] for person in dict.fromkeys(persons)]
