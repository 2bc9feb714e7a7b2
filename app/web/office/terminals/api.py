"""Terminals over JSON: the list, and what makes, replaces and ends one. A writer carries its `request`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from app.node.issuing import Issuing
from app.shop import terminals
from app.shop.actor import ANYBODY, Actor
from app.shop.people import renewing
from app.shop.reason import say
from app.shop.receipts import qr
from app.shop.sale import SaleError, read_request
from app.web.callers import caller
from app.web.json_api import answer, read_json
from app.web.office.terminals.rows import overview, row, seen


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""
    issuing = Issuing(node)

    def actor() -> Actor:
        """Nobody signs in at head office; a program with a key has its name."""
        program = caller()
        return ANYBODY if program is None or program.rights is None else Actor(None, f"key:{program.name}")

    @blueprint.get("/api/terminals/list")
    def terminals_list() -> Response:
        return answer(overview(node))

    @blueprint.post("/api/terminals")
    def plan_terminal() -> Response:
        """`{"request", "store": "store:s1", "number", "name"?}`: a terminal that waits for nothing yet."""
        body = read_json()
        asked = read_request(body, terminals.PLAN)
        store = asked["store"].removeprefix("store:")
        if store not in node.stores():
            raise SaleError(404, "not_found", say("There is no store %(store)s here.", store=store.upper()), "store")
        database = node.directory.get(f"store-{store}")
        doc, repeated = terminals.plan(database, body, on=node.id, actor=actor(), seen=seen(node, store))
        return answer({"row": row(node, store, doc)}, 200 if repeated else 201)

    @blueprint.put("/api/terminals/<terminal>")
    def rename_terminal(terminal: str) -> Response:
        """`{"rev", "name"}`; 409 `changed` with `{"current"}`."""
        store = issuing.store(terminal)
        doc = terminals.rename(store, terminal, read_json(), on=node.id, actor=actor())
        return answer({"row": _row(doc)})

    @blueprint.post("/api/terminals/<terminal>/code")
    def make_code(terminal: str) -> Response:
        """`{"request", "hours"?, "replace"?, "central"?}`: the code, in this answer and never again; `pins` false where
        the machine needs the key of the store's PINs by hand."""
        issued = issuing.code(terminal, read_json(), actor())
        side, path = qr.path(issued.text)
        told = {"code": issued.text, "until": issued.until, "qr": {"side": side, "path": path}, "pins": issued.pins}
        return answer({**told, "row": _row(issued.doc)}, 201)

    @blueprint.post("/api/terminals/<terminal>/withdraw")
    def withdraw_code(terminal: str) -> Response:
        return answer({"row": _row(issuing.withdraw(terminal, read_json(), actor()))})

    @blueprint.post("/api/terminals/<terminal>/revoke")
    def revoke_terminal(terminal: str) -> Response:
        """`{"request", "stolen"?}`: `renewing` is how many people of the store must choose a new PIN."""
        body = read_json()
        doc = issuing.revoke(terminal, body, actor())
        people = 0
        if body.get("stolen") is True:
            people = renewing.ask(issuing.store(terminal), since=_revoked_at(doc), on=node.id, actor=actor())
        return answer({"row": _row(doc), "renewing": people})

    def _row(doc: dict[str, Any]) -> dict[str, Any]:
        return row(node, str(doc["store"]).removeprefix("store:"), doc)


def _revoked_at(doc: dict[str, Any]) -> str:
    """When the terminal was revoked: the same in each repeat of the request."""
    return str(terminals.standing(doc).at)
