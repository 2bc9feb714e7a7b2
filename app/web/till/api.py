"""The till's JSON API under `/api/`. Rules live in `app.shop`; this reads requests and shows documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from app.web import catalogue_api, news, present, price_api, sync_api
from app.web.callers import caller
from app.web.conflicts import counts
from app.web.json_api import answer
from app.web.till import carts, prices, sales
from app.web.till.actors import actor_of, session_token


def state(node: Any) -> dict[str, Any]:
    """What a window must know: which till this is, its series and last number, its money, its light."""
    status: dict[str, Any] = node.till.status()
    keys = node.till.desk.settings["keys"]
    return {**status, "rates": added_rates(node, None), "keys": keys, "sync": sync_api.light(node)}


def timezone_of(node: Any) -> Callable[[], str]:
    return lambda: str(node.till.status()["timezone"])


def added_rates(node: Any, product: dict[str, Any] | None) -> list[int]:
    """The rates, in millionths, that are added to a product's price here, for the total that a window shows before it
    has asked; none where prices contain their taxes. Without a product: those of an item that the catalogue lacks."""
    facts, _ = node.till.facts.read()
    if facts["tax_mode"] != "added":
        return []
    taxes = None if product is None else product.get("taxes")
    return [rate.rate for rate in node.till.facts.rates(facts["taxes"] if taxes is None else taxes, {})]


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    def show(doc: dict[str, Any], names: dict[str, dict[str, Any]]) -> dict[str, Any]:
        return {**present.product(doc, names), "rates": added_rates(node, doc), "pricing": node.till.books.pricing(doc)}

    zone = timezone_of(node)
    prices.register(blueprint, node)
    sales.register(blueprint, node)
    catalogue_api.register(blueprint, lambda: node.till.catalogue, node.company, show, node.till.barcodes.look)
    price_api.register(
        blueprint,
        lambda: node.till.catalogue,
        node.company,
        show,
        node.till.terminal,
        lambda body: actor_of(node, body),
        lambda: node.till.facts.read()[0],
    )
    sync_api.register(blueprint, node, lambda body: actor_of(node, body))

    @blueprint.get("/api/state")
    def get_state() -> Response:
        return answer(state(node))

    @blueprint.get("/api/events")
    def events() -> Response:
        program, token, people = caller() is not None, session_token(node), node.till.people

        def open_here() -> bool:
            """Whether somebody is signed in at the window that listens, whoever is at another one."""
            return program or not people.needed or people.find(token) is not None

        def row(order: dict[str, Any]) -> dict[str, Any]:
            """A locked window hears how far the numbers of its till have come, and nothing of what was sold."""
            own = order.get("terminal") == node.till.terminal
            told = {"own": own, "series": order.get("series"), "seen": node.till.told(order)}
            return {**present.order_row(order, zone()), **told} if open_here() else told

        def cart(doc: dict[str, Any]) -> dict[str, Any] | None:
            """A locked window names no customers; it asks for the carts and tasks when somebody signs in."""
            return carts.news(node, doc) if open_here() else None

        def task(doc: dict[str, Any]) -> dict[str, Any] | None:
            return news.task_row(doc) if open_here() else None

        rows: news.Rows = {
            "order": ("order", row),
            "cart": ("cart", cart),
            "shift": ("shift", news.shift_row),
            "zreport": ("shift", news.shift_row),
            "task": ("task", task),
        }
        stream = news.Stream(
            lambda: [node.store_db],
            lambda: sync_api.light(node),
            rows,
            node.closing.wait,
            node.company,
            lambda: counts.waiting(node, [node.company, node.store_db]),
        )
        return news.respond(stream, node.feeds)
