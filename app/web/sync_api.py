"""The sync page and its API: what each link does, what is unsent since when, what was refused, the schedule, and *Sync
now*."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from app.shop.actor import ANYBODY, Actor
from app.shop.reason import say
from app.shop.schemas.base import Invalid, Part, Strict
from app.shop.schemas.settings import Sync
from app.shop.settings_edit import set_values
from app.web import health, sync_words, words
from app.web.i18n import boot
from app.web.json_api import Problem, answer, missing, read_json

#: Seconds for which one look at the links does for the lights of all windows.
GLANCE = 0.2

ActorOf = Callable[[Mapping[str, Any]], Actor]


class ScheduleRequest(Strict):
    """A schedule to be set for this terminal."""

    sync = Part(Sync, required=True)


class _Glances:
    """The last look at the links of each node."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: WeakKeyDictionary[Any, tuple[float, dict[str, Any]]] = WeakKeyDictionary()

    def at(self, node: Any) -> dict[str, Any]:
        now = time.monotonic()
        with self._lock:
            seen = self._seen.get(node)
            if seen is None or now - seen[0] > GLANCE:
                seen = (time.monotonic(), node.sync_status())
                self._seen[node] = seen
        return seen[1]


_glances = _Glances()


def light(node: Any) -> dict[str, Any]:
    """The light's words for a node. Windows that ask at the same moment share one look."""
    return words.light(_glances.at(node))


def glance(node: Any) -> dict[str, Any]:
    """The node's `sync_status`, as it was a moment ago at most."""
    return _glances.at(node)


def overview(node: Any, status: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the sync page shows of the links, in words."""
    return {
        "words": words.light(status),
        "asks": sync_words.asks(status),
        "links": words.links(status),
        "refused": words.refused(status),
        "unsent": sync_words.unsent(node.unsent()),
        "contact": sync_words.contact(status),
        "progress": sync_words.progress(status),
        "schedule": sync_words.schedule(status["schedule"]),
        "next_sync": words.next_sync(status["schedule"]),
        "linked": status["central"] is not None,
    }


def register(blueprint: Blueprint, node: Any, actor_of: ActorOf | None = None) -> None:
    """`/health`, `/metrics`, `/sync`, `GET` and `POST /api/sync`, `POST /api/sync/retry`,
    `POST /api/sync/accept`, `PUT /api/sync/schedule`.

    `actor_of(body)` is who asks (a till's rights); without it everybody who is in may.
    """

    health.register(blueprint, node)

    def actor(body: Mapping[str, Any]) -> Actor:
        return ANYBODY if actor_of is None else actor_of(body)

    @blueprint.get("/sync")
    def sync_page() -> str:
        status = node.sync_status()
        name = _("Till") if node.kind == "terminal" else _("Head office")
        body = request.args.get("part") == "body"
        return render_template(
            "sync_body.html" if body else "sync.html",
            home_name=name,
            rule=status["schedule"],
            staffed=node.kind == "terminal" and node.till.people.needed,
            boot=boot({"busy": sync_words.progress(status)["busy"]}),
            **overview(node, status),
        )

    @blueprint.get("/api/sync")
    def sync() -> Response:
        status = node.sync_status()
        told = overview(node, status)
        return answer(
            {
                **status,
                "light": told["words"],
                "progress": told["progress"],
                "asks": told["asks"],
                "unsent_documents": node.unsent(),
            }
        )

    @blueprint.post("/api/sync")
    def sync_now() -> Response:
        actor(read_json()).need("sync", say("sync by hand"))
        if node.config.get("central_url") is None:
            raise Problem(409, "no_central", _("There is no other machine that this one syncs with."))
        node.sync_now()
        return answer({"ok": True}, 202)

    @blueprint.post("/api/sync/retry")
    def retry() -> Response:
        body = read_json()
        actor(body).need("sync", say("offer a refused document again"))
        entry = body.get("id")
        if not isinstance(entry, str | int) or isinstance(entry, bool):
            raise Problem(400, "invalid", say("The id of the refused document is missing."), "id")
        known = {str(each["id"]): each["id"] for each in words.refused(node.sync_status())}
        if str(entry) not in known:
            raise missing(say("This document is no longer on the list."))
        node.retry_refused(known[str(entry)])
        return answer({"ok": True}, 202)

    @blueprint.post("/api/sync/accept")
    def accept() -> Response:
        """Body `{"databases": [name]}`, as they were shown: the central that is there now is the right one."""
        body = read_json()
        actor(body).need("settings", say("take another central for the right one"))
        names = body.get("databases")
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise Problem(400, "invalid", say("Name the databases that ask."), "databases")
        asking = {entry["database"] for entry in sync_words.asks(node.sync_status())}
        if not asking & set(names):
            raise missing(say("Nothing asks about the central any more."))
        for name in sorted(asking & set(names)):
            node.supervisor.accept(name)
        return answer({"ok": True, "databases": sorted(asking & set(names))}, 202)

    @blueprint.put("/api/sync/schedule")
    def set_schedule() -> Response:
        """Body `{"sync": {"mode", "minutes", "hours"}}`: the rule of this node, from now on; the rule as it holds."""
        body = read_json()
        who = actor(body)
        who.need("settings", say("change when this till syncs"))
        try:
            rule = ScheduleRequest().read({"sync": body.get("sync")})["sync"]
        except Invalid as wrong:
            first = wrong.problems[0]
            raise Problem(400, "invalid", first.reason, first.field) from None
        rule["hours"] = sorted(set(rule["hours"]))
        if rule["mode"] == "hours" and not rule["hours"]:
            raise Problem(400, "invalid", _("Name at least one hour at which to sync."), "sync.hours")
        set_values(node.company, f"terminal:{node.id}", {"sync": rule}, by=who.staff, on=node.id)
        if node.schedule is not None:
            node.schedule.apply()
        status = node.sync_status()
        return answer({"schedule": status["schedule"], "words": sync_words.schedule(rule)})
