"""``couchtill central restore``: a backup into a central, empty or not; and what its tills see of it.

The whole file is checked before the first request. Then, database by database:

1. One that isn't there is made, open to admins only; one that is there says that it is being restored. Either way its
   links don't know it, and stay away.
2. Revisions go in as they are (`new_edits: false`): what is there already stays, what is newer stays newer, nothing is
   deleted, and a second restore changes nothing. Design documents last, so that they judge nothing of the past, and
   only where there is none of that name: what `couchtill central apply` has put there since is the newer one.
3. What was written is asked for again, request by request.
4. Its `_security` says which central it takes the place of (`identity.succeeding`): from then on tills go on by
   themselves. Each compares what it has with what is there, from the beginning, and sends what the copy lacks.

A run that was cut off in the middle is run again: it finds what it wrote, and goes on.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.docs import json
from app.replicator import identity
from app.replicator.errors import PeerError, TooLarge
from app.replicator.peer import NO_FILTER, Document, Failure, outline
from app.replicator.pool import Pool
from app.replicator.remote import RemotePeer
from app.transfer import bundle
from app.transfer.backup import Central, again
from app.transfer.bundle import BackupError, Part, Progress, Reader
from couch.server import Server

#: Revisions, and bytes, of one request.
BATCH, BATCH_BYTES = 500, 4_000_000
#: Requests at a time: one prepares while the server works on another.
WORKERS = 3
#: Bytes of a revision that goes alone, its attachments as they are instead of in base64.
ALONE = 2_000_000
#: Seconds between looks for what was written: of a cluster's nodes, the one that is asked may be a little behind.
LAGS = (0.2, 0.5, 1.0, 2.0, 4.0)
#: Refused documents that are told one by one.
TOLD = 1000
#: Design documents a new database may have and still be empty: what `couchtill central apply` puts there.
DESIGNS: Final = 200

CLOSED: Final = {"names": [], "roles": ["_admin"]}


@dataclass
class Outcome:
    """What became of one part of a backup."""

    name: str
    made: bool = False
    written: int = 0
    there: int = 0
    refused: list[Failure] = field(default_factory=list)
    identity: str = ""
    succeeds: str = ""

    def as_dict(self) -> dict[str, Any]:
        refused = [each._asdict() for each in self.refused[:TOLD]]
        return {**vars(self), "refused": len(self.refused), "refusals": refused}


def restore(
    file: Path,
    url: str,
    *,
    only: Sequence[str] = (),
    users: bool = True,
    join: bool = False,
    despite_refused: bool = False,
    progress: Progress | None = None,
    ca: Path | None = None,
) -> list[Outcome]:
    """Writes the backup `file`, or `only` these databases of it, into the central at `url`.

    `join`: also into a database that holds documents and is another central's. `despite_refused`: lets links in though
    documents were refused. `users`: with the users, where the backup has them. `ca`: see `Central`. BackupError,
    CentralError, PeerError in words; nothing was written when the file was at fault.
    """
    with bundle.reading(file, progress) as reader:
        parts = _chosen(reader, only)
        central = Central(url, ca)
        server = central.server()
        there = server.databases()
        plans = [_plan(server, central, part, there, join) for part in parts]  # all of them before the first write
        outcomes = [_database(server, central, reader, plan, despite_refused, progress) for plan in plans]
        if users and reader.manifest.users is not None:
            outcomes.append(_users(server, central, reader, reader.manifest.users, there, progress))
    return outcomes


def _chosen(reader: Reader, only: Sequence[str]) -> list[Part]:
    parts = {part.name: part for part in reader.manifest.databases}
    for name in only:
        if name not in parts:
            raise BackupError(f"{reader.file} holds no database {name}, but {', '.join(parts)}.")
    return [part for name, part in parts.items() if not only or name in only]


# --- what a database is to become ------------------------------------------------------------------------------------


@dataclass
class _Plan:
    """`security` while it is being written, and `after`; None where it stays as it is."""

    part: Part
    made: bool
    during: dict[str, Any] | None
    after: dict[str, Any] | None
    own: dict[str, Any]


def _plan(server: Server, central: Central, part: Part, there: set[str], join: bool) -> _Plan:
    """BackupError where the database is another central's."""
    before = str(part.identity.get("id") or "")
    if part.name not in there:
        own = {"id": uuid.uuid4().hex}
        closed = {"admins": CLOSED, "members": CLOSED, "couchtill": {**own, identity.RESTORING: before}}
        becomes = identity.succeeding(own, part.identity)
        return _Plan(part, True, closed, {**part.security, "couchtill": becomes}, becomes)
    old = server.security(part.name)
    own = dict(old.get("couchtill") or {})
    if own.get("id") and identity.RESTORING not in own and identity.knows(own, before):
        return _Plan(part, False, None, None, own)  # the very one, or one that was restored from it: its links know it
    bare = _is_bare(central, part.name)
    if not bare and own.get(identity.RESTORING) != before and not join:
        raise BackupError(
            f"{part.name} at {server.shown} holds documents, and is not the central that {part.name} was copied from "
            f"({own.get('id') or 'it has no identity'}; the copy is of {before or 'one without an identity'}). "
            "Is it the same company's? Then say --join. Nothing was written."
        )
    own.setdefault("id", uuid.uuid4().hex)
    succeeding = identity.succeeding(own, part.identity)
    during = {**old, "couchtill": {**own, identity.RESTORING: before}} if bare else None
    if own.get(identity.RESTORING) == before or bare:
        after = {**_united(old, part.security), "couchtill": succeeding}
    else:
        after = {**old, "couchtill": succeeding}
    return _Plan(part, False, during, after, succeeding)


