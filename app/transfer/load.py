"""Documents in, one JSON object a line. Streams: a file of any length needs the memory of one batch.

A line with a ``_rev`` is written as the revision that it is (``new_edits: false``), so that a dump comes back with the
revisions it had; a line without one is a new document. Loading twice changes nothing either way. A line that can't be
written is told with its number, the others are written.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from app.docs import json
from app.docs.errors import DocsError
from app.node.config import NodeError
from app.transfer.place import PAGE, Doc, Place, open_place

#: Bytes of a batch, at most (but for one longer line); keeps memory and requests small when documents are large.
BATCH_BYTES = 4_000_000

#: Problems told one by one; a file that is wrong from end to end should not flood the screen.
TOLD = 1000


@dataclass
class Result:
    """What became of the lines."""

    written: int = 0
    unchanged: int = 0
    refused: int = 0
    problems: list[str] = field(default_factory=list)

    def refuse(self, line: int, words: str) -> None:
        self.refused += 1
        if len(self.problems) < TOLD:
            self.problems.append(f"line {line}: {words}")


@dataclass(frozen=True)
class _Line:
    number: int
    doc: Doc


def load(place: str, file: str) -> Result:
    """Loads ``file`` (``-``: standard input) into the database at ``place``."""
    result = Result()
    with _lines(file) as stream, open_place(place, write=True) as target:
        for batch in _batches(stream, result):
            _write(target, [line for line in batch if "_rev" in line.doc], result, new_edits=False)
            _write(target, [line for line in batch if "_rev" not in line.doc], result, new_edits=True)
    return result


@contextlib.contextmanager
def _lines(file: str) -> Iterator[IO[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = open(file, "rb")  # noqa: SIM115  closed below; an error in opening is told apart from one in loading
    except OSError as error:
        raise NodeError(f"{file} can't be read: {error.strerror}") from None
    with stream:
        yield stream


def _batches(stream: Iterable[bytes], result: Result) -> Iterator[list[_Line]]:
    batch: list[_Line] = []
    ids: set[str] = set()
    size = 0
    for number, text in enumerate(stream, 1):
        if not text.strip():
            continue
        doc = _parse(number, text, result)
        if doc is None:
            continue
        # The same document twice in one request would be told by the first line's answer.
        if batch and (len(batch) == PAGE or size + len(text) > BATCH_BYTES or doc["_id"] in ids):
            yield batch
            batch, ids, size = [], set(), 0
        batch.append(_Line(number, doc))
        ids.add(doc["_id"])
        size += len(text)
    if batch:
        yield batch


def _parse(number: int, text: bytes, result: Result) -> Doc | None:
    try:
        doc = json.loads(text.removeprefix(b"\xef\xbb\xbf") if number == 1 else text)
    except DocsError as error:
        result.refuse(number, error.reason)
        return None
    if not isinstance(doc, dict):
        result.refuse(number, "not a JSON object.")
        return None
    if not isinstance(doc.get("_id"), str) or not doc["_id"]:
        result.refuse(number, "the document has no _id.")
        return None
    return doc


def _write(target: Place, lines: list[_Line], result: Result, *, new_edits: bool) -> None:
    if not lines:
        return
    try:
        if new_edits:
            _write_new(target, lines, result)
        else:
            _write_revisions(target, lines, result)
    except DocsError as error:
        if error.status in (404, 507):
            raise  # no database, no room: nothing of the line's
        if len(lines) == 1:
            result.refuse(lines[0].number, error.reason)
            return
        # One bad document makes a request fail as a whole: halve until it stands alone.
        middle = len(lines) // 2
        _write(target, lines[:middle], result, new_edits=new_edits)
        _write(target, lines[middle:], result, new_edits=new_edits)


def _write_new(target: Place, lines: list[_Line], result: Result) -> None:
    answers = target.bulk_docs([line.doc for line in lines], new_edits=True)
    conflicts: list[_Line] = []
    for line, answer in zip(lines, answers, strict=True):
        if "error" not in answer:
            result.written += 1
        elif answer["error"] == "conflict":
            conflicts.append(line)
        else:
            result.refuse(line.number, f"{line.doc['_id']}: {answer.get('reason', answer['error'])}")
    if not conflicts:
        return
    there = target.read_many([line.doc["_id"] for line in conflicts])
    for line, doc in zip(conflicts, there, strict=True):
        if doc is not None and _body(doc) == _body(line.doc):
            result.unchanged += 1
        else:
            result.refuse(line.number, f"{line.doc['_id']} is there already, with another content.")


def _write_revisions(target: Place, lines: list[_Line], result: Result) -> None:
    wanted: dict[str, list[str]] = {line.doc["_id"]: [line.doc["_rev"]] for line in lines}
    missing = target.revs_diff(wanted)
    new = [line for line in lines if line.doc["_id"] in missing]
    failed: dict[str, Any] = {}
    if new:
        for answer in target.bulk_docs([line.doc for line in new], new_edits=False):
            if "error" in answer:
                failed[answer.get("id", "")] = answer.get("reason", answer["error"])
    for line in new:
        if line.doc["_id"] in failed:
            result.refuse(line.number, f"{line.doc['_id']}: {failed[line.doc['_id']]}")
    result.written += len(new) - len(failed)
    result.unchanged += len(lines) - len(new)


def _body(doc: Doc) -> dict[str, Any]:
    return {key: value for key, value in doc.items() if not key.startswith("_")}
