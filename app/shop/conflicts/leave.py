"""What it takes to decide, to take a decision back, and to bring an older version back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.shop.actor import Actor

RIGHT: Final = "conflicts"
#: What it takes besides, where a document decides what others may do.
ALSO: Final[Mapping[str, str]] = {"staff": "people", "settings": "settings"}


def need(actor: Actor, id: str, doing: str) -> list[dict[str, str]]:
    """Asks the actor's rights for a document, and says which of them somebody lent: `[{"right", "by"}]`. Raises
    SaleError 403 `needs_approval`."""
    rights = [RIGHT, *filter(None, [ALSO.get(id.partition(":")[0])])]
    return actor.lent(*[right for right in rights if actor.need(right, doing) is not None])
