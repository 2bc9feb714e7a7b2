"""A till: it sells, and shows what was sold. One sale is one durable write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.docs.database import Database
from app.shop import clock as clocks
from app.shop import journal, seen, sound
from app.shop.actor import ANYBODY, Actor
from app.shop.barcodes import Barcodes
from app.shop.carts import Carts
from app.shop.closure import closure
from app.shop.customers import Customers
from app.shop.desk import Contact, Desk
from app.shop.ledger import Balances
from app.shop.people.people import People
from app.shop.people.pins import Peppers
from app.shop.pricing.book import Books
from app.shop.receipts.book import ReceiptsBook
from app.shop.refunds.refunds import Refunds
from app.shop.selling.seller import Seller
from app.shop.shifts import Shifts


class Till:
    """The till of one terminal. Safe to call from several threads at once.

    `company` holds the catalogue, `store` the orders of this store. `clock` tells the time (UTC); `mint` gives the two
    letters of a new incarnation; `contact` the state of the line to the central; `peppers` the secret of the PINs.
    """

    def __init__(
        self,
        company: Database,
        store: Database,
        *,
        terminal: str,
        store_id: str,
        clock: clocks.Clock = clocks.now,
        mint: Callable[[], str] = journal.random_incarnation,
        contact: Callable[[], Contact] = Contact,
        peppers: Peppers | None = None,
    ) -> None:
        self.desk = desk = Desk(company, store, terminal, store_id, clock, mint, contact)
        self.shifts = Shifts(desk)
        self.company = company
        self.store = store
        self.terminal = terminal
        self.store_id = store_id
        self.facts = desk.facts
        self.catalogue = desk.catalogue
        self.barcodes = Barcodes(desk.catalogue, desk.settings, lambda: desk.facts.read()[0]["digits"])
        self.carts = Carts(desk)
        self.customers = Customers(desk)
        self.books = desk.catalogue.shelf = Books(desk)
        self.people = People(desk, peppers)
        self.balances = Balances(desk)
        self.seller = Seller(
            desk, self.balances, self.books, self.barcodes.offers, self.shifts.for_sale, self.carts.sold
        )
        self.refunds = Refunds(desk, self.seller, self.shifts.event)
        self.receipts_book = ReceiptsBook(desk, self.shifts.event)

    # -- selling -------------------------------------------------------------------------------------------------

    def sell(self, request: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """Makes a sale: the order, on disk when this returns, and whether the request was a repeated one.

        The request is as `schemas.sale.SaleRequest`. One with a `sale` id that was sold already gives the very same
        order again, whatever else it holds. Raises SaleError; then nothing was written.
        """
        return self.seller.sell(request, actor)

    # -- what was sold -------------------------------------------------------------------------------------------

    def receipts(self, limit: int = 20, before: str | None = None) -> list[dict[str, Any]]:
        """The store's orders that are here, the newest first; `before` is the id of the last one of the page before."""
        limit = max(1, min(limit, 500))
        if before is None:
            found = self.store.find("order_at", descending=True, limit=limit)
        else:
            last = self.store.read(before)
            if last is None or last.type != "order":
                return []
            found = self.store.find("order_at", descending=True, limit=limit, after=last)
        return [record.full() for record in found]

    def receipt(self, id: str) -> dict[str, Any] | None:
        """An order by its id, or None."""
        record = self.store.read(id)
        return None if record is None or record.deleted or record.type != "order" else record.full()

    def status(self) -> dict[str, Any]:
        """`{"terminal", "store", "store_name", "store_known", "series", "number", "currency", "digits", "timezone",
        "tax_mode", "closing", "seen"}`. `series` is null before the first sale; `store_known` false until the store's
        document is here; `closing` is null, or how far a store that was closed is (`closure`); `seen` is for a window
        to send along with its next sale, as `told`."""
        facts, known = self.facts.read()
        head = self.desk.journal.head()
        return {
            "terminal": self.terminal,
            "store": self.store_id,
            "store_name": facts["name"],
            "store_known": known,
            "series": head.series if head else None,
            "number": head.number if head else 0,
            "currency": facts["currency"],
            "digits": facts["digits"],
            "timezone": facts["timezone"],
            "tax_mode": facts["tax_mode"],
            "closing": closure(self.desk),
            "seen": seen.told(self.store, self.terminal, head.series, head.number) if head else None,
        }

    def told(self, order: Mapping[str, Any]) -> dict[str, Any] | None:
        """What a window that is shown an order keeps of it, to send along with the next sale: `{"series", "number",
        "mark"}`; None for another terminal's."""
        if order.get("terminal") != self.terminal or not sound.is_whole(order.get("number")):
            return None
        return seen.told(self.store, self.terminal, str(order["series"]), order["number"])

    # -- the catalogue -------------------------------------------------------------------------------------------

    def products(
        self, q: str | None = None, category: str | None = None, limit: int = 60, after: str | None = None
    ) -> list[dict[str, Any]]:
        """A page of the catalogue; see `Catalogue.page`."""
        return self.catalogue.page(q, category, limit, after)

    def product(self, id: str) -> dict[str, Any] | None:
        return self.catalogue.product(id)

    def by_barcode(self, code: str) -> list[dict[str, Any]]:
        """The products that have this barcode: none, one, or several to choose from."""
        return self.catalogue.by_barcode(code)

    def categories(self) -> list[dict[str, Any]]:
        return self.catalogue.categories()
