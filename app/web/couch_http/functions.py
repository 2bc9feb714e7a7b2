"""The functions of a database's design documents, as its writes and feeds meet them.

`Functions` is what a node has of them: which there are, and what the engine says. Each design document with a
``validate_doc_update`` sees every document before it is written, in the order of their ids, the first refusal counts;
design documents and local ones are not shown to any of them, and admins are not exempt: all as in CouchDB.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from app.couchjs.engine import Busy, Candidate, Engine, Program, Refusal, Stopped
from app.couchjs.troubles import Trouble
from app.docs import json
from app.docs.database import Database
from app.docs.errors import BadRequest, Conflict, DocsError, Forbidden, NotFound, Unauthorized
from app.web.auth import Identity
from app.web.couch_http import access
from app.web.couch_http.problems import ServiceUnavailable

#: The local document of a database that tells an administrator which of its functions went wrong, and how.
TROUBLES: Final = "couchtill.functions"
RETRY: Final = 5
_DESIGN: Final = ("_design/", "_design0")
_OBJECT, _STRING = "object", "string"
#: What a design document's members must be, as CouchDB's `couch_mrview:validate_ddoc_fields`.
_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "language": (_STRING,),
    "options": (_OBJECT,),
    "filters": (_OBJECT,),
    "lists": (_OBJECT,),
    "shows": (_OBJECT,),
    "updates": (_OBJECT,),
    "views": (_OBJECT,),
    "validate_doc_update": (_STRING,),
}


class FunctionError(DocsError):
    """500 with the name of what a function threw, or what became of it."""

    def __init__(self, error: str, reason: str) -> None:
        self.error = error
        super().__init__(reason)


class InvalidDesignDoc(BadRequest):
    error = "invalid_design_doc"


class _Known(NamedTuple):
    revs: tuple[tuple[str, str], ...]
    programs: tuple[Program, ...]
    strangers: tuple[str, ...]  # languages that nobody speaks here, of validation functions


class Functions:
    """Of all databases of a node. `database_of` gives one by its name."""

    def __init__(self, engine: Engine, database_of: Callable[[str], Database]) -> None:
        self._engine = engine
        self._database_of = database_of
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()
        engine.troubles.heard = self._note

    # -- validating ----------------------------------------------------------------------------------------------

    def guards(self, database: Database) -> bool:
        """Whether any function looks at what is written to this database."""
        known = self._of(database)
        return bool(known.programs or known.strangers)

    def check(
        self, database: Database, identity: Identity, proposals: Sequence[Candidate | None]
    ) -> list[DocsError | None]:
        """What refuses each document, None where nothing does (and for None: what the store refuses by itself).

        Raises ServiceUnavailable."""
        known = self._of(database)
        found: list[DocsError | None] = [None] * len(proposals)
        if known.strangers:
            error = FunctionError("unknown_query_language", known.strangers[0])
            return [None if one is None else error for one in proposals]
        if not known.programs:
            return found
        user = json.dumps({"db": database.name, "name": identity.name, "roles": list(identity.roles)})
        security = json.dumps(access.security_of(database))
        for program in known.programs:
            open_ = [at for at, one in enumerate(proposals) if one is not None and found[at] is None]
            docs = [one for at in open_ if (one := proposals[at]) is not None]
            try:
                verdicts = self._engine.validate(program, user, security, docs)
            except Busy:
                raise busy() from None
            for at, refusal in zip(open_, verdicts, strict=True):
                if refusal is not None:
                    found[at] = problem(refusal)
        return found

    def require(self, database: Database, identity: Identity, proposal: Candidate | None) -> None:
        """Raises what refuses one document."""
        refused = self.check(database, identity, [proposal])[0]
        if refused is not None:
            raise refused

    def _of(self, database: Database) -> _Known:
        rows = database.between(*_DESIGN)
        revs = tuple((row.id, row.rev) for row in rows)
        known = self._known.get(database.name)
        if known is None or known.revs != revs:
            programs, strangers = [], []
            for row in rows:
                body = row.doc()
                if body.get("validate_doc_update") is None:
                    continue
                language = body.get("language", "javascript")
                if language != "javascript":
                    strangers.append(str(language))
                promises = body.get("couchtill")
                reads = promises.get("reads") if isinstance(promises, dict) else None
                programs.append(Program.of(database.name, row.id, row.json(), reads))
            known = _Known(revs, tuple(programs), tuple(strangers))
            with self._lock:
                self._known[database.name] = known
        return known

    # -- filters -------------------------------------------------------------------------------------------------

    def program(self, database: Database, name: str) -> tuple[Program, dict[str, Any]]:
        """The design document `name` (without ``_design/``), and its body. NotFound."""
        record = database.read(f"_design/{name}")
        if record is None or record.deleted:
            raise NotFound("missing" if record is None else "deleted")
        return Program.of(database.name, record.id, record.json()), record.doc()

    def passing(self, program: Program, kind: str, name: str, request: bytes, docs: Sequence[bytes]) -> list[bool]:
        """Which documents a filter lets pass (`Engine.filter`). FunctionError, NotFound, ServiceUnavailable."""
        try:
            return self._engine.filter(program, kind, name, request, docs)
        except Stopped as stopped:
            raise problem(Refusal(stopped.error, stopped.reason)) from None
        except Busy:
            raise busy() from None

    # -- what went wrong -----------------------------------------------------------------------------------------

    def _note(self, trouble: Trouble) -> None:
        """Keeps what went wrong where an administrator of the database reads it, at its 1st, 2nd, 4th, 8th … time."""
        if trouble.times & (trouble.times - 1):
            return
        try:
            database = self._database_of(trouble.database)
            for _ in range(3):
                kept = database.get_local(TROUBLES) or {}
                told = dict(kept.get("functions") or {})
                told[f"{trouble.design} {trouble.function}"] = {
                    **{"what": trouble.what, "reason": trouble.reason, "about": trouble.about},
                    **{"first_at": _stamp(trouble.first_at), "at": _stamp(trouble.at), "times": trouble.times},
                }
                try:
                    database.put_local(TROUBLES, {**kept, "functions": told})
                except Conflict:
                    continue
                return
        except (DocsError, OSError):  # the answer to the client does not hang on it, and the log has it
            return


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def busy() -> ServiceUnavailable:
    return ServiceUnavailable("The functions of this database are busy.", RETRY)


def problem(refusal: Refusal) -> DocsError:
    """The answer that a refusal is."""
    for kind in (Forbidden, Unauthorized, NotFound):
        if refusal.error == kind.error:
            return kind(refusal.reason)
    return FunctionError(refusal.error, refusal.reason)


def check_design(doc: Mapping[str, Any]) -> None:
    """InvalidDesignDoc where a member that CouchDB would use is no such thing."""
    if doc.get("_deleted") is True:
        return
    for name, types in _TYPES.items():
        value = doc.get(name)
        if value is not None and not any(_is(value, type) for type in types):
            raise InvalidDesignDoc(f"`{name}` field must have {' or '.join(types)} type")
    for name, filter in (doc.get("filters") or {}).items():
        if not isinstance(filter, str | dict):
            raise InvalidDesignDoc(f"`filters.{name}` field must have string or object type")
    for name, view in (doc.get("views") or {}).items():
        if name == "lib":
            continue
        if not isinstance(view, dict):
            raise InvalidDesignDoc(f"`views.{name}` field must have object type")
        if "map" not in view:
            raise InvalidDesignDoc(f"View `{name}` must contain map function")


def _is(value: Any, type: str) -> bool:
    return isinstance(value, dict) if type == _OBJECT else isinstance(value, str)
