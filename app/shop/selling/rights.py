"""Which rights a sale takes, and who lent those that the cashier doesn't have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.shop.actor import Actor, refusal
from app.shop.barcodes import Barcodes
from app.shop.desk import Desk
from app.shop.money import MILLION
from app.shop.reason import Money, Reason, say
from app.shop.schemas.order import STORED_VALUE
from app.shop.selling.draft import Draft, Item
from app.shop.selling.payback import check_payback, value_back

Doc = Mapping[str, Any]


def approvals(desk: Desk, request: Doc, draft: Draft, tenders: Sequence[Doc], actor: Actor) -> list[dict[str, str]]:
    """`[{"right", "by"}]` of what a supervisor allowed, as the order keeps them; `tenders` are the request's, read.
    Raises SaleError 403 `needs_approval`."""
    lent: dict[str, str] = {}
    lacking: dict[str, list[str]] = {}
    for right, doing in needed(desk, request, draft, tenders):
        allowed, by = actor.allows(right, doing)
        if not allowed:
            lacking.setdefault(right, []).append(doing)
        elif by is not None:
            lent[right] = by
    if lacking:
        right, doings = next(iter(lacking.items()))  # all that it is lacking for, at once; other rights one by one
        raise refusal(right, list(dict.fromkeys(doings)))
    if not actor.may("account_over") and "account_over" in actor.approvals:
        lent["account_over"] = actor.approvals["account_over"]  # whether it is needed the balances say
    return [{"right": right, "by": by} for right, by in lent.items()]


def needed(desk: Desk, request: Doc, draft: Draft, tenders: Sequence[Doc]) -> Iterator[tuple[str, str]]:
    """`(right, what is done)` for everything in the request that takes more than selling; `sell` itself first."""
    yield "sell", say("selling")
    facts, _ = desk.facts.read()
    codes = Barcodes(desk.catalogue, desk.settings, lambda: int(facts["digits"]))
    for item in draft.items:
        yield from _of_item(item, codes, facts)
    yield from _discounts(desk, draft)
    yield from _returns(desk, draft, tenders, facts)
    if request["tip"]:
        yield "tips", say("a tip of %(amount)s", amount=_money(request["tip"], facts))
    if request["age"] or any(line.get("age") for line in draft.lines):
        yield "age", say("confirming the customer's age")
    if any(tender["kind"] == "account" and tender["amount"] > 0 for tender in request["tenders"]):
        yield "account", say("selling on the customer's account")


def another_price(name: str, amount: int, facts: Doc) -> Reason:
    """What a supervisor allows, told with the price itself; `facts` are the store's."""
    return say("another price for %(name)s: %(price)s", name=name, price=_money(amount, facts))


def _money(amount: int, facts: Doc) -> Money:
    return Money(amount, facts["digits"], str(facts.get("currency") or ""))


def _of_item(item: Item, codes: Barcodes, facts: Doc) -> Iterator[tuple[str, str]]:
    wanted = item.wanted
    if item.returned is not None:
        return
    if wanted["kind"] in STORED_VALUE:
        yield "giftcard", say("selling a gift card or putting money on one")
    elif item.product is None and wanted["quantity"] > 0:
        yield "open_item", say("selling “%(name)s”, which has no code", name=item.priced["name"])
    elif item.kept.get("keyed") and not codes.offers(item.product or {}, wanted):
        yield "price", another_price(item.priced["name"], wanted["price"]["amount"], facts)


def _discounts(desk: Desk, draft: Draft) -> Iterator[tuple[str, str]]:
    """What people take off: what no promotion did. The limit holds for each line by itself; a minor unit that rounding
    adds is nobody's."""
    limit = desk.settings["discount_limit"]
    for line in draft.lines:
        if line.get("return_of"):
            continue
        off = sum(abs(discount["amount"]) for discount in line["discounts"] if discount.get("id") is None)
        if off:
            yield "discount", say("a discount on %(name)s", name=line["name"])
            if (off - 1) * MILLION > limit * abs(line["amount"]):
                yield (
                    "discount_over",
                    say(
                        "a discount of %(percent)s on %(name)s",
                        percent=_percent(off, line["amount"]),
                        name=line["name"],
                    ),
                )


def _percent(off: int, amount: int) -> str:
    return f"{off * 100 // max(1, abs(amount))} %"


def _returns(desk: Desk, draft: Draft, tenders: Sequence[Doc], facts: Doc) -> Iterator[tuple[str, str]]:
    """Goods that come back: within the limit a cashier may; for more of one receipt, without a receipt, or in cash for
    what was paid otherwise, a supervisor."""
    back = [line for line in draft.lines if line["quantity"] < 0]
    if not back:
        return
    yield "refund", say("a refund")
    if any(line.get("return_of") is None for line in back):
        yield "refund_over", say("a return without a receipt")
    value = value_back(desk, back, draft.figures["tax_mode"])
    if value > desk.settings["refund_limit"]:
        yield "refund_over", say("a refund of %(value)s", value=_money(value, facts))
    if check_payback(desk, back, tenders):
        yield "refund_over", say("cash for what was paid otherwise")
