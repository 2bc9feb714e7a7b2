"""What head office sets, in `company`: `settings:all`, `settings:store:s1`, `settings:terminal:s1-t1`."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from app.shop.schemas.base import (
    Amount,
    Choice,
    Flag,
    ListOf,
    Mutable,
    Part,
    RateField,
    Strict,
    Text,
    Whole,
)

#: The number or name of an account: nothing that a spreadsheet would take for a formula.
ACCOUNT = r"[^\s=+@-][^\t\r\n]{0,39}"


class Settings(Mutable):
    """Values by name for one scope; a store's stand over those for all, a terminal's over both. Names that this program
    doesn't know are kept: a newer one may."""

    doctype = "settings"

    scope = Text(80, filled=True, required=True)
    values = fields.Dict(keys=Text(100, filled=True), required=True)


class Step(Strict):
    """Cash is rounded to multiples of `step` minor units."""

    step = Whole(1, 100_000, required=True)
    mode = Choice("half_away", "half_even", "up", "down", load_default="half_away")


class TaxRounding(Strict):
    scope = Choice("line", "tax", required=True)
    mode = Choice("half_away", "half_even", required=True)


class CodeRule(Strict):
    """An EAN-13 that holds a weight or a price: `prefix`, then `item` digits that name the product (its SKU or a
    barcode), then `value` digits (of them `decimals` behind the point), then the check digit."""

    prefix = Text(6, pattern=r"\d{1,6}", required=True)
    kind = Choice("weight", "price", required=True)
    item = Whole(1, 10, required=True)
    value = Whole(1, 8, required=True)
    decimals = Whole(0, 4, required=True)


class Trust(Strict):
    """What one till may take on trust while the central is away: minor units per card or customer."""

    giftcard = Amount(load_default=5000)
    credit = Amount(load_default=5000)
    account = Amount(load_default=20000)


class Sync(Strict):
    """When the links run: always; every `minutes`; at `hours` (`HH:MM`, the store's time); by hand only."""

    mode = Choice("always", "every", "hours", "manual", required=True)
    minutes = Whole(1, 1440, load_default=15)
    hours = ListOf(Text(5, pattern=r"([01]\d|2[0-3]):[0-5]\d"), 24, load_default=list)


class Foreign(Strict):
    """Foreign cash: `num`/`den` minor units of the book currency for one minor unit of `code`."""

    code = Text(3, pattern=r"[A-Z]{3}", required=True)
    digits = Whole(0, 4, required=True)
    num = Whole(1, 10**12, required=True)
    den = Whole(1, 10**12, required=True)


class Printer(Strict):
    """Where receipts are printed: the browser's own dialog, or ESC/POS over the network or USB."""

    kind = Choice("browser", "network", "usb", "file", required=True)
    host = Text(200, allow_none=True, load_default=None)
    port = Whole(1, 65535, load_default=9100)
    vendor = Whole(0, 65535, allow_none=True, load_default=None)
    product = Whole(0, 65535, allow_none=True, load_default=None)
    path = Text(500, allow_none=True, load_default=None)
    columns = Whole(20, 80, load_default=42)
    kick = Flag(load_default=True)
    encoding = Choice("auto", "gb18030", load_default="auto")  # how Chinese goes out: as a picture, or its own GB 18030
    font = Text(500, allow_none=True, load_default=None)  # the file of a font with Chinese characters


class Values(Strict):
    """Every setting a till knows. Amounts are minor units, rates millionths."""

    # Shifts
    shift_auto = Flag()  # a sale that names no shift opens one with an empty drawer
    count = Choice("open", "blind")  # whether the person who counts sees what is expected
    denominations = ListOf(Whole(1, 10**9), 30)  # notes and coins, minor units; empty: the currency's usual ones
    expenses = ListOf(Text(60, filled=True), 30)  # categories of cash expenses
    offline_hours = Whole(1, 8760, allow_none=True)  # no sale when the central was not seen for so long; null: never
    # Prices
    tax_rounding = Part(TaxRounding)
    cash_rounding = Part(Step, allow_none=True)
    discount_limit = RateField()  # what a cashier may take off by hand without a supervisor, millionths
    codes = ListOf(Part(CodeRule), 20)
    # Paying
    tenders = ListOf(Text(20), 20)  # which kinds this till takes
    card = Choice("slip", "simulated")
    tips = Flag()
    foreign = ListOf(Part(Foreign), 20)
    trust = Part(Trust)
    # Refunds
    refund_limit = Amount()  # above it, and without a line, a supervisor
    # People
    roles = fields.Dict(keys=Text(40, filled=True), values=ListOf(Text(40), 100))
    lock_after = Whole(10, 86_400)  # seconds
    # Receipts
    paper = Whole(58, 80)  # mm
    printer = Part(Printer)
    receipt_language = Text(10, allow_none=True)
    receipt_taxes = Flag()
    receipt_qr = Flag()
    receipt_print = Choice("ask", "always")
    # Sync
    sync = Part(Sync)
    # Watching: after how many hours it is a person's task (0: never), and below how many megabytes of free disk
    silent_hours = Whole(0, 8760)  # a terminal of which head office has not heard
    refused_hours = Whole(0, 8760)  # a document that the central refused
    away_hours = Whole(0, 8760)  # a central that can't be reached
    disk_low = Whole(100, 10**7)
    # Conflicts: types and members ("product", "product.barcodes") that no rule joins, so that a person is asked
    merge_ask = ListOf(Text(80, filled=True), 100)
    # Bookkeeping: what goes where (app/shop/reports/accounts.py) → the account's number
    accounts = fields.Dict(keys=Text(100, filled=True), values=Text(40, pattern=ACCOUNT, filled=True))
    # Keys of the page: name of an action → key
    keys = fields.Dict(keys=Text(40), values=Text(20))


VALUES = Values()

DEFAULTS: dict[str, Any] = {
    "shift_auto": True,
    "count": "open",
    "denominations": [],
    "expenses": ["Postage", "Cleaning", "Other"],
    "offline_hours": None,
    "tax_rounding": {"scope": "line", "mode": "half_away"},
    "cash_rounding": None,
    "discount_limit": 100_000,
    "codes": [],
    "tenders": ["cash", "card", "giftcard", "credit", "account", "coupon", "foreign"],
    "card": "slip",
    "tips": False,
    "foreign": [],
    "trust": {"giftcard": 5000, "credit": 5000, "account": 20000},
    "refund_limit": 5000,
    "roles": {},
    "lock_after": 300,
    "paper": 80,
    "printer": {
        "kind": "browser", "host": None, "port": 9100, "vendor": None, "product": None, "path": None, "columns": 42,
        "kick": True, "encoding": "auto", "font": None,
    },
    "receipt_language": None,
    "receipt_taxes": True,
    "receipt_qr": True,
    "receipt_print": "ask",
    "sync": {"mode": "always", "minutes": 15, "hours": []},
    "silent_hours": 48,  # longer than a weekend
    "refused_hours": 24,
    "away_hours": 24,
    "disk_low": 500,
    "merge_ask": [],
    "accounts": {},
    "keys": {},
}  # fmt: skip
