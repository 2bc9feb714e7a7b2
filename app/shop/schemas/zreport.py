"""A Z report: `zreport:<series>:<number>:<nonce>` in `store-<id>`, immutable. It closes its shift, and no document of
the shift that comes later alters it."""

from __future__ import annotations

from app.shop.money import MAX_INTEGER
from app.shop.schemas.base import Amount, ListOf, Part, RateField, Ref, Strict, Text, Time, Whole
from app.shop.schemas.journalled import HASH, KIND, REQUEST, ByPerson
from app.shop.schemas.shift import MAX_KINDS, Counted
from app.shop.schemas.store import CURRENCY
from app.shop.schemas.terminal import SERIES


def Sum() -> Whole:
    """Minor units, of however many receipts."""
    return Whole(-MAX_INTEGER, MAX_INTEGER, required=True)


def Count() -> Whole:
    return Whole(0, required=True)


class Run(Strict):
    """Receipt numbers of one series."""

    series = Text(80, pattern=SERIES, required=True)
    first = Whole(1, required=True)
    last = Whole(1, required=True)
    count = Count()


class Receipts(Strict):
    count = Count()
    series = ListOf(Part(Run), 1000, required=True)


class Kind(Strict):
    count = Count()
    amount = Sum()


class ByKind(Kind):
    kind = Text(32, pattern=KIND, required=True)


class ByCategory(Kind):
    category = Text(60, required=True)


class TaxSum(Strict):
    id = Ref("tax", required=True)
    name = Text(60, required=True)
    rate = RateField(required=True)
    base = Sum()
    amount = Sum()


class TenderSum(Strict):
    """`net` is what stayed: cash less the change that was given. Declared and difference stand where it was counted."""

    kind = Text(32, pattern=KIND, required=True)
    count = Count()
    # `in` is a word of Python's.
    in_ = Whole(required=True, data_key="in")
    out = Sum()
    net = Sum()
    expected = Whole()
    declared = Whole()
    difference = Whole()


class ForeignSum(Strict):
    """Foreign cash: minor units of its own currency, and the book value (`amount`)."""

    currency = Text(3, pattern=CURRENCY, required=True)
    digits = Whole(0, 4, required=True)
    in_ = Whole(required=True, data_key="in")
    out = Sum()
    net = Sum()
    amount = Sum()
    expected = Whole()
    declared = Whole()
    difference = Whole()


class Deposits(Strict):
    charged = Sum()
    returned = Sum()


class Account(Strict):
    sales = Sum()
    refunds = Sum()
    payments = Sum()


class CashSum(Strict):
    float = Sum()
    sales = Sum()
    in_ = Whole(required=True, data_key="in")
    out = Sum()
    expenses = Sum()
    drops = Sum()
    expected = Sum()


class CashierSum(Strict):
    by = Ref("staff", required=True, allow_none=True)
    receipts = Count()
    sales = Sum()
    refunds = Sum()
    total = Sum()
    discount = Sum()
    tips = Sum()
    cash = Sum()
    voids = Count()


class Counts(Strict):
    voids = Count()
    refunds = Count()
    void_lines = Count()
    void_carts = Count()
    void_sales = Count()
    reprints = Count()
    gift_receipts = Count()
    drawer_openings = Count()
    price_changes = Count()
    discounts = Count()
    total_differs = Count()
    x_reports = Count()
    postponed = Count()
    clock = Count()


class Sums(Strict):
    """What `shifts.report.report` makes of a shift's documents."""

    receipts = Part(Receipts, required=True)
    sales = Part(Kind, required=True)
    refunds = Part(Kind, required=True)
    total = Sum()
    revenue = Sum()
    net = Sum()
    discount = Sum()
    discounts = ListOf(Part(ByKind), 100, required=True)
    tax = ListOf(Part(TaxSum), 1000, required=True)
    tenders = ListOf(Part(TenderSum), 100, required=True)
    paid = Sum()
    change = Sum()
    tips = Sum()
    rounding = Sum()
    sold = ListOf(Part(ByKind), 20, required=True)
    deposits = Part(Deposits, required=True)
    account = Part(Account, required=True)
    cash = Part(CashSum, required=True)
    expenses = ListOf(Part(ByCategory), 1000, required=True)
    foreign = ListOf(Part(ForeignSum), 100, required=True)
    cashiers = ListOf(Part(CashierSum), 1000, required=True)
    counts = Part(Counts, required=True)


class Cover(Strict):
    """The documents that this Z stands for: a stretch of one series' journal, and the hash of its last link, from
    which the chain leads back."""

    series = Text(80, pattern=SERIES, required=True)
    first = Whole(1, required=True)
    last = Whole(1, required=True)
    hash = Text(64, pattern=HASH, required=True)


class ZReport(ByPerson):
    """`expected`, `declared` and `difference` are the drawer's cash in the book currency, `denominations` how it was
    counted; `sums` has the other tenders. `doubled` names sales that were written twice and count once, `unreadable`
    orders of another program that can't be summed, `carts` how many parked carts the store had."""

    doctype = "zreport"

    number = Whole(1, required=True)
    shift = Ref("shift", required=True)
    opened = Time(required=True)
    opened_by = Ref("staff", required=True, allow_none=True)
    sums = Part(Sums, required=True)
    expected = Sum()
    declared = Amount(0, MAX_INTEGER, required=True)
    difference = Sum()
    denominations = ListOf(Part(Counted), MAX_KINDS, required=True, allow_none=True)
    note = Text(1000, required=True)
    carts = Count()
    doubled = ListOf(Text(64, pattern=REQUEST), 100_000, required=True)
    unreadable = ListOf(Text(250), 100_000, required=True)
    grand_before = Sum()
    grand_after = Sum()
    covers = ListOf(Part(Cover), 1000, required=True)
