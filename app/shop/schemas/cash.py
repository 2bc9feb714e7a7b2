"""Cash put into a drawer or taken out without a sale: `cash:<series>:<journal>:<nonce>` in `store-<id>`, immutable."""

from __future__ import annotations

from app.shop.schemas.base import Amount, Choice, Ref, Text
from app.shop.schemas.journalled import ByPerson

KINDS = ("in", "out", "expense", "drop")


class Cash(ByPerson):
    """`drop`: to the safe. An `expense` has a category; any may have a reason. The amount is above zero whichever way
    it goes."""

    doctype = "cash"

    kind = Choice(*KINDS, required=True)
    amount = Amount(1, required=True)
    category = Text(60, required=True, allow_none=True)
    reason = Text(500, required=True)
    shift = Ref("shift", required=True)
