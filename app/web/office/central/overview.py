"""All that `/central` shows, in words: what is known of the central and of every terminal, and as of when."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _

from app.node.report import seen
from app.web import health, reasons, sync_words, words

#: Seconds after which a terminal that doesn't report every five minutes, as it syncs at hours or by hand, is silent.
SELDOM = 26 * 3600
#: Databases that every CouchDB has for itself.
SYSTEM = frozenset({"_users", "_replicator", "_global_changes", "_dbs", "_nodes"})
#: Rows of a list that nobody would read to its end.
MOST = 500


class Terminals:
    """The terminals that the stores' documents name, read again only where a store has changed."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._known: dict[str, tuple[tuple[str, int], dict[str, dict[str, Any]]]] = {}

    def documents(self) -> dict[str, dict[str, Any]]:
        """Their documents, by the terminal's id."""
        found: dict[str, dict[str, Any]] = {}
        for store in self._node.stores():
            database = self._node.directory.get(f"store-{store}")
            at = (database.uuid, database.last_n)
            with self._lock:
                known = self._known.get(store)
            if known is None or known[0] != at:
                docs = [record.doc() for record in database.each("terminal")]
                known = (at, {str(doc.get("terminal")): {**doc, "store": store} for doc in docs})
                with self._lock:
                    self._known[store] = known
            found.update(known[1])
        return found


def overview(node: Any, terminals: Terminals) -> dict[str, Any]:
    """Everything, part by part."""
    status = node.sync_status()
    view = node.central_view
    known = {"at": None, "server": {}, "databases": {}, "refused": {}} if view is None else view.as_dict()
    reports, read_at = node.reports_read()
    return {
        "central": _central(node, status, known),
        "databases": _databases(node, known),
        "others": _others(node, known),
        "terminals": _terminals(reports, read_at, terminals.documents()),
        "terminals_at": words.ago(read_at.isoformat()) if read_at is not None else "",
        "links": words.links(status),
        "tasks": _part(known, "tasks", _task),
        "users": _part(known, "users", _user),
        "designs": _designs(view, known),
    }


