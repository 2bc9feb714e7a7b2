"""The pages `/products`, `/products/categories`, `/taxes`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.shop.range.records import RangeRecords
from app.web.office.frame import page, prices_abroad


def stores(node: Any) -> list[dict[str, str]]:
    """`[{"id": "store:s1", "name"}]` of the stores that are open, by name."""
    found = []
    for record in node.company.each("store"):
        doc = record.doc()
        if not doc.get("inactive"):
            found.append({"id": record.id, "name": str(doc.get("name") or record.id)})
    return sorted(found, key=lambda store: store["name"].casefold())


def names(node: Any, kind: str) -> list[dict[str, Any]]:
    """`[{"id", "name", "parent"?, "inactive"}]` of a type that there are few of, by name."""
    found = []
    for record in node.company.each(kind):
        doc = record.doc()
        row = {"id": record.id, "name": str(doc.get("name") or record.id), "inactive": bool(doc.get("inactive"))}
        found.append({**row, **({"parent": doc.get("parent")} if kind == "category" else {})})
    return sorted(found, key=lambda row: row["name"].casefold())


def groups(node: Any) -> list[str]:
    """The groups that customers, lists and promotions name."""
    found: set[str] = set()
    for kind in ("pricelist", "promotion"):
        for record in node.company.each(kind):
            found.update(one for one in record.doc().get("groups") or () if isinstance(one, str))
    for record in node.company.each("customer"):
        if '"group":"' in record.body:
            group = record.doc().get("group")
            if isinstance(group, str) and group:
                found.add(group)
    return sorted(found)


def register(blueprint: Blueprint, node: Any, records: RangeRecords) -> None:
    """The routes."""

    @blueprint.get("/products")
    def products_page() -> str:
        given = {"stores": stores(node), "categories": names(node, "category"), "taxes": names(node, "tax")}
        return page("office/products.html", **prices_abroad(), boot={**given, "count": node.company.count("product")})

    @blueprint.get("/products/categories")
    def categories_page() -> str:
        given = {"rows": records.all("category"), "stores": stores(node)}
        counts = {id: count for id, count in node.company.tally("product_category").items() if isinstance(id, str)}
        return page("office/categories.html", boot={**given, "counts": counts})

    @blueprint.get("/taxes")
    def taxes_page() -> str:
        return page("office/taxes.html", boot={"rows": records.all("tax"), "stores": stores(node)})
