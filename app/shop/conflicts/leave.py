"""What it takes to decide, to take a decision back, and to bring an older version back.

At a till there is more to it: what head office alone writes, the central takes from head office alone. A till that
decided it would keep its decision for itself, on the list of what was refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.shop.actor import Actor
from app.shop.reason import Reason, say
from app.shop.sale import SaleError

RIGHT: Final = "conflicts"
#: What it takes besides, where a document decides what others may do.
ALSO: Final[Mapping[str, str]] = {"staff": "people", "settings": "settings"}

#: What the central takes from head office alone; `couch/design/company/couchtill/validate_doc_update.js` says so there.
BY_OFFICE: Final = frozenset({"category", "tax", "pricelist", "promotion", "store"})


def is_by_office(id: str) -> bool:
    """Whether head office alone may write this document; settings of a terminal are also a till's."""
    prefix = id.partition(":")[0]
    return prefix in BY_OFFICE or (prefix == "settings" and not id.startswith("settings:terminal:"))


def barred(id: str, *, till: bool, linked: bool) -> Reason | None:
    """Why this cannot be decided here, at a `till` that is `linked` to a central; None where it can."""
    if not (till and linked and is_by_office(id)):
        return None
    return say("Head office decides this: the central takes it from no till.")


def need_own(id: str, *, till: bool, linked: bool) -> None:
    """Raises SaleError 403 `head_office` for what is `barred`."""
    reason = barred(id, till=till, linked=linked)
    if reason is not None:
        raise SaleError(403, "head_office", reason)


def need(actor: Actor, id: str, doing: str) -> list[dict[str, str]]:
    """Asks the actor's rights for a document, and says which of them somebody lent: `[{"right", "by"}]`. Raises
    SaleError 403 `needs_approval`."""
    rights = [RIGHT, *filter(None, [ALSO.get(id.partition(":")[0])])]
    return actor.lent(*[right for right in rights if actor.need(right, doing) is not None])
