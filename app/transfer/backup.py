"""``couchtill central backup``: what a central holds, into one file, while everybody goes on working.

Each database is read by its changes feed to its end, as a pull does, with one request at a time: nobody waits for it.
What is changed meanwhile comes once more, later in the feed, so the file holds every document as it was at some moment
after the beginning, and all that was there at the beginning.

One that was broken off (a kill, a cut line) goes on when it is run again with the same words: `spool.py` has what has
come, and each feed is read on from there, also those that had come to their end. So the file tells of the moment of the
last run. A database that isn't the one of before (another identity, or put back to before what was read) is read from
its beginning.

What is left out, and why: the *replication logs* (`_local` documents). A log says "up to here everything is at this
central", and only the very database that it was written in may say that. Put back beside documents that are a second
older than itself, or into a database that counts anew, it would make a till skip what is missing, for ever. Without
logs a link compares from the beginning once, which sends nothing twice. The *nodes' reports* are left out too: each
writes its own within five minutes, and a silent one must not look alive.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import app
from app.docs import json
from app.replicator import identity
from app.replicator.errors import Busy, DatabaseMissing, DocsUnavailable, PeerError, TransportError
from app.replicator.peer import NO_FILTER, Row, Want
from app.replicator.remote import RemotePeer
from app.transfer import bundle, spool
from app.transfer.bundle import BackupError, Manifest, Part, Progress
from app.transfer.spool import Strand
from couch.server import CentralError, Server
from couch.words import trust

#: Rows of a page of the feed.
PAGE: Final = 500
#: Bytes of attachments that one request for documents may bring before the next ones ask for fewer.
HEAVY: Final = 8 << 20
#: Documents that are asked for in the first such request.
FIRST: Final = 50
#: Bodies of ancestors that are kept for each leaf, as many as our own store keeps: what merges are made from.
ANCESTORS: Final = 20
#: Seconds after which what has come is flushed, so that it need not come again.
KEEP = 2.0
#: Tries of one request, and seconds before the second, doubled each time.
TRIES, WAIT = 6, 1.0

OURS = re.compile(r"company\Z|store-[a-z][a-z0-9-]*\Z")
USER = "org.couchdb.user:"

#: After these the line may be mended, and the backup gone on with.
LASTING = (PeerError, CentralError, KeyboardInterrupt)

T = TypeVar("T")


@dataclass(frozen=True)
class Central:
    """A central by its URL, an admin's name and password in it; `ca` is a file of authorities to believe as well."""

    url: str
    ca: Path | None = None

    def server(self) -> Server:
        """CentralError unless an admin of it was named."""
        server = Server(self.url, ca=self.ca)
        server.require_admin()
        return server

    def peer(self, name: str) -> RemotePeer:
        """One of its databases."""
        parts = urlsplit(self.url)
        path = f"{parts.path.rstrip('/')}/{quote(name, safe='')}"
        peer = RemotePeer(urlunsplit((parts.scheme, parts.netloc, path, "", "")))
        peer.client.trust = None if self.ca is None else trust(self.ca)
        return peer


def backup(
    url: str,
    place: Path,
    *,
    only: Sequence[str] = (),
    users: bool = False,
    progress: Progress | None = None,
    ca: Path | None = None,
    says: Callable[[str], None] = lambda words: None,
) -> tuple[Path, Manifest]:
    """Writes the central at `url` (an admin's name and password in it) into the file `place`; in a directory, the file
    is named after the server and the time. `only`: these databases, else all of ours. `ca`: see `Central`; `says`:
    told in words what one should know meanwhile. BackupError, CentralError or PeerError in words.
    """
    central = Central(url, ca)
    server = central.server()
    names = _chosen(server, only)
    asked = [*sorted(set(only)), *(["_users"] if users else [])]
    file = _file(url, place, server.shown, asked)
    bundle.refuse_foreign(file)
    told = _told(central, names[0])
    made_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    with spool.Spool(file, server.shown, asked, LASTING) as coming:
        if coming.broken_off and coming.kept:
            says("This backup was broken off before, and goes on from there.")
        try:
            for name in names:
                strand = coming.strand(Part(name, bundle.member_of(name)))
                _database(central, strand, progress, security=server.security(name))
            if users:
                _database(central, coming.strand(Part("_users", bundle.USERS)), progress, prefix=USER)
        except LASTING:
            if coming.kept:
                says(f"What has come so far is kept in {coming.folder}: run this again, and it goes on from there.")
            raise
        parts = {strand.part.name: strand for strand in coming.strands}
        manifest = coming.finish(
            lambda: Manifest(
                made_at=made_at,
                source=server.shown,
                server={name: told.get(name) for name in ("name", "version", "uuid")},
                couchtill=app.__version__,
                databases=[parts[name].part for name in names],
                users=parts["_users"].part if users else None,
            )
        )
    return file, manifest


