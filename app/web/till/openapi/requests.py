"""Requests that are checked by hand in the code, written down as schemas for those who read the API's description."""

from __future__ import annotations

from app.shop.schemas.base import Attributes, Choice, Flag, ListOf, Part, Strict, Text, Whole, price_field
from app.shop.schemas.cart import CartFields
from app.shop.schemas.erasure import REASONS

REQUEST_ID = r"[A-Za-z0-9_.-]{8,64}"


class Empty(Strict):
    """An empty object."""


class Approved(Strict):
    """No more than the approvals of a supervisor."""

    approvals = ListOf(Text(200), 20)


class ReportPrint(Approved):
    """Which report: a Z by its id, or the X of the open shift."""

    zreport = Text(250, allow_none=True)


class OwnPin(Strict):
    """Another PIN of one's own."""

    old = Text(64, required=True)
    pin = Text(64, required=True)


class SignIn(Strict):
    """Who signs in, with a PIN; or a badge alone. A code of head office as the PIN takes `new`, the PIN that was
    chosen."""

    staff = Text(250)
    pin = Text(64)
    new = Text(64)
    badge = Text(200)


class PricedLine(Strict):
    name = Text(200, required=True)
    price = Whole(0, required=True)


class Approve(Strict):
    """A supervisor's leave for one right, once; `request` is the id of the request that it is for, `what` the refusal's
    own: what was asked, and no more. `cart` and `line` allow another price for a line before its sale."""

    right = Text(40, required=True)
    staff = Text(250)
    pin = Text(64)
    badge = Text(200)
    request = Text(64)
    cart = Text(64)
    what = ListOf(Text(64), 2000)
    line = Part(PricedLine)


class NewPerson(Approved):
    request = Text(64, pattern=REQUEST_ID, required=True)
    name = Text(60, filled=True, required=True)
    role = Text(40, filled=True, required=True)
    pin = Text(64, allow_none=True)
    badge = Text(200, allow_none=True)
    language = Text(10, allow_none=True)
    inactive = Flag()


class ChangedPerson(Approved):
    rev = Text(80, required=True)
    name = Text(60, filled=True)
    role = Text(40, filled=True)
    pin = Text(64, allow_none=True)
    badge = Text(200, allow_none=True)
    language = Text(10, allow_none=True)
    inactive = Flag()


class NewPrice(Approved):
    """A product's price; null asks for one at every sale. `rev` is the revision that was seen."""

    rev = Text(80, required=True)
    price = price_field(required=True, allow_none=True)


class ParkCart(CartFields):
    """A cart to be parked; its lines are a map by line id."""

    request = Text(64, pattern=REQUEST_ID, required=True)
    approvals = ListOf(Text(200), 20)


class ChangeCart(CartFields):
    """What is to change; `rev` is the revision that the window saw. `release` gives the cart back."""

    rev = Text(80, required=True)
    window = Text(64)
    release = Flag()
    approvals = ListOf(Text(200), 20)


class TakeCart(Approved):
    """`over`: also when another window has it open."""

    window = Text(64, filled=True, required=True)
    over = Flag()


class DeleteCart(Approved):
    rev = Text(80)


class CustomerFields(Approved):
    name = Text(200)
    group = Text(60, allow_none=True)
    email = Text(254, allow_none=True)
    phone = Text(40, allow_none=True)
    address = ListOf(Text(200), 10, allow_none=True)
    tax_number = Text(40, allow_none=True)
    note = Text(2000, allow_none=True)
    cards = ListOf(Text(64, filled=True), 10)
    attributes = Attributes()


class NewCustomer(CustomerFields):
    request = Text(64, pattern=REQUEST_ID, required=True)
    name = Text(200, filled=True, required=True)


class ChangedCustomer(CustomerFields):
    rev = Text(80, required=True)


class PrintReceipt(Approved):
    """`copy` false prints the original, once; `gift` without prices."""

    request = Text(64, pattern=REQUEST_ID, required=True)
    copy = Flag(load_default=True)
    gift = Flag(load_default=False)


class TaskDone(Approved):
    id = Text(250, filled=True, required=True)
    database = Text(200, filled=True, required=True)


class FollowUp(Approved):
    """Who sees to it, a note, whether it is done or put aside: one of them at least."""

    request = Text(64, pattern=REQUEST_ID)
    assigned = Text(250, allow_none=True)
    note = Text(2000, filled=True)
    done = Flag()
    later = Flag()


class InboxFilter(Strict):
    """As the query of `GET /api/conflicts`."""

    database = Text(200)
    type = Text(200)
    q = Text(200)
    assigned = Text(250)


class Disputed(Strict):
    """One document in dispute; `seen` as its case or its preview gave it."""

    database = Text(200, filled=True, required=True)
    id = Text(250, filled=True, required=True)
    seen = Text(40)


class ManyPreview(Strict):
    """What many would become: those that `items` name, or that `filter` lets through, a page after `before`."""

    side = Choice("office", "till", "newer", "shown", data_key="take", required=True)
    items = ListOf(Part(Disputed), 200)
    filter = Part(InboxFilter)
    before = Text(250)


class ManyDecided(Approved):
    """One choice for many: `request` is that of all parts into which they are sent."""

    request = Text(48, pattern=REQUEST_ID, required=True)
    side = Choice("office", "till", "newer", "shown", data_key="take", required=True)
    items = ListOf(Part(Disputed), 200, required=True)
    note = Text(500, allow_none=True)


class Decision(Strict):
    """One decision of many, as `resolved` named it."""

    database = Text(200, filled=True, required=True)
    id = Text(250, filled=True, required=True)
    resolution = Text(250, filled=True, required=True)


class ManyUndone(Approved):
    """Decisions to take back; `request` is that of all parts into which they are sent."""

    request = Text(48, pattern=REQUEST_ID, required=True)
    items = ListOf(Part(Decision), 200, required=True)


class EraseRequest(Approved):
    """`reason` is one of a few words, so that no sentence about a person goes on standing; `despite` confirms what a
    refusal named as still open."""

    request = Text(64, pattern=REQUEST_ID, required=True)
    reason = Choice(*REASONS, required=True)
    despite = Flag()


class Accept(Approved):
    """The databases whose links ask, as `asks` of `GET /api/sync` names them."""

    databases = ListOf(Text(238, filled=True), 1000, required=True)


class Retry(Approved):
    """The id of a refused document, as the list has it."""

    id = Text(64, filled=True, required=True)
