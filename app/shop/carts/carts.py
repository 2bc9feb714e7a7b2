"""Carts that wait: parked on one till, taken up on any till of the store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.docs import merge
from app.docs.errors import Conflict
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import ids, schemas
from app.shop.actor import ANYBODY, Actor
from app.shop.carts import merging
from app.shop.conflicts import joining
from app.shop.desk import Desk
from app.shop.reason import say
from app.shop.sale import SaleError, check_document
from app.shop.schemas.cart import CART_FIELDS
from app.shop.schemas.order import SALE_ID

EMPTY: dict[str, Any] = {"name": None, "lines": {}, "customer": None, "coupons": [], "discounts": [], "note": None}
SHOWN = 200


class Carts:
    """The parked carts of a store, as one of its tills works them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.store = desk.store

    # -- looking -------------------------------------------------------------------------------------------------

    def list(self, limit: int = SHOWN) -> list[dict[str, Any]]:
        """The carts that wait, the one parked last first."""
        found = self.store.find("cart_parked_at", descending=True, limit=limit)
        return [cart for cart in map(self._mended, found) if not cart.get("_deleted")]

    def get(self, id: str) -> dict[str, Any] | None:
        """A cart that waits, or None; its branches joined."""
        record = self.store.read(id)
        if record is None or record.deleted or record.type != "cart":
            return None
        cart = self._mended(record)
        return None if cart.get("_deleted") else cart

    def _mended(self, record: Record) -> dict[str, Any]:
        """A cart as this till sees it: its branches joined first, where replication has just brought one. What is left
        is a tombstone when another till sold all of it."""
        if merging.needs_merge(self.store, record.id):
            joining.join_cart(self.desk.company, self.store, record.id)
            record = self.store.read(record.id) or record
        return record.full()

    def sold_by(self, id: str) -> str | None:
        """The order that ended a cart, None for one that is not here or was deleted unsold."""
        record = self.store.read(id)
        ends = [] if record is None else merge.leaves(self.store, record)
        found = sorted(leaf.body["sold"] for leaf in ends if isinstance(leaf.body.get("sold"), str))
        return found[0] if found else None

    # -- parking and taking up -----------------------------------------------------------------------------------

    def park(self, request: str, fields: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """Parks a new cart: `cart:<request>`, and whether it was there already.

        `fields` as `schemas.cart.CartFields`. Raises SaleError: 400 for one without lines, 409 `gone` when it was
        parked, and sold or deleted since.
        """
        if not isinstance(request, str) or not _is_request(request):
            raise SaleError(
                400, "invalid", say("The request’s id must be 8 to 64 letters, digits, - and _."), "request"
            )
        given = _read(fields)
        if not given.get("lines"):
            raise SaleError(400, "invalid", say("There is nothing to park: the cart is empty."), "lines")
        id = f"cart:{request.lower()}"
        with self.store.transaction():
            record = self.store.read(id)
            if record is not None:
                return self._live(record), True
            at = clocks.stamp(self.desk.clock())
            doc = {
                **{"_id": id, "type": "cart", "schema": 1, **EMPTY, **given, "state": "parked"},
                **{"parked_at": at, "parked_by": actor.staff, "parked_on": self.desk.terminal, "holder": None},
                **self._stamps(at, actor),
            }
            doc["lines"] = self._signed(given["lines"], {})
            doc = {**doc, "_rev": self.store.put(_checked(doc))}
        return doc, False

    def edit(
        self,
        id: str,
        rev: str,
        changes: Mapping[str, Any],
        actor: Actor = ANYBODY,
        *,
        window: str | None = None,
        release: bool = False,
    ) -> tuple[dict[str, Any], bool]:
        """Lays `changes` (as `schemas.cart.CartFields`, `lines` complete) over the cart as it was at `rev`; the cart
        afterwards, and whether something of another till was in between and has been joined with it.

        `window` makes a cart that nobody holds that window's of this till; `release` puts it back. Raises SaleError:
        404, 409 `gone` (sold or deleted meanwhile; its details have `sold`), 400.
        """
        given = _read(changes)
        with self.store.transaction():
            current = self._current(id)
            body = merging_body(current)
            seen = body if current["_rev"] == rev else merge.body_of(self.store, id, rev)
            at = clocks.stamp(self.desk.clock())
            edited = {**(seen or body), **given}
            if "lines" in given:
                edited["lines"] = self._signed(given["lines"], (seen or {}).get("lines") or {})
            if release:
                edited["holder"] = None
            elif window is not None:
                mine = {"terminal": self.desk.terminal, "window": window}
                edited["holder"] = edited.get("holder") or {**mine, "at": at}
            # A window that saw an older cart changes that one: what came in between is joined with it, line by line.
            joined = current["_rev"] != rev
            stamps = self._stamps(at, actor)
            merged = merge.three_way(seen, body, {**edited, **stamps}, merging.POLICIES) if joined else edited
            return self._put(current, merged, stamps), joined

    def take(
        self, id: str, window: str, actor: Actor = ANYBODY, *, over: bool = False, rev: str | None = None
    ) -> dict[str, Any]:
        """Makes the cart this window's. One that another window holds needs `over` (*Take over*): without it SaleError
        409 `held`, its details naming the `holder`. Raises SaleError 404, 409 `gone` too."""
        if not isinstance(window, str) or not window.strip() or len(window) > 64:
            raise SaleError(400, "invalid", say("The window’s name is missing."), "window")
        with self.store.transaction():
            current = self._current(id)
            holder = current.get("holder")
            mine = {"terminal": self.desk.terminal, "window": window}
            if isinstance(holder, Mapping) and not over and any(holder.get(key) != mine[key] for key in mine):
                who = str(holder.get("terminal") or "").upper()
                reason = say("This cart is open on %(who)s. Take it over to go on with it here.", who=who)
                raise SaleError(409, "held", reason, "", {"holder": dict(holder)})
            at = clocks.stamp(self.desk.clock())
            edited = {**merging_body(current), "holder": _since(holder, mine, at)}
            return self._put(current, edited, self._stamps(at, actor))

    def delete(self, id: str, rev: str | None = None, actor: Actor = ANYBODY) -> bool:
        """Deletes a cart that nobody wants any more; False when it was gone already. One that has changed since `rev`
        is not deleted: SaleError 409 `changed`, with the cart as it is in its details. Needs the right `void`."""
        actor.need("void", say("deleting a parked cart"))
        with self.store.transaction():
            record = self.store.read(id)
            if record is None or record.type != "cart":
                raise _missing(id)
            if record.deleted:
                return False
            current = self._mended(record)
            if current.get("_deleted"):
                return False
            if rev is not None and current["_rev"] != rev:
                reason = say("Another till has changed this cart meanwhile. Look at it once more.")
                raise SaleError(409, "changed", reason, "", {"cart": current})
            self._end(current, {})
            return True

    # -- selling -------------------------------------------------------------------------------------------------

    def sold(self, id: str | None, order: Mapping[str, Any]) -> None:
        """Ends the cart that an order has sold. Called in the order's own transaction.

        Lines that another till has put into it and that the order lacks stay parked: the customer's other half. A cart
        that isn't here (any more) is no reason not to sell.
        """
        if id is None:
            return
        with self.store.transaction():
            record = self.store.read(id)
            if record is None or record.deleted or record.type != "cart":
                return
            current = self._mended(record)
            if current.get("_deleted"):
                return
            # A bundle stands in an order as its parts, each `of` the line that was in the cart.
            sold = [line for line in order.get("lines") or () if isinstance(line, Mapping)]
            in_order = {line.get("id") for line in sold} | {line.get("of") for line in sold}
            lines = current.get("lines")
            left = {
                key: line
                for key, line in (lines.items() if isinstance(lines, Mapping) else ())
                if key not in in_order and isinstance(line, Mapping) and line.get("on") != self.desk.terminal
            }
            if left:
                at = clocks.stamp(self.desk.clock())
                edited = {**merging_body(current), "lines": left, "holder": None, "sold": order["_id"]}
                self._put(current, edited, self._stamps(at, ANYBODY), strict=False)
            else:
                self._end(current, {"sold": order["_id"]})

    # -- within --------------------------------------------------------------------------------------------------

    def _current(self, id: str) -> dict[str, Any]:
        record = self.store.read(id)
        if record is None or record.type != "cart":
            raise _missing(id)
        return self._live(record)

    def _live(self, record: Record) -> dict[str, Any]:
        current = record.full() if record.deleted else self._mended(record)
        if current.get("_deleted"):
            sold = self.sold_by(record.id)
            reason = say("This cart has been sold meanwhile.") if sold else say("This cart has been deleted meanwhile.")
            raise SaleError(409, "gone", reason, "", {"sold": sold})
        return current

    def _put(
        self, current: Mapping[str, Any], edited: Mapping[str, Any], stamps: Mapping[str, Any], *, strict: bool = True
    ) -> dict[str, Any]:
        """Writes an edit, unless it says nothing new."""
        body = {key: value for key, value in edited.items() if key[:1] != "_"}
        if merge.same(merge.content(body), merge.content(merging_body(current))):
            return dict(current)
        doc = {**body, **stamps, "_id": current["_id"], "_rev": current["_rev"]}
        doc["_rev"] = self.store.put(_checked(doc) if strict else doc)
        return doc

    def _end(self, current: Mapping[str, Any], how: Mapping[str, Any]) -> None:
        """Writes the tombstone. It keeps the lines: a till that was apart learns from it what is gone."""
        doc = {"_id": current["_id"], "_rev": current["_rev"], "_deleted": True, "type": "cart", **how}
        try:
            self.store.put({**doc, "lines": current.get("lines") or {}})
        except Conflict:  # pragma: no cover - within a transaction nobody comes in between
            raise SaleError(409, "changed", say("Another till has changed this cart meanwhile.")) from None

    def _stamps(self, at: str, actor: Actor) -> dict[str, Any]:
        return {"updated_at": at, "updated_by": actor.staff, "updated_on": self.desk.terminal}

    def _signed(self, lines: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        """The lines, each with the terminal that put or changed it last (`on`)."""
        signed = {}
        for id, line in lines.items():
            known = before.get(id)
            plain = {key: value for key, value in line.items() if key != "on"}
            unchanged = isinstance(known, Mapping) and merge.same(
                plain, {key: value for key, value in known.items() if key != "on"}
            )
            signed[id] = known if unchanged else {**plain, "on": self.desk.terminal}
        return signed


def merging_body(doc: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in doc.items() if key[:1] != "_"}


def _since(holder: Any, mine: Mapping[str, str], at: str) -> dict[str, Any]:
    """The holder `mine`, since it took the cart."""
    if isinstance(holder, Mapping) and all(holder.get(key) == mine[key] for key in mine):
        return dict(holder)
    return {**mine, "at": at}


def _read(fields: Mapping[str, Any]) -> dict[str, Any]:
    try:
        given = CART_FIELDS.read(dict(fields))
    except schemas.Invalid as wrong:
        first = wrong.problems[0]
        raise SaleError(400, "invalid", first.reason, first.field) from None
    for id, line in given.get("lines", {}).items():
        if line.get("code"):
            reason = say("The code of a gift card must stand in no parked cart: sell it first, or take that line off.")
            raise SaleError(400, "invalid", reason, f"lines.{id}")
    return given


def _checked(doc: dict[str, Any]) -> dict[str, Any]:
    check_document(doc)
    return doc


def _missing(id: str) -> SaleError:
    return SaleError(404, "not_found", say("There is no parked cart %(name)s here.", name=ids.product_name(id)))


def _is_request(request: str) -> bool:
    return re.fullmatch(SALE_ID, request) is not None
