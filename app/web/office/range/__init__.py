"""The range at head office: products, categories, taxes, prices, promotions; and files, those of customers too."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.shop.range.planning import Planning
from app.shop.range.records import RangeRecords
from app.web.office.range import files, many_api, pages, prices, promotions, records_api
from app.web.office.range.jobs import Jobs
from app.web.office.range.stores import Shelves


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""
    records, shelves = RangeRecords(node.company, node.id), Shelves(node.company)
    planning = Planning(node.company, node.id, prices.money)
    jobs = Jobs(node.closing.is_set)
    records_api.register(blueprint, node, records, planning, shelves)
    many_api.register(blueprint, node, records, jobs, shelves)
    prices.register(blueprint, node, records, planning)
    promotions.register(blueprint, node, records, shelves)
    for sort in (files.PRODUCTS, files.CUSTOMERS):
        files.register(blueprint, node, jobs, sort)
    pages.register(blueprint, node, records)
