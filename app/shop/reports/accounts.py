"""Which account of the bookkeeping each kind of money goes to: the setting `accounts` over these defaults.

The setting maps names to the numbers (or words) of one's own chart of accounts. A name may be narrower:
`sales:category:drinks` stands before `sales:tax:full`, and that before `sales`; `tax:full` before `tax`;
`expense:Postage` before `expense`; the kind of a payment (`card`) names its own. What has no account goes to `other`.
"""

from __future__ import annotations

from collections.abc import Mapping

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