def _is_bare(central: Central, name: str) -> bool:
    """Whether a database holds nothing but design documents: what it was prepared with."""
    peer = central.peer(name)
    try:
        page = again(lambda: peer.changes(0, limit=DESIGNS, bodies=False, filter=NO_FILTER))
        return all(row.id.startswith("_design/") for row in page.rows()) and page.ends(DESIGNS)
    finally:
        peer.close()


def _united(old: Mapping[str, Any], copied: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with the names and roles of `copied` as well; what only one of them has stays. A database that this
    command closed while it wrote has nothing of its own."""
    groups: dict[str, Any] = {}
    for kind in ("admins", "members"):
        one, other = old.get(kind) or {}, copied.get(kind) or {}
        one = {} if one == CLOSED else one
        lists = {
            name: list(dict.fromkeys([*(one.get(name) or ()), *(other.get(name) or ())])) for name in ("names", "roles")
        }
        groups[kind] = {**other, **one, **lists}
    return {**copied, **old, **groups}


# --- writing ---------------------------------------------------------------------------------------------------------


def _database(
    server: Server, central: Central, reader: Reader, plan: _Plan, despite_refused: bool, progress: Progress | None
) -> Outcome:
    part = plan.part
    if plan.made:
        server.create(part.name)
    if plan.during is not None:
        server.set_security(part.name, plan.during)
    outcome = Outcome(part.name, plan.made, identity=str(plan.own.get("id") or ""))
    _write(central, reader, part, outcome, progress)
    if outcome.refused and not despite_refused:
        return outcome  # no link takes it for whole
    if plan.after is not None:
        server.set_security(part.name, plan.after)
        outcome.succeeds = str(plan.own.get("restored_from") or "")
    return outcome


def _users(
    server: Server, central: Central, reader: Reader, part: Part, there: set[str], progress: Progress | None
) -> Outcome:
    outcome = Outcome(part.name, part.name not in there)
    if outcome.made:
        server.create(part.name)
    _write(central, reader, part, outcome, progress)
    return outcome


def _write(central: Central, reader: Reader, part: Part, outcome: Outcome, progress: Progress | None) -> None:
    """Every revision of a part, each request followed by a look whether what it brought is there."""
    peer = central.peer(part.name)
    lock = threading.Lock()
    done = 0

    def send(lines: Sequence[Line]) -> None:
        nonlocal done
        written, refused = _send(peer, lines)
        with lock:
            done += len(lines)
            outcome.written += written - len(refused)
            outcome.there += len(lines) - written
            outcome.refused += refused

    def tick() -> None:
        if progress is not None:
            progress(done, part.lines)

    pool = Pool(WORKERS)
    designs: list[Line] = []
    try:
        for lines in _batches(reader.lines(part), designs):
            pool.submit(lambda lines=lines: send(lines), tick)  # type: ignore[misc]
            tick()
        pool.join(tick)
        for id in dict.fromkeys(line.id for line in designs):
            lines = [line for line in designs if line.id == id]
            if any(not doc.get("_deleted") for doc in again(lambda id=id: peer.leaves(id))):  # type: ignore[misc]
                outcome.there += len(lines)  # what was prepared since is newer than the copy, whatever its number
            else:
                send(lines)
    finally:
        pool.close()
        peer.close()


class Line(NamedTuple):
    """A revision of a backup, as it stands there."""

    id: str
    rev: str
    text: bytes


def _batches(lines: Iterator[bytes], designs: list[Line]) -> Iterator[list[Line]]:
    """Lines by the request; the revisions of one document are never parted, so that an ancestor comes first."""
    batch: list[Line] = []
    size = 0
    for text in lines:
        doc = json.loads(text)
        line = Line(doc["_id"], doc["_rev"], text)
        if line.id.startswith("_design/"):
            designs.append(line)
            continue
        if batch and line.id != batch[-1].id and (len(batch) >= BATCH or size + len(text) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(text)
    if batch:
        yield batch


def _send(peer: RemotePeer, lines: Sequence[Line]) -> tuple[int, list[Failure]]:
    """How many of these revisions weren't there, and which of them were refused. PeerError when the central lacks one
    that it took."""
    missing = _missing(peer, lines)
    wanted = [line for line in lines if (line.id, line.rev) in missing]
    failures: list[Failure] = []
    small: list[Document] = []
    for line in wanted:
        if len(line.text) > ALONE and b'"_attachments":' in line.text:
            failures += _alone(peer, outline(json.loads(line.text)))
        else:
            small.append(line.text)
    if small:
        failures += _in_bulk(peer, small)
    refused = {failure.id for failure in failures}
    left = [line for line in wanted if line.id not in refused]
    for pause in LAGS:
        lost = _missing(peer, left)
        if not lost:
            return len(wanted), failures
        time.sleep(pause)
        left = [line for line in left if (line.id, line.rev) in lost]
    line = left[0]
    raise PeerError(
        f"{peer.name} took {line.id} {line.rev} and doesn't have it. Nothing was lost: run the restore again."
    )


def _missing(peer: RemotePeer, lines: Sequence[Line]) -> set[tuple[str, str]]:
    asked: dict[str, list[str]] = {}
    for line in lines:
        asked.setdefault(line.id, []).append(line.rev)
    found = again(lambda: peer.revs_diff(asked)) if asked else {}
    return {(id, rev) for id, entry in found.items() for rev in entry.revs}


def _in_bulk(peer: RemotePeer, lines: Sequence[Document]) -> list[Failure]:
    try:
        return again(lambda: peer.write(lines))
    except TooLarge:
        if len(lines) == 1:
            assert isinstance(lines[0], bytes)
            return _alone(peer, outline(json.loads(lines[0])))
        half = len(lines) // 2
        return _in_bulk(peer, lines[:half]) + _in_bulk(peer, lines[half:])


def _alone(peer: RemotePeer, doc: dict[str, Any]) -> list[Failure]:
    failure = again(lambda: peer.write_one(doc))
    return [] if failure is None else [failure]
