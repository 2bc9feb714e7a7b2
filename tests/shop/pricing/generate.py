"""Writes `cases.json`: the cases worked out by hand, and those that hypothesis found.

Hypothesis draws carts and books with a fixed seed. A case is kept when it shows something that none before it showed: a
pair of traits (a kind of promotion, a way of rounding, a currency, a returned bundle …) not yet seen together.

    python -m tests.shop.pricing.generate
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.shop.pricing import golden
from tests.support.carts import pairs
from tests.support.pricer import python

FILE = Path(__file__).with_name("cases.json")
EXAMPLES = 6000
MOST = 400


def disagreements(expected: dict[str, Any], priced: dict[str, Any]) -> list[str]:
    """What the function says otherwise than the hand."""
    found = []
    for name, wanted in expected.items():
        got: Any = priced.get(name)
        if name == "lines" and "lines" in priced:
            totals = {line["id"]: line["total"] for line in priced["lines"]}
            got = {id: totals.get(id) for id in wanted}
        elif name in ("promotions", "tax") and name in priced:
            got = {entry["id"]: entry["amount"] for entry in priced[name]}
        if got != wanted:
            found.append(f"{name}: {got}, by hand {wanted}")
    return found


def traits(cart: dict[str, Any], book: dict[str, Any], priced: dict[str, Any]) -> set[str]:
    """What a case shows."""
    if "error" in priced:
        return {priced["error"], book["currency"]}
    kinds = {rule["id"]: rule for rule in book["promotions"]}
    used = [kinds[entry["id"]] for entry in priced["promotions"]]
    found = {book["currency"], book["tax_mode"], "-".join(book["rounding"].values())}
    found |= {f"{rule['kind']} {rule.get('scope') or 'line'}" for rule in used}
    for name in ("limit", "spend", "hours", "groups", "coupons", "excludes", "exclude_products", "get_products"):
        found |= {name for rule in used if rule.get(name)}
    for line in cart["lines"]:
        signed = "back " if line["quantity"] < 0 else ""
        found |= {signed + name for name in ("bundle", "deposit", "fixed", "keyed", "discounts") if line.get(name)}
        found.add(line.get("kind", "goods"))
        if line["quantity"] % 1000:
            found.add("measured")
    found |= {"list"} if any(line["list"] for line in priced["lines"]) else set()
    found |= {"taxes"} if len(priced["tax"]) > 1 else set()
    found |= {"cart discount"} if cart["discounts"] else set()
    return found


def by_hand() -> list[dict[str, Any]]:
    found = []
    for case in golden.cases():
        priced = python(case["cart"], case["book"])
        wrong = disagreements(case["expected"], priced)
        if wrong:
            raise SystemExit(f"{case['name']}: {'; '.join(wrong)}")
        found.append({**case, "priced": priced})
    return found


def by_hypothesis() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()

    @seed(20261122)
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs(most=4, most_lists=2, most_promotions=4))
    def draw(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
        cart, book = json.loads(json.dumps(pair))
        priced = python(cart, book)
        new = set(itertools.combinations(sorted(traits(cart, book, priced)), 2)) - seen
        if new and len(found) < MOST:
            seen.update(new)
            shown = ", ".join(sorted({trait for two in sorted(new)[:2] for trait in two}))
            name = f"found {len(found) + 1}: {shown}"
            found.append({"name": name, "how": "hypothesis", "cart": cart, "book": book, "priced": priced})

    draw()
    return found


def main() -> None:
    cases = by_hand() + by_hypothesis()
    rows = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    FILE.write_text(f"[\n{rows}\n]\n", encoding="utf-8")
    print(f"{len(cases)} cases, {FILE.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
