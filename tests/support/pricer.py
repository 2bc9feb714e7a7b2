"""The pricing function in both languages: Python's here, JavaScript's in one Node.js process that lives on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from app.shop.pricing import PricingError, price
from tests.support import node

SCRIPT = node.ROOT / "tests" / "shop" / "pricing" / "pricer.mjs"


def text(value: Any) -> str:
    """JSON as `JSON.stringify` writes it, so that two answers may be compared byte for byte."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def python(cart: Mapping[str, Any], book: Mapping[str, Any]) -> dict[str, Any]:
    """The priced cart, or `{"error", "line"}`."""
    try:
        return price(cart, book)
    except PricingError as wrong:
        return {"error": wrong.code, "line": wrong.line}


class JavaScript:
    """`app/static/js/pricing/price.js`, asked over a pipe; answers are the text that it wrote."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [*node.node(), str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def ask(self, *question: Any) -> str:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"Node.js ended with {self._process.wait()}"
        return line.removesuffix("\n")

    def price(self, cart: Mapping[str, Any], book: Mapping[str, Any]) -> str:
        return self.ask("price", cart, book)

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
