"""Documents to measure with, shaped like the real receipts and products: the same ones at every run."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import random
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

WORDS = (
    "MILK BREAD CHEESE SHREDDED CHOCOLATE DARK SOUP TOMATO BEANS GREEN YOGURT VANILLA COFFEE GROUND TEA BLACK RICE "
    "BROWN PASTA SAUCE CHICKEN BREAST BEEF PORK FROZEN PIZZA APPLE JUICE ORANGE WATER SPARKLING BUTTER SALTED EGGS "
    "LARGE ONION POTATO CARROT PAPER TOWEL SOAP LIQUID DETERGENT CAT DOG FOOD BABY CEREAL OAT HONEY SNACK CRACKER"
).split()


def orders(count: int, *, seed: int = 1) -> list[dict[str, Any]]:
    """Orders of about 1.2 KB: one to twelve lines, five on average, as in the receipts of *The Complete Journey*."""
    rand = random.Random(seed)
    made = []
    for number in range(1, count + 1):
        lines: list[dict[str, Any]] = []
        for at in range(min(12, 1 + int(rand.expovariate(0.28)))):
            cents = rand.randrange(50, 1500)
            off = rand.choice((0, 0, 0, 20, 50))
            lines.append(
                {
                    "id": f"l{at + 1}",
                    "product": f"product:{rand.randrange(25000, 18000000)}",
                    "name": " ".join(rand.sample(WORDS, 3)),
                    "quantity": 1000 * rand.choice((1, 1, 1, 2, 3)),
                    "price": {"amount": cents, "per": 1000},
                    "amount": cents,
                    "discounts": [{"kind": "retail", "amount": off}] if off else [],
                    "tax": [],
                    "total": cents - off,
                }
            )
        total = sum(line["total"] for line in lines)
        made.append(
            {
                "_id": f"order:s1-t1.k7:{number:08d}:{rand.randrange(16**10):010x}",
                "type": "order",
                "schema": 1,
                "series": "s1-t1.k7",
                "number": number,
                "journal": number,
                "prev": f"{rand.randrange(16**64):064x}",
                "hash": f"{rand.randrange(16**64):064x}",
                "sale": f"{rand.randrange(16**32):032x}",
                "store": "s1",
                "terminal": "s1-t1",
                "at": f"2026-11-22T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000Z",
                "business_date": "2026-11-22",
                "currency": "USD",
                "digits": 2,
                "customer": None,
                "cashier": None,
                "shift": None,
                "drawer": None,
                "lines": lines,
                "tenders": [{"kind": "cash", "amount": total}],
                "total": total,
                "change": 0,
            }
        )
    return made


def products(count: int) -> list[dict[str, Any]]:
    """A catalogue of `count`: the sample's real names and categories over and over, each with a barcode of its own."""
    text = gzip.decompress((files("app.replay") / "sample" / "products.csv.gz").read_bytes()).decode()
    real = list(csv.DictReader(text.splitlines()))
    return [
        {
            "_id": f"product:{number}",
            "type": "product",
            "schema": 1,
            "sku": str(number),
            "barcodes": [str(number)],
            "name": row["name"] or row["category"] or row["product_id"],
            "category": f"category:{row['category']}",
            "brand": row["brand"],
            "sold_by": "unit",
            "price": {"amount": int(row["price_cents"] or 100), "per": 1000},
        }
        for number, row in zip(range(25000, 25000 + count), itertools.cycle(real), strict=False)
    ]


def names(count: int, *, seed: int = 3) -> list[str]:
    """What cashiers type: the first three letters of one or two words of a product's name."""
    rand = random.Random(seed)
    found = [word[:3].lower() for doc in products(5000) for word in re.findall(r"[A-Za-z]{3,}", doc["name"])]
    return [" ".join(rand.sample(found, rand.choice((1, 2)))) for _ in range(count)]


def write_lines(docs: list[dict[str, Any]], path: Path) -> Path:
    """The documents, one a line."""
    path.write_text("".join(json.dumps(doc, separators=(",", ":")) + "\n" for doc in docs))
    return path
