"""What a code under the scanner means: a product, a packing of it, or a product with its weight or price in the code.

A scanner sends digits. Tried in this order, the first that finds something counts:

    the code as it is                    4006381333931   of a product or of one of its units
    with or without a leading zero       EAN-13 and UPC-A of one article
    GTIN-14 of a single item             0 4006381333931 (another first digit is a case: that code must be a unit's own)
    UPC-E, opened out                    04252614 is 042100005264
    a code with a value in it            21 12345 00750 C: 0.750 kg of 12345, by the settings `codes`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.shop import sound
from app.shop.money import MAX_AMOUNT, MAX_QUANTITY, WHOLE
from app.shop.products import Catalogue
from app.shop.reason import say
from app.shop.sale import SaleError

Found = dict[str, Any]
"""`{"product": the document}` and, where the code says so, `quantity` (thousandths), `price` (of the line), `unit`
(`{"name", "quantity", "price"}`), `embedded` ("weight" or "price")."""

EAN = 13


class Barcodes:
    """Reads codes against the catalogue. `rules` and `digits` are asked at each code: settings and the currency may
    change while the till is open."""

    def __init__(self, catalogue: Catalogue, settings: Mapping[str, Any] | Any, digits: Any) -> None:
        self.catalogue = catalogue
        self._settings = settings
        self._digits = digits

    def look(self, code: str) -> list[Found]:
        """All that a code may mean: nothing, one thing, or several, and then a person chooses.

        Raises SaleError 400 `bad_check_digit` for a code whose last digit shows that it was misread.
        """
        code = code.strip()
        for reading in readings(code):
            found = self._exact(reading)
            if found:
                return found
        rules = [rule for rule in self._settings["codes"] if fits(rule, code)]
        if is_digits(code) and len(code) == EAN and code[-1] != check_digit(code[:-1]):
            reason = say("The check digit of %(code)s is wrong: scan it again.", code=code)
            raise SaleError(400, "bad_check_digit", reason, "code")
        for rule in rules:
            found = self._embedded(rule, code)
            if found:
                return found
        return []

    def offers(self, product: Mapping[str, Any], line: Mapping[str, Any]) -> bool:
        """Whether the shop itself offers the price of this line of a sale, so that nobody has keyed it: the catalogue
        lists it, or it stands in the code that was scanned (`line["barcode"]`)."""
        price = line.get("price")
        if not isinstance(price, Mapping):
            return True
        quantity = int(line.get("quantity", WHOLE))
        if listed(product, price, quantity):
            return True
        code = line.get("barcode")
        if not isinstance(code, str):
            return False
        try:
            found = self.look(code)
        except SaleError:
            return False
        wanted = (price.get("amount"), price.get("per", WHOLE))
        offers = [
            each["price"]
            for each in found
            if "price" in each
            and each["product"]["_id"] == line.get("product")
            and ("unit" not in each or quantity % each["unit"]["quantity"] == 0)
        ]
        return any((offer["amount"], offer.get("per", WHOLE)) == wanted for offer in offers)

    def _exact(self, code: str) -> list[Found]:
        found: list[Found] = [{"product": product} for product in self.catalogue.with_barcode(code)]
        for product, unit in self.catalogue.with_unit_barcode(code):
            if all(each["product"]["_id"] != product["_id"] for each in found):
                found.append({"product": product, **sold_as(product, unit)})
        active = [each for each in found if not each["product"].get("inactive")]
        return active or found  # the customer holds it: what is no longer sold still can be

    def _embedded(self, rule: Mapping[str, Any], code: str) -> list[Found]:
        item, value = taken_apart(rule, code)
        products = self.catalogue.with_item(item, code[: -1 - rule["value"]] + "0" * rule["value"])
        found = []
        for product in products:
            meant = valued(rule, product, value, self._digits())
            if meant is None:
                if rule["kind"] == "weight":
                    reason = say("The code %(code)s holds no weight: weigh the item again, or key it.", code=code)
                else:
                    reason = say("The code %(code)s holds no price: weigh the item again, or key it.", code=code)
                raise SaleError(400, "no_value", reason, "code")
            found.append({"product": product, "embedded": rule["kind"], **meant})
        return found


def valued(rule: Mapping[str, Any], product: Mapping[str, Any], value: int, digits: int) -> Found | None:
    """How much of a product the value in a code is, in a currency of `digits`: `quantity`, and the line's `price`
    where it is one. None: nothing that can be sold."""
    if rule["kind"] == "weight":
        quantity = _scaled(value, 3 - rule["decimals"])
        return {"quantity": quantity} if 0 < quantity <= MAX_QUANTITY else None
    amount = _scaled(value, digits - rule["decimals"])
    if not 0 < amount <= MAX_AMOUNT:
        return None
    price = product.get("price") or {}
    quantity = WHOLE
    if product.get("sold_by") == "measure" and sound.is_price(price) and price["amount"]:
        # What was weighed, as the price tells it: the line then costs what the label says, to the cent.
        per = int(price.get("per", WHOLE))
        quantity = min(max(1, (2 * amount * per + price["amount"]) // (2 * price["amount"])), MAX_QUANTITY)
    return {"quantity": quantity, "price": {"amount": amount, "per": quantity}}


def sold_as(product: Mapping[str, Any], unit: Mapping[str, Any]) -> Found:
    """A packing of a product as a line is sold: how many of the product, and the price where the unit has its own."""
    quantity = int(unit["quantity"])
    shown = {"name": unit["name"], "quantity": quantity, "price": unit.get("price")}
    found: Found = {"quantity": quantity, "unit": shown}
    if sound.is_price(unit.get("price")):
        found["price"] = {"amount": unit["price"]["amount"], "per": quantity}
    return found


def listed(product: Mapping[str, Any], price: Mapping[str, Any], quantity: int) -> bool:
    """Whether the catalogue itself offers this price for this quantity (thousandths): the product's, or that of one of
    its units for whole ones of these. Such a price is not keyed by anybody, and needs no right."""
    own = product.get("price") or {}
    offers: list[Mapping[str, Any]] = [own] if sound.is_price(own) else []
    packed = [unit for unit in sound.units(product) if sound.is_price(unit.get("price"))]
    offers += [sold_as(product, unit)["price"] for unit in packed if quantity % int(unit["quantity"]) == 0]
    wanted = (price.get("amount"), price.get("per", WHOLE))
    return any((offer["amount"], offer.get("per", WHOLE)) == wanted for offer in offers)


# --- digits --------------------------------------------------------------------------------------------------------


def is_digits(code: str) -> bool:
    return code.isascii() and code.isdigit()


def check_digit(digits: str) -> str:
    """The last digit of an EAN-8, UPC-A, EAN-13 or GTIN-14, from those before it (GS1: weights 3 and 1 from the
    right)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def readings(code: str) -> Iterator[str]:
    """The ways in which the same article may stand in the catalogue."""
    yield code
    if not is_digits(code):
        return
    if len(code) == 12:
        yield "0" + code
    elif len(code) == EAN and code[0] == "0":
        yield code[1:]
    elif len(code) == 14 and code[0] == "0":
        yield code[1:]
        if code[1] == "0":
            yield code[2:]
    elif len(code) == 8:
        opened = upc_a(code)
        if opened is not None:
            yield opened
            yield "0" + opened


