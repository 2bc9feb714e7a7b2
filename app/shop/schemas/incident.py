"""Something that must not happen, found: `incident:<kind>:<what it is about>`.

The body says nothing of who found it or when, so that the same incident found on two nodes is one document with one
revision. What people then say of it (`followup`) comes on top.
"""

from __future__ import annotations

from app.shop.schemas.base import Choice, ListOf, Part, Strict, Text, Time, Whole
from app.shop.schemas.followup import Followed
from app.shop.schemas.terminal import SERIES

KINDS = ("number", "sale", "behind", "chain", "second_version", "altered", "removed", "sums", "copied")


class Life(Strict):
    """One run of a node under a terminal's name: the first members of its claim."""

    node = Text(100, filled=True, required=True)
    at = Time(required=True)
    host = Text(100, allow_none=True)
    address = Text(100, allow_none=True)


class Incident(Followed):
    """`number`: two documents with one number of one `series` (a terminal was copied). `sale`: two orders with one
    `sale` (a terminal was restored between a request and its retry). `behind`: a terminal found that its own series
    had gone further than it knew (`number`), and began the series `next`. `copied`: two machines, `lives`, ran at the
    same time as one terminal and shared the `series`. `of`: where the number is no receipt's, but
    that of a Z report (`zreport`) or a place in the journal (`journal`).

    The others are `about` one document: `chain`, it doesn't follow the one before it; `second_version` and `removed`,
    it is of those that are written once, and was written again, or deleted; `altered`, its contents don't have its
    hash; `sums`, its own figures don't add up."""

    doctype = "incident"

    kind = Choice(*KINDS, required=True)
    series = Text(80, pattern=SERIES)
    number = Whole(0)
    of = Text(20)
    sale = Text(64)
    about = Text(250)
    next = Text(80, pattern=SERIES)
    lives = ListOf(Part(Life), 50)
