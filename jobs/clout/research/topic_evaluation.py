"""Measures how often the topic matcher is right, on posts whose topics people said.

A file has one JSON object a line: text, hashtags [], links [], lang, topics [] (the slugs that are right), acceptable [] (those
that do not count as wrong); tricky, true or false, is optional. Slugs that the ontology does not have are passed over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clout.config.ontology import Ontology
from clout.errors import InvalidInput
from clout.score.post_words import tags_in
from clout.score.topic_matcher import Matcher, Post
from clout.score.topic_posts import MOST


@dataclass(frozen=True)
class Judged:
    """A post, and what is right of it."""

    post: Post
    right: frozenset[str]
    acceptable: frozenset[str]
    is_tricky: bool | None


def read_posts(file: Path) -> list[Judged]:
    """The posts of a file. Raises InvalidInput with file, row and field."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")  # other signs that end lines may stand in a text
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read as UTF-8 text: {error}") from error
    posts = [_post(f"{file}, row {number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not posts:
        raise InvalidInput(f"{file}: holds no post; write one JSON object a line, with text and topics")
    return posts


def judged(posts: list[Judged], ontology: Ontology) -> dict[str, Any]:
    """n, precision, recall, and how many topics were named, right and findable; the same of the tricky and the plain posts, and
    of all as the lake takes them, where a post is one of its author's many (`one_of_many`).
    """
    matcher = Matcher(ontology, MOST)
    slugs = {topic.slug for topic in ontology.topics.values() if ontology.may_be_named(topic.topic_id)}
    counts: dict[str, dict[str, int]] = {}
    for one in posts:
        alone = {ontology.topics[key].slug for key in matcher.topics(one.post)}
        of_many = {ontology.topics[key].slug for key in matcher.topics(one.post, is_one_of_many=True)}
        right = one.right & slugs
        parts = {"all": alone, "one_of_many": of_many}
        if one.is_tricky is not None:
            parts["tricky" if one.is_tricky else "plain"] = alone
        for part, named in parts.items():
            of = counts.setdefault(part, dict.fromkeys(("n", "named", "named_right", "right", "found"), 0))
            found = {"n": 1, "named": len(named), "named_right": len(named & (one.right | one.acceptable))}
            found |= {"right": len(right), "found": len(right & named)}
            for name, number in found.items():
                of[name] += number
    figures: dict[str, Any] = _shares(counts.pop("all"))
    return figures | {part: _shares(of) for part, of in sorted(counts.items())} | {"ontology": ontology.version}


def show(figures: dict[str, Any]) -> None:
    """Print the figures."""
    print(f"What is a post about? {figures['n']} posts, judged by people; the matcher names a topic or says nothing")
    for name, of in (
        ("all posts", figures),
        *((f"{part} posts", figures[part]) for part in ("plain", "tricky") if part in figures),
        ("one of many", figures["one_of_many"]),
    ):
        precision, recall = ("none" if of[key] is None else f"{of[key]:.3f}" for key in ("precision", "recall"))
        print(f"  {name:12} {of['n']:>6} posts, {of['named']:>6} topics named: precision {precision}, recall {recall}")


def _shares(of: dict[str, int]) -> dict[str, Any]:
    precision = of["named_right"] / of["named"] if of["named"] else None
    recall = of["found"] / of["right"] if of["right"] else None
    return {**of, "precision": precision, "recall": recall}


def _post(where: str, line: str) -> Judged:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"{where}: is no JSON: {error}; write one object a line") from error
    if not isinstance(said, dict):
        raise InvalidInput(f"{where}: is no JSON object; write one object a line")
    for name in ("text", "lang"):
        if not isinstance(said.get(name), str | None):
            raise InvalidInput(f"{where}: {name} must be a text, or null, is {str(said[name])[:40]!r}")
    for name in ("hashtags", "links", "topics", "acceptable"):
        value = [] if said.get(name) is None else said[name]
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise InvalidInput(
                f"{where}: {name} must be a list of texts, is {str(value)[:40]!r}; write [] where there are none"
            )
    if not isinstance(said.get("tricky"), bool | None):
        raise InvalidInput(
            f"{where}: tricky must be true or false, is {str(said['tricky'])[:40]!r}; leave it out otherwise"
        )
    if said.get("topics") is None:
        raise InvalidInput(f"{where}: topics is missing; say [] where the post is about none")
    lists = {name: tuple(said.get(name) or ()) for name in ("hashtags", "links", "topics", "acceptable")}
    # As in the lake: where nobody lists the hashtags, they are those of the text.
    tags = tuple(tags_in(said.get("text") or "")) if said.get("hashtags") is None else lists["hashtags"]
    post = Post(said.get("text"), said.get("lang"), tags, lists["links"])
    return Judged(post, frozenset(lists["topics"]), frozenset(lists["acceptable"]), said.get("tricky"))
