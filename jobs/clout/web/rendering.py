"""Turns templates into pages: everything is escaped, numbers are said in words, and links keep the day that is looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from clout.web import figures, night_words, words
from clout.web.asked import Asked

HERE = Path(__file__).parent


def environment(tag: str = "") -> Environment:
    """Templates that escape everything, with the words and links that pages use."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "words": words,
        "glossary": words.GLOSSARY,
        "features": words.FEATURES,
        "figures": figures.figures(),
        "tag": tag,
        "link": link,
        "figure_link": figure_link,
        "spoken": night_words.spoken,
        "tojson_pretty": lambda value: json.dumps(value, indent=2),
    }
    made.tests["amount"] = words.is_amount
    made.filters |= {
        "points": words.points,
        "interval": words.interval,
        "signed": words.signed,
        "number": words.number,
        "hundred": words.hundred,
        "share": words.share,
        "money": words.money,
        "moment": words.moment,
        "day": words.day,
        "shown": words.name,
        "region": words.region,
        "cell": words.cell,
    }
    return made


def link(path: str, key: str | None = None, asked: Asked | None = None, **given: Any) -> str:
    """An address within the service. `key` is a person's; the day is kept where it is not the newest."""
    values = {name: value for name, value in given.items() if value not in (None, "")}
    if asked is not None and not asked.is_newest:
        values.setdefault("day", asked.day)
    where = path if key is None else f"{path}/{quote(key, safe=':')}"
    return f"{where}?{urlencode(values)}" if values else where


def figure_link(name: str, kind: str, asked: Asked, values: Mapping[str, Any]) -> str:
    """The address of a figure's query, CSV or JSON."""
    given = dict(figures.parts(dict(values) | {"day": asked.day}, figures.figures()[name]))
    return f"/figure/{name}{kind}?{urlencode(given)}"
