"""That a person's data were erased: `erasure:<16 hex digits of the request's hash>`, beside the person's document.

Written once. It says whose document by its id, never a value of the person's, and nothing that somebody types: the
journal of what was erased must not be where it goes on standing.
"""

from __future__ import annotations

from app.shop.schemas.base import Choice, Document, Flag, ListOf, Part, Ref, Text, Time
from app.shop.schemas.journalled import REQUEST, Approval

#: Why: the person asked for it; nothing was bought for so long that the data must go; a member of the staff left;
#: entered by mistake, or twice; any other reason.
REASONS = ("asked", "unused", "left", "mistake", "other")
KINDS = ("customer", "staff")


class Erasure(Document):
    """`about` is the id of the customer or the member of the staff. `despite`: something was still open with them
    (money on account, a parked cart), and that was confirmed."""

    doctype = "erasure"

    request = Text(64, pattern=REQUEST, required=True)
    about = Text(250, filled=True, required=True)
    kind = Choice(*KINDS, required=True)
    reason = Choice(*REASONS, required=True)
    despite = Flag()
    at = Time(required=True)
    by = Ref("staff", required=True, allow_none=True)
    on = Text(60, filled=True, required=True)
    approvals = ListOf(Part(Approval), 20)
