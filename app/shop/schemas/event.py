"""Something that leaves no other trace: `event:<series>:<journal>:<nonce>` in `store-<id>`, immutable."""

from __future__ import annotations

from app.shop.schemas.base import Ref, Text
from app.shop.schemas.journalled import KIND, ByPerson, Details


class Event(ByPerson):
    """`kind` is a word: reprint, gift_receipt, drawer (opened without a sale), price (keyed over the listed one),
    discount, void_line, void_cart, void_sale, x_report, postpone, clock, total_differs … Others may come."""

    doctype = "event"

    kind = Text(32, pattern=KIND, required=True)
    about = Text(250, required=True, allow_none=True)
    details = Details(required=True)
    shift = Ref("shift", required=True, allow_none=True)
