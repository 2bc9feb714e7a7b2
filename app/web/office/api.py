"""Head office's JSON API: sales of all stores, takings of today, products and their prices."""

from __future__ import annotations

import heapq
import threading
from typing import Any

from flask import Blueprint, Response

from app.docs.database import Database
from app.shop.actor import ANYBODY
from app.shop.products import Catalogue
from app.shop.reason import say
from app.shop.stores import StoreFacts, defaults
from app.shop.takings import Takings
from app.web import catalogue_api, news, present, price_api, sync_api, words
from app.web.conflicts import counts
from app.web.json_api import answer, missing, whole


class Office:
    """What head office's pages ask: the stores that this node has, and their sales."""

    def __init__(self, node: Any) -> None:
        self.node = node
        self.catalogue = Catalogue(node.company)
        self._takings: dict[str, Takings] = {}
        self._facts: dict[str, StoreFacts] = {}
        self._lock = threading.Lock()

    def databases(self) -> list[Database]:
        """The databases of all stores that are here."""
        return [self.node.directory.get(f"store-{store}") for store in self.node.stores()]

    def sales(self, limit: int) -> list[dict[str, Any]]:
        """The newest orders of all stores, the newest first."""
        found = [db.find("order_at", descending=True, limit=limit) for db in self.databases()]
        orders = [record.full() for records in found for record in records]
        return heapq.nlargest(limit, orders, key=lambda order: (str(order["at"]), order["_id"]))

    def takings(self) -> list[dict[str, Any]]:
        """Today's takings of each store."""
        stores = self.node.stores()
        with self._lock:
            for store in stores:
                if store not in self._takings:
                    database = self.node.directory.get(f"store-{store}")
                    self._takings[store] = Takings(self.node.company, database, store)
            known = [self._takings[store] for store in stores]
        return [takings.today() for takings in known]

    def row(self, order: dict[str, Any]) -> dict[str, Any]:
        """A sale as a row, its time in its store's zone."""
        return present.order_row(order, self.zone(order))

    def zone(self, order: dict[str, Any]) -> str:
        """The time zone of the store that sold it."""
        store = str(order.get("store"))
        with self._lock:
            facts = self._facts.setdefault(store, StoreFacts(self.node.company, store))
        return str(facts.read()[0]["timezone"])

    def order(self, id: str) -> dict[str, Any] | None:
        """An order of any store."""
        for database in self.databases():
            record = database.read(id)
            if record is not None and not record.deleted and record.type == "order":
                return record.full()
        return None

    def money(self) -> dict[str, Any]:
        """`{"currency", "digits"}` in which head office shows prices: those of most stores, of as many the first."""
        ((currency, digits), _stores), *_others = self._monies()
        return {"currency": currency, "digits": digits}

    def abroad(self) -> list[dict[str, Any]]:
        """The stores that count in another currency than head office shows prices in: `[{"currency", "digits",
        "stores": [name]}]`. A product's price is a number in each store's own money."""
        _own, *others = self._monies()
        return [{"currency": money[0], "digits": money[1], "stores": stores} for money, stores in others]

    def _monies(self) -> list[tuple[tuple[str, int], list[str]]]:
        """The stores' names by their money, that of most stores first."""
        read = [StoreFacts(self.node.company, store).read() for store in self.node.stores()]
        found: dict[tuple[str, int], list[str]] = {}
        for facts in [facts for facts, known in read if known] or [defaults("")]:
            found.setdefault((facts["currency"], facts["digits"]), []).append(str(facts["name"]))
        return sorted(found.items(), key=lambda entry: -len(entry[1]))


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""
    office = Office(node)
    blueprint.record_once(lambda state: state.app.extensions.__setitem__("couchtill.office", office))

    def show(doc: dict[str, Any], names: catalogue_api.Categories) -> dict[str, Any]:
        edited = {key: doc.get(key) for key in ("updated_at", "updated_by", "updated_on")}
        return {**present.product(doc, names), **edited}

    catalogue_api.register(blueprint, lambda: office.catalogue, node.company, show)
    price_api.register(
        blueprint,
        lambda: office.catalogue,
        node.company,
        show,
        node.id,
        lambda body: ANYBODY,
        office.money,
    )
    sync_api.register(blueprint, node)

    @blueprint.get("/api/state")
    def state() -> Response:
        return answer({"node": node.id, **office.money(), "sync": sync_api.light(node)})

    @blueprint.get("/api/sales")
    def sales() -> Response:
        return answer({"rows": [office.row(order) for order in office.sales(whole("limit", 50, 200))]})

    @blueprint.get("/api/takings")
    def takings() -> Response:
        return answer({"rows": office.takings()})

    @blueprint.get("/api/terminals")
    def terminals() -> Response:
        told = [report for report in node.terminal_reports() if report.get("kind") == "terminal"]
        return answer({"rows": [{**report, **words.report(report)} for report in told]})

    @blueprint.get("/api/receipts/<path:id>")
    def receipt_document(id: str) -> Response:
        order = office.order(id)
        if order is None:
            raise missing(say("There is no receipt %(id)s here.", id=id))
        return answer(order)

    @blueprint.get("/api/events")
    def events() -> Response:
        rows: news.Rows = {"order": ("order", office.row), "task": ("task", news.task_row)}
        stream = news.Stream(
            office.databases,
            lambda: sync_api.light(node),
            rows,
            node.closing.wait,
            node.company,
            lambda: counts.waiting(node, [node.company, *office.databases()]),
        )
        return news.respond(stream, node.feeds)
