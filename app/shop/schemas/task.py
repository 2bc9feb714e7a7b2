"""Something that a person must look at: `task:<kind>:<what it is about>`.

As an incident it says nothing of who found it or when, so that the same finding of two nodes is one document with one
revision. Unlike one it can be done: then it says who did it, and when.
"""

from __future__ import annotations

from app.shop.schemas.base import Mutable, Ref, Text, Time

#: `refunded_twice`: tills that were apart refunded more of an order than was sold. `overspent`: a balance was spent
#: beyond what it held. `cart_sold_twice`: one parked cart was sold on two tills. More may come: what this program
#: doesn't know is listed by its name.
KINDS = ("refunded_twice", "overspent", "cart_sold_twice")
KIND = r"[a-z][a-z0-9_]{0,39}"


class Task(Mutable):
    """`about` is what it is about: a cart, an order, an account of the ledger."""

    doctype = "task"

    kind = Text(40, pattern=KIND, required=True)
    about = Text(250, filled=True, required=True)
    done_at = Time(allow_none=True)
    done_by = Ref("staff", allow_none=True)