def upc_a(code: str) -> str | None:
    """The UPC-A that a UPC-E of eight digits is short for, None where it is none (number system 0 or 1, and a check
    digit that is right)."""
    if len(code) != 8 or not is_digits(code) or code[0] not in "01":
        return None
    system, body, check = code[0], code[1:7], code[7]
    last = body[5]
    if last in "012":
        opened = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        opened = body[:3] + "00000" + body[3:5]
    elif last == "4":
        opened = body[:4] + "00000" + body[4]
    else:
        opened = body[:5] + "0000" + last
    return system + opened + check if check_digit(system + opened) == check else None


def fits(rule: Mapping[str, Any], code: str) -> bool:
    """Whether a code has the shape that a rule of the settings names: prefix, item and value fill the twelve digits
    before the check digit, or leave one between them, which is the value's own check digit and not looked at."""
    length = len(rule["prefix"]) + rule["item"] + rule["value"]
    return len(code) == EAN and is_digits(code) and length in (EAN - 1, EAN - 2) and code.startswith(rule["prefix"])


def taken_apart(rule: Mapping[str, Any], code: str) -> tuple[str, int]:
    """The item's digits and the value of a code that fits."""
    start = len(rule["prefix"])
    return code[start : start + rule["item"]], int(code[-1 - rule["value"] : -1])


def _scaled(value: int, places: int) -> int:
    """The value with its point moved; what is finer than the books are is rounded, half away from zero."""
    if places >= 0:
        return int(value * 10**places)
    step = int(10**-places)
    return (2 * value + step) // (2 * step)


def candidates(item: str, zeroed: str) -> Sequence[str]:
    """What a product may have for a barcode or SKU when a code names it by `item`; `zeroed` is that code with no value
    in it, the way shops file such products."""
    bare = item.lstrip("0")
    tried = [item, *([bare] if bare and bare != item else []), zeroed + check_digit(zeroed), zeroed]
    return list(dict.fromkeys(tried))
