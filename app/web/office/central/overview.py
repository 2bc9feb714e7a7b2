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
#: Rows of each list that the page draws, unless it is asked for all: it is drawn every few seconds.
SHOWN = 100


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


def overview(node: Any, terminals: Terminals, most: int | None = None) -> dict[str, Any]:
    """Everything, part by part; of the long lists the first `most` rows, what needs somebody among them, and in `left`
    how many rows of each are left out."""
    status = node.sync_status()
    view = node.central_view
    known = {"at": None, "server": {}, "databases": {}, "refused": {}} if view is None else view.as_dict()
    reports, read_at = node.reports_read()
    lists = {
        "databases": _databases(node, known, most),
        "terminals": _terminals(reports, read_at, terminals.documents(), most),
        "links": _links(status, most),
        "designs": _designs(view, known, most),
    }
    return {
        "central": _central(node, status, known),
        **{name: rows for name, (rows, _left) in lists.items()},
        "left": {name: left for name, (_rows, left) in lists.items()},
        "others": _others(node, known),
        "terminals_at": words.ago(read_at.isoformat()) if read_at is not None else "",
        "tasks": _part(known, "tasks", _task),
        "users": _part(known, "users", _user),
    }


Rows = tuple[list[dict[str, Any]], int]
"""Rows, and how many more there are."""


def _links(status: Mapping[str, Any], most: int | None) -> Rows:
    links = status["links"]
    if most is None or len(links) <= most:
        return words.links(status), 0
    quiet = ("idle", "active", "resting")
    first = sorted(links, key=lambda link: link["state"] in quiet)[:most]
    return words.links({**status, "links": first}), len(links) - most


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


def _databases(node: Any, known: Mapping[str, Any], most: int | None) -> Rows:
    """The databases of this node, here and at the central."""
    names = [name for name in node.directory.names() if name == "company" or name.startswith("store-")]
    left = 0
    if most is not None and len(names) > most:

        def well(name: str) -> bool:
            there = known["databases"].get(name) or {}
            wrong = there.get("missing") or there.get("refused") or there.get("conflicts")
            return not (wrong or node.health.counts(node.directory.get(name))["conflicts"])

        names, left = sorted(names, key=lambda name: (name != "company", well(name), name))[:most], len(names) - most
    rows = []
    for name in names:
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
    return rows, left


def _others(node: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """Databases at the central that head office doesn't link."""
    if "all" not in known:
        return {"refused": "all" in known["refused"], "names": []}
    ours = set(node.directory.names()) | SYSTEM
    return {"refused": False, "names": [name for name in known["all"]["names"] if name not in ours][:MOST]}


def _part(known: Mapping[str, Any], name: str, row: Any) -> dict[str, Any]:
    """`{"refused", "known", "as_of", "rows", "more", "some"}` of a part that only some users may see; `some`: not the
    whole of it."""
    part = known.get(name)
    if part is None:
        none = {"known": False, "as_of": "", "rows": [], "more": False, "some": False}
        return {"refused": name in known["refused"], **none}
    rows = [row(each) for each in part["rows"]]
    more = bool(part.get("more")) or len(rows) > MOST
    told = {"refused": False, "known": True, "as_of": words.ago(part["at"]), "rows": rows[:MOST], "more": more}
    return {**told, "some": bool(part.get("some"))}


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


def _designs(view: Any, known: Mapping[str, Any], most: int | None) -> Rows:
    """The rules that this program brings, each with what every database has: one row a database and document, those
    that are not as they should be first."""
    if view is None:
        return [], 0
    from app.node.central_view import kind_of

    wanted, differing = view.wanted(), view.differing()
    found = [
        (id not in differing.get(name, ()), name, id)
        for name, there in sorted(known["databases"].items())
        if there.get("designs") is not None
        for id in wanted.get(kind_of(name) or "", {})
    ]
    found.sort(key=lambda one: one[0])
    shown = found[: MOST if most is None else most]
    rows = []
    for right, name, id in shown:
        has, mark = known["databases"][name]["designs"].get(id), wanted[kind_of(name) or ""][id]
        rows.append(
            {
                "database": words.database_title(name),
                "name": id.removeprefix("_design/"),
                "installed": "—" if has is None else str(has.get("version") or "?"),
                "brought": str(mark.get("version") or "?"),
                "level": "ok" if right else "cut",
                "state": _state(has, mark, not right),
            }
        )
    return rows, len(found) - len(shown)


def _state(has: Mapping[str, Any] | None, mark: Mapping[str, Any], wrong: bool) -> str:
    if has is None:
        return _("missing")
    version, ours = has.get("version"), mark.get("version")
    if not wrong:
        newer = isinstance(version, int) and isinstance(ours, int) and version > ours
        return _("newer than this CouchTill’s") if newer else _("as it should be")
    return _("changed by somebody") if version == ours else _("older than this CouchTill’s")


def _terminals(
    reports: list[dict[str, Any]],
    read_at: datetime | None,
    documents: Mapping[str, Mapping[str, Any]],
    most: int | None,
) -> Rows:
    """One row a terminal, those that are silent first; then those that have something unsent or refused, then by id.
    Terminals out of service stand last."""
    told = {str(report.get("node")): report for report in reports if report.get("kind") == "terminal"}
    levels = {id: _level(report, read_at, documents.get(id) or {}) for id, report in told.items()}
    levels |= {id: "none" for id, doc in documents.items() if id not in told and not _ended(doc)}
    order = {"cut": 0, "none": 1, "bad": 2, "busy": 3, "ok": 4, "off": 5}
    ids = sorted(levels, key=lambda id: (order[levels[id]], id))
    rows = [
        _terminal(id, told[id], levels[id], _is_silent(told[id], read_at))
        if id in told
        else _unheard(id, documents[id])
        for id in ids[:most]
    ]
    return rows, len(ids) - len(rows)


def _is_silent(report: Mapping[str, Any], read_at: datetime | None) -> bool:
    moment = seen(report)
    if moment is None or read_at is None:
        return True
    patience = words.SILENT if report.get("schedule", "always") == "always" else SELDOM
    return (read_at - moment).total_seconds() > patience


def _level(report: Mapping[str, Any], read_at: datetime | None, doc: Mapping[str, Any]) -> str:
    if _ended(doc):
        return "off"
    if _is_silent(report, read_at):
        return "cut"
    if _whole(report.get("refused")) or report.get("findings"):
        return "bad"
    return "busy" if _whole(report.get("unsent")) else "ok"


def _terminal(id: str, report: Mapping[str, Any], level: str, silent: bool) -> dict[str, Any]:
    moment = seen(report)
    told = moment.isoformat() if moment is not None else None
    unsent, refused = _whole(report.get("unsent")), _whole(report.get("refused"))
    ahead = report.get("ahead") if type(report.get("ahead")) is int else None
    disk = report.get("disk")
    return {
        "node": id,
        "heard": True,
        "store": str(report.get("store") or ""),
        "level": level,
        "state": _("out of service") if level == "off" else _("silent") if silent else _condition(report),
        "seen": words.when(told),
        "ago": words.past(told),
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
        "node": id, "heard": False, "store": str(doc.get("store") or ""), "level": "none",
        "state": _("not heard of yet"), "seen": "", "ago": "", "unsent": 0, "oldest": "", "refused": 0, "version": "",
        "clock": "", "clock_wrong": False, "disk": "—",
    }  # fmt: skip


def _ended(doc: Mapping[str, Any]) -> bool:
    return bool(doc.get("inactive") or doc.get("revoked_at"))


def _whole(value: Any) -> int:
    return value if type(value) is int else 0
