"""Selling over JSON: the sale itself, how it can be paid, what is on gift cards and accounts, the card terminal."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, request

from app.shop import schemas, sound
from app.shop.payments.card import CardDesk, SimulatedTerminal
from app.shop.people import guesses
from app.shop.reason import say
from app.shop.sale import SaleError, invalid
from app.shop.schemas.payment import CARD_REQUEST
from app.web import present, words
from app.web.json_api import answer, missing, read_json
from app.web.till import receipts
from app.web.till.actors import actor_of, is_sellers

log = logging.getLogger("couchtill.till")

#: The preference (RFC 7240) of a window that shows the receipt of what it has sold.
PAPER = "paper"


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    @blueprint.post("/api/sales")
    def sell() -> Response:
        body = read_json()
        order, repeated = node.till.sell(body, actor_of(node, body))
        return answer(sold(order, repeated), 200 if repeated else 201)

    @blueprint.get("/api/sales/<sale>")
    def known(sale: str) -> Response:
        """Whether this `sale` id was sold: what a window asks that lost its memory between sending and the answer."""
        order = node.till.seller.sold({"sale": sale})
        if order is None:
            raise missing(say("Nothing was sold under this id."))
        return answer(sold(order, True))

    def sold(order: dict[str, Any], repeated: bool) -> dict[str, Any]:
        """The answer; with `Prefer: paper` the receipt beside it, drawn as `GET /receipts/<id>` would."""
        made: dict[str, Any] = {"order": order, "repeated": repeated, "seen": node.till.told(order)}
        own = is_sellers(node, order)
        codes = node.till.seller.codes(order)
        if codes and own:
            made["codes"] = codes
        if request.headers.get("Prefer") == PAPER and sound.is_order(order):
            try:
                made["paper"] = receipts.part(node, order, codes=own)
            except Exception:  # the sale stands whatever became of its picture
                log.exception("the receipt of %s could not be drawn", order["_id"])
        return made

    @blueprint.get("/api/tenders")
    def tenders() -> Response:
        return answer(kinds(node))

    @blueprint.get("/api/balances/giftcard")
    def gift_card() -> Response:
        code = request.args.get("code", "")
        if not code:
            raise invalid(say("The code of the gift card is missing."), "code")
        counts = node.till.people.guesses
        counts.count(guesses.CARDS)
        try:
            found = node.till.balances.card(code)
        except SaleError:  # a slip of the finger: it tells nothing of any card
            counts.take_back(guesses.CARDS)
            raise
        if found["known"]:
            counts.take_back(guesses.CARDS)
        return answer(found)

    @blueprint.get("/api/balances/customer/<path:id>")
    def customer(id: str) -> Response:
        record = node.company.read(id) if id.startswith("customer:") else None
        if record is None or record.deleted:
            raise missing(say("There is no customer %(id)s here.", id=id))
        found = node.till.balances.customer(id)
        zone = str(node.till.facts.read()[0]["timezone"])
        return answer({**found, **{kind: _in_words(found[kind], zone) for kind in ("credit", "account")}})

    @blueprint.get("/api/card")
    def loose_cards() -> Response:
        """Payments at the card terminal without a sale."""
        actor_of(node, {})
        return answer({"rows": CardDesk(node.store_db, SimulatedTerminal()).loose()})

    @blueprint.post("/api/card")
    def card() -> Response:
        body = read_json()
        actor = actor_of(node, body)
        actor.need("sell", say("taking a card"))
        try:
            wanted = CARD_REQUEST.read(body)
        except schemas.Invalid as refused:
            raise invalid(refused.problems[0].reason, refused.problems[0].field) from None
        desk = CardDesk(node.store_db, SimulatedTerminal())
        if wanted["action"] == "reverse":
            return answer(desk.reverse(wanted["request"]))
        if wanted["action"] == "note":
            actor.need("shift_close", say("leaving a payment without a sale"))
            return answer(desk.note(wanted["request"], actor.staff or actor.name))
        if wanted["action"] == "status":
            found = desk.payment(wanted["request"])
            if found is None:
                raise missing(say("This payment was never asked for here."))
            return answer(found)
        if "amount" not in wanted:
            raise invalid(say("The amount is missing."), "amount")
        if wanted["amount"] < 0:
            actor.need("refund_over", say("money back to a card without its receipt"))
        return answer(desk.pay(wanted["request"], wanted["amount"], node.till.facts.read()[0]["currency"]))


def kinds(node: Any) -> dict[str, Any]:
    """How a sale can be paid here: `{"kinds", "card": "slip" | "simulated", "tips", "cash_rounding", "foreign":
    [{"code", "digits", "num", "den"}], "notes": [minor units], "currency", "digits"}`; `notes` are the ones in
    circulation where settings name them, else none."""
    settings = node.till.desk.settings.read()
    facts, _ = node.till.facts.read()
    kinds = [kind for kind in settings["tenders"] if kind != "foreign" or settings["foreign"]]
    return {
        "kinds": kinds,
        "card": settings["card"],
        "tips": settings["tips"],
        "cash_rounding": settings["cash_rounding"],
        "foreign": settings["foreign"],
        "notes": sorted(settings["denominations"]),
        "currency": facts["currency"],
        "digits": facts["digits"],
    }


def _in_words(found: dict[str, Any], zone: str) -> dict[str, Any]:
    """A balance with its amount and times as a person reads them, and the same of head office's last statement."""
    told = found["statement"]
    digits, currency = found["digits"], found["currency"]
    if told is not None:
        text = present.money(told["balance"], currency, digits)
        told = {**told, "text": text, "words": words.when(told["as_of"], zone)}
    as_of = words.when(found["as_of"], zone) if found["as_of"] else None
    return {**found, "statement": told, "text": present.money(found["balance"], currency, digits), "as_of_words": as_of}
