"""Who does something at a till, what they may do, and who allowed them more.

Every action of the shop takes an `Actor` and asks it with `need`; nothing else decides what a person may do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.docs import json
from app.shop.reason import say
from app.shop.sale import SaleError

#: Of the details that a refusal tells, those that an approval is bound to besides the sentence.
BINDING = ("about", "amount", "total")


def thing(doing: str, **details: Any) -> str:
    """What is to be allowed, as 32 hex digits: the sentence with its names and amounts, and what it is about."""
    bound = {name: details[name] for name in BINDING if details.get(name) is not None}
    return hashlib.sha256(json.canonical([str(doing), bound])).hexdigest()[:32]


@dataclass(frozen=True)
class Actor:
    """A person at the till, or a program with a key.

    `staff` is the id of the staff document, null for a program and in a shop without staff; `rights` None means every
    right. `approvals` are the rights that a supervisor has lent for this one action: right → the supervisor's id. Those
    in `bound` (right → `thing` → the supervisor's id) are lent for these things only.
    """

    staff: str | None = None
    name: str | None = None
    rights: frozenset[str] | None = None
    approvals: Mapping[str, str] = field(default_factory=dict)
    bound: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def may(self, right: str) -> bool:
        return self.rights is None or right in self.rights

    def need(self, right: str, doing: str, **details: Any) -> str | None:
        """Who allowed it: None when the person may do it by themselves, else the id of the supervisor.

        `doing` completes "You may not …". Raises SaleError 403 `needs_approval` with `{"right", "what"}` among its
        details: the page then asks for a supervisor's PIN, for just that, and sends the same request again.
        """
        allowed, by = self.allows(right, doing, **details)
        if not allowed:
            raise refusal(right, [doing], **details)
        return by

    def allows(self, right: str, doing: str, **details: Any) -> tuple[bool, str | None]:
        """Whether the person may, and the supervisor who lent the right for it."""
        if self.may(right):
            return True, None
        if right in self.bound:
            by = self.bound[right].get(thing(doing, **details))
            return by is not None, by
        return right in self.approvals, self.approvals.get(right)

    def lent(self, *rights: str | None) -> list[dict[str, str]]:
        """`[{"right", "by"}]` of the approvals among `rights`, as documents keep them."""
        return [{"right": right, "by": self.approvals[right]} for right in rights if right in self.approvals and right]


def refusal(right: str, doings: Sequence[str], **details: Any) -> SaleError:
    """403 `needs_approval` for all these things together."""
    what = [thing(doing, **details) for doing in doings]
    together = doings[0]
    for doing in doings[1:]:
        together = say("%(first)s, %(then)s", first=together, then=doing)
    reason = say("A supervisor must allow this: %(doing)s.", doing=together)
    return SaleError(403, "needs_approval", reason, "", {"right": right, "what": what, **details})


#: A program with the node's own key, or a shop without staff: every right, no name.
ANYBODY = Actor()
