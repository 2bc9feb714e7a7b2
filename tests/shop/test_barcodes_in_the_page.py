"""Codes are read in the page too, while its server is away: the same table through Python and JavaScript."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from app.shop import barcodes
from tests.support import node

HERE = Path(__file__).parent
CASES: dict[str, Any] = json.loads((HERE / "barcode_cases.json").read_text(encoding="utf-8"))


def python() -> dict[str, Any]:
    read = []
    for code in CASES["codes"]:
        digits = barcodes.is_digits(code)
        wrong = digits and len(code) == barcodes.EAN and code[-1] != barcodes.check_digit(code[:-1])
        read.append(
            {
                "readings": list(barcodes.readings(code)),
                "upc_a": barcodes.upc_a(code),
                "check_digit": barcodes.check_digit(code) if digits else None,
                "misread": wrong,
                "taken": {name: taken(rule, code) for name, rule in CASES["rules"].items()},
            }
        )
    return {"codes": read, "values": [meant(case) for case in CASES["values"]]}


def taken(rule: dict[str, Any], code: str) -> list[Any] | None:
    if not barcodes.fits(rule, code):
        return None
    item, value = barcodes.taken_apart(rule, code)
    zeroed = code[: -1 - rule["value"]] + "0" * rule["value"]
    return [item, value, list(barcodes.candidates(item, zeroed))]


def meant(case: dict[str, Any]) -> dict[str, Any] | None:
    product = {"sold_by": "measure" if case["measured"] else "unit", "price": case["price"]}
    found = barcodes.valued(CASES["rules"][case["rule"]], product, case["value"], case["digits"])
    return found and {{"price": "line_price"}.get(name, name): value for name, value in found.items()}


def test_a_code_means_the_same_in_the_page_as_at_the_server() -> None:
    argv = [*node.node(), str(HERE / "barcodes.mjs")]
    page = json.loads(subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout)
    server = python()

    assert dict(zip(CASES["codes"], page["codes"], strict=True)) == dict(
        zip(CASES["codes"], server["codes"], strict=True)
    )
    assert page["values"] == server["values"]
    assert sum(value is not None for value in server["values"]) > 50
