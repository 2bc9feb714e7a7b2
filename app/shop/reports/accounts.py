"""Which account of the bookkeeping each kind of money goes to: the setting `accounts` over these defaults.

The setting maps names to the numbers (or words) of one's own chart of accounts. A name may be narrower:
`sales:category:drinks` stands before `sales:tax:full`, and that before `sales`; `tax:full` before `tax`;
`expense:Postage` before `expense`; the kind of a payment (`card`) names its own. What has no account goes to `other`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from app.docs.database import Database
from app.shop.reason import say
from app.shop.sale import SaleError
from app.shop.schemas.settings import DEFAULTS as SETTINGS

#: A small chart of accounts, numbered as many are: 1 what there is, 2 what is owed, 4 revenue, 6 costs.
DEFAULTS: Mapping[str, str] = {
    "cash": "1000",  # in the drawers
    "safe": "1010",  # dropped there
    "cash_in": "1020",  # where cash that is put in came from
    "cash_out": "1020",
    "card": "1100",  # slips, until the bank pays
    "foreign": "1110",  # foreign cash, at its worth
    "other": "1190",
    "account": "1200",  # what customers owe
    "coupon": "1210",  # manufacturers' coupons to be paid
    "tax": "2200",
    "giftcard": "2300",
    "credit": "2310",  # customers' store credit
    "tips": "2400",
    "sales": "4000",
    "deposits": "4090",
    "expense": "6000",
    "difference": "6900",  # counted more or less than expected
    "rounding": "6910",
}


class Accounts:
    """The accounts as they are set; `given` is the value of the setting."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.names = {**DEFAULTS, **given}

    def of(self, name: str, *narrower: str) -> str:
        """The account of `name`, or of the first of `narrower` that has one of its own: of "tax" and `tax:full` it is
        that of `tax:full`."""
        for more in narrower:
            found = self.names.get(f"{name}:{more.removeprefix(f'{name}:')}")
            if found:
                return found
        return self.names.get(name) or self.names["other"]

    def tender(self, kind: str) -> str:
        return self.names.get(kind) or self.names["other"]

    def sales(self, category: str | None, taxes: tuple[str, ...]) -> str:
        """Where the revenue of a line goes."""
        return self.of("sales", *([category] if category else []), "+".join(taxes), *taxes)


def check_names(company: Database, names: Iterable[str]) -> None:
    """Raises SaleError 400 for a name that nothing is ever booked by: a slip of the pen, after which the money would go
    to another account in silence. What was there once counts, as its receipts may still be booked."""
    for name in names:
        if _is_booked(company, name):
            continue
        near = difflib.get_close_matches(name, _all(company), 1)
        if near:
            reason = say(
                "Nothing that is booked is called “%(name)s”: do you mean “%(near)s”?", name=name, near=near[0]
            )
        else:
            reason = say("Nothing that is booked is called “%(name)s”.", name=name)
        raise SaleError(400, "invalid", reason, "accounts", {"name": name})


def _is_booked(company: Database, name: str) -> bool:
    kind, colon, narrower = name.partition(":")
    if not colon:
        return name in DEFAULTS
    if kind == "expense":
        return narrower in _expenses(company)
    if kind == "tax":
        return company.read(name) is not None
    if kind != "sales":
        return False
    if narrower.startswith("category:"):
        return company.read(narrower) is not None
    taxes = narrower.split("+")
    return taxes == sorted(taxes) and all(one.startswith("tax:") and company.read(one) is not None for one in taxes)


def _all(company: Database) -> list[str]:
    """Every name, but for those of several taxes together."""
    taxes, categories = ([record.id for record in company.each(type)] for type in ("tax", "category"))
    sales = [f"sales:{id}" for id in (*taxes, *categories)]
    return [*DEFAULTS, *taxes, *sales, *(f"expense:{one}" for one in sorted(_expenses(company)))]


def _expenses(company: Database) -> set[str]:
    """The categories of expenses in any store."""
    found = set(SETTINGS["expenses"])
    for record in company.each("settings"):
        values = record.doc().get("values")
        listed = values.get("expenses") if isinstance(values, Mapping) else None
        found |= {one for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()
    return found
