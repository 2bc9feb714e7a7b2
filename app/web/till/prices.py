"""Prices over JSON: the book that a page prices with, and what a cart would come to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from app.shop.pricing.quote import quote
from app.web.json_api import answer, read_json


def register(blueprint: Blueprint, node: Any) -> None:
    """`GET /api/pricebook`, `POST /api/price`."""

    @blueprint.get("/api/pricebook")
    def pricebook() -> Response:
        """The store's price book at this moment, and its `timezone`, in which a page goes on telling the time; and
        `codes`, by which it reads weights and prices in barcodes while its server is away."""
        return answer({**node.till.books.book(), "codes": node.till.desk.settings["codes"]})

    @blueprint.post("/api/price")
    def price() -> Response:
        return answer(quote(node.till.books, read_json()))
