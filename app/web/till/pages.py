"""The till's pages: `/`, `/receipts/<id>`; `/sync` is every node's own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.shop import sound
from app.web import present
from app.web.i18n import boot
from app.web.till import api
from app.web.till.actors import session_token
from app.web.till.people import session_of


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    @blueprint.get("/")
    def home() -> str:
        state = api.state(node)
        demo = node.uuid if node.config.get("demo_origin") else None
        values = boot({"state": state, "demo": demo, "session": session_of(node.till.people, session_token(node))})
        return render_template("till/till.html", till=state, words=state["sync"], boot=values)

    @blueprint.get("/receipts/<path:id>")
    def receipt(id: str) -> str | tuple[str, int] | Response:
        order = node.till.receipt(id)
        if order is None:
            text = _("There is no receipt with this number on this till.")
            link = {"href": "..", "name": _("Back to the till")}
            return render_template("message.html", title=_("No such receipt"), text=text, link=link, boot=boot({})), 404
        if not sound.is_order(order):
            title = _("This receipt can’t be read here")
            text = _("Another program wrote it, or a newer CouchTill. It is kept as it came.")
            link = {"href": "..", "name": _("Back to the till")}
            return render_template("message.html", title=title, text=text, link=link, boot=boot({}))
        part = request.args.get("part") == "paper"
        return render_template(
            "till/paper.html" if part else "till/receipt.html",
            receipt=present.receipt(order),
            home_name=_("Till"),
            boot=boot({}),
        )