def _central(node: Any, status: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The head of the page: which central, whether it is there, and as of when the rest is known."""
    light = words.light(status)
    server = known["server"]
    contact = sync_words.contact(status)
    online = bool(status["contact"]["online"])
    return {
        "linked": status["central"] is not None,
        "address": status["central"] or "",
        "product": _product(server),
        "level": light["level"],
        "text": light["text"],
        "more": light["more"],
        "reason": reasons.plain(status.get("reason")),
        "online": online,
        "last": contact["last"],
        "clock": contact["clock"],
        "clock_level": contact["clock_level"],
        "at": known["at"],
        "as_of": _as_of(known["at"]),
    }


def _product(server: Mapping[str, Any]) -> str:
    version = server.get("version") or ""
    if server.get("vendor") == "CouchTill":
        return _("A hub of CouchTill (speaks CouchDB %(version)s)", version=version)
    return f"Apache CouchDB {version}" if version else ""


def _as_of(at: str | None) -> str:
    return _("%(time)s (%(ago)s)", time=words.when(at), ago=words.ago(at)) if at else ""


def _databases(node: Any, known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The databases of this node, here and at the central."""
    rows = []
    for name in node.directory.names():
        if name != "company" and not name.startswith("store-"):
            continue
        database = node.directory.get(name)
        info = database.info()
        there = known["databases"].get(name) or {}
        note = ""
        if there.get("missing"):
            note = _("The central has no such database.")
        elif there.get("refused"):
            note = _("Head office’s user may not read it at the central.")
        rows.append(
            {
                "name": name,
                "title": words.database_title(name),
                "note": note,
                "as_of": words.ago(there.get("at")),
                "here": {
                    "documents": info["doc_count"],
                    "deleted": info["doc_del_count"],
                    "file": health.size(info["sizes"]["file"]),
                    "conflicts": node.health.counts(database)["conflicts"],
                },
                "there": {
                    "documents": there.get("documents"),
                    "deleted": there.get("deleted"),
                    "file": health.size(there.get("file")),
                    "active": health.size(there.get("active")),
                    "conflicts": there.get("conflicts"),
                },
            }
        )
    return rows


def _others(node: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """Databases at the central that head office doesn't link."""
    if "all" not in known:
        return {"refused": "all" in known["refused"], "names": []}
    ours = set(node.directory.names()) | SYSTEM
    return {"refused": False, "names": [name for name in known["all"]["names"] if name not in ours][:MOST]}


def _part(known: Mapping[str, Any], name: str, row: Any) -> dict[str, Any]:
    """`{"refused", "known", "as_of", "rows"}` of a part that only some users may see."""
    part = known.get(name)
    if part is None:
        return {"refused": name in known["refused"], "known": False, "as_of": "", "rows": [], "more": False}
    rows = [row(each) for each in part["rows"]]
    more = bool(part.get("more")) or len(rows) > MOST
    return {"refused": False, "known": True, "as_of": words.ago(part["at"]), "rows": rows[:MOST], "more": more}


def _task(task: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {
        "replication": _("Replicates"),
        "indexer": _("Builds an index"),
        "database_compaction": _("Compacts a database"),
        "view_compaction": _("Compacts an index"),
        "search_indexer": _("Builds a search index"),
    }
    progress = task.get("progress")
    database = str(task.get("database") or "")
    shard = database.split("/")
    if shard[0] == "shards" and len(shard) > 2:  # shards/00000000-7fffffff/store-s1.1700000000
        database = "/".join(shard[2:]).rpartition(".")[0]
    since = task.get("started_on")
    moment = datetime.fromtimestamp(since, UTC).isoformat() if isinstance(since, int) else None
    return {
        "kind": kinds.get(str(task.get("type")), str(task.get("type") or "")),
        "database": database,
        "progress": f"{progress} %" if isinstance(progress, int) else "",
        "since": words.ago(moment),
    }


def _user(user: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": user["name"], "roles": ", ".join(user["roles"]) or "—", "disabled": user["disabled"]}


def _designs(view: Any, known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules that this program brings, each with what every database has: one row a database and document."""
    if view is None:
        return []
    from app.node.central_view import kind_of

    wanted, differing = view.wanted(), view.differing()
    rows = []
    for name, there in sorted(known["databases"].items()):
        installed = there.get("designs")
        if installed is None:
            continue
        for id, mark in wanted.get(kind_of(name) or "", {}).items():
            has = installed.get(id)
            wrong = id in differing.get(name, ())
            rows.append(
                {
                    "database": words.database_title(name),
                    "name": id.removeprefix("_design/"),
                    "installed": "—" if has is None else str(has.get("version") or "?"),
                    "brought": str(mark.get("version") or "?"),
                    "level": "cut" if wrong else "ok",
                    "state": _state(has, mark, wrong),
                }
            )
    rows.sort(key=lambda row: row["level"] == "ok")
    return rows[:MOST]


def _state(has: Mapping[str, Any] | None, mark: Mapping[str, Any], wrong: bool) -> str:
    if has is None:
        return _("missing")
    version, ours = has.get("version"), mark.get("version")
    if not wrong:
        newer = isinstance(version, int) and isinstance(ours, int) and version > ours
        return _("newer than this CouchTill’s") if newer else _("as it should be")
    return _("changed by somebody") if version == ours else _("older than this CouchTill’s")


def _terminals(
    reports: list[dict[str, Any]], read_at: datetime | None, documents: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """One row a terminal, those that are silent first; then those that have something unsent or refused, then by id.
    Terminals out of service stand last."""
    found = {}
    for report in reports:
        if report.get("kind") == "terminal":
            id = str(report.get("node"))
            found[id] = _terminal(id, report, read_at, documents.get(id) or {})
    for id, doc in documents.items():
        if id not in found and not _ended(doc):
            found[id] = _unheard(id, doc)
    order = {"cut": 0, "none": 1, "bad": 2, "busy": 3, "ok": 4, "off": 5}
    return sorted(found.values(), key=lambda row: (order[row["level"]], row["node"]))


def _terminal(id: str, report: Mapping[str, Any], read_at: datetime | None, doc: Mapping[str, Any]) -> dict[str, Any]:
    moment = seen(report)
    told = moment.isoformat() if moment is not None else None
    age = (read_at - moment).total_seconds() if moment is not None and read_at is not None else None
    silent = age is None or age > (words.SILENT if report.get("schedule", "always") == "always" else SELDOM)
    unsent, refused = _whole(report.get("unsent")), _whole(report.get("refused"))
    findings = report.get("findings") or {}
    ahead = report.get("ahead") if type(report.get("ahead")) is int else None
    level = "cut" if silent else "bad" if refused or findings else "busy" if unsent else "ok"
    disk = report.get("disk")
    return {
        "node": id,
        "store": str(report.get("store") or ""),
        "level": "off" if _ended(doc) else level,
        "state": _("out of service") if _ended(doc) else _("silent") if silent else _condition(report),
        "seen": words.when(told),
        "ago": words.ago(told),
        "unsent": unsent,
        "oldest": _as_of(report.get("oldest_unsent")) if unsent else "",
        "refused": refused,
        "version": str(report.get("version") or ""),
        "clock": sync_words.clock(ahead),
        "clock_wrong": ahead is not None and abs(ahead) > sync_words.WRONG,
        "disk": health.size(disk.get("free")) if isinstance(disk, dict) else "—",
    }


def _condition(report: Mapping[str, Any]) -> str:
    state = str(report.get("state") or "")
    return words.state_name(state) if state else ""


def _unheard(id: str, doc: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "node": id, "store": str(doc.get("store") or ""), "level": "none", "state": _("not heard of yet"), "seen": "",
        "ago": "", "unsent": 0, "oldest": "", "refused": 0, "version": "", "clock": "", "clock_wrong": False,
        "disk": "—",
    }  # fmt: skip


def _ended(doc: Mapping[str, Any]) -> bool:
    return bool(doc.get("inactive") or doc.get("revoked_at"))


def _whole(value: Any) -> int:
    return value if type(value) is int else 0
