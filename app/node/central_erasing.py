"""Head office sees to it that the central forgets erased persons too, and remembers who has forgotten whom.

At an Apache CouchDB what the erased revision replaced are ancestors, whose bodies stay until somebody compacts the
database. So head office asks the central for them, revision by revision; while one still answers, it has the database
compacted, if its user may, and else a task says what an administrator must do. Nothing is believed that wasn't seen:
done is what the central no longer gives out. A hub cleans by itself, and is asked all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from app.docs import tree as trees
from app.docs.database import Database
from app.docs.directory import Directory
from app.node.report import now
from app.node.state import NodeState

log = logging.getLogger("couchtill.erasing")

STATE = "erasing:central"
"""The setting that keeps `{person: {"database", "rev", "at", "heard": {node: time}}}`: since when the central knows
nothing older of the person (null: it still does), and the nodes that told that they don't either."""

TIMEOUT = 30.0
#: Revisions that are asked for in one request.
MOST = 500
#: Turns between two compactions that are asked for: one runs for minutes at a large central.
PATIENCE = 10

TASK = "compact"


class CentralErasing:
    """What head office knows of the erased persons elsewhere. `look` is a turn, from the reporter's thread."""

    def __init__(self, state: NodeState, directory: Directory, node: str) -> None:
        self._state = state
        self._directory = directory
        self._node = node
        self._seen: dict[str, int] = {}
        self._asked: dict[str, int] = {}  # database → turns since a compaction was asked for
        self._hub: bool | None = None

    def known(self) -> dict[str, Any]:
        """As `STATE` says."""
        found: dict[str, Any] = self._state.get(STATE, {})
        return found

    def look(self, session: Any, root: str, reports: Iterable[Mapping[str, Any]]) -> bool:
        """One turn; whether there is somebody whom the central still knows. `root` is the central's address."""
        from app.shop.erasing.cleaning import KEPT, holds_people
        from app.shop.schemas.erasure import KINDS

        known = self.known()
        pending = False
        for database in map(self._directory.get, filter(holds_people, self._directory.names())):
            n = database.last_n
            for record in database.marked(KINDS, "erased", self._seen.get(database.name, 0)):
                entry = known.setdefault(record.id, {"heard": {}})
                if entry.get("rev") != record.rev:
                    entry.update(database=database.name, rev=record.rev, at=None)
            self._seen[database.name] = n
            open_ = [id for id, one in known.items() if one["at"] is None and one["database"] == database.name]
            if open_ and self._central(session, root, database, open_, known):
                pending = True
        for report in reports:
            told, node = report.get("erased") or {}, str(report.get("node"))
            for id, entry in known.items():
                if id in told:
                    entry["heard"][node] = told[id]
                elif len(told) < KEPT:  # it lists all, and this one no more: something of the person has come since
                    entry["heard"].pop(node, None)
        if known != self.known():
            self._state.set(STATE, known)
        return pending

    def _central(self, session: Any, root: str, database: Database, ids: list[str], known: dict[str, Any]) -> bool:
        """Asks for what the central should no longer have; whether some of it is still there, or not erased yet."""
        url = f"{root}/{quote(database.name, safe='')}"
        left = False
        kept = False
        for id in ids:
            answer = session.get(f"{url}/{quote(id, safe='')}", timeout=TIMEOUT)
            if answer.status_code != 200 or answer.json().get("_rev") != known[id]["rev"]:
                left = True  # our revision is still on its way
            elif self._keeps(session, url, database, id):
                left = kept = True
            else:
                known[id]["at"] = now()
        if kept and not self._is_hub(session, root):  # a hub is at it by itself
            self._compact(session, url, database, known[ids[0]]["rev"])
        elif not left:
            self._asked.pop(database.name, None)
            _finish(database, self._node)
        return left

    def _keeps(self, session: Any, url: str, database: Database, id: str) -> bool:
        """Whether the central still gives out the body of an older revision."""
        record = database.read(id)
        if record is None:
            return False
        older = trees.revisions(record.paths()) - set(record.leaves())
        asked = [{"id": id, "rev": rev} for rev in sorted(older)]
        for start in range(0, len(asked), MOST):
            answer = session.post(f"{url}/_bulk_get", json={"docs": asked[start : start + MOST]}, timeout=TIMEOUT)
            answer.raise_for_status()
            for result in answer.json()["results"]:
                if any("ok" in doc for doc in result["docs"]):
                    return True
        return False

    def _compact(self, session: Any, url: str, database: Database, rev: str) -> None:
        turns = self._asked.get(database.name)
        self._asked[database.name] = 0 if turns is None or turns >= PATIENCE else turns + 1
        if self._asked[database.name]:
            return
        headers = {"Content-Type": "application/json"}
        answer = session.post(f"{url}/_compact", headers=headers, timeout=TIMEOUT)
        if answer.status_code in (401, 403):
            _ask_administrator(database, rev)
        elif answer.status_code >= 400:
            answer.raise_for_status()
        log.info("%s: the central was asked to compact it (%d)", database.name, answer.status_code)

    def _is_hub(self, session: Any, root: str) -> bool:
        if self._hub is None:
            answer = session.get(f"{root}/", timeout=TIMEOUT)
            answer.raise_for_status()
            self._hub = (answer.json().get("vendor") or {}).get("name") == "CouchTill"
        return self._hub


def _open_tasks(database: Database) -> list[dict[str, Any]]:
    found = [record.full() for record in database.find("task_kind", TASK, limit=200)]
    return [task for task in found if not task.get("done_at")]


def _ask_administrator(database: Database, rev: str) -> None:
    """A task for a person, one at a time, done once the central has forgotten everybody; `rev` is an erased revision:
    what is erased later is another task."""
    from app.shop import tasks

    if not _open_tasks(database):
        tasks.write(database, tasks.task(TASK, f"{database.name}:{rev}"))


def _finish(database: Database, node: str) -> None:
    from app.shop import tasks

    for task in _open_tasks(database):
        tasks.finish(database, task["_id"], on=node)
