"""The file of a backup: a zip archive with one member a database, and last a manifest that says what they must be.

    databases/company.jsonl     a revision a line: a document as `GET /db/doc?rev=…&revs=true` has it, with
                                `_revisions` and its attachments' content under `data` (base64). Every leaf, deleted
                                ones too; before a leaf the ancestors of it whose bodies were still there, the oldest
                                first. Ids stand together.
    users.jsonl                 the same of the central's `_users`, where it was asked for: hashes, never passwords
    manifest.json               {"format", "version", "made_at", "couchtill", "source", "server": {"name", "version",
                                "uuid"}, "databases": [Part …], "users": Part or null}

It is put together in `<file>.part/` (`spool.py`), read back, and only then gets its name. Whoever reads one checks all
of it first: a file that was cut off, altered, or is something else, is refused in words (`BackupError`) before anything
comes of it.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import os
import re
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from app.docs import json
from app.docs.errors import DocsError
from app.node.config import NodeError

FORMAT: Final = "couchtill-backup"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
USERS: Final = "users.jsonl"

#: Documents of text pack to a fifth with the quickest setting; a slower one wins a tenth more and takes thrice as long.
LEVEL = 1
#: Bytes of one line, and of the manifest: more is no backup of ours, and would fill the memory.
LONGEST, LARGEST_MANIFEST = 1 << 30, 1 << 26
#: Bytes of an archive that are unpacked at once.
BUFFER = 1 << 18

NAME = re.compile(r"[a-z][a-z0-9_$()+/-]*\Z")

Progress = Callable[[int, int | None], None]
"""`progress(lines done, of how many)`."""


class BackupError(NodeError):
    """A backup can't be made, or a file is none; the message is for a person."""


@dataclass
class Part:
    """One database in a backup. `identity` is what its links know the central by (`_security.couchtill`, or the
    server's uuid under `server`); of what was written into `file`: `rows` (documents, live or deleted), `deleted`
    among them, `revisions` (leaves), `ancestors`, `attachments` with their `attachment_bytes`, `bytes`, `sha256`."""

    name: str
    file: str
    identity: dict[str, Any] = field(default_factory=dict)
    security: dict[str, Any] = field(default_factory=dict)
    update_seq: Any = None
    rows: int = 0
    deleted: int = 0
    revisions: int = 0
    ancestors: int = 0
    attachments: int = 0
    attachment_bytes: int = 0
    bytes: int = 0
    sha256: str = ""

    @property
    def lines(self) -> int:
        return self.revisions + self.ancestors


@dataclass
class Manifest:
    """What a backup says of itself."""

    made_at: str
    source: str
    server: dict[str, Any]
    couchtill: str
    databases: list[Part]
    users: Part | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"format": FORMAT, "version": VERSION, **asdict(self)}

    @property
    def parts(self) -> list[Part]:
        return [*self.databases, *([self.users] if self.users is not None else [])]


def member_of(name: str) -> str:
    return f"databases/{quote(name, safe='')}.jsonl"


# --- writing ---------------------------------------------------------------------------------------------------------


