"""How the branches of a parked cart become one cart again. No line is lost.

    both added a line            both lines
    one changed, one didn't      the change
    one removed, one didn't      removed
    one removed, one changed     the changed line stays
    both changed it              both stay: the one under its own id, the other under `<id>~<eight hex digits>`, made
                                 from its content, and with `twice: true`, so that a person sees it
    sold, and added to apart     what was not sold stays, as a cart with `sold`

Which of two lines keeps the id depends on their contents alone, so that any order of merges ends in the same lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from app.docs import merge
from app.docs.database import Database
from app.docs.merge import MISSING, Leaf, canonical, same

Lines = Mapping[str, Any]

TWICE_DIGITS: Final = 8


def lines(base: Any, earlier: Any, later: Any) -> dict[str, Any]:
    """The policy for the lines: none is lost. Anything that is no map of lines counts as none."""
    was, a, b = (side if isinstance(side, Mapping) else {} for side in (base, earlier, later))
    kept: dict[str, Any] = {}
    second: dict[str, Any] = {}
    for id in sorted(a.keys() | b.keys()):
        line = merge.member(was, a, b, id, partial(_both, id, second))
        if line is not MISSING:
            kept[id] = line
    for id, line in second.items():
        kept.setdefault(id, line)
    return {id: kept[id] for id in sorted(kept)}


def _both(id: str, second: dict[str, Any], _base: Any, x: Any, y: Any) -> Any:
    """A line that both sides changed, or one changed and the other removed."""
    if x is MISSING or y is MISSING:
        return y if x is MISSING else x
    less, more = sorted((x, y), key=lambda line: (canonical(_plain(line)), canonical(line)))
    if same(_plain(less), _plain(more)):  # but for who put it there, they are one line
        return more
    stem = id.partition("~")[0]
    digest = hashlib.sha256(canonical(_plain(less))).hexdigest()[:TWICE_DIGITS]
    second[f"{stem}~{digest}"] = {**less, "twice": True}
    return more


def _plain(line: Any) -> Any:
    """A line without its marks: what makes it another line."""
    return {key: value for key, value in line.items() if key not in ("twice", "on")} if isinstance(line, dict) else line


POLICIES: Final[merge.Policies] = {"lines": lines, "coupons": merge.unite, "*": merge.newer}


def needs_merge(database: Database, id: str) -> bool:
    """Whether a cart has a second live branch, or a branch that ended beside it."""
    record = database.read(id)
    if record is None or record.deleted or record.tree is None:
        return False
    return len(record.leaves()) > 1 and len(merge.leaves(database, record)) > 1


def settle(database: Database, id: str, policies: merge.Policies = POLICIES) -> list[str]:
    """Joins the branches of a cart, and takes out of it what another till sold meanwhile; the revisions written.
    Raises Unsettled only where `policies` leave something to a person."""
    written: list[str] = []
    with database.transaction():
        written += merge.settle(database, id, policies, baseless=True)
        while True:
            record = database.read(id)
            if record is None or record.deleted:
                return written
            open_ = merge.leaves(database, record)
            ended = sorted((leaf for leaf in open_ if leaf.deleted), key=Leaf.written)
            if not ended or open_[0].deleted:
                return written
            cart, end = open_[0], ended[0]
            left = rest(merge.base_of(database, record, cart.rev, end.rev), cart.body, end.body)
            if not left["lines"]:
                written.append(merge.close(database, id, cart))
                return written
            written += merge.replace(database, id, cart, left)
            written.append(merge.close(database, id, end))


def rest(base: merge.Body | None, cart: merge.Body, end: merge.Body) -> dict[str, Any]:
    """What is left of a cart that another till sold or deleted (`end` is its tombstone's body): the lines that were
    added or changed apart."""
    was = (base or {}).get("lines") or {}
    gone = end.get("lines") or {}
    left: dict[str, Any] = {}
    for id, line in (cart.get("lines") or {}).items():
        if any(id in known and same(_plain(known[id]), _plain(line)) for known in (was, gone)):
            continue
        changed = id in was or id in gone
        left[id] = {**line, "twice": True} if changed and isinstance(line, dict) else line
    made = {**cart, "lines": left}
    if end.get("sold") is not None:
        made["sold"] = end["sold"]
    return dict(merge.ordered(made))