def _told(central: Central, name: str) -> dict[str, Any]:
    """What the server says of itself: `name`, `version`, `uuid`."""
    peer = central.peer(name)
    try:
        told = peer.client.json("GET", peer.endpoint.root)
    finally:
        peer.close()
    return {**told, "name": (told.get("vendor") or {}).get("name")}


def _file(url: str, place: Path, shown: str, asked: Sequence[str]) -> Path:
    """Which file the backup becomes: in a folder one of this moment's name, which goes on with what was broken off
    there."""
    if not place.is_dir():
        if not place.suffix and not place.exists():
            # Meant as a directory, most likely: as a file, each night's would take the place of the last one's.
            raise BackupError(f"{place} is no directory: make it first, or name a file, as in {place / 'central.zip'}.")
        return place
    host = re.sub(r"[^a-z0-9.-]", "-", (urlsplit(url).hostname or "central").lower())
    stem = f"{host}-{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
    free = (place / f"{stem}{more}.couchtill.zip" for more in ("", *(f"-{n}" for n in range(2, 100))))
    file = next(file for file in free if not file.exists() and not spool.folder_of(file).exists())
    before = spool.unfinished(place, f"{host}-", shown, asked)
    if before is not None:
        spool.folder_of(before).rename(spool.folder_of(file))  # it becomes what there is now
    return file


def _chosen(server: Server, only: Sequence[str]) -> list[str]:
    there = server.databases()
    for name in only:
        if name not in there:
            raise BackupError(f"{server.shown} has no database {name}.")
        if not bundle.NAME.match(name):
            raise BackupError(f"{name} is one of the server's own databases; --users takes the users along.")
    names = sorted(set(only) if only else {name for name in there if OURS.match(name)})
    if not names:
        raise BackupError(f"{server.shown} has no database of CouchTill's: neither company nor a store's.")
    return names


def _database(
    central: Central,
    strand: Strand,
    progress: Progress | None,
    *,
    security: dict[str, Any] | None = None,
    prefix: str = "",
) -> None:
    """Reads a database to the end of its feed; `prefix`: only documents whose ids begin so."""
    peer = central.peer(strand.part.name)
    try:
        before = again(lambda: peer.client.json("GET", peer.name))
        told = again(peer.central)
        life = f"{told.id or told.server} {told.instance_start_time}"
        if not _goes_on(strand, peer, life, before):
            strand.begin(life)
        part = strand.part
        part.security, part.identity = security or {}, identity.told(told)
        part.update_seq = before.get("update_seq")
        _copy(peer, strand, progress, prefix, before)
        after = again(lambda: peer.client.json("GET", peer.name))
        counts = [int(info.get("doc_count") or 0) + int(info.get("doc_del_count") or 0) for info in (before, after)]
        if not prefix and part.rows < min(counts):
            raise BackupError(
                f"{peer.name} gave {part.rows} documents of {min(counts)}: it is being compacted, repaired or moved. "
                "Nothing was written; try again."
            )
    except DatabaseMissing:
        raise BackupError(f"{peer.name} was deleted meanwhile.") from None
    finally:
        strand.close()
        peer.close()


def _goes_on(strand: Strand, peer: RemotePeer, life: str, info: dict[str, Any]) -> bool:
    """Whether the feed that was broken off is this database's, which still has what came last of it."""
    if not strand.since or strand.life != life:
        return False
    ends, known = (re.match(r"\d+", str(seq)) for seq in (info.get("update_seq"), strand.since))
    if ends is None or known is None or int(ends[0]) < int(known[0]):
        return False
    return not again(lambda: peer.revs_diff(strand.tail)) if strand.tail else True


def _copy(peer: RemotePeer, strand: Strand, progress: Progress | None, prefix: str, info: dict[str, Any]) -> None:
    """The feed of a database from where the strand is to its end, as lines."""
    part = strand.part
    reading = _Reading(peer, part, strand.write)
    total = int(info.get("doc_count") or 0) + int(info.get("doc_del_count") or 0)
    kept = time.monotonic()
    while True:
        page = again(lambda: peer.changes(strand.since, limit=PAGE, bodies=True, filter=NO_FILTER))
        rows = [row for row in page.rows() if row.id.startswith(prefix)]
        reading.take(rows)
        part.rows += len(rows)
        part.deleted += sum(row.deleted for row in rows)
        strand.saw(rows, page.last_seq)
        if progress is not None:
            progress(part.rows, max(total, part.rows))
        over = page.empty or page.ends(PAGE)
        if over or time.monotonic() - kept >= KEEP:
            strand.keep()
            kept = time.monotonic()
        if over:
            return


