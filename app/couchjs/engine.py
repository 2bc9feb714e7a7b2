"""Calls functions of design documents in processes of the engine, each call bounded in time and memory.

A function is an administrator's program, and may be wrong. It runs outside the server: what it takes, it takes of its
own process, and where it goes on for too long QuickJS stops it, or the process is killed. Many documents go in one
call; where a call breaks off, each is tried by itself, so that one at which a function fails is told from the others.
In one request a function is stopped `TRIES` times; then the rest of the documents get the same answer untried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from app.couchjs.pool import Answer, Busy, Pool
from app.couchjs.troubles import Troubles, log
from app.docs import json

__all__ = ["Busy", "Candidate", "Engine", "Program", "Refusal", "Stopped"]

#: Seconds of the processor's time for a call; a rule of ours takes 30 µs a document. (CouchDB: 5 s by the clock.)
SECONDS: Final = 1.0
#: Bytes that a design document's functions may have at once.
MEMORY: Final = 64 << 20
#: Documents, and bytes of them, that go in one call.
CHUNK: Final = 100
CHUNK_BYTES: Final = 512 << 10
#: How often a function is stopped in one request.
TRIES: Final = 3

#: CouchDB's words, where its own process for JavaScript is too slow; and ours, where it ends.
TIMED_OUT: Final = "OS process timed out."
ENDED: Final = "The function took more memory than it may have, or broke the engine."
_STOPPED: Final = "os_process_error"


_Chunk = Sequence[tuple[str, bytes]]  # ids, and the pairs of a call


class Program(NamedTuple):
    """A design document of a database: `key` is told by its text, so that a thousand stores with one text share what
    was compiled. `reads` are the members of new documents that its validation function looks at, where it promises to
    look at no others (``couchtill.reads``): then it is shown no others. Of one whose
    name ends in ``{}`` it is shown the kind: an empty list or object in the place of a full one."""

    database: str
    id: str
    text: bytes
    key: bytes
    reads: tuple[str, ...] | None = None

    @classmethod
    def of(cls, database: str, id: str, text: bytes, reads: Any = None) -> Program:
        promised = isinstance(reads, list) and all(isinstance(name, str) for name in reads)
        return cls(database, id, text, hashlib.sha256(text).digest()[:16], tuple(reads) if promised else None)


class Candidate(NamedTuple):
    """A document that is about to be written: ``newDoc``, and the JSON of ``oldDoc`` (None: null)."""

    id: str
    new: Mapping[str, Any]
    old: bytes | None = None


class Refusal(NamedTuple):
    """Why a document may not be written: CouchDB's `error`, and `reason`, which is text unless a function threw
    something else."""

    error: str
    reason: Any


class Stopped(Exception):
    """A filter that was stopped, is broken, or threw. `error` and `reason` as CouchDB tells them."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(reason)
        self.error, self.reason = error, reason


