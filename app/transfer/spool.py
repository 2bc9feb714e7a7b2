"""A backup on its way: what has come of each database, kept so that a backup that was broken off goes on.

    FILE.part/                  a folder beside the file that it becomes, for its owner's eyes only
      lock                      held while a process works on it
      _begun.json               {"format", "version", "begun", "source", "asked"}
      store-s1.jsonl.gz         the lines of a part so far: one gzip member after the other
      store-s1.json             how far that is good: {"part", "since", "tail", "life", "length"}
      backup.zip                all of it, put together at the end; checked, and only then named FILE

What was written after the last `Strand.keep` is cut off again. What has come is thrown away after a day (somebody may
have been erased since), and where the disk ran full. Until the end it takes as much room again as the backup.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZipFile

from app.docs import json
from app.docs.directory import lock_folder
from app.docs.errors import AlreadyOpen, DocsError
from app.node.config import replace_file
from app.replicator.peer import Row, Seq
from app.transfer import bundle
from app.transfer.bundle import BackupError, Manifest, Part

FORMAT: Final = "couchtill-backup-part"
VERSION: Final = 1
#: How long what has come may wait to be gone on with.
FRESH: Final = timedelta(hours=24)
#: The last rows of a feed by which its database is known again.
TAIL: Final = 100
#: Bytes of lines that are packed at once.
BLOCK: Final = 1 << 18

SUFFIX: Final = ".part"
BEGUN: Final = "_begun.json"
_OURS: Final = (".gz", ".json", ".zip", ".part")


class Strand:
    """The lines of one part. `since` is where its feed goes on; 0 at the beginning."""

    def __init__(self, folder: Path, part: Part) -> None:
        self.part = part
        self.since: Seq = 0
        self.tail: dict[str, list[str]] = {}
        self.life = ""
        name = quote(part.name, safe="")
        self._file, self._state = folder / f"{name}.jsonl.gz", folder / f"{name}.json"
        self._lines: list[bytes] = []
        self._size = 0
        length = self._known()
        self._stream = os.fdopen(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        self._stream.truncate(length)
        self._stream.seek(length)

    def _known(self) -> int:
        """Takes on what an earlier run kept; the length of the lines' file that is good."""
        try:
            told = json.loads(self._state.read_bytes())
            part, tail, length = bundle.part_of(told["part"]), dict(told["tail"]), told["length"]
            if part.name != self.part.name or self._file.stat().st_size < length:
                return 0
        except (OSError, DocsError, KeyError, TypeError, ValueError):
            return 0
        self.part, self.since, self.tail, self.life = part, told["since"], tail, str(told["life"])
        return int(length)

    def begin(self, life: str) -> None:
        """From nothing; `life` names the database that it is of."""
        self._state.unlink(missing_ok=True)  # first: it speaks of lines that go now
        self.part = Part(self.part.name, self.part.file)
        self.since, self.tail, self.life = 0, {}, life
        self._lines, self._size = [], 0
        self._stream.seek(0)
        self._stream.truncate()

    def write(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line)
        if self._size >= BLOCK:
            self._pack()

    def saw(self, rows: Sequence[Row], since: Seq) -> None:
        """The feed has brought these rows, and goes on at `since`."""
        self.since = since
        for row in rows:
            self.tail.pop(row.id, None)
            self.tail[row.id] = list(row.revs)
        for id in list(self.tail)[:-TAIL]:
            del self.tail[id]

    def keep(self) -> None:
        """Everything up to here is on the disk, and will not be asked for again."""
        self._pack()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        told = {"part": asdict(self.part), "since": self.since, "tail": self.tail, "life": self.life}
        replace_file(self._state, json.dumps({**told, "length": self._stream.tell()}), 0o600)

    def _pack(self) -> None:
        if self._lines:
            self._lines.append(b"")
            self._stream.write(gzip.compress(b"\n".join(self._lines), bundle.LEVEL, mtime=0))
            self._lines, self._size = [], 0

    def blocks(self) -> Iterator[bytes]:
        """All lines, with their ends, some at a time."""
        with gzip.open(self._file) as lines:
            while block := lines.read(BLOCK):
                yield block

    def close(self) -> None:
        """A company may have more stores than a process may have open files."""
        with contextlib.suppress(OSError):  # what a full disk doesn't take isn't kept
            self._stream.close()


