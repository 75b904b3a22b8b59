"""The sandbox's GitHub against what it did not make itself: the REST API's specification, and PyGithub."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from sandbox.server import Sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("2026-03-03T00:20:00Z", since=date(2026, 3, 1), limits={"github": 1000}) as made:
        yield made


def nullable(node: Any) -> Any:
    """OpenAPI 3.0's nullable, as JSON Schema says it."""
    if isinstance(node, list):
        return [nullable(one) for one in node]
    if not isinstance(node, dict):
        return node
    node = {name: nullable(one) for name, one in node.items()}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
    return node


def check(specs: Path, schema: str, body: Any) -> None:
    """Fail where a body is not of a schema of the specification. An archive's payloads are shorter than the API's."""
    spec = nullable(json.loads(gzip.decompress((specs / "github-rest-subset.openapi.json.gz").read_bytes())))
    del spec["components"]["schemas"]["event"]["properties"]["payload"]
    Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": spec["components"]}).validate(body)


def test_answers_are_what_the_specification_says(box: Sandbox, shared_specs: Path) -> None:
    person = next(one for one in box.people(0, 100) if "github" in one["platforms"] and not one["marks"])
    there = f"{box.urls['github']}/users/{person['login']}"
    check(shared_specs, "public-user", requests.get(there).json())
    check(shared_specs, "rate-limit-overview", requests.get(f"{box.urls['github']}/rate_limit").json())
    for part, schema in (("followers", "simple-user"), ("following", "simple-user"), ("events/public", "event")):
        items = requests.get(f"{there}/{part}", params={"per_page": 3}).json()
        assert items, part
        for item in items:
            check(shared_specs, schema, item)
    with pytest.raises(Exception, match="required property"):
        check(shared_specs, "public-user", {"login": "ann"})


def test_pygithub_reads_it(box: Sandbox) -> None:
    library = pytest.importorskip("github")
    reader = library.Github(base_url=box.urls["github"], retry=None, per_page=5)
    here = [one for one in box.people(0, 400) if "github" in one["platforms"] and not one["marks"]]
    person = max(here, key=lambda one: one["pull"])
    user = reader.get_user(person["login"])
    assert (user.login, user.type) == (person["login"], "User")
    assert len({one.login for one in user.get_followers()}) == user.followers > 5
    assert {event.actor.login for event in user.get_public_events()} == {person["login"]}
    assert 0 < reader.get_rate_limit().rate.remaining < 1000
    with pytest.raises(library.UnknownObjectException):
        reader.get_user("nobody-1")
