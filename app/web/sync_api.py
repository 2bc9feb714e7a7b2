"""The sync page and its API: what each link does, what is unsent since when, what was refused, and *Sync now*."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from app.web import words
from app.web.i18n import boot
from app.web.json_api import Problem, answer, missing, read_json


def light(node: Any) -> dict[str, Any]:
    """The light's words for a node."""
    return words.light(node.sync_status())


def register(blueprint: Blueprint, node: Any) -> None:
    """`/sync`, `GET` and `POST /api/sync`, `POST /api/sync/retry`."""

    @blueprint.get("/sync")
    def sync_page() -> str:
        status = node.sync_status()
        name = _("Till") if node.kind == "terminal" else _("Head office")
        shown = {"words": words.light(status), "links": words.links(status), "refused": words.refused(status)}
        body = request.args.get("part") == "body"
        return render_template("sync_body.html" if body else "sync.html", home_name=name, boot=boot({}), **shown)

    @blueprint.get("/api/sync")
    def sync() -> Response:
        status = node.sync_status()
        return answer({**status, "light": words.light(status)})

    @blueprint.post("/api/sync")
    def sync_now() -> Response:
        read_json()
        node.sync_now()
        return answer({"ok": True}, 202)

    @blueprint.post("/api/sync/retry")
    def retry() -> Response:
        entry = read_json().get("id")
        if not isinstance(entry, str | int) or isinstance(entry, bool):
            raise Problem(400, "invalid", "The id of the refused document is missing.", "id")
        known = {str(each["id"]): each["id"] for each in words.refused(node.sync_status())}
        if str(entry) not in known:
            raise missing("This document is no longer on the list.")
        node.retry_refused(known[str(entry)])
        return answer({"ok": True}, 202)
