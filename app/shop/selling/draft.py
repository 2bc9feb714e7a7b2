"""From the lines of a request to the lines and figures of an order: the catalogue, the price book, the receipts that
something is returned of. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.shop import ids, pricing, sound
from app.shop.desk import Desk
from app.shop.money import MAX_AMOUNT, WHOLE, line_amount
from app.shop.payments import codes
from app.shop.pricing.book import Books
from app.shop.reason import Money, say
from app.shop.sale import SaleError, invalid
from app.shop.schemas.order import MAX_LINES, STORED_VALUE
from app.shop.selling.accounts import check_code, check_customer
from app.shop.selling.returning import return_lines

Doc = Mapping[str, Any]
Offers = Callable[[Doc, Doc], bool]

#: What a line is called where the request gives it no name: the words of documents are English.
NAMES = {"giftcard": "Gift card", "topup": "Top-up"}


@dataclass
class Item:
    """One line of the request on its way: what the pricing function is asked (`priced`), what else the order's line
    keeps (`kept`), and for a return the finished line (`returned`)."""

    index: int
    wanted: Doc
    id: str
    priced: dict[str, Any]
    kept: dict[str, Any] = field(default_factory=dict)
    product: Doc | None = None
    listed: Doc | None = None
    returned: dict[str, Any] | None = None

    @property
    def where(self) -> str:
        return say("Line %(number)s", number=self.index + 1)

    @property
    def place(self) -> str:
        return f"lines.{self.index}"


@dataclass
class Draft:
    """The order as far as it doesn't depend on its place in the journal, and what the rights and payments must know."""

    items: list[Item]
    lines: list[dict[str, Any]]
    figures: dict[str, Any]
    promotions: list[dict[str, Any]]
    coupons: list[str]

    @property
    def total(self) -> int:
        return int(self.figures["total"])

    @property
    def coupon(self) -> int:
        """What manufacturers' coupons had paid of the returned lines: zero or less."""
        return sum(line.get("coupon") or 0 for line in self.lines)


