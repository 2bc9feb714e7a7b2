"""Receipts over HTTP: the list and the search, a receipt's page and paper, copies, the printer's queue.

`/receipts/<id>` shows; what goes onto paper is asked for by `POST api/receipts/<id>/print` first, which numbers the
copy, and prints where the till has a printer. A till without one gets the address to print from the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from app.shop import sound
from app.shop.reason import say
from app.shop.receipts import printing
from app.shop.receipts.finding import Query, minor_units
from app.shop.refunds import known
from app.web import paper, present
from app.web.i18n import boot
from app.web.json_api import Problem, answer, missing, read_json, whole
from app.web.reasons import tell
from app.web.till.actors import actor_of, is_sellers

Doc = Mapping[str, Any]


def paper_of(
    node: Any, order: Doc, *, gift: bool = False, copy: int = 0, width: int | None = None, codes: bool = False
) -> dict[str, Any]:
    """The receipt of an order as this till's settings want it, in the language of the moment. `codes`: with the codes
    of gift cards that it sold, as long as they may still be printed."""
    settings = node.till.desk.settings
    of = order.get("refund_of")
    original = node.till.receipt(of) if isinstance(of, str) else None
    events = node.till.store.find("event_about", order["_id"])
    shown = paper.Paper(
        gift=gift,
        copy=copy,
        void=any(record.doc().get("kind") == "void_sale" for record in events),
        staff=_name(node.till.store, order.get("cashier")),
        customer=_name(node.till.company, order.get("customer")),
        cards=node.till.seller.codes(order) if codes else {},
        taxes=settings["receipt_taxes"],
        qr=settings["receipt_qr"],
        width=width or settings["paper"],
        original=original if original is not None and sound.is_order(original) else None,
    )
    return paper.receipt(order, None, shown)


def part(node: Any, order: Doc, *, codes: bool, **shown: Any) -> Markup:
    """The receipt of an order that can be read, as HTML to stand in a page, in the receipts' own language; `codes` as
    long as it is fresh, and the rest as `paper_of`."""
    codes = codes and node.till.receipts_book.is_fresh(order)
    with paper.language(node.till.desk.settings["receipt_language"]):
        # A template's text, which has escaped what is in it.
        return Markup(render_template("till/paper.html", receipt=paper_of(node, order, codes=codes, **shown)))  # nosec B704


def _name(database: Any, id: Any) -> str:
    record = database.read(id) if isinstance(id, str) else None
    return present.person_name(record.doc() if record is not None and not record.deleted else None)


def row_of(node: Any, order: Doc, zone: str) -> dict[str, Any]:
    """A row of the list: `present.order_row`, and `returned`: none, part, all or void of it came back."""
    row = {**present.order_row(order, zone), "returned": "none", "customer": "", "copies": 0}
    if not sound.is_order(order):
        return row
    row["customer"] = _name(node.till.company, order.get("customer"))
    events = [record.doc().get("kind") for record in node.till.store.find("event_about", order["_id"])]
    row["copies"] = events.count("reprint")
    orders = known.returning(node.till.store, order["_id"])
    if "void_sale" in events:
        row["returned"] = "void"
    elif orders:
        back = known.already(orders, order["_id"])
        sold = [line for line in order["lines"] if line["quantity"] > 0]
        every = all(line["id"] in back and back[line["id"]].quantity >= line["quantity"] for line in sold)
        row["returned"] = "all" if every else "part"
    return row


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    def zone() -> str:
        return str(node.till.status()["timezone"])

    def found(id: str) -> dict[str, Any]:
        order: dict[str, Any] | None = node.till.receipt(id)
        if order is None:
            raise missing(say("There is no receipt %(id)s here.", id=id))
        return order

    def language() -> Any:
        return paper.language(node.till.desk.settings["receipt_language"])

    @blueprint.get("/api/receipts")
    def receipts() -> Response:
        limit = whole("limit", 20, 200)
        page = node.till.receipts_book.finder.find(query_of(node), limit, request.args.get("before"))
        zoned = zone()
        return answer(
            {
                "rows": [row_of(node, order, zoned) for order in page.orders],
                "next": page.next,
                "until": page.until,
                **node.till.refunds.known_as_of(),
            }
        )

    @blueprint.get("/api/receipts/<path:id>")
    def receipt_document(id: str) -> Response:
        return answer(found(id))

    @blueprint.post("/api/receipts/<path:id>/print")
    def print_receipt(id: str) -> Response:
        body = read_json()
        order = found(id)
        if not sound.is_order(order):
            raise Problem(409, "unreadable", say("Another program wrote this receipt; it can't be printed here."))
        gift = _flag(body, "gift", False)
        original = not _flag(body, "copy", True)
        asked = body.get("request")
        if not isinstance(asked, str) or not 8 <= len(asked) <= 64:
            raise Problem(
                400, "invalid", say("The request's id is missing: 8 to 64 letters, digits, - and _."), "request"
            )
        book = node.till.receipts_book
        copy = book.issue(order, asked, actor_of(node, body), gift=gift, original=original)
        with language():
            shown = paper_of(node, order, gift=gift, copy=copy, codes=not copy and not gift and is_sellers(node, order))
        cash = any(tender["kind"] == "cash" for tender in order["tenders"])
        printed = book.print(order, shown, copy=copy, gift=gift, open_drawer=original and not copy and cash)
        asks = urlencode({name: value for name, value in (("copy", copy), ("gift", int(gift))) if value})
        url = f"receipts/{quote(id, safe='')}" + (f"?{asks}" if asks else "")
        return answer({"copy": copy, "gift": gift, "url": url, **printed, "reason": tell(printed["reason"])})

    @blueprint.get("/api/prints")
    def prints() -> Response:
        return answer(waiting(node))

    @blueprint.post("/api/prints")
    def retry_prints() -> Response:
        actor_of(node, read_json())

        def show(order: Doc, *, copy: int, gift: bool) -> dict[str, Any]:
            return paper_of(node, order, gift=gift, copy=copy, codes=not copy and not gift)

        with language():
            tried = node.till.receipts_book.retry(show)
        return answer({**waiting(node), "printed": tried["printed"], "reason": tell(tried["reason"])})

    @blueprint.delete("/api/prints/<id>")
    def drop_print(id: str) -> Response:
        node.till.receipts_book.drop(id)
        return answer(waiting(node))

    @blueprint.get("/receipts/<path:id>")
    def receipt(id: str) -> str | tuple[str, int] | AnyResponse:
        order = node.till.receipt(id)
        link = {"href": "..", "name": _("Back to the till")}
        if order is None:
            text = _("There is no receipt with this number on this till.")
            return render_template("message.html", title=_("No such receipt"), text=text, link=link, boot=boot({})), 404
        if not sound.is_order(order):
            title = _("This receipt can’t be read here")
            text = _("Another program wrote it, or a newer CouchTill. It is kept as it came.")
            return render_template("message.html", title=title, text=text, link=link, boot=boot({}))
        width = 58 if request.args.get("width") == "58" else 80 if request.args.get("width") == "80" else None
        copy, gift = whole("copy", 0, 9999), request.args.get("gift") == "1"
        # The window that has just sold shows the codes of the cards; nobody sees them much later.
        codes = request.args.get("codes") == "1" and not gift and is_sellers(node, order)
        drawn = part(node, order, codes=codes, gift=gift, copy=copy, width=width)
        if request.args.get("part") == "paper":
            return drawn
        shown = {"label": paper.label(order)}
        return render_template(
            "till/receipt.html", receipt=shown, paper=drawn, home_name=_("Till"), boot=boot({"receipt": id})
        )


def waiting(node: Any) -> dict[str, Any]:
    """`{"printer": whether this till has one, "always": whether every sale is printed,
    "waiting": [{"id", "order", "label", "copy", "gift", "since",
    "reason"}]}`"""
    rows = node.till.receipts_book.waiting()
    return {
        "printer": printing.has_printer(node.till.desk.settings),
        "always": node.till.desk.settings["receipt_print"] == "always",
        "waiting": [
            {
                **{name: value for name, value in row.items() if name != "said"},
                "label": paper.label_of(row["order"]),
                "reason": tell(row["reason"]),
            }
            for row in rows
        ],
    }


def query_of(node: Any) -> Query:
    """What the query string looks for. Raises Problem for a number or an amount that is none."""
    asked = request.args
    number, amount = asked.get("number") or None, asked.get("amount") or None
    if number is not None and not (number.isdecimal() and len(number) < 13):
        raise Problem(400, "invalid", say("The number of a receipt is a whole number."), "number")
    minor = None
    if amount is not None:
        minor = minor_units(amount, node.till.status()["digits"])
        if minor is None:
            raise Problem(400, "invalid", say("The amount must be a number, like 12.90."), "amount")
    words = {
        name: (asked.get(name) or "").strip()[:200]
        for name in ("barcode", "date", "customer", "product", "q", "kind", "terminal", "staff")
    }
    return Query(number=None if number is None else int(number), amount=minor, **words)


def _flag(body: Doc, name: str, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise Problem(400, "invalid", say("“%(name)s” must be true or false.", name=name), name)
    return value
