"""Checksums: what every partition and note of a lake must hold, written with it, and compared before it is read.

    lake/activity/ds=<day>/_checksums.json       bytes and SHA-256 of every file of the partition, and the partition's own name
    lake/checksums/activity/ds=<day>.json        SHA-256 of that file: what the lake expects to find there

Two places, so that neither a file nor a whole partition goes, or takes another's place, without a word. While a partition is
being replaced the expectation names both, the old and the new: a kill at any moment leaves what is expected. A partition of
a lake that was written before there were checksums has neither; it is read as it is, and `jobs/lake.py check` says so.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyarrow import fs as pafs

from clout.errors import InvalidInput
from clout.lake.damaged import Damaged, is_passing, sum_of
from clout.lake.small_files import put
from clout.terminal import printable

if TYPE_CHECKING:
    from clout.lake.partitions import Lake

#: In a partition's folder. Readers of Parquet skip names that begin with an underscore.
SEAL = "_checksums.json"
#: The lake's folder of what it expects.
EXPECTED = "checksums"
#: In place of a hash: a partition that was written before there were checksums.
UNSEALED = "unsealed"
#: Bytes up to which something is kept twice.
_LARGEST_COPY = 4 << 20
#: Files by name, in base64; a note by no name.
Copy = dict[str, str]
#: In a note, its checksum over all else in it.
_OWN = "checksum"

#: What was compared in this process, with sizes and times of the files then: the same is not read again.
_COMPARED: dict[tuple[str, str], tuple[Any, ...]] = {}
#: On object storage, which has no locks, a writer may be between its steps while its partition is looked at.
_LOOKS, _PAUSE = 3, 0.3
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Checksums:
    """The checksums of one lake, or of one staging area."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    # Partitions -------------------------------------------------------------------------------------------------------

    def seal(self, folder: str, path: str) -> str:
        """Note in a finished folder, which is to become the partition `path`, what its files are; gives the note's hash."""
        with suppress(FileNotFoundError):
            self.lake.fs.delete_file(f"{self.lake.root}/{folder}/{SEAL}")
        files = {
            name: {"bytes": info.size, "sha256": self._hash(info.path)}
            for name, info in self._inside(folder).items()
            if info.type == pafs.FileType.File
        }
        text = json.dumps({"files": files, "partition": path}, indent=1, sort_keys=True).encode()
        with self.lake.fs.open_output_stream(f"{self.lake.root}/{folder}/{SEAL}") as stream:
            stream.write(text)
        return hashlib.sha256(text).hexdigest()

    @contextmanager
    def changing(self, path: str, new: str | None, copy: Copy | None = None, private: bool = False) -> Iterator[None]:
        """Expect what is there as well as `new`, the hash that comes (None: nothing), and in the end `new` alone.

        copy: the files that come, where they are kept twice. private: only the owner may read what is written here.
        """
        with self.writing():
            before = self._expected_by_writer(path)
            if new is None and before in (None, [None]):
                yield
                return
            copies = {new: copy} if copy and new else {}
            # Without the copy of what is there: it may hold whom the new one forgets.
            self._expect(path, [*(before or [None]), new], copies, private)
            yield
            self._expect(path, [new], copies, private)

    def writing(self) -> AbstractContextManager[None]:
        """While no other process puts a partition into its place, on a local lake."""
        return self.lake.lock(EXPECTED)

    def compare(self, path: str) -> None:
        """Compare a partition with its checksums, once in a process. Raises Damaged; nothing where it is not there, rightly."""
        self._steadily(self._compare, path)

    def _compare(self, path: str) -> None:
        try:
            folder = self.lake.found(path)
            inside = {} if folder is None else self._inside(folder)
        except FileNotFoundError:
            folder, inside = None, {}
        except (NotADirectoryError, UnicodeDecodeError) as error:
            raise Damaged(self.lake, path, f"is no partition: {error}") from error
        state = tuple((name, info.type, info.size, info.mtime_ns) for name, info in sorted(inside.items()))
        if folder is not None and _COMPARED.get((self.lake.uri, path)) == (folder, state):
            return
        expected = self.expected(path)
        if folder is None:
            if expected is not None and None not in expected:
                raise Damaged(self.lake, path, "is missing, and was not removed by Clout")
            return
        if SEAL not in inside:
            if expected is not None and UNSEALED not in expected:
                raise Damaged(self.lake, path, f"its {SEAL} is missing")
        else:
            self._compare_files(path, folder, inside, expected)
        _COMPARED[self.lake.uri, path] = folder, state

    def _compare_files(
        self, path: str, folder: str, inside: dict[str, pafs.FileInfo], expected: list[str | None] | None
    ) -> None:
        seal = self._bytes(path, f"{folder}/{SEAL}")
        files, partition = {}, None
        with suppress(ValueError, KeyError, TypeError):
            content = json.loads(seal)
            files, partition = content["files"], content["partition"]
        if partition is not None and partition != path:
            raise Damaged(self.lake, path, f"holds another partition, {printable(str(partition))}")
        if expected is None:
            raise Damaged(self.lake, path, f"{EXPECTED}/{path}.json is missing, which says what it must hold")
        if hashlib.sha256(seal).hexdigest() not in expected:
            raise Damaged(self.lake, path, f"its {SEAL} is not the one that was written with it")
        for name in sorted({*files, *inside} - {SEAL}):
            info, known = inside.get(name), files.get(name)
            where = f"{path}/{name}"
            if info is not None and info.type == pafs.FileType.Directory:
                if known is not None:
                    raise Damaged(self.lake, where, "is a folder where a file was written")
            elif info is None:
                raise Damaged(self.lake, where, "is missing")
            elif known is None:
                if name.rpartition("/")[2][0] not in "._":  # those no reader reads
                    raise Damaged(self.lake, where, "does not belong there: Clout did not write it")
            elif info.size != known["bytes"]:
                raise Damaged(self.lake, where, f"has {info.size} bytes where {known['bytes']} were written")
            elif self._hash(info.path, path) != known["sha256"]:
                raise Damaged(self.lake, where, "does not hold what was written: its SHA-256 is another")

    def state(self, path: str) -> str:
        """`checksummed`, `not checksummed` or `missing`, of a partition that compare() finds right."""
        folder = self.lake.found(path)
        if folder is None:
            return "missing"
        return "checksummed" if SEAL in self._inside(folder) else "not checksummed"

    def is_as_sealed(self, info: pafs.FileInfo, known: dict[str, Any] | None) -> bool:
        """Whether a file is the one that a note of checksums, see sealed_as, speaks of."""
        with suppress(OSError):
            return known is not None and info.size == known["bytes"] and self._hash(info.path) == known["sha256"]
        return False

    def sealed_as(self, path: str) -> dict[str, Any] | None:
        """What a partition's own note says of its files, as far as it can be read."""
        with suppress(OSError, ValueError, KeyError, TypeError, InvalidInput):
            found: dict[str, Any] | None = json.loads(self._bytes(path, f"{self.lake.found(path)}/{SEAL}"))["files"]
            return found
        return None

    def adopt(self, path: str) -> None:
        """Take what a partition or note holds for right: give it checksums, or those that it holds for what is expected."""
        if path.endswith((".json", ".jsonl")):
            self.adopt_note(path)
            return
        folder = self.lake.found(path)
        if folder is None:
            self._expect(path, [None])
            return
        digest = self.seal(folder, path)
        self._expect(path, [digest])
        _COMPARED.pop((self.lake.uri, path), None)

    def agrees_with_itself(self, path: str) -> bool:
        """Whether a partition's files are those of its own note: then only what the lake expected of it was damaged."""
        try:
            folder = self.lake.found(path)
            if folder is None:
                return False
            seal = self._bytes(path, f"{folder}/{SEAL}")
            self._compare_files(path, folder, self._inside(folder), [hashlib.sha256(seal).hexdigest()])
        except (OSError, InvalidInput):
            return False
        return True

    def unseal(self, path: str) -> None:
        """Expect no checksums of a folder that is about to change file by file, until it is adopted."""
        if self.expected(path) not in (None, [UNSEALED]):
            self._expect(path, [UNSEALED])
        with suppress(FileNotFoundError):
            self.lake.fs.delete_file(f"{self.lake.root}/{path}/{SEAL}")

    # Notes ------------------------------------------------------------------------------------------------------------

    def write_note(self, path: str, content: dict[str, Any], private: bool = False, twice: bool = False) -> None:
        """Replace a JSON file in one step. private: only its owner may read it. twice: a copy lies with what is expected."""
        body = {name: value for name, value in content.items() if name != _OWN}
        text = json.dumps({**body, _OWN: sum_of(body)}, indent=1, sort_keys=True, default=str).encode()
        copy = {"": base64.b64encode(text).decode()} if twice else None
        with self.changing(path, hashlib.sha256(text).hexdigest(), copy, private):
            put(self.lake, path, text, private)

    def read_note(self, path: str) -> dict[str, Any] | None:
        """A JSON file, or None where there is none, rightly. Raises Damaged."""
        found: dict[str, Any] | None = self._steadily(self._read_note, path)
        return found

    def _read_note(self, path: str) -> dict[str, Any] | None:
        expected = self.expected(path)
        info = self.lake.fs.get_file_info(f"{self.lake.root}/{path}")
        if info.type == pafs.FileType.NotFound:
            if expected is not None and None not in expected:
                raise Damaged(self.lake, path, "is missing, and was not removed by Clout")
            return None
        if info.type == pafs.FileType.Directory:
            raise Damaged(self.lake, path, "is a folder where a file was written")
        text = self._bytes(path, path)
        try:
            content = json.loads(text)
            if not isinstance(content, dict):
                raise ValueError("no JSON object")
        except ValueError as error:
            raise Damaged(self.lake, path, f"is not JSON: {error}") from error
        own = content.pop(_OWN, None)
        if own is None and (expected is None or UNSEALED in expected):
            return content
        if own != sum_of(content):
            raise Damaged(self.lake, path, "does not hold what was written: its checksum is another")
        if expected is None:
            raise Damaged(self.lake, path, f"{EXPECTED}/{path}.json is missing, which says what it must hold")
        if hashlib.sha256(text).hexdigest() not in expected:
            raise Damaged(self.lake, path, "is not the one that was written last")
        return content

    def adopt_note(self, path: str) -> None:
        """Take what a JSON file holds for right, or that it is gone."""
        if path.endswith(".jsonl"):
            if self._is_file(path):
                self.write_file(path, self._bytes(path, path))
            else:
                self._expect(path, [None])
            return
        try:
            content = json.loads(self._bytes(path, path))
            is_private = not isinstance(self.lake.fs, pafs.LocalFileSystem) or not (
                Path(f"{self.lake.root}/{path}").stat().st_mode & 0o077
            )
        except (OSError, InvalidInput):
            with suppress(OSError):
                self.lake.fs.delete_dir(f"{self.lake.root}/{path}")
            self._expect(path, [None])
            return
        except ValueError as error:
            raise Damaged(
                self.lake, path, f"is not JSON: {error}; write it anew, or delete it, and adopt that"
            ) from error
        self.write_note(path, content, private=is_private, twice=not _DAY.match(path))

    def note_agrees_with_itself(self, path: str) -> bool:
        """Whether a JSON file is as its own checksum says: then only what the lake expected of it was damaged."""
        with suppress(OSError, ValueError, AttributeError, InvalidInput):
            content = json.loads(self._bytes(path, path))
            found: bool = content.pop(_OWN) == sum_of(content)
            return found
        return False

    def is_unsealed_note(self, path: str) -> bool:
        """Whether a JSON file that is right has no checksum."""
        with suppress(OSError, ValueError, InvalidInput):
            if path.endswith(".jsonl"):
                return self.expected(path) in (None, [UNSEALED])
            return self.expected(path) in (None, [UNSEALED]) and _OWN not in json.loads(self._bytes(path, path))
        return False

    def write_file(self, path: str, content: bytes) -> None:
        """Replace a file that is no JSON object, in one step; it is kept twice, and only its owner may read it."""
        copy = {"": base64.b64encode(content).decode()}
        with self.changing(path, hashlib.sha256(content).hexdigest(), copy, private=True):
            put(self.lake, path, content, private=True)

    def read_file(self, path: str) -> bytes:
        """The bytes of such a file. Raises Damaged."""
        found: bytes = self._steadily(self._read_file, path)
        return found

    def _read_file(self, path: str) -> bytes:
        expected = self.expected(path)
        if not self._is_file(path):
            raise Damaged(self.lake, path, "is missing, and was not removed by Clout")
        content = self._bytes(path, path)
        if expected and expected != [UNSEALED] and hashlib.sha256(content).hexdigest() not in expected:
            raise Damaged(self.lake, path, "does not hold what was written: its SHA-256 is another")
        return content

    def remove_note(self, path: str) -> None:
        """Remove a JSON file, where there is one, or what damage put in its place."""
        with self.changing(path, None), suppress(FileNotFoundError):
            where = f"{self.lake.root}/{path}"
            is_folder = self.lake.fs.get_file_info(where).type == pafs.FileType.Directory
            (self.lake.fs.delete_dir if is_folder else self.lake.fs.delete_file)(where)

    # What is expected ---------------------------------------------------------------------------------------------------

    def expected(self, path: str) -> list[str | None] | None:
        """The hashes that may be found at a path, None among them where nothing may; None where nobody wrote that down."""
        content = self._expectation(path)
        return None if content is None else content["either"]

    def _expectation(self, path: str) -> dict[str, Any] | None:
        where = f"{EXPECTED}/{path}.json"
        try:
            with self.lake.fs.open_input_stream(f"{self.lake.root}/{where}") as stream:
                content: dict[str, Any] = json.loads(stream.read())
            if content["of"] != path or not isinstance(content["either"], list):
                raise ValueError(f"it is of {content['of']}")
            if content.get(_OWN) != sum_of({name: value for name, value in content.items() if name != _OWN}):
                raise ValueError("its own checksum is another")
        except FileNotFoundError:
            return None
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Damaged(self.lake, where, f"does not say what to expect: {printable(str(error))}") from error
        except OSError as error:
            if is_passing(error, self.lake):
                raise
            raise Damaged(self.lake, where, f"cannot be read: {error.strerror or error}") from error
        return content

    def restore(self, path: str) -> bool:
        """Put back what is kept twice, byte for byte; False where there is no copy of what is expected."""
        content = self._expectation(path) or {"either": []}
        copy = next(iter(content.get("copies", {}).values()), None)
        if copy is None:
            return False
        if "" in copy:
            put(self.lake, path, base64.b64decode(copy[""]), private=True)
            return True
        folder = self.lake.found(path) or path
        for name, coded in copy.items():
            put(self.lake, f"{folder}/{name}", base64.b64decode(coded))
        for name in self._inside(folder).keys() - copy.keys():
            with suppress(OSError):
                self.lake.fs.delete_file(f"{self.lake.root}/{folder}/{name}")
        return True

    def copy_of(self, folder: str) -> Copy | None:
        """The files of a folder, to be kept twice; None where they are large."""
        inside = {name: info for name, info in self._inside(folder).items() if info.type == pafs.FileType.File}
        if sum(info.size for info in inside.values()) > _LARGEST_COPY:
            return None
        return {name: base64.b64encode(self._bytes(folder, f"{folder}/{name}")).decode() for name in sorted(inside)}

    def all_expected(self, folder: str = "") -> list[str]:
        """Every path, of a folder or of all, of which anything is expected."""
        found = self.lake.fs.get_file_info(
            pafs.FileSelector(f"{self.lake.root}/{EXPECTED}/{folder}".rstrip("/"), allow_not_found=True, recursive=True)
        )
        begin = len(f"{self.lake.root}/{EXPECTED}/")
        return sorted(info.path[begin:-5] for info in found if info.path.endswith(".json") and "/." not in info.path)

    def _expected_by_writer(self, path: str) -> list[str | None] | None:
        """The same for who replaces it: what cannot be read is no reason not to."""
        try:
            before = self.expected(path)
        except Damaged:
            before = None
        if before is not None:
            return before
        with suppress(OSError, UnicodeDecodeError):
            if self.lake.found(path) is not None or self._is_file(path):
                return [UNSEALED]
        return None

    def _is_file(self, path: str) -> bool:
        found: bool = self.lake.fs.get_file_info(f"{self.lake.root}/{path}").type == pafs.FileType.File
        return found

    def _expect(
        self, path: str, either: list[str | None], copies: dict[str, Copy] | None = None, private: bool = False
    ) -> None:
        where = f"{EXPECTED}/{path}.json"
        if either == [None]:
            with suppress(FileNotFoundError):
                self.lake.fs.delete_file(f"{self.lake.root}/{where}")
            return
        content: dict[str, Any] = {"either": list(dict.fromkeys(either)), "of": path}
        if copies:
            content["copies"] = copies
        put(self.lake, where, json.dumps({**content, _OWN: sum_of(content)}, sort_keys=True).encode(), private)

    def _steadily(self, look: Callable[[str], Any], path: str) -> Any:
        """What a look at a path gives; where it finds damage, once more when no writer is between its steps."""
        try:
            return look(path)
        except Damaged:
            if isinstance(self.lake.fs, pafs.LocalFileSystem):
                with self.writing():
                    return look(path)
        for _ in range(_LOOKS):
            time.sleep(_PAUSE)
            with suppress(Damaged):
                return look(path)
        return look(path)

    # Inside -------------------------------------------------------------------------------------------------------------

    def _inside(self, folder: str) -> dict[str, pafs.FileInfo]:
        begin = len(f"{self.lake.root}/{folder}/")
        selector = pafs.FileSelector(f"{self.lake.root}/{folder}", recursive=True)
        return {info.path[begin:]: info for info in self.lake.fs.get_file_info(selector)}

    def _hash(self, file: str, path: str | None = None) -> str:
        digest = hashlib.sha256()
        try:
            with self.lake.fs.open_input_stream(file, compression=None) as stream:
                while chunk := stream.read(1 << 20):
                    digest.update(chunk)
        except OSError as error:
            if path is None or is_passing(error, self.lake):
                raise
            raise Damaged(self.lake, path, f"{file.rpartition('/')[2]} cannot be read: {error}") from error
        return digest.hexdigest()

    def _bytes(self, path: str, file: str) -> bytes:
        try:
            with self.lake.fs.open_input_stream(f"{self.lake.root}/{file}", compression=None) as stream:
                found: bytes = stream.read()
                return found
        except OSError as error:
            if is_passing(error, self.lake):
                raise
            raise Damaged(self.lake, path, f"{file.rpartition('/')[2]} cannot be read: {error}") from error
