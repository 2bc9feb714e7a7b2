"""What each right lets a person do, in words."""

from __future__ import annotations

from flask_babel import gettext as _


def right_name(right: str) -> str:
    """What a right lets a person do, in words."""
    return {
        "sell": _("Sell"),
        "price": _("Key another price"),
        "discount": _("Discounts by hand"),
        "discount_over": _("Discounts above the limit"),
        "open_item": _("Items without a code"),
        "void": _("Void lines and carts"),
        "refund": _("Refund with a receipt"),
        "refund_over": _("Refund above the limit, or without a receipt"),
        "giftcard": _("Sell gift cards"),
        "account": _("Sell on account"),
        "account_over": _("Sell on account above the limit"),
        "tips": _("Take tips"),
        "drawer": _("Open the drawer"),
        "cash_in": _("Put cash in"),
        "cash_out": _("Take cash out"),
        "drop": _("Drop cash to the safe"),
        "shift_open": _("Open a shift"),
        "shift_close": _("Close a shift"),
        "count_see": _("See what is expected when counting"),
        "report_x": _("X report"),
        "reports": _("Reports on what was sold"),
        "postpone": _("Postpone the close of the day"),
        "clock": _("Open with a wrong clock"),
        "reprint": _("Print receipts again"),
        "customer_edit": _("Edit customers"),
        "age": _("Confirm a customer’s age"),
        "conflicts": _("Decide between two versions"),
        "catalogue": _("Change prices of products"),
        "erase": _("Erase a person’s data"),
        "settings": _("Settings"),
        "people": _("Manage people"),
        "sync": _("Sync by hand"),
    }[right]
