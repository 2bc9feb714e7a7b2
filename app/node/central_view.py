"""What head office sees of the central: its databases, what it works at, its users, the rules that are installed there.

Looked at from the reporter's thread and kept in memory and in `node.db`, so that a page never waits for the network and
shows what was known last while the central is away. What this node's user may not see is remembered as that, and asked
again now and then: an administrator may have changed it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from app.node.report import READING, TIMEOUT, now

if TYPE_CHECKING:
    from app.node.state import NodeState

log = logging.getLogger("couchtill.central")

#: Seconds between two looks while somebody watches the page, and after its last request.
WATCHED, WATCHING = 5.0, 30.0
#: Databases that are looked at in one turn, the one that waited longest first: head office may have a thousand.
AT_ONCE: Final = 40
#: Seconds until rules are read again, and what was refused is asked for again.
SELDOM: Final = 600.0
#: Seconds between two writes of what was seen.
KEEP: Final = 300.0
#: Users that are listed at most.
MOST: Final = 2000

STATE = "central:view"
REFUSED = (401, 403)

#: The view that finds documents with conflicts; `couch/design` brings it. A hub of ours tells their number by itself.
CONFLICTS = "_design/couchtill-conflicts/_view/by_type"
#: Seconds that it has to take in a change.
SETTLED: Final = 4.0
LAZY: Final = {"reduce": "false", "limit": "0", "update": "lazy"}

Designs = Callable[[str], Iterable[Mapping[str, Any]]]


class CentralView:
    """What is known of the central, part by part, each with the time that it was seen.

    `names` are the databases that this node knows of, `accounts` the users: those that it may ask for one by one where
    only an administrator may list them. `designs(kind)` gives the design documents that this program
    brings for a "company" or a "store"; set by whoever has them.
    """

    def __init__(
        self,
        names: Callable[[], list[str]],
        state: NodeState | None = None,
        accounts: Callable[[], list[str]] = list,
    ) -> None:
        self._names = names
        self._accounts = accounts
        self._members: dict[str, dict[str, Any] | None] = {}  # what was seen of each account
        self._state = state
        self.designs: Designs | None = None
        self._lock = threading.Lock()
        self._watched = float("-inf")
        self._saved = float("-inf")
        self._asked: dict[str, float] = {}
        self._first: dict[str, tuple[Any, float]] = {}  # at which sequence a view was first asked, and when
        kept = state.get(STATE, {}) if state is not None else {}
        self._seen: dict[str, Any] = {"at": None, "server": {}, "databases": {}, "refused": {}, **kept}

    # -- what is known -------------------------------------------------------------------------------------------------

    def as_dict(self) -> dict[str, Any]:
        """`{"at", "server": {"version", "vendor", "uuid", "nodes"?}, "databases": {name: {"at", "documents", "deleted",
        "file", "active", "conflicts"?, "designs"?: {id: {"version", "hash"}}, "missing"?, "refused"?}}, "tasks"?:
        {"at", "rows"}, "users"?: {"at", "rows", "more", "some"?}, "all"?: {"at", "names"}, "refused": {part:
        time}}`; parts that were never seen are left out; `some`: they are not all users, but those of `accounts`. `at`
        is the last look that got through."""
        with self._lock:
            return {**self._seen, "databases": dict(self._seen["databases"]), "refused": dict(self._seen["refused"])}

    def watched(self) -> bool:
        """Somebody looks at the page: from now on the looks are closer. Whether nobody did just before."""
        before, self._watched = self._watched, time.monotonic()
        return self._watched - before > WATCHING

    def wanted(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What this program brings, by kind and id: `{"company": {"_design/couchtill": {"version", "hash"}}}`."""
        if self.designs is None:
            return {}
        return {kind: {str(doc["_id"]): _mark(doc) for doc in self.designs(kind)} for kind in ("company", "store")}

    def differing(self) -> dict[str, list[str]]:
        """The design documents that each database seen lacks or has otherwise: name → ids; those without are left
        out. A database with newer ones than this program's is as it should be."""
        wanted = self.wanted()
        found = {}
        for name, seen in self.as_dict()["databases"].items():
            brought = wanted.get(kind_of(name) or "", {})
            installed = seen.get("designs")
            if installed is None or not brought:
                continue
            wrong = [id for id, mark in brought.items() if not _holds(installed.get(id), mark)]
            if wrong:
                found[name] = wrong
        return found

    def outdated(self) -> list[str] | None:
        """For the task: `[]` where all is as it should be, else what the rules should come to; None: not known."""
        known = self.as_dict()["databases"].values()
        if self.designs is None or not any("designs" in seen for seen in known):
            return None
        if not self.differing():
            return []
        marks = [mark["hash"] for kind in self.wanted().values() for mark in kind.values()]
        return ["-".join(sorted({str(mark)[:8] for mark in marks}))[:200]]

    # -- looking -------------------------------------------------------------------------------------------------------

    def look(self, session: Any, root: str) -> float:
        """One look at the central at `root`; the seconds until the next. Raises what `session` raises."""
        self._server(session, root)
        self._databases(session, root)
        self._part(session, f"{root}/_active_tasks", "tasks", lambda body: {"rows": [_task(row) for row in body]})
        self._part(session, f"{root}/_all_dbs", "all", lambda body: {"names": [str(name) for name in body]})
        self._users(session, root)
        with self._lock:
            self._seen["at"] = now()
        self._save()
        return WATCHED if time.monotonic() - self._watched < WATCHING else READING

    def _server(self, session: Any, root: str) -> None:
        answer = session.get(f"{root}/", timeout=TIMEOUT)
        answer.raise_for_status()
        body = answer.json()
        vendor = (body.get("vendor") or {}).get("name")
        with self._lock:
            self._seen["server"] = {"version": body.get("version"), "vendor": vendor, "uuid": body.get("uuid")}

    def _part(self, session: Any, url: str, name: str, read: Callable[[Any], dict[str, Any]], **params: Any) -> None:
        """Asks for a part that the user may not see; asked again seldom where it was refused."""
        if name in self._seen["refused"] and not self._due(name):
            return
        answer = session.get(url, params=params, timeout=TIMEOUT)
        if answer.status_code in REFUSED:
            with self._lock:
                self._seen["refused"][name] = now()
                self._seen.pop(name, None)
            return
        if answer.status_code == 404:
            return
        answer.raise_for_status()
        with self._lock:
            self._seen["refused"].pop(name, None)
            self._seen[name] = {"at": now(), **read(answer.json())}

    def _users(self, session: Any, root: str) -> None:
        def read(body: Any) -> dict[str, Any]:
            docs = [row.get("doc") or {} for row in body.get("rows", [])]
            users = [_user(doc) for doc in docs if str(doc.get("_id", "")).startswith("org.couchdb.user:")]
            return {"rows": users[:MOST], "more": len(users) > MOST}

        params = {"include_docs": "true", "startkey": '"org.couchdb.user:"', "limit": str(MOST + 1)}
        self._part(session, f"{root}/_users/_all_docs", "users", read, **params)
        if "users" in self._seen["refused"]:
            self._some_users(session, root)

    def _some_users(self, session: Any, root: str) -> None:
        """As many of the known accounts as one look may ask for, the one that waited longest first. Whom this user may
        not see, CouchDB does not find."""
        wanted = self._accounts()
        for name in set(self._members) - set(wanted):
            del self._members[name]
        for name in sorted(wanted, key=lambda name: self._asked.get(f"user {name}", 0.0))[:AT_ONCE]:
            answer = session.get(f"{root}/_users/org.couchdb.user:{quote(name, safe='')}", timeout=TIMEOUT)
            self._asked[f"user {name}"] = time.monotonic()
            self._members[name] = _user(answer.json()) if answer.status_code == 200 else None
        rows = [row for _, row in sorted(self._members.items()) if row is not None]
        if rows:
            with self._lock:
                told = {"at": now(), "rows": rows[:MOST], "more": len(rows) > MOST, "some": True}
                self._seen["users"] = told

    def _databases(self, session: Any, root: str) -> None:
        names = self._names()
        with self._lock:
            seen = self._seen["databases"]
            for name in set(seen) - set(names):
                del seen[name]
        for name in sorted(names, key=lambda name: self._asked.get(name, 0.0))[:AT_ONCE]:
            found = self._database(session, f"{root}/{quote(name, safe='')}", name)
            self._asked[name] = time.monotonic()
            with self._lock:
                self._seen["databases"][name] = {"at": now(), **found}

    def _database(self, session: Any, url: str, name: str) -> dict[str, Any]:
        answer = session.get(url, timeout=TIMEOUT)
        if answer.status_code == 404:
            return {"missing": True}
        if answer.status_code in REFUSED:
            return {"refused": True}
        answer.raise_for_status()
        body = answer.json()
        sizes = body.get("sizes") or {}
        known = self._seen["databases"].get(name) or {}
        found = {
            "documents": body.get("doc_count"),
            "deleted": body.get("doc_del_count"),
            "file": sizes.get("file"),
            "active": sizes.get("active"),
            "seq": body.get("update_seq"),
        }
        if "designs" not in known or self._due(f"{name} designs"):
            found["designs"] = _designs(session, url)
        else:
            found["designs"] = known["designs"]
        told = body.get("couchtill")
        if isinstance(told, dict) and type(told.get("conflicts")) is int:
            found["conflicts"] = told["conflicts"]
        elif CONFLICTS.rpartition("/_view")[0] in found["designs"]:
            found |= self._conflicts(session, url, name, known, found["seq"])
        return found

    def _conflicts(self, session: Any, url: str, name: str, known: Mapping[str, Any], seq: Any) -> dict[str, Any]:
        """`{"conflicts"?, "counted"?}`: asked of a view that is brought up to date behind the answer (`lazy`), so no
        look waits for an index. After a change it is therefore asked until `SETTLED` is over, and seldom while nothing
        changes: a first index of a large database may take longer."""
        if known.get("counted") == seq and not self._due(f"{name} conflicts"):
            return {"conflicts": known["conflicts"], "counted": seq}
        answer = session.get(f"{url}/{CONFLICTS}", params=LAZY, timeout=TIMEOUT)
        if answer.status_code != 200:
            return {}
        counted = answer.json().get("total_rows")
        if type(counted) is not int:
            return {}
        at, first = self._first.get(name, (None, 0.0))
        if at != seq:
            first = time.monotonic()
            self._first[name] = seq, first
        return {"conflicts": counted, "counted": seq if time.monotonic() - first >= SETTLED else None}

    def _due(self, name: str) -> bool:
        """Whether something that is asked seldom is due; the first time it is not, as it was just asked."""
        asked = self._asked.setdefault(f"? {name}", time.monotonic())
        seldom = SELDOM if time.monotonic() - self._watched > WATCHING else WATCHING
        if time.monotonic() - asked < seldom:
            return False
        self._asked[f"? {name}"] = time.monotonic()
        return True

    def _save(self) -> None:
        if self._state is not None and time.monotonic() - self._saved > KEEP:
            self._saved = time.monotonic()
            self._state.set(STATE, self.as_dict())


