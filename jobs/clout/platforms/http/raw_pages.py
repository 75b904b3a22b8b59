"""Raw pages: what a platform answered, one gzip JSON line a page, before anybody makes sense of it.

    lake/raw/<platform>/<day>/<endpoint>/<hash of subject>/<page number>.json.gz

Names hold neither subjects nor cursors, and are the same for the same page: a pull that was killed finds what it has.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import uuid
import zlib
from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import Any

from pyarrow import fs as pafs

from clout.lake.damaged import Damaged
from clout.lake.partitions import Lake
from clout.platforms.pull.rows import short_hash
from clout.privacy.suppression import NOBODY, SuppressionList, without_items
from clout.terminal import printable

#: Not pages: see hour_files.
HOURS = "hour_file"
_NAME = re.compile(r"(\d{5})\.json\.gz")


def look_through(raw: RawPages, may_ask: bool, say: Callable[[str], None]) -> None:
    """Compare a finished day's pages with their checksums. What is damaged goes where it may be asked for again.

    Raises Damaged where it may not.
    """
    try:
        raw.lake.checksums.compare(raw.folder)
    except Damaged as damage:
        if not may_ask:
            raise
        say(printable(f"{raw.folder}: {damage.what}: what is damaged there is asked for again"))
        raw.drop_damaged()
        raw.lake.checksums.unseal(raw.folder)


class RawState:
    """The checksums of a raw day: it has none while it grows page by page, and gets them when its pull is done."""

    def __init__(self, lake: Lake, folder: str) -> None:
        self.lake, self.folder = lake, folder
        self._changed = False

    def changes(self) -> None:
        """Say that the day is about to change."""
        if not self._changed:
            self.lake.checksums.unseal(self.folder)
        self._changed = True

    def finish(self) -> None:
        """Give the day checksums of what it holds, where it changed."""
        if self._changed and self.lake.found(self.folder) is not None:
            self.lake.checksums.adopt(self.folder)
        self._changed = False


class RawPages:
    """The raw pages of one platform's day. Nobody whom `hidden` knows as erased is stored."""

    def __init__(self, lake: Lake, platform: str, day: date, hidden: SuppressionList = NOBODY) -> None:
        self.lake = lake
        self.hidden = hidden
        self.folder = f"raw/{platform}/{day.isoformat()}"
        self.state = RawState(lake, self.folder)

    def ref(self, endpoint: str, subject: str, number: int) -> str:
        """A page's file, relative to the lake."""
        return f"{self.folder}/{endpoint}/{short_hash(subject)}/{number:05d}.json.gz"

    def load(self, endpoint: str, subject: str, number: int) -> dict[str, Any] | None:
        """A stored page, or None where there is none that can be read."""
        return self._load(self.ref(endpoint, subject, number))

    def store(self, endpoint: str, subject: str, number: int, record: dict[str, Any]) -> int:
        """Store a page whole or not at all; gives its size."""
        self.state.changes()
        body = self.hidden.without_erased(record["body"])
        if body is None and record["body"] is not None:
            record = {**record, "status": 410}  # it was about an erased person alone
        record = {**record, "body": body}
        line = json.dumps({**record, "subject": subject}, sort_keys=True).encode() + b"\n"
        data = gzip.compress(line, compresslevel=6, mtime=0)
        place = f"{self.lake.root}/{self.ref(endpoint, subject, number)}"
        parent, name = place.rsplit("/", 1)
        self.lake.fs.create_dir(parent, recursive=True)
        aside = f"{parent}/.tmp-{uuid.uuid4().hex[:12]}-{name}"
        with self.lake.fs.open_output_stream(aside, compression=None) as stream:
            stream.write(data)
        self.lake.fs.move(aside, place)
        return len(data)

    def erase(self, names: Callable[[str], bool], ids: Collection[str]) -> int:
        """Rewrite the day's pages without the items that name somebody, and remove those that were asked about them.

        ids: of the person's accounts and posts on this platform. Gives how many pages were removed or rewritten.
        """

        def is_named(text: str) -> bool:
            return text in ids or names(text)

        changed = 0
        for endpoint in self._names(self.folder):
            if endpoint == HOURS:
                continue
            for folder in self._names(f"{self.folder}/{endpoint}"):
                place = f"{self.folder}/{endpoint}/{folder}"
                pages = {f"{place}/{name}": self._load(f"{place}/{name}") for name in self._names(place)}
                records = [record for page, record in pages.items() if record and _NAME.fullmatch(page[-13:])]
                subjects = records[0]["subject"].split(",") if records else []
                kept = [one for one in subjects if not is_named(one)]
                cleaned = [self._without(record, is_named) for record in records]
                if len(records) == len(pages) and cleaned == records and kept == subjects:
                    continue
                changed += len(pages)
                self.state.changes()
                subject = ",".join(kept)
                for number, record in enumerate(cleaned if kept else []):
                    self.store(endpoint, subject, number, record)
                for page in pages:  # the others are cut, or left by a crash
                    if short_hash(subject) != folder or pages[page] not in records:
                        self.lake.fs.delete_file(f"{self.lake.root}/{page}")
                if not self._names(place):
                    self.lake.fs.delete_dir(f"{self.lake.root}/{place}")
        self.state.finish()
        return changed

    @staticmethod
    def _without(record: dict[str, Any], is_named: Callable[[str], bool]) -> dict[str, Any]:
        """A page without the items that name somebody; without its headers and its request, where these do."""
        body = without_items(record["body"], is_named)
        rest = [name for name in ("headers", "request") if is_named(json.dumps(record.get(name)))]
        gone = {"status": 410} if body is None and record["body"] is not None else {}
        return {**record, **{name: {} for name in rest}, "body": body, **gone}

    def _names(self, folder: str) -> list[str]:
        found = self.lake.fs.get_file_info(pafs.FileSelector(f"{self.lake.root}/{folder}", allow_not_found=True))
        return sorted(info.base_name for info in found if not info.base_name.startswith("_"))

    def subjects(self, endpoint: str) -> Iterator[str]:
        """The subjects of an endpoint of which there is a first page, in the order of their hashes."""
        folder = f"{self.lake.root}/{self.folder}/{endpoint}"
        found = self.lake.fs.get_file_info(pafs.FileSelector(folder, allow_not_found=True))
        for info in sorted(found, key=lambda info: info.base_name):
            record = self._load(f"{self.folder}/{endpoint}/{info.base_name}/00000.json.gz")
            if record is not None:
                yield record["subject"]

    def drop_damaged(self) -> int:
        """Remove the pages that cannot be read, and what is no page; gives how many, those that are gone included."""
        known = self.lake.checksums.sealed_as(self.folder) or {}
        begin = len(f"{self.lake.root}/{self.folder}/")
        selector = pafs.FileSelector(f"{self.lake.root}/{self.folder}", allow_not_found=True, recursive=True)
        files = {info.path[begin:]: info for info in self.lake.fs.get_file_info(selector)}
        lost = len(known.keys() - files.keys())
        for name, info in files.items():
            page = name.rpartition("/")[2]
            if page.startswith("_") or (info.type == pafs.FileType.Directory and not page.endswith(".gz")):
                continue
            if info.type == pafs.FileType.Directory:
                self.lake.fs.delete_dir(info.path)
            elif not self.lake.checksums.is_as_sealed(info, known.get(name)):
                self.lake.fs.delete_file(info.path)
            else:
                continue
            lost += 1
        for name in files:  # an hour's note, without its file
            place = f"{self.lake.root}/{self.folder}/{name}"
            is_note = name.startswith(f"{HOURS}/") and name.endswith(".json")
            if is_note and self.lake.fs.get_file_info(f"{place}.gz").type != pafs.FileType.File:
                with contextlib.suppress(FileNotFoundError):
                    self.lake.fs.delete_file(place)
        return lost

    def lacking(self, known: Collection[str]) -> list[str]:
        """Of files of the day, relative to its folder, those that are not there."""
        names = sorted(known)
        found = self.lake.fs.get_file_info([f"{self.lake.root}/{self.folder}/{name}" for name in names])
        return [name for name, info in zip(names, found, strict=True) if info.type != pafs.FileType.File]

    def any(self) -> bool:
        """Whether anything is stored of the day."""
        selector = pafs.FileSelector(f"{self.lake.root}/{self.folder}", recursive=True, allow_not_found=True)
        return any(_NAME.fullmatch(info.base_name) for info in self.lake.fs.get_file_info(selector))

    def _load(self, ref: str) -> dict[str, Any] | None:
        try:
            with self.lake.fs.open_input_stream(f"{self.lake.root}/{ref}", compression=None) as stream:
                record = json.loads(gzip.decompress(stream.read()))
        except (FileNotFoundError, gzip.BadGzipFile, EOFError, zlib.error, ValueError):
            return None
        return record if isinstance(record, dict) and "subject" in record else None