class Engine:
    """What a node runs functions with. Its processes start when there is something to run, and end with `close`."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.pool = Pool(seconds, memory)
        self.troubles = Troubles()

    def close(self) -> None:
        self.pool.close()

    # -- validation ------------------------------------------------------------------------------------------------

    def validate(
        self, program: Program, user: bytes, security: bytes, docs: Sequence[Candidate]
    ) -> list[Refusal | None]:
        """What ``validate_doc_update`` says of each document: None where it lets it pass. `user` and `security` are the
        JSON of ``userCtx`` and ``secObj``. Raises Busy."""
        results: list[Refusal | None] = []
        chunks = list(_chunks([(one.id, _pair(one, program.reads)) for one in docs]))
        answers: Sequence[Answer | None] = [None] * len(chunks)
        if len(docs) > 1:
            asked = [_asked(user, security, chunk) for chunk in chunks]
            answers = self.pool.calls("validate", program.key, program.text, asked)
        stops = 0
        for chunk, answer in zip(chunks, answers, strict=True):
            if answer is not None:
                results += self._verdicts(program, chunk, answer[1])
                continue
            for one in chunk:  # at one of them it breaks off
                if stops >= TRIES:
                    results.append(Refusal(_STOPPED, TIMED_OUT))
                    continue
                what, said = self.pool.call("validate", program.key, program.text, _asked(user, security, [one]))
                if what == "ok":
                    results += self._verdicts(program, [one], said)
                else:
                    stops += 1
                    results.append(self._trouble(program, "validate_doc_update", what, one[0]))
        return results

    def _verdicts(self, program: Program, chunk: _Chunk, answer: bytes) -> list[Refusal | None]:
        results, lines = json.loads(answer)
        self._say(program, lines)
        verdicts: list[Refusal | None] = []
        for (id, _), result in zip(chunk, results, strict=True):
            if result == 1:
                verdicts.append(None)
            elif result[0] == "error":
                self.troubles.add(program.database, program.id, "validate_doc_update", "error", f"{result[2]}", id)
                verdicts.append(Refusal(result[1], result[2]))
            else:
                verdicts.append(Refusal(result[0], result[1]))
        return verdicts

    # -- filters ---------------------------------------------------------------------------------------------------

    def filter(self, program: Program, kind: str, name: str, request: bytes, docs: Sequence[bytes]) -> list[bool]:
        """Which of the documents pass: `kind` is "filter" (``filters.<name>``, with the JSON of ``req``) or
        "filter_view" (``views.<name>.map``). Raises Stopped, Busy."""
        passes: list[bool] = []
        function = f"filters.{name}" if kind == "filter" else f"views.{name}.map"
        for at in range(0, max(1, len(docs)), CHUNK):  # none: the function is compiled
            text = b"[" + b",".join(docs[at : at + CHUNK]) + b"]"
            passes += self._call(program, kind, function, [name.encode(), request, text])
        return passes

    # -- views -----------------------------------------------------------------------------------------------------

    def map(self, program: Program, views: Sequence[str], docs: Sequence[bytes]) -> list[list[list[list[Any]]]]:
        """What the map functions of these views make of each document: for each of the views ``[[key, value], …]``.
        Raises Stopped, Busy."""
        made: list[list[list[list[Any]]]] = []
        names = json.dumps(list(views))
        for start, end in _runs([len(doc) for doc in docs]):
            text = b"[" + b",".join(docs[start:end]) + b"]"
            made += self._call(program, "map", f"views.{'|'.join(views)}.map", [names, b"null", text])
        return made

    def reduce(self, program: Program, view: str, groups: Sequence[tuple[Any, Sequence[Any]]]) -> list[Any]:
        """What the reduce function of a view makes of each group: its keys (``[[key, id], …]``, None: the values are
        what was reduced before) and values. Raises Stopped, Busy."""
        asked = [json.dumps([keys, list(values)]) for keys, values in groups]
        made: list[Any] = []
        for start, end in _runs([len(one) for one in asked]):
            text = b"[" + b",".join(asked[start:end]) + b"]"
            made += self._call(program, "reduce", f"views.{view}.reduce", [view.encode(), b"null", text])
        return made

    def _call(self, program: Program, kind: str, function: str, arguments: Sequence[bytes]) -> list[Any]:
        what, answer = self.pool.call(kind, program.key, program.text, arguments)
        if what != "ok":
            refusal = self._trouble(program, function, what, None)
            raise Stopped(refusal.error, refusal.reason)
        results, lines = json.loads(answer)
        self._say(program, lines)
        if results and results[0] == "error":
            self.troubles.add(program.database, program.id, function, "error", f"{results[2]}", None)
            raise Stopped(results[1], results[2])
        return list(results)

    # -- what is told ----------------------------------------------------------------------------------------------

    def _trouble(self, program: Program, function: str, what: str, about: str | None) -> Refusal:
        reason = TIMED_OUT if what == "stopped" else ENDED
        self.troubles.add(program.database, program.id, function, what, reason, about)
        return Refusal(_STOPPED, reason)

    def _say(self, program: Program, lines: Sequence[str]) -> None:
        for line in lines:
            log.info("%s: %s says: %s", program.database, program.id, line)


def _pair(one: Candidate, reads: tuple[str, ...] | None) -> bytes:
    """``[newDoc, oldDoc]``, the new one with no more than what the function reads of it."""
    new = one.new
    if reads is not None:
        shown = {name: new[name] for name in reads if name in new}
        for name in reads:
            if name.endswith("{}") and name[:-2] in new:
                shown[name[:-2]] = _outline(new[name[:-2]])
        new = shown
    return b"[%b,%b]" % (json.dumps(new), one.old or b"null")


def _outline(value: Any) -> Any:
    return [] if isinstance(value, list) else {} if isinstance(value, Mapping) else value


def _asked(user: bytes, security: bytes, chunk: _Chunk) -> list[bytes]:
    return [user, security, b"[" + b",".join([pair for _, pair in chunk]) + b"]"]


def _chunks(pairs: _Chunk) -> Iterator[_Chunk]:
    return (pairs[start:end] for start, end in _runs([len(pair) for _, pair in pairs]))


def _runs(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """What goes in one call: from where to where."""
    start = size = 0
    for at, length in enumerate(lengths):
        if at > start and (at - start >= CHUNK or size + length > CHUNK_BYTES):
            yield start, at
            start, size = at, 0
        size += length
    if start < len(lengths):
        yield start, len(lengths)
