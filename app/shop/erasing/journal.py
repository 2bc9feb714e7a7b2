"""The journal of erasures: whose data (by the id), when, where, by whom, why, and which nodes have forgotten them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from typing import Any

from app.docs.database import Database
from app.shop.erasing.cleaning import KEPT

Row = dict[str, Any]


def page(databases: Iterable[Database], *, before: str | None = None, limit: int = 50) -> tuple[list[Row], str | None]:
    """Erasures of all these databases, the newest first, each with its `database`'s name; and the `before` of the next
    page, None at the end."""
    end = before.partition("|") if before else None
    found: list[Row] = []
    for database in databases:
        more = {"high": end[0]} if end else {}
        for record in database.find("erasure_at", descending=True, limit=limit + 100, **more):
            doc = record.full()
            if end is None or (str(doc["at"]), doc["_id"]) < (end[0], end[2]):
                found.append({**doc, "database": database.name})
    rows = heapq.nlargest(limit + 1, found, key=lambda doc: (str(doc["at"]), doc["_id"]))
    following = f"{rows[limit - 1]['at']}|{rows[limit - 1]['_id']}" if len(rows) > limit else None
    return rows[:limit], following


def nodes(
    erasure: Mapping[str, Any],
    *,
    own: tuple[str, Mapping[str, str], str],
    heard: Mapping[str, str],
    reports: Iterable[Mapping[str, Any]],
) -> list[Row]:
    """`[{"node", "kind", "at", "told"}]`: the nodes that may have the person's document, each with when it had
    forgotten them (null: not that anybody knows) and when it was last heard of (null: this one).

    `own` is this node's id, what it has forgotten, and its kind; `heard` node → time, of those that told earlier;
    `reports` what the nodes last told the central.
    """
    about, at = str(erasure.get("about")), str(erasure.get("at"))
    store = str(erasure.get("database")).removeprefix("store-")
    company = erasure.get("database") == "company"
    found: dict[str, Row] = {own[0]: {"node": own[0], "kind": own[2], "at": own[1].get(about), "told": None}}
    for report in reports:
        id = str(report.get("node"))
        if id == own[0]:
            continue
        if company or report.get("kind") != "terminal" or report.get("store") == store:
            told = report.get("erased") or {}
            known = told.get(about) or (heard.get(id) if len(told) >= KEPT else None)
            found[id] = {"node": id, "kind": report.get("kind"), "at": known, "told": report.get("time")}
    for id, time in heard.items():
        found.setdefault(id, {"node": id, "kind": None, "at": time, "told": time})
    for row in found.values():
        if row["at"] is not None and str(row["at"]) < at:
            row["at"] = None  # of an erasure before this one
    return [found[id] for id in sorted(found)]
