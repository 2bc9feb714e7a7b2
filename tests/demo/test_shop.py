"""The sample shop."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as xml
from collections import Counter

from app.demo import people, shop
from app.shop import schemas
from app.shop.people import pins
from app.shop.schemas.settings import VALUES


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


def test_it_shows_what_the_till_can_do() -> None:
    docs = {doc["_id"]: doc for doc in shop.documents()}
    kinds = Counter(doc["type"] for doc in docs.values())
    assert kinds["promotion"] >= 4 and kinds["pricelist"] and kinds["customer"] >= 3
    products = [doc for doc in docs.values() if doc["type"] == "product"]
    for field in ("deposit", "bundle", "variant_of", "min_age"):
        assert [doc for doc in products if doc.get(field)], field
    mentioned = {
        *(doc[field] for doc in products for field in ("deposit", "variant_of") if doc.get(field)),
        *(part["product"] for doc in products for part in doc.get("bundle") or ()),
        *(id for doc in docs.values() if doc["type"] == "promotion" for id in (doc.get("products") or ())),
        *(id for doc in docs.values() if doc["type"] == "promotion" for id in (doc.get("categories") or ())),
    }
    assert mentioned <= docs.keys()
    VALUES.read(docs["settings:all"]["values"])


def test_the_pins_on_the_page_are_ones_that_a_till_takes() -> None:
    key = pins.new_key()
    docs = {doc["_id"]: doc for doc in people.documents(key, shop.MADE)}
    for person in people.PEOPLE:
        lends = person.role != "cashier"
        assert pins.holds(pins.allowed(person.pin, lending=lends), docs[person.id]["pin"], key)
        assert schemas.check(docs[person.id]) == []


def test_barcodes_are_unique_and_a_scanner_takes_them() -> None:
    codes = [code for doc in shop.documents() for code in doc.get("barcodes", ())]
    assert len(codes) == len(set(codes)) > 30
    scale = [code for code in codes if len(code) == 5]  # what the shop's scale prints in its labels
    assert len(scale) >= 5
    for code in set(codes) - set(scale):
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