class _Reading:
    """Rows of a feed become lines: those that brought their document at once, the others are asked for."""

    def __init__(self, peer: RemotePeer, part: Part, write: Callable[[bytes], None]) -> None:
        self.peer, self.part, self.write = peer, part, write
        self.many = FIRST

    def take(self, rows: Sequence[Row]) -> None:
        asked: list[Row] = []
        for row in rows:
            if row.doc is None:
                asked.append(row)
            else:
                self._leaf(row.doc if isinstance(row.doc, dict) else json.loads(row.doc))
        while asked:
            some, asked = asked[: self.many], asked[self.many :]
            docs = self._fetch(some)
            older = self._ancestors(docs)
            for doc in docs:
                for body in older.pop(doc["_id"], ()):
                    self.write(json.dumps(body))
                    self.part.ancestors += 1
                self._leaf(doc)
            heavy = sum(len(meta.get("data") or b"") for doc in docs for meta in doc.get("_attachments", {}).values())
            self.many = max(1, self.many // 4) if heavy > HEAVY else min(PAGE, self.many * 2)

    def _fetch(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """The leaves of these documents, those of one together. What was purged meanwhile is left out."""
        wants = [Want(row.id, rev) for row in rows for rev in row.revs]
        try:
            found = again(lambda: self.peer.fetch(wants))
        except DocsUnavailable:
            found = [doc for row in rows for doc in again(lambda row=row: self.peer.leaves(row.id))]  # type: ignore[misc]
        places = {row.id: place for place, row in enumerate(rows)}
        return sorted(found, key=lambda doc: places[doc["_id"]])

    def _ancestors(self, docs: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
        """The older bodies that the central still holds of these documents, by id, the oldest first; not of those with
        attachments, which nobody joins."""
        entries: dict[tuple[str, str], None] = {}
        for doc in docs:
            revisions = doc["_revisions"]
            if revisions["start"] > 1 and "_attachments" not in doc:
                for place, hash in enumerate(revisions["ids"][1 : 1 + ANCESTORS], 1):
                    entries[doc["_id"], f"{revisions['start'] - place}-{hash}"] = None
        found: dict[str, list[dict[str, Any]]] = {}
        keys = list(entries)
        for start in range(0, len(keys), 4 * PAGE):
            for doc in again(lambda start=start: self._bodies(keys[start : start + 4 * PAGE])):  # type: ignore[misc]
                if "_attachments" not in doc:
                    found.setdefault(doc["_id"], []).append(doc)
        for bodies in found.values():
            bodies.sort(key=lambda doc: int(doc["_revisions"]["start"]))
        return found

    def _bodies(self, keys: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        wanted = [{"id": id, "rev": rev} for id, rev in keys]
        body = json.dumps({"docs": wanted})
        answer = self.peer.client.json("POST", f"{self.peer.name}/_bulk_get", params="revs=true", body=body)
        asked = {(id, rev) for id, rev in keys}
        for result in answer["results"]:
            for entry in result["docs"]:
                doc = entry.get("ok")
                if isinstance(doc, dict) and (doc["_id"], doc["_rev"]) in asked:
                    yield doc

    def _leaf(self, doc: dict[str, Any]) -> None:
        for meta in (doc.get("_attachments") or {}).values():
            data = meta["data"]
            for name in ("stub", "follows", "length", "encoding", "encoded_length"):
                meta.pop(name, None)
            meta["digest"] = "md5-" + base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
            meta["data"] = base64.b64encode(data).decode()
            self.part.attachments += 1
            self.part.attachment_bytes += len(data)
        self.write(json.dumps(doc))
        self.part.revisions += 1


def again(call: Callable[[], T]) -> T:
    """What `call` answers, tried again where the line or the server was at fault."""
    for tried in range(1, TRIES + 1):
        try:
            return call()
        except (TransportError, Busy) as error:
            if tried == TRIES:
                raise
            wait = WAIT * 2 ** (tried - 1)
            told = error.retry_after if isinstance(error, Busy) else None
            time.sleep(min(60.0, max(wait, told or 0.0)))
    raise PeerError("unreachable")