class Spool:
    """What has come of the backup `file`; `strand` for each database, `finish` at the end. A context manager: what has
    come is kept where the error is one of `lasting`, and thrown away after any other."""

    def __init__(self, file: Path, source: str, asked: Sequence[str], lasting: tuple[type[BaseException], ...]) -> None:
        """`source` and `asked` say what it is a backup of. BackupError where another backup is at it."""
        self.file = file
        self.folder = folder_of(file)
        self.strands: list[Strand] = []
        self._lasting = lasting
        try:
            if not stat.S_ISDIR(self.folder.lstat().st_mode):
                raise BackupError(f"{self.folder} is in the way, and is no backup on its way: it was left as it is.")
        except FileNotFoundError:
            pass
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._lock = lock_folder(self.folder)
        except AlreadyOpen:
            raise BackupError(f"{file} is being written by another backup.") from None
        except OSError as error:
            raise BackupError(f"{self.folder} can't be written: {error.strerror}") from None
        begun = _begun(self.folder)
        self.broken_off = begun is not None and (begun["source"], begun["asked"]) == (source, list(asked))
        if not self.broken_off:
            self._empty()
            now = datetime.now(UTC).isoformat(timespec="seconds")
            told = {"format": FORMAT, "version": VERSION, "begun": now, "source": source, "asked": list(asked)}
            replace_file(self.folder / BEGUN, json.dumps(told), 0o600)

    def strand(self, part: Part) -> Strand:
        strand = Strand(self.folder, part)
        self.strands.append(strand)
        return strand

    @property
    def kept(self) -> bool:
        """Whether there is something to go on with."""
        return any(self.folder.glob("*.jsonl.gz"))

    def finish(self, manifest: Callable[[], Manifest]) -> Manifest:
        """Puts the file together, checks it, gives it its name. `manifest` is asked when all parts are counted."""
        whole = self.folder / "backup.zip"
        with os.fdopen(os.open(whole, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "r+b") as stream:
            with ZipFile(stream, "w", compression=ZIP_DEFLATED, compresslevel=bundle.LEVEL) as archive:
                writer = bundle.Writer(archive)
                for strand in self.strands:
                    self._member(writer, strand)
                told = manifest()
                writer.finish(told)
            stream.flush()
            os.fsync(stream.fileno())
        bundle.check(whole, finished=False)
        os.replace(whole, self.file)
        bundle.sync(self.file.parent)
        return told

    def _member(self, writer: bundle.Writer, strand: Strand) -> None:
        with writer.member(strand.part) as write:
            try:
                for block in strand.blocks():
                    write(block)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise BackupError(
                    f"What had come of {strand.part.name} is damaged on this disk, and was thrown away: run this again."
                ) from None

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for strand in self.strands:
            strand.close()
        lasts = isinstance(error, self._lasting) and self.kept
        if not lasts:
            self._empty()
        self._lock.release()
        if not lasts:
            (self.folder / "lock").unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # something of somebody else's is in it, or the next backup is
                self.folder.rmdir()

    def _empty(self) -> None:
        for file in self.folder.iterdir():
            if file.suffix in _OURS and file.is_file():
                file.unlink(missing_ok=True)


def folder_of(file: Path) -> Path:
    """Where the backup `file` is while it is on its way."""
    return file.with_name(file.name + SUFFIX)


def _begun(folder: Path) -> dict[str, Any] | None:
    """What a folder says of the backup on its way in it; None where there is none to go on with."""
    try:
        told = json.loads((folder / BEGUN).read_bytes())
        if (told["format"], told["version"]) != (FORMAT, VERSION):
            return None
        age = datetime.now(UTC) - datetime.fromisoformat(told["begun"])
        return told if timedelta() <= age < FRESH else None
    except (OSError, DocsError, KeyError, TypeError, ValueError):
        return None


def unfinished(place: Path, stem: str, source: str, asked: Sequence[str]) -> Path | None:
    """The file of the newest backup in the folder `place` whose name begins with `stem` that was broken off, and that
    nobody is at. What is too old to be gone on with is thrown away."""
    found = None
    for folder in sorted(place.glob(f"{stem}*{SUFFIX}")):
        if not folder.is_dir() or not (folder / BEGUN).exists():
            continue
        file = folder.with_name(folder.name.removesuffix(SUFFIX))
        begun = _begun(folder)
        try:
            if begun is None:
                with Spool(file, source, asked, ()):
                    pass
            elif (begun["source"], begun["asked"]) == (source, list(asked)):
                lock_folder(folder).release()
                found = file
        except (AlreadyOpen, BackupError):
            continue
    return found
