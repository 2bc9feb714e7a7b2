"""Planned changes of prices: the page `/prices`, `/api/range/plans`, and what a draft of one would do."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import Blueprint, Response, current_app, request

from app.shop.actor import ANYBODY
from app.shop.csvfile import ImportRefused
from app.shop.range.planning import Planning
from app.shop.range.price_file import read_prices
from app.shop.range.records import RangeRecords
from app.shop.reason import say
from app.web.json_api import Problem, answer, read_json, whole
from app.web.office.frame import page, prices_abroad
from app.web.office.range.pages import groups, names, stores
from app.web.reasons import tell

#: Rows of a draft or of a plan that are shown; the rest is counted.
SHOWN = 200
#: Bytes of a file of prices: some ten thousand of them.
LARGEST = 700_000


def register(blueprint: Blueprint, node: Any, records: RangeRecords, planning: Planning) -> None:
    """The routes."""

    @blueprint.get("/prices")
    def prices_page() -> str:
        given = {
            "plans": planning.all(),
            "lists": _lists(records),
            "stores": stores(node),
            "categories": names(node, "category"),
            "groups": groups(node),
        }
        return page("office/prices.html", **prices_abroad(), boot=given)

    @blueprint.get("/api/range/plans")
    def all_plans() -> Response:
        return answer({"rows": planning.all()})

    @blueprint.get("/api/range/lists")
    def all_lists() -> Response:
        return answer({"rows": _lists(records)})

    @blueprint.get("/api/range/plans/<id>")
    def one_plan(id: str) -> Response:
        """The plan; of its entries the first, `?limit=`."""
        plan = planning.get(id)
        return answer({**plan, "entries": plan["entries"][: whole("limit", SHOWN, 5000)]})

    @blueprint.post("/api/range/plans/draft")
    def draft() -> Response:
        """Body `{"what", "how"}`: what it would do, nothing written: `{"rows", "count", "down"}`, the first rows, how
        many prices change, and how many become lower."""
        body = read_json()
        changes = planning.draft(_part(body, "what"), _part(body, "how"))
        rows = list(islice(changes, SHOWN))
        count, down = len(rows), sum(1 for row in rows if _lower(row))
        for row in changes:
            count, down = count + 1, down + _lower(row)
        return answer({"rows": rows, "count": count, "down": down})

    @blueprint.post("/api/range/plans/file")
    def price_file() -> Response:
        """A CSV file of prices as the body: `{"prices", "wrong": [{"line", "reason"}]}`, nothing written."""
        if request.content_length is None or request.content_length > LARGEST:
            raise Problem(413, "too_large", say("The file is too large: %(num)s bytes at most.", num=LARGEST), "file")
        try:
            prices, wrong = read_prices(request.get_data(cache=False), node.company, int(money()["digits"]))
        except ImportRefused as refused:
            raise Problem(400, "unreadable", str(refused), "file") from None
        return answer({"prices": prices, "wrong": [{**row, "reason": tell(row["reason"])} for row in wrong]})

    @blueprint.post("/api/range/plans")
    def make_plan() -> Response:
        """Body `{"request", "name"?, "note"?, "starts": "2026-11-23", "starts_at": "06:00", "what", "how"?}`."""
        return answer(_short(planning.plan(read_json(), ANYBODY)), 201)

    @blueprint.put("/api/range/plans/<id>")
    def change_plan(id: str) -> Response:
        """Body `{"revs": what was seen, …}`: another moment or name, `inactive`, or an entry (`product`, `price`)."""
        return answer(_short(planning.change(id, read_json(), ANYBODY)))


def money() -> dict[str, Any]:
    """In which head office shows prices."""
    return dict(current_app.extensions["couchtill.office"].money())


def _lists(records: RangeRecords) -> list[dict[str, Any]]:
    rows = records.all("pricelist", lambda doc: not doc.get("catalogue"))
    return [{**row, "count": len(row["prices"]), "prices": None} for row in rows]


def _lower(row: dict[str, Any]) -> bool:
    was, price = row["was"], row["price"]
    return was is not None and price["amount"] * was.get("per", 1000) < was["amount"] * price["per"]


def _short(plan: dict[str, Any]) -> dict[str, Any]:
    return {**plan, "entries": plan["entries"][:SHOWN]}


def _part(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise Problem(400, "invalid", say("the %(field)s must be an object", field=name).capital(), name)
    return value
