"""Tasks in plain words, for a till and for head office: `GET /api/tasks`, `POST /api/tasks/done`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response
from flask_babel import gettext as _

from app.docs.database import Database
from app.shop import ids, sound, tasks
from app.shop.actor import Actor
from app.shop.conflicts import twice
from app.shop.ledger.balances import balance_of, counting, filled
from app.shop.reason import say
from app.shop.refunds import scan as refunds
from app.web import present, watch_words
from app.web.json_api import answer, read_json
from app.web.present import amount
from app.web.reasons import tell

Databases = Callable[[], Sequence[Database]]


def register(
    blueprint: Blueprint, databases: Databases, company: Database, on: str, actor: Callable[[Mapping[str, Any]], Actor]
) -> None:
    """The routes; `databases` are those whose tasks this node shows, `on` what it calls itself."""

    @blueprint.get("/api/tasks")
    def open_tasks() -> Response:
        known = {database.name: database for database in databases()}
        found = tasks.tasks(*known.values())[: tasks.MOST]
        return answer({"rows": [row(doc, known[doc["database"]], company, known) for doc in found]})

    @blueprint.post("/api/tasks/done")
    def done() -> Response:
        """`{"id", "database"}`: somebody has seen to it."""
        body = read_json()
        asked = str(body.get("database"))
        database = next((each for each in databases() if each.name == asked), None)
        if database is None:
            return answer(
                {"error": "not_found", "reason": tell(say("There is no such list of tasks here.")), "field": ""}, 404
            )
        doc = tasks.finish(database, str(body.get("id")), on=on, actor=actor(body))
        return answer({"id": doc["_id"], "done_at": doc["done_at"]})


def row(doc: Mapping[str, Any], database: Database, company: Database, known: Mapping[str, Database]) -> dict[str, Any]:
    """`{"id", "database", "kind", "store", "title", "text", "receipts": [{"id", "label", "at", "total", …}]}`: what
    happened and what to do about it, from the documents that are here now; `known` are all databases by name."""
    words = _WORDS.get(str(doc.get("kind")), _other)
    about = str(doc.get("about"))
    moved = counting(company, about) if words is _overspent and about.startswith("giftcard:") else []
    if moved and not filled(moved):
        title, text, orders = _unissued(about, known, company)
    else:
        title, text, orders = words(about, database, company)
    more = {"evidence": _history(about, database)} if words is _decided else {}
    return {
        "id": doc["_id"],
        "database": database.name,
        "kind": doc.get("kind"),
        "store": database.name.removeprefix("store-") if database.name.startswith("store-") else "",
        "title": title,
        "text": text,
        "receipts": [receipt(order) for order in orders],
        **more,
    }


def receipt(order: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: order.get(key) for key in ("at", "total", "currency", "digits")}
    return {"id": order["_id"], "label": _label(order), **shown}


Words = tuple[str, str, list[dict[str, Any]]]


def _cart(about: str, store: Database, company: Database) -> Words:
    orders = tasks.sellers(store, about)
    labels = ", ".join(map(_label, orders))
    return (
        _("A parked cart was sold twice"),
        _(
            "Two tills sold the same parked cart while they could not hear each other: %(receipts)s. If the goods were "
            "handed over once, refund one of the receipts.",
            receipts=labels,
        ),
        orders,
    )


def _refunded(about: str, store: Database, company: Database) -> Words:
    record = store.read(about)
    order = record.full() if record is not None and not record.deleted and sound.is_order(record.doc()) else None
    entry = next((each for each in refunds.scan(store, [about]) if each["about"] == about), None)
    names = [
        _("%(name)s (sold %(sold)s, returned %(returned)s)", name=line["name"], sold=present.quantity(line["sold"]),
          returned=present.quantity(line["returned"]))
        for line in (entry or {}).get("lines", [])
    ]  # fmt: skip
    rows = [order] if order else []
    for id in (entry or {}).get("orders", []):
        back = store.read(id)
        if back is not None and not back.deleted and id != about:
            rows.append(back.full())
    return (
        _("More was given back than was sold"),
        _(
            "Tills that could not hear each other refunded receipt %(receipt)s more than once: %(lines)s. Both refunds "
            "stand; see to the difference.",
            receipt=_label(order) if order else about.partition(":")[2],
            lines=", ".join(names) or _("the lines are no longer here"),
        ),
        rows,
    )


def _overspent(about: str, database: Database, company: Database) -> Words:
    kind, _colon, key = about.partition(":")
    record = company.read(about if kind == "giftcard" else key)
    doc = record.doc() if record is not None and not record.deleted else {}
    who = f"… {doc.get('hint') or key[:6]}" if kind == "giftcard" else present.person_name(doc) or key
    digits = doc["digits"] if sound.is_whole(doc.get("digits"), 0, 4) else _digits(company)
    below = amount(-min(0, balance_of(company, about)), digits)
    if kind == "giftcard":
        title = _("A gift card was overspent")
        text = _(
            "Gift card %(card)s is %(amount)s below zero: tills that could not hear each other both took from it.",
            card=who, amount=below,
        )  # fmt: skip
    else:
        title = _("A customer’s credit was overspent")
        text = _(
            "The credit of %(name)s is %(amount)s below zero: tills that could not hear each other both took from it.",
            name=who, amount=below,
        )  # fmt: skip
    return title, text, []


def _unissued(about: str, known: Mapping[str, Database], company: Database) -> Words:
    """A card that nobody has issued, as far as is known here."""
    found = counting(company, about)
    orders = []
    for place, id in sorted({(str(doc.get("store")), str(doc.get("order"))) for doc in found}):
        store = known.get(f"store-{place}")
        record = store.read(id) if store is not None else None
        if record is not None and not record.deleted and sound.is_order(record.doc()):
            orders.append(record.full())
    card = about.partition(":")[2]
    hints = [tender.get("hint") for order in orders for tender in order["tenders"] if tender.get("card") == card]
    hint = next((str(hint) for hint in hints if hint), "")
    digits = next((doc["digits"] for doc in found if sound.is_whole(doc.get("digits"), 0, 4)), None)
    tills = sorted({str(doc.get("terminal")).upper() for doc in found if doc["amount"] < 0})
    return (
        _("A gift card that nobody has issued was taken"),
        _(
            "Gift card %(card)s paid %(amount)s on trust at %(till)s, which could not ask head office. Nobody has "
            "issued such a card, as far as is known here: it may be an invented one.",
            card=f"… {hint}" if hint else _("(its receipt is not here)"),
            amount=amount(-min(0, sum(doc["amount"] for doc in found)), _digits(company) if digits is None else digits),
            till=", ".join(tills),
        ),
        orders,
    )


def _other(about: str, database: Database, company: Database) -> Words:
    return _("Something to look at"), _("A newer CouchTill wrote this task: %(about)s.", about=about), []


def _compact(about: str, database: Database, company: Database) -> Words:
    return (
        _("The central must be compacted"),
        _(
            "A person was erased, but the central still keeps older versions of the data, and head office’s user may "
            "not remove them. An administrator of the CouchDB does it: compact the database %(name)s (in Fauxton, or "
            "POST /%(name)s/_compact). This task is done by itself once they are gone.",
            name=about.partition(":")[0],
        ),
        [],
    )


def _decided(about: str, database: Database, company: Database) -> Words:
    record = database.read(about)
    id = str(record.doc().get("about")) if record is not None and not record.deleted else ""
    found = database.read(id)
    doc = found.doc() if found is not None else {}
    decided = twice.contradicting(database, id, about) if id else []
    places = sorted({str(one.get("on")).upper() for one in decided})
    return (
        _("Decided twice, and not alike: %(name)s", name=present.person_name(doc) or ids.product_name(id) or about),
        _(
            "People who could not hear of each other decided the same dispute (%(places)s). One of the decisions "
            "stands now. Look at the history, and bring the other one back if that was right.",
            places=", ".join(places),
        ),
        [],
    )


def _history(about: str, database: Database) -> list[dict[str, Any]]:
    """Where both decisions stand."""
    record = database.read(about)
    if record is None or record.deleted:
        return []
    id = str(record.doc().get("about"))
    link = f"history/{quote(database.name, safe='')}/{quote(id, safe='')}"
    return [{"label": _("Both decisions"), "value": _("History"), "link": link}]


_WORDS: dict[str, Callable[[str, Database, Database], Words]] = {
    "cart_sold_twice": _cart,
    "refunded_twice": _refunded,
    "overspent": _overspent,
    "compact": _compact,
    "decided_twice": _decided,
    **watch_words.WORDS,
}


def _digits(company: Database) -> int:
    """Of the first store that says: credit is kept in the company's one currency."""
    for record in company.each("store"):
        digits = record.doc().get("digits")
        if type(digits) is int and 0 <= digits <= 4:
            return digits
    return 2


def _label(order: Mapping[str, Any]) -> str:
    return f"{str(order.get('terminal') or '?').upper()} · {order.get('number')}"
