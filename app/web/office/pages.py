"""Head office's pages: `/` with the first steps of a shop, `/receipts/<id>`; `/sync` is every node's own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask_babel import gettext as _

from app.docs.database import Database
from app.shop import sound
from app.web import paper
from app.web.office.frame import page


def first_steps(node: Any) -> list[dict[str, Any]]:
    """`[{"name", "text", "href", "done"}]`: how a shop begins; none where it has a store, goods and a till."""

    def any_of(database: Database, kind: str) -> bool:
        return next(iter(database.each(kind)), None) is not None

    stores = [node.directory.get(f"store-{store}") for store in node.stores()]
    store, goods, till = (
        any_of(node.company, "store"),
        any_of(node.company, "product"),
        any(any_of(one, "terminal") for one in stores),
    )
    if store and goods and till:
        return []
    steps = [
        ("stores_page", store, _("Make a store"), _(
            "Its name, currency, time zone and receipts. Then the central is prepared for it.")),
        ("products_page", goods, _("Put in taxes and products"), _(
            "One by one, or many from a file of a spreadsheet or another till.")),
        ("staff_page", any(any_of(one, "staff") for one in stores), _("Add the people who work there"), _(
            "Until somebody is named, everybody may do everything at its tills.")),
        ("terminals_page", till, _("Make a till"), _(
            "It gives a code; the new machine asks for it and fetches everything else by itself.")),
    ]  # fmt: skip
    return [{"href": url_for(f".{page}"), "done": done, "name": name, "text": text} for page, done, name, text in steps]


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    @blueprint.get("/")
    def home() -> str:
        office = current_app.extensions["couchtill.office"]
        return page("office/office.html", steps=first_steps(node), boot={"state": {"node": node.id, **office.money()}})

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
