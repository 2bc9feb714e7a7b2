"""The sample shop."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as xml

from app.demo import shop
from app.shop import schemas


def test_every_document_is_one_that_the_shop_takes() -> None:
    problems = [
        (doc["_id"], schemas.check(doc)) for doc in shop.documents() if doc["type"] != "picture" and schemas.check(doc)
    ]
    assert problems == []


def test_it_is_a_corner_shop_with_something_of_everything() -> None:
    docs = list(shop.documents())
    products = [doc for doc in docs if doc["type"] == "product"]
    assert len(products) >= 60
    assert len([doc for doc in docs if doc["type"] == "category"]) == 8
    assert [doc for doc in products if doc["sold_by"] == "measure" and doc["unit"] == "kg"]
    assert [doc["name"] for doc in products if doc["price"] is None] == ["Second-hand book"]
    assert {doc["category"] for doc in products} == {doc["_id"] for doc in docs if doc["type"] == "category"}


def test_barcodes_are_unique_and_a_scanner_takes_them() -> None:
    codes = [code for doc in shop.documents() for code in doc.get("barcodes", ())]
    assert len(codes) == len(set(codes)) > 30
    for code in codes:
        digits = [int(digit) for digit in code]
        assert len(digits) == 13
        assert sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def test_every_product_has_a_drawing_without_scripts_or_links() -> None:
    docs = {doc["_id"]: doc for doc in shop.documents()}
    for product in [doc for doc in docs.values() if doc["type"] == "product"]:
        attachment = docs[product["picture"]]["_attachments"]["picture.svg"]
        assert attachment["content_type"] == "image/svg+xml"
        drawing = xml.fromstring(base64.b64decode(attachment["data"]))
        for element in drawing.iter():
            assert element.tag.rpartition("}")[2] in {"svg", "g", "path", "circle", "ellipse", "rect"}
            assert not [name for name in element.attrib if name.startswith("on") or "href" in name]
