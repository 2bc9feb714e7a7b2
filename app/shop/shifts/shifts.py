"""The shifts of one terminal: opened, worked in, closed by a Z. A shift is one drawer's session, and cashiers share it.

Which shift is open stands in the journal's head, so a sale and the close, which hold the same writer's lock, always
agree: a sale is in the Z, or it is told of the next shift.
"""

from __future__ import annotations

import secrets
from typing import Any

from app.docs.record import Record
from app.shop import ids
from app.shop.desk import Desk
from app.shop.journal import Head
from app.shop.sale import SaleError


class Shifts:
    """The shifts of the desk's terminal. Safe to call from several threads at once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- which shift is open -------------------------------------------------------------------------------------

    def current(self) -> dict[str, Any] | None:
        """The open shift's document, or None."""
        head = self.desk.journal.head()
        return None if head is None or head.shift is None else self._shift(head.shift)

    def for_sale(self, head: Head, named: str | None = None) -> str:
        """The id of the shift that a sale goes into; inside the sale's transaction, before its own document.

        `named` is the shift that the window knows. Raises SaleError 409: `shift_closed` when that one is closed, with
        the one that is open now (or null) as `shift`; `no_shift` when none is open and settings say that somebody must
        open one.
        """
        head = self.desk.journal.newest(head)
        if named is not None and named != head.shift:
            reason = "This shift is closed: its Z is written. Nothing was sold; the sale goes into the next shift."
            raise SaleError(409, "shift_closed", reason, "shift", {"shift": head.shift})
        if head.shift is not None:
            return head.shift
        if not self.desk.settings["shift_auto"]:
            raise no_shift()
        return str(self.open_auto(head)["_id"])

    def open_auto(self, head: Head) -> dict[str, Any]:
        """Opens a shift with an empty drawer, inside the caller's transaction; the journal goes on after it (`append`
        finds that by itself, also when it is given `head`)."""
        head = self.desk.journal.newest(head)
        request = f"auto.{secrets.token_hex(8)}"  # nobody repeats it; a clone's must be another
        body = {"float": 0, "denominations": None, "auto": True, "note": "", "by": None, "approvals": []}
        return self._write_shift(request, body, head)

    def _write_shift(self, request: str, body: dict[str, Any], head: Head, **how: Any) -> dict[str, Any]:
        """The shift's document; the head then names it, which takes its id: known once its place is."""
        id = ids.numbered("shift", head.series, head.journal + 1, request)
        return self.desk.append("shift", request, {"drawer": self.desk.terminal, **body}, head=head, shift=id, **how)

    def _shift(self, id: str) -> dict[str, Any] | None:
        return full(self.desk.store.read(id), "shift")


def full(record: Record | None, type: str) -> dict[str, Any] | None:
    """The document of a record, if it is there and of this type."""
    return None if record is None or record.deleted or record.type != type else record.full()


def no_shift() -> SaleError:
    return SaleError(409, "no_shift", "No shift is open: open one first.", "shift", {"shift": None})
