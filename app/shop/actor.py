"""Who does something at a till, what they may do, and who allowed them more.

Every action of the shop takes an `Actor` and asks it with `need`; nothing else decides what a person may do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.shop.reason import say
from app.shop.sale import SaleError


@dataclass(frozen=True)
class Actor:
    """A person at the till, or a program with a key.

    `staff` is the id of the staff document, null for a program and in a shop without staff; `rights` None means every
    right. `approvals` are the rights that a supervisor has lent for this one action: right → the supervisor's id.
    """

    staff: str | None = None
    name: str | None = None
    rights: frozenset[str] | None = None
    approvals: Mapping[str, str] = field(default_factory=dict)

    def may(self, right: str) -> bool:
        return self.rights is None or right in self.rights

    def need(self, right: str, doing: str, **details: Any) -> str | None:
        """Who allowed it: None when the person may do it by themselves, else the id of the supervisor.

        `doing` completes "You may not …". Raises SaleError 403 `needs_approval` with `{"right"}` among its details: the
        page then asks for a supervisor's PIN and sends the same request again.
        """
        if self.may(right):
            return None
        if right in self.approvals:
            return self.approvals[right]
        raise SaleError(
            403,
            "needs_approval",
            say("A supervisor must allow this: %(doing)s.", doing=doing),
            "",
            {"right": right, **details},
        )

    def lent(self, *rights: str | None) -> list[dict[str, str]]:
        """`[{"right", "by"}]` of the approvals among `rights`, as documents keep them."""
        return [{"right": right, "by": self.approvals[right]} for right in rights if right in self.approvals and right]


#: A program with the node's own key, or a shop without staff: every right, no name.
ANYBODY = Actor()