class Drafts:
    """Makes drafts of the requests to one till. `offers` says whether the shop itself offers a line's price
    (`Barcodes.offers`): then nobody keyed it."""

    def __init__(self, desk: Desk, books: Books, offers: Offers) -> None:
        self.desk = desk
        self.books = books
        self._offers = offers

    def draft(self, request: Doc, minted: Mapping[str, str]) -> Draft:
        """`minted` are the codes for gift cards that the request sells without one, by line id. Raises SaleError."""
        if not request["lines"]:
            raise invalid(say("There is nothing to sell: the cart is empty."), "lines")
        products = self._products(line["product"] for line in request["lines"])
        items = [self._item(i, line, products, minted) for i, line in enumerate(request["lines"])]
        self._distinct(items)
        return_lines(self.desk, items, request["customer"])
        self._accounts(items, request["customer"])
        cart = {
            "customer": self._customer(request["customer"]),
            "coupons": request["coupons"],
            "discounts": request["discounts"],
            "lines": [item.priced for item in items],
        }
        try:
            priced = pricing.price(cart, self.books.book())
        except pricing.PricingError as wrong:
            raise self._no_price(wrong, items) from None
        self._check_discounts(items, priced)
        lines = self._lines(items, priced["lines"])
        self._check_lines(lines, items)
        self._check_age(lines, items, request)
        names = ("tax_mode", "rounding", "subtotal", "discount", "tax", "total")
        made = Draft(items, lines, {name: priced[name] for name in names}, priced["promotions"], priced["coupons"])
        self._check_total(request["total"], made.total)
        return made

    # -- one line ------------------------------------------------------------------------------------------------

    def _products(self, wanted: Iterable[str | None]) -> dict[str, dict[str, Any]]:
        found = sorted({id for id in wanted if id is not None})
        records = zip(found, self.desk.company.read_many(found), strict=True)
        docs = {id: record.doc() for id, record in records if record is not None and not record.deleted}
        return {id: self.books.current({**sound.product(id, doc), "_id": id}) for id, doc in docs.items()}

    def _item(self, index: int, line: Doc, products: Mapping[str, Doc], minted: Mapping[str, str]) -> Item:
        id = line.get("id") or f"l{index + 1}"
        if line.get("return_of"):
            return Item(index, line, id, {})
        if line["kind"] in STORED_VALUE:
            return self._stored_value(index, id, line, minted)
        where, place = say("Line %(number)s", number=index + 1), f"lines.{index}"
        name, price = line["product"], line.get("price")
        product = products.get(name) if name is not None else None
        if product is None:
            if price is None:
                if name is None:
                    raise invalid(say("%(where)s: the price is missing.", where=where), f"{place}.price")
                reason = say("%(where)s: the catalogue lacks this product; key in a price.", where=where)
                raise invalid(reason, f"{place}.price")
            if name is None and "name" not in line:
                raise invalid(say("%(where)s: the name is missing.", where=where), f"{place}.name")
        listed = None if product is None else product.get("price")
        if price is not None and line_amount(price, abs(line["quantity"])) > MAX_AMOUNT:
            raise invalid(say("%(where)s: the amount is too large.", where=where), f"{place}.quantity")
        listed = listed and {"amount": listed["amount"], "per": listed.get("per", WHOLE)}
        keyed = None if price is None else {"amount": price["amount"], "per": price["per"]}
        source = {**product, "_id": name} if product is not None else None
        asked = self.books.line_for(
            source,
            id=id,
            quantity=line["quantity"],
            name=line.get("name") or (product or {}).get("name") or ids.product_name(name or ""),
            discounts=line["discounts"],
        )
        if source is None:
            asked["product"] = name
        if keyed is not None:
            asked["keyed"] = keyed
        item = Item(index, line, id, asked, {}, product, listed)
        if keyed is not None and source is not None and self._offers(source, line):
            asked["label"] = True
        elif keyed is not None and (listed is not None or asked.get("prices")):
            item.kept["keyed"] = True
        if line["quantity"] < 0:
            item.kept["return_of"] = None
            item.kept["restock"] = line["restock"]
        return item

    def _stored_value(self, index: int, id: str, line: Doc, minted: Mapping[str, str]) -> Item:
        """A gift card that is sold, or money put on one or on a customer's account."""
        where, place = say("Line %(number)s", number=index + 1), f"lines.{index}"
        kind, price, code = line["kind"], line.get("price"), line.get("code")
        if price is None or price["amount"] < 1 or price["per"] != WHOLE:
            raise invalid(say("%(where)s: the amount is missing.", where=where), f"{place}.price")
        if line["quantity"] != WHOLE:
            raise invalid(
                say("%(where)s: one card is one line; the quantity must be one.", where=where), f"{place}.quantity"
            )
        if line["discounts"]:
            raise invalid(say("%(where)s: nothing is taken off a gift card.", where=where), f"{place}.discounts")
        kept: dict[str, Any] = {}
        if kind == "topup" and line.get("to"):
            kept["to"] = line["to"]
        else:
            if code is None and kind == "topup":
                raise invalid(say("%(where)s: the code of the gift card is missing.", where=where), f"{place}.code")
            plain = codes.normal(code) if code is not None else minted[id]
            check_code(plain, where, f"{place}.code")
            kept |= {"card": codes.hash_of(plain), "hint": codes.hint_of(plain)}
        asked = {
            "id": id,
            "kind": kind,
            "product": None,
            "category": None,
            "name": line.get("name") or NAMES[kind],
            "quantity": WHOLE,
            "keyed": {"amount": price["amount"], "per": WHOLE},
            "taxes": [],
            "discounts": [],
        }
        return Item(index, line, id, asked, kept)

    def _accounts(self, items: list[Item], customer: str | None) -> None:
        """Money is put on the account of somebody who is there."""
        for item in items:
            if item.kept.get("to"):
                check_customer(self.desk, customer, item.where, say("money on an account"))

    # -- the whole -----------------------------------------------------------------------------------------------

    def _customer(self, id: str | None) -> dict[str, Any] | None:
        if id is None:
            return None
        record = self.desk.company.read(id)
        doc = record.doc() if record is not None and not record.deleted else {}
        group = doc.get("group")
        return {"id": id, "group": group if isinstance(group, str) else None}

    def _lines(self, items: list[Item], priced: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The order's lines: what is usual is left out, so that a plain line stays as short as it was."""
        roots = {item.id: item for item in items}
        found = {item.priced["product"]: item.product for item in items if item.product is not None}
        strange = {line["product"] for line in priced if line["product"] is not None} - found.keys()
        products = {**found, **self._products(strange)}
        made, noted = [], set()
        for line in priced:
            item = roots[_root(line, roots)]
            if item.returned is not None:
                made.append({**item.returned, **_note(item.wanted)})
                continue
            product = products.get(line["product"]) or {}
            entry: dict[str, Any] = {
                "id": line["id"],
                "product": line["product"],
                "sku": _short(product.get("sku"), 64),
                "name": _short(line["name"], 200),
                "category": _category(line["category"]),
                "quantity": line["quantity"],
                "price": line["price"],
                "discounts": line["discounts"],
                "amount": line["amount"],
                "total": line["total"],
                "tax": line["tax"],
            }
            if product.get("sold_by") == "measure":
                entry["unit"] = _short(product.get("unit"), 20)
                entry["decimals"] = product.get("decimals", 3)
            if line["kind"] != "goods":
                entry["kind"] = line["kind"]
            entry |= {name: line[name] for name in ("of", "bundle", "list") if line.get(name)}
            if line["kind"] == "deposit":
                entry |= {name: item.kept[name] for name in ("return_of", "restock") if name in item.kept}
            else:
                entry |= item.kept
            if sound.is_whole(product.get("min_age"), 1) and line["quantity"] > 0:
                entry["age"] = True
            if item.id not in noted:
                noted.add(item.id)
                entry |= _note(item.wanted)
            made.append(entry)
        return made

    @staticmethod
    def _distinct(items: list[Item]) -> None:
        taken: set[str] = set()
        for item in items:
            if item.id in taken:
                raise invalid(
                    say("%(where)s: another line has the id “%(id)s”.", where=item.where, id=item.id),
                    f"{item.place}.id",
                )
            taken.add(item.id)

    @staticmethod
    def _no_price(wrong: pricing.PricingError, items: list[Item]) -> SaleError:
        item = next((item for item in items if item.id == wrong.line), None)
        if item is None:
            return invalid(say("The total is too large."), "lines")
        if wrong.code == "no_price":
            return invalid(say("%(where)s: the price is missing.", where=item.where), f"{item.place}.price")
        return invalid(say("%(where)s: the amount is too large.", where=item.where), f"{item.place}.quantity")

    @staticmethod
    def _check_discounts(items: list[Item], priced: Doc) -> None:
        """Amounts that are taken off by hand, as the request gives them, must not be more than there is."""
        roots = {item.id: item for item in items}
        amounts: dict[str, int] = {}
        for line in priced["lines"]:
            if line["kind"] != "deposit":
                root = _root(line, roots)
                amounts[root] = amounts.get(root, 0) + line["amount"]
        for item in items:
            off = sum(discount.get("amount", 0) for discount in item.wanted["discounts"])
            if off and item.returned is None and off > abs(amounts[item.id]):
                raise invalid(
                    say("%(where)s: the discounts are more than the price.", where=item.where),
                    f"{item.place}.discounts",
                )

    @staticmethod
    def _check_lines(lines: list[dict[str, Any]], items: list[Item]) -> None:
        """What bundles and deposits became: no more than a receipt holds, and no two of one id."""
        if len(lines) > 2 * MAX_LINES:
            raise SaleError(413, "too_large", say("The sale is too large for one receipt: split it."), "lines")
        taken: set[str] = set()
        roots = {item.id: item for item in items}
        for line in lines:
            if line["id"] in taken:
                item = roots[_root(line, roots)]
                raise invalid(
                    say("%(where)s: another line has the id “%(id)s”.", where=item.where, id=line["id"]),
                    f"{item.place}.id",
                )
            taken.add(line["id"])

    def _check_age(self, lines: list[dict[str, Any]], items: list[Item], request: Doc) -> None:
        """Goods for grown-ups, also in a bundle: somebody must have looked."""
        if request["age"]:
            return
        roots = {item.id: item for item in items}
        asked: dict[str, Item] = {}
        for line in lines:
            item = roots[_root(line, roots)]
            if line.get("age") and not item.wanted.get("age"):
                asked.setdefault(item.id, item)
        if asked:
            products = self._products({line["product"] for line in lines if line.get("age")})
            oldest = max(product["min_age"] for product in products.values())
            first = list(asked.values())[:3]
            names = ", ".join(str(item.priced["name"]) for item in first)
            reason = say(
                "%(names)s: the customer must be %(oldest)s or older. Confirm that somebody has checked.",
                names=names,
                oldest=oldest,
            )
            raise SaleError(409, "age_check", reason, f"{first[0].place}.age", {"age": oldest})

    def _check_total(self, shown: int | None, total: int) -> None:
        if shown is None or shown == total:
            return
        facts, _ = self.desk.facts.read()
        digits = facts["digits"]
        reason = say(
            "The total is %(total)s, the window showed %(shown)s. Nothing was sold; look at the prices again.",
            total=Money(total, digits),
            shown=Money(shown, digits),
        )
        raise SaleError(409, "total_differs", reason, "total", {"total": total, "shown": shown})


def _root(line: Doc, roots: Mapping[str, Item]) -> str:
    """The line of the request that a line of the order comes from."""
    id = str(line["id"])
    while id not in roots:
        id = id.rpartition(".")[0]
    return id


def _short(text: str | None, most: int) -> str | None:
    """What another program wrote at greater length than a receipt has."""
    return text if text is None or len(text) <= most else text[: most - 1] + "…"


def _category(id: str | None) -> str | None:
    return id if id is not None and id.startswith("category:") and len(id) <= 250 else None


def _note(wanted: Doc) -> dict[str, str]:
    return {"note": wanted["note"]} if wanted.get("note") else {}
