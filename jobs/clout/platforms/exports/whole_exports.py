"""Pulls whole folders of exports into a lake of their own, for evaluation and for attacks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from clout.config.sources import Sources
from clout.errors import InvalidInput
from clout.lake.partitions import Lake, days_between
from clout.lake.scratch import Scratch
from clout.platforms.pull.puller import over, pull

#: Exports of other years are not looked for.
EVER = days_between(date(2000, 1, 1), date(2035, 12, 31))


@contextlib.contextmanager
def lake_of(sources: Sources, lake: Path | None, what: str) -> Iterator[Lake]:
    """The lake of these sources: the one that is given, else one of all their exports, which is gone afterwards.

    what: the command that asks. Raises InvalidInput where a source is asked over HTTP and no lake is given.
    """
    if lake:
        yield Lake(lake)
        return
    asked = [source.name for source in sources.sources if source.read_by.is_asked]
    if asked:
        raise InvalidInput(
            f"{', '.join(asked)}: {what} reads folders of exports; give --lake for what was pulled over HTTP"
        )
    with Scratch(what) as folder:
        made = Lake(folder)
        for source in sources.sources:
            pull(made, source, over(EVER), say=lambda message: None)
        yield made


def last_day(lake: Lake, sources: Sources) -> date:
    """The last day of which the lake holds acts. Raises InvalidInput where it holds none."""
    for day in reversed(EVER):
        if lake.exists(lake.conformed("activity", day)) or any(
            lake.exists(lake.snapshot("interactions", platform, day)) for platform in sources.platforms
        ):
            return day
    raise InvalidInput(f"{', '.join(sources.platforms)}: no interactions between {EVER[0]} and {EVER[-1]}")
