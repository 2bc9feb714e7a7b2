"""Something that a person must look at: `task:<kind>:<what it is about>`.

As an incident it says nothing of who found it or when, so that the same finding of two nodes is one document with one
revision. What people then say of it (`followup`) comes on top.
"""

from __future__ import annotations

from app.shop.schemas.base import Text
from app.shop.schemas.followup import Followed

#: `refunded_twice`: tills that were apart refunded more of an order than was sold. `overspent`: a balance was spent
#: beyond what it held. `cart_sold_twice`: one parked cart was sold on two tills. `conflict`: what people said of a
#: document in dispute; `refused`: of one that the central refused. `decided_twice`: people apart decided a dispute, and
#: not alike; about the resolution with the smallest id. `compact`: the central still has older revisions of erased
#: persons. The others are about a node and since when (`shop.watch`): `terminal_silent`, head office has not heard of
#: it; `refused_waits`, the central refused something of it long ago; `clock_wrong`, `disk_low` and `central_away`, as
#: they say; `certificate_ends`, that of its HTTPS, soon; `designs_outdated`, the central's functions are not those that
#: this program brings; `machine_came`, one that was replaced or revoked asked the central again. More may come: what
#: this program doesn't know is listed by its name.
WATCHED = (
    "terminal_silent", "refused_waits", "clock_wrong", "disk_low", "central_away", "designs_outdated",
    "certificate_ends", "machine_came",
)  # fmt: skip
KINDS = ("refunded_twice", "overspent", "cart_sold_twice", "conflict", "refused", "decided_twice", "compact", *WATCHED)
KIND = r"[a-z][a-z0-9_]{0,39}"


class Task(Followed):
    """`about` is what it is about: a cart, an order, an account of the ledger."""

    doctype = "task"

    kind = Text(40, pattern=KIND, required=True)
    about = Text(250, filled=True, required=True)
