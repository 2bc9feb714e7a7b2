"""What a person may do at a till: the rights by name, and which of them each role has.

A right stands behind a button; `Actor.need` asks for it where the thing is done. Settings may say otherwise for a role,
or make new roles; rights that this program doesn't know are ignored, since a newer one may know them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Every right, in the order in which people read them.
RIGHTS: tuple[str, ...] = (
    "sell",
    "price",  # key a price over a listed one
    "discount",  # by hand, up to the setting `discount_limit`
    "discount_over",
    "open_item",  # an item without a code
    "void",  # a line or a cart with lines
    "refund",  # with its receipt
    "refund_over",  # above `refund_limit`, or without a receipt
    "giftcard",  # sell one
    "account",  # sell on account
    "account_over",
    "tips",
    "drawer",  # open it without a sale
    "cash_in",
    "cash_out",
    "drop",
    "shift_open",
    "shift_close",
    "count_see",  # sees what is expected in a blind count
    "report_x",
    "reports",  # what was sold over any days, by whom
    "postpone",  # the close of the day
    "clock",  # open with a wrong clock
    "reprint",
    "customer_edit",
    "age",  # confirm a customer's age
    "conflicts",  # decide between two versions of a document, and see to incidents and tasks
    "catalogue",  # change a product's price at the till
    "erase",  # a person's data, for ever
    "settings",
    "people",
    "sync",
)

MANAGER = "manager"
#: Roles whose PINs need six digits at least, and every other role that may lend a right of theirs.
LENDING = frozenset({"supervisor", MANAGER})

_CASHIER = """sell discount open_item void refund giftcard account tips cash_in drop shift_open shift_close report_x
    reprint customer_edit age sync"""

#: The roles that there are without any setting.
ROLES: Mapping[str, frozenset[str]] = {
    "cashier": frozenset(_CASHIER.split()),
    "supervisor": frozenset(RIGHTS) - {"people", "settings", "erase"},
    MANAGER: frozenset(RIGHTS),
}


def roles(changed: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Every role with its rights: those above, changed and extended by the setting `roles` (role → list of rights).

    The manager keeps `people` whatever a setting says: somebody must be able to give the others back theirs.
    """
    made = dict(ROLES)
    for name, given in changed.items():
        if isinstance(given, list):
            made[name] = frozenset(right for right in given if right in RIGHTS)
    made[MANAGER] |= {"people"}
    return made
