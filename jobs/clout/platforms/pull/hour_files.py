"""GitHub's event files over HTTP: one gzip file an hour, kept in the lake as it came, then read as gharchive reads a folder.

    lake/raw/<source>/<day>/hour_file/2026-03-01-0.json.gz    the file, byte for byte
    lake/raw/<source>/<day>/hour_file/2026-03-01-0.json       when it came, with which headers; written last: the file is whole

Lines that name an erased person are left out of it; nothing else is. The files stay where they are published, so that days in
the past can be asked for too, as many as `backfill_days` allows.
An hour that is not there is asked for again when its day is pulled again: hours are sometimes published late.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from functools import partial
from typing import IO, Any

from pyarrow import fs as pafs

from clout.config.sources import Source
from clout.lake.partitions import Lake
from clout.platforms.apis import gharchive
from clout.platforms.http.budget import Budget
from clout.platforms.http.client import Client, Clock, Limits, StopError, closed_days
from clout.platforms.http.rate_policies import RatePolicy, Response, Verdict, Wait, leading_int, retry_after
from clout.platforms.http.raw_pages import HOURS, RawPages, RawState, look_through
from clout.platforms.pull.pages import Endpoint, Page, PageContext, Platform, Rows
from clout.platforms.pull.rows import Batch, PullReport
from clout.privacy.suppression import NOBODY, SuppressionList

#: An hour's file is published some minutes after the hour.
_PUBLISHED = timedelta(minutes=15)
_HOUR = Endpoint(
    name=HOURS,
    path="/{subject}",
    table="interactions",
    headers={"Accept": "application/gzip", "Accept-Encoding": "identity"},
    backfillable=True,
    is_file=True,
)
_NO_TIMES = {"since": "", "until": ""}
#: A good hour of 2025 has about 100 MB.
_USUAL_BODY_MB = 500


def _no_pages(page: Page, known: PageContext) -> Rows:
    raise NotImplementedError(f"{page.endpoint} gives files, not pages")


class GitHubPolicy(RatePolicy):
    """GitHub: 403 or 429; retry-after (then slow down), else nothing remaining until x-ratelimit-reset."""

    longest_wait = timedelta(hours=1)
    quota = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        if response.status not in (403, 429):
            return None
        after = retry_after(response, now)
        if after is not None:
            return Wait(after, f"HTTP {response.status}, Retry-After", slow_down=True)
        reset = self._reset(response, now)
        if leading_int(response.header("x-ratelimit-remaining")) == 0 and reset is not None:
            return Wait(reset, f"HTTP {response.status}, x-ratelimit-reset")
        return None


_PLATFORM = Platform((_HOUR,), GitHubPolicy, _no_pages, name="gharchive")


def read(
    lake: Lake,
    source: Source,
    days: set[date],
    clock: Clock,
    say: Callable[[str], None],
    hidden: SuppressionList = NOBODY,
) -> Iterator[Batch | PullReport]:
    """The rows of every hour of `days` that is there or can be had, and a report per hour; the newest day first."""
    limits = Limits.of({"max_body_mb": _USUAL_BODY_MB} | source.options)
    budget = Budget(lake, source.name, clock.now().date(), 0)
    with closing(Client(source, _PLATFORM, limits, budget, clock, say)) as client:
        for day, began, age in closed_days(source, days, clock, say):
            raw = RawHours(lake, source.name, day, hidden)
            may_ask = age <= timedelta(days=limits.backfill_days)
            look_through(RawPages(lake, source.name, day, hidden), may_ask, say)
            if not may_ask and not raw.any():
                continue
            client.not_before = max(client.not_before, began + timedelta(days=1) + _PUBLISHED)
            costs = []
            for hour in range(24):
                before = client.requests
                client.doing = f"{day}: hour {hour}"
                why = None
                if not raw.holds(hour):
                    why = _fetch(client, raw, hour) if may_ask else gharchive.missing(day, hour, "too_old")
                costs.append((why or raw.hour(hour), client.requests - before))
            client.report_progress(at_once=True)
            yield from _with_requests(gharchive.read_day(source, day, [hour for hour, _ in costs], hidden), costs)


def _fetch(client: Client, raw: RawHours, hour: int) -> PullReport | None:
    """Bring one hour into the lake; or say why it is not there."""
    stopped = client.stopped(_HOUR.name)
    if stopped is not None:
        return gharchive.missing(raw.day, hour, stopped)
    with tempfile.TemporaryFile() as file:
        try:
            record = client.get(_HOUR, gharchive.hour_name(raw.day, hour), {}, _NO_TIMES, 0, file)
        except StopError as stop:
            if stop.record is not None and stop.record["status"] in (404, 410):
                return gharchive.missing(raw.day, hour)
            ran_out = stop.why.startswith(("deadline", "max_requests"))
            return gharchive.missing(raw.day, hour, stop.why, "skipped" if ran_out else "failed")
        raw.store(hour, file, record)
    return None


def _with_requests(
    items: Iterator[Batch | PullReport], costs: list[tuple[gharchive.Hour | PullReport, int]]
) -> Iterator[Batch | PullReport]:
    """The same, the reports with the number of requests that each hour took."""
    asked = {hour.subject if isinstance(hour, PullReport) else hour.name: number for hour, number in costs}
    for item in items:
        if isinstance(item, PullReport):
            item.requests = asked.get(item.subject, 0)
            item.pages = int(item.bytes > 0)
        yield item


class RawHours:
    """The hour files of one day in the lake."""

    def __init__(self, lake: Lake, platform: str, day: date, hidden: SuppressionList = NOBODY) -> None:
        self.lake, self.day, self.hidden = lake, day, hidden
        self.folder = f"raw/{platform}/{day.isoformat()}/{HOURS}"
        self.state = RawState(lake, f"raw/{platform}/{day.isoformat()}")

    def any(self) -> bool:
        """Whether there is one."""
        return any(self.holds(hour) for hour in range(24))

    def holds(self, hour: int) -> bool:
        """Whether an hour is there, whole as it came."""
        return self.lake.fs.get_file_info(self._note(hour)).type == pafs.FileType.File

    def hour(self, hour: int) -> gharchive.Hour:
        """An hour that is there."""
        with self.lake.fs.open_input_stream(self._note(hour)) as stream:
            record = json.loads(stream.read())
        name = gharchive.hour_name(self.day, hour)
        opened = partial(self.lake.fs.open_input_file, self._file(hour))
        fetched = datetime.fromisoformat(record["fetched_at"])
        return gharchive.Hour(name, opened, record["bytes"], fetched, f"{self.folder}/{name}")

    def store(self, hour: int, file: IO[bytes], record: dict[str, Any]) -> None:
        """Keep an hour; its note comes last."""
        self.state.changes()
        self.lake.fs.create_dir(f"{self.lake.root}/{self.folder}", recursive=True)
        with tempfile.TemporaryFile() as cleaned:
            file.seek(0)
            if self.hidden.erased.keys and _without(file, cleaned, self._is_erased):
                file, record = cleaned, {**record, "bytes": cleaned.tell()}
            file.seek(0)
            with self.lake.fs.open_output_stream(self._file(hour), compression=None) as stream:
                shutil.copyfileobj(file, stream)
        aside = f"{self.lake.root}/{self.folder}/.tmp-{hour}"
        with self.lake.fs.open_output_stream(aside) as stream:
            stream.write(json.dumps(record, sort_keys=True).encode() + b"\n")
        self.lake.fs.move(aside, self._note(hour))

    def erase(self, is_named: Callable[[str], bool]) -> int:
        """Rewrite the hours without the lines that name somebody; gives how many hours were."""
        changed = 0
        for hour in filter(self.holds, range(24)):
            with tempfile.TemporaryFile() as cleaned:
                with self.hour(hour).open() as file:
                    found = _without(file, cleaned, lambda line: is_named(line.decode("utf-8", "replace")))
                if found:
                    self.state.changes()
                    with self.lake.fs.open_input_stream(self._note(hour)) as stream:
                        record = json.loads(stream.read())
                    self.lake.fs.delete_file(self._note(hour))  # a crash from here on leaves an hour that is not there
                    self.store(hour, cleaned, {**record, "bytes": cleaned.tell()})
                    changed += 1
        self.state.finish()
        return changed

    def _is_erased(self, line: bytes) -> bool:
        """Whether an event names an erased person; what cannot be read is not kept where it might."""
        try:
            event = json.loads(line)
        except (RecursionError, ValueError):
            return True
        # A login stands in a repository's name and in addresses too.
        logins = set(gharchive.PLATFORM.ids.findall(line.decode("utf-8", "replace").lower()))
        return self.hidden.without_erased([event]) == [] or any(map(self.hidden.is_erased_name, logins))

    def _file(self, hour: int) -> str:
        return f"{self.lake.root}/{self.folder}/{gharchive.hour_name(self.day, hour)}"

    def _note(self, hour: int) -> str:
        return self._file(hour).removesuffix(".gz")


def _without(file: IO[bytes], cleaned: IO[bytes], is_named: Callable[[bytes], bool]) -> bool:
    """Copy a gzip file without the lines of which something is true, as far as it can be read; whether there were any."""
    found = False
    with (
        contextlib.suppress(gzip.BadGzipFile, EOFError, zlib.error, gharchive.LongLineError),
        gzip.open(file, "rb") as lines,
        gzip.GzipFile(fileobj=cleaned, mode="wb", mtime=0) as kept,
    ):
        for line in gharchive.lines(lines):
            if is_named(line):
                found = True
            else:
                kept.write(line)
    return found