def kind_of(name: str) -> str | None:
    """Which rules a database has: "company", "store"; None for others."""
    return "company" if name == "company" else "store" if name.startswith("store-") else None


def _mark(doc: Mapping[str, Any]) -> dict[str, Any]:
    """`{"version", "hash"}` of a design document, null where it has none: another program's."""
    told = doc.get("couchtill")
    told = told if isinstance(told, dict) else {}
    return {"version": told.get("version"), "hash": told.get("hash")}


def _holds(installed: Mapping[str, Any] | None, brought: Mapping[str, Any]) -> bool:
    if installed is None:
        return False
    versions = installed.get("version"), brought.get("version")
    if all(isinstance(version, int) for version in versions) and versions[0] > versions[1]:  # type: ignore[operator]
        return True
    return installed.get("hash") == brought.get("hash") and versions[0] == versions[1]


def _designs(session: Any, url: str) -> dict[str, dict[str, Any]]:
    params = {"include_docs": "true", "startkey": '"_design/"', "endkey": '"_design0"'}
    answer = session.get(f"{url}/_all_docs", params=params, timeout=TIMEOUT)
    answer.raise_for_status()
    docs = [row.get("doc") or {} for row in answer.json().get("rows", [])]
    return {str(doc.get("_id")): _mark(doc) for doc in docs if not _is_index(doc)}


def _is_index(doc: Mapping[str, Any]) -> bool:
    """Mango keeps its indexes as design documents of a language of their own."""
    return doc.get("language") == "query"


def _user(doc: Mapping[str, Any]) -> dict[str, Any]:
    """A user without what proves who it is."""
    roles = doc.get("roles")
    roles = [str(role) for role in roles] if isinstance(roles, list) else []
    told = {"name": str(doc.get("name")), "roles": roles}
    return {**told, "disabled": bool(doc.get("disabled") or doc.get("revoked_at"))}


def _task(row: Any) -> dict[str, Any]:
    """An active task without addresses, in which passwords may stand."""
    row = row if isinstance(row, dict) else {}
    kept = ("type", "node", "database", "design_document", "progress", "changes_done", "total_changes", "started_on",
            "updated_on", "docs_written", "changes_pending", "phase")  # fmt: skip
    return {name: row[name] for name in kept if name in row}