class Writer:
    """A backup that is being written; `member` for each database, `finish` at the end."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    @contextmanager
    def member(self, part: Part) -> Iterator[Callable[[bytes], None]]:
        """`write(bytes)` for its lines, with their ends; `part` has its length and hash afterwards."""
        digest, length = hashlib.sha256(), 0
        with self._archive.open(_info(part.file), "w", force_zip64=True) as stream:

            def write(block: bytes) -> None:
                nonlocal length
                digest.update(block)
                length += len(block)
                stream.write(block)

            yield write
        part.bytes, part.sha256 = length, digest.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        self._archive.writestr(_info(MANIFEST), json.dumps(manifest.as_dict()))


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, time.localtime()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    info._compresslevel = LEVEL  # type: ignore[attr-defined]  # there is no public name for it before Python 3.13
    return info


def refuse_foreign(file: Path) -> None:
    """BackupError where `file` can't become a backup: it is something else, or its folder isn't there."""
    if file.is_dir():
        raise BackupError(f"{file} is a directory.")
    if not file.parent.is_dir():
        raise BackupError(f"{file.parent} is no directory.")
    if file.exists() and not _is_ours(file):
        raise BackupError(f"{file} is there already, and is no backup: it was left as it is.")


def _is_ours(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return MANIFEST in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def sync(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# --- reading ---------------------------------------------------------------------------------------------------------


class Reader:
    """A backup that was checked."""

    def __init__(self, file: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.file = file
        self.manifest = manifest
        self._archive = archive

    def lines(self, part: Part) -> Iterator[bytes]:
        """The lines of a part, each the JSON of a revision."""
        with _damage(self.file), _opened(self._archive, part) as stream:
            while line := stream.readline(LONGEST):
                yield line.rstrip(b"\n")


@contextmanager
def reading(file: Path, progress: Progress | None = None) -> Iterator[Reader]:
    """The backup in `file`, every byte of it checked. BackupError."""
    manifest = check(file, progress=progress)
    with _damage(file):
        archive = zipfile.ZipFile(file)
    with archive:
        yield Reader(file, archive, manifest)


def check(file: Path, *, finished: bool = True, progress: Progress | None = None) -> Manifest:
    """Reads all of a backup, and compares it with what its manifest says. BackupError in words."""
    if finished and file.suffix == ".part":
        raise BackupError(f"{file} is the beginning of a backup that was never finished.")
    try:
        with open(file, "rb") as stream:
            begins = stream.read(4)
    except FileNotFoundError:
        raise BackupError(f"{file} is not there.") from None
    except OSError as error:
        raise BackupError(f"{file} can't be read: {error.strerror}") from None
    if begins[:2] != b"PK":
        raise BackupError(f"{file} is no backup of CouchTill’s." if begins else f"{file} is empty.")
    with _damage(file), zipfile.ZipFile(file) as archive:
        manifest = _manifest(file, archive)
        names = [info.filename for info in archive.infolist()]
        if sorted(names) != sorted([MANIFEST, *(part.file for part in manifest.parts)]):
            raise BackupError(f"{file} was altered: it doesn't hold what its manifest names.")
        total, done = sum(part.lines for part in manifest.parts), 0
        for part in manifest.parts:
            for _line in _checked(file, archive, part, finished):
                done += 1
                if progress is not None and not done % 500:
                    progress(done, total)
    return manifest


@contextmanager
def _damage(file: Path) -> Iterator[None]:
    """What `zipfile` and its decompressor say of a damaged archive, in words."""
    try:
        yield
    except zipfile.BadZipFile as error:
        cut = "not a zip file" in str(error)
        raise BackupError(
            f"{file} begins as a backup, but its end is missing: it was cut off."
            if cut
            else f"{file} is damaged, or was altered: {error}"
        ) from None
    except BackupError:
        raise
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # an impossible place in the file
            raise
        raise BackupError(f"{file} is damaged, or was altered.") from None
    except Exception as error:  # whatever the archive's reader stumbles over
        raise BackupError(f"{file} is damaged, or was altered: {error or type(error).__name__}") from None


def _manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        info = archive.getinfo(MANIFEST)
    except KeyError:
        raise BackupError(f"{file} is an archive, but no backup of CouchTill’s: it has no manifest.") from None
    try:
        told = json.loads(archive.read(info)) if info.file_size <= LARGEST_MANIFEST else None
    except DocsError:
        told = None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise BackupError(f"{file} is an archive, but no backup of CouchTill’s.")
    if told.get("version") != VERSION:
        raise BackupError(
            f"{file} was made by a newer CouchTill ({told.get('couchtill')}): its format is {told.get('version')}, "
            f"and this one knows {VERSION}."
        )
    try:
        users = told["users"]
        return Manifest(
            str(told["made_at"]),
            str(told["source"]),
            dict(told["server"]),
            str(told["couchtill"]),
            [part_of(each) for each in told["databases"]],
            None if users is None else part_of(users),
        )
    except (KeyError, TypeError, ValueError):
        raise BackupError(f"{file} was altered: its manifest isn't as it was written.") from None


def part_of(told: Mapping[str, Any]) -> Part:
    """A part as `asdict` tells it. ValueError, KeyError, TypeError for what isn't one."""
    part = Part(**{each.name: told[each.name] for each in fields(Part)})
    if part.name == "_users":
        right = part.file == USERS
    else:
        right = NAME.match(part.name) is not None and part.file == member_of(part.name)
    counts = (part.rows, part.deleted, part.revisions, part.ancestors, part.attachments, part.bytes)
    if not right or not all(type(count) is int and count >= 0 for count in counts):
        raise ValueError(part.name)
    if not isinstance(part.security, dict) or not isinstance(part.identity, dict):
        raise TypeError(part.name)
    return part


def _opened(archive: zipfile.ZipFile, part: Part) -> IO[bytes]:
    """Through a buffer: an archive's own reader takes thrice as long for lines."""
    return io.BufferedReader(archive.open(part.file), BUFFER)  # type: ignore[type-var]


def _checked(file: Path, archive: zipfile.ZipFile, part: Part, whole: bool) -> Iterator[None]:
    """Once for each line of a part; BackupError where the part is not what the manifest says. `whole`: each line must
    be a document as well, which what was written a moment ago is."""
    digest, length, lines, attachments = hashlib.sha256(), 0, 0, 0
    if archive.getinfo(part.file).file_size != part.bytes:
        raise BackupError(f"{file} was altered: {part.name} is not as long as it was.")
    with _opened(archive, part) as stream:
        while line := stream.readline(LONGEST):
            digest.update(line)
            length += len(line)
            lines += 1
            attachments += _check_line(file, part, lines, line) if whole else 0
            yield
    if length != part.bytes or digest.hexdigest() != part.sha256:
        raise BackupError(f"{file} was altered: {part.name} is not what was written.")
    if lines != part.lines or (whole and attachments != part.attachments):
        raise BackupError(f"{file} was altered: {part.name} doesn't hold as much as its manifest says.")


def _check_line(file: Path, part: Part, number: int, line: bytes) -> int:
    """How many attachments the revision in a line has."""
    try:
        doc = json.loads(line)
        found = doc.get("_attachments") or {} if _is_revision(doc) else None
    except DocsError:
        found = None
    if found is None:
        raise BackupError(f"{file} was altered: line {number} of {part.name} is no document.")
    for name, meta in found.items():
        data = base64.b64decode(meta.get("data") or "")
        told = str(meta.get("digest") or "")
        if told.startswith("md5-") and hashlib.md5(data, usedforsecurity=False).digest() != base64.b64decode(told[4:]):
            raise BackupError(f"{file} was altered: the attachment {name} of {doc['_id']} is not what it was.")
    return len(found)


def _is_revision(doc: Any) -> bool:
    return (
        isinstance(doc, dict)
        and isinstance(doc.get("_id"), str)
        and isinstance(doc.get("_rev"), str)
        and isinstance(doc.get("_revisions"), dict)
    )
