"""Head office's pages: `/`, `/receipts/<id>`; `/sync` is every node's own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask_babel import gettext as _

from app.shop import sound
from app.web import paper
from app.web.office.frame import page


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    @blueprint.get("/")
    def home() -> str:
        office = current_app.extensions["couchtill.office"]
        return page("office/office.html", boot={"state": {"node": node.id, **office.money()}})

    @blueprint.get("/receipts/<path:id>")
    def receipt(id: str) -> str | tuple[str, int]:
        office = current_app.extensions["couchtill.office"]
        order = office.order(id)
        if order is None:
            text = _("There is no receipt with this number here. It may not have arrived yet.")
            link = {"href": "..", "name": _("Back to head office")}
            return render_template("message.html", title=_("No such receipt"), text=text, link=link), 404
        if not sound.is_order(order):
            title = _("This receipt can’t be read here")
            text = _("Another program wrote it, or a newer CouchTill. It is kept as it came.")
            link = {"href": "..", "name": _("Back to head office")}
            return render_template("message.html", title=title, text=text, link=link)
        part = request.args.get("part") == "paper"
        return render_template(
            "till/paper.html" if part else "till/receipt.html",
            receipt=paper.receipt(order, office.zone(order)),
            home_name=_("Head office"),
        )
