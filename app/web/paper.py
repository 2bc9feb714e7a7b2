"""An order as its printed receipt, on screen, in a browser's print and on a receipt printer: every figure a text.

All of it comes from the order's own snapshot; what is looked up beside it (who served, which copy this is, the code of
a gift card that is printed once) is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from babel.numbers import format_percent
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from app.shop import ids
from app.shop.receipts import qr as codes
from app.web import i18n, words
from app.web.present import amount, quantity, signed, tender_name

Doc = Mapping[str, Any]


@dataclass(frozen=True)
class Paper:
    """How a receipt is shown. `gift`: without prices; `copy`: the number of this copy, 0 for the original; `void`: the
    sale was taken back; `staff` and `customer` are names; `cards` line id → the code of a gift card, for this one time;
    `taxes` and `qr`: whether they are on it; `width` of the paper in mm; `original`: the order that a refund is of."""

    gift: bool = False
    copy: int = 0
    void: bool = False
    staff: str = ""
    customer: str = ""
    cards: Mapping[str, str] = field(default_factory=dict)
    taxes: bool = True
    qr: bool = True
    width: int = 80
    original: Doc | None = None


@contextmanager
def language(tag: str | None) -> Iterator[None]:
    """Receipts in the language of settings, whatever the person at the till reads; None: in theirs."""
    if tag is None or tag not in dict(i18n.locales()):
        yield
        return
    with force_locale(tag):
        yield


def receipt(order: Doc, zone: str | None = None, paper: Paper = Paper()) -> dict[str, Any]:
    """What a receipt shows, its time in `zone`::

    {"id", "number", "label", "at", "when", "lang", "width", "gift", "void",
     "marks": [text], "original", "people": [text],
     "header": {"name", "lines", "footer"},
     "lines": [{"id", "name", "detail", "note", "card", "amount", "discounts": [{"name", "amount"}]}],
     "total", "extras": [{"name", "amount"}], "tenders": [{"name", "detail", "amount"}], "change",
     "promotions": [{"name", "amount"}], "saved", "taxes": [{"name", "rate", "base", "amount"}], "added_taxes",
     "cards": [{"name", "code"}], "qr": SVG or "", "words": {"total", "change", "saved", "net"}}
    """
    digits = int(order.get("digits", 2))
    header = order.get("header") or {}
    taxes = order.get("tax") or []
    name = header.get("name") or ""
    lines = order.get("lines") or ()
    added = taxes if order.get("tax_mode") == "added" else ()
    saved = sum(int(each["amount"]) for each in order.get("promotions") or ())

    def shown(value: int) -> str:
        return signed(value, digits)

    return {
        "id": order["_id"],
        "number": order.get("number"),
        "label": label(order),
        "at": order.get("at"),
        "when": words.when(order.get("at"), zone),
        "lang": i18n.TAGS.get(str(get_locale()), str(get_locale())),
        "width": paper.width,
        "gift": paper.gift,
        "void": paper.void,
        "marks": _marks(order, paper),
        "original": _original(order, paper, zone),
        "people": _people(order, paper),
        "header": {
            "name": name,
            "lines": [line for i, line in enumerate(header.get("lines") or []) if i or line != name],
            "footer": header.get("footer") or [],
        },
        "lines": [_line(line, digits, paper) for line in lines],
        "total": f"{order.get('currency') or ''} {shown(order.get('total', 0))}".strip(),
        "extras": _extras(order, digits),
        "tenders": [_tender(tender, digits) for tender in order["tenders"]],
        "change": shown(order["change"]) if order.get("change") else "",
        "promotions": [
            {"name": each["name"], "amount": shown(-each["amount"])} for each in order.get("promotions") or ()
        ],
        "saved": shown(saved),
        "taxes": [
            {
                "name": tax["name"],
                "rate": "" if "%" in tax["name"] else _rate(tax["rate"]),
                "base": shown(tax["base"]),
                "amount": shown(tax["amount"]),
            }
            for tax in (taxes if paper.taxes else ())
        ],
        "added_taxes": [{"name": tax["name"], "amount": shown(tax["amount"])} for tax in added],
        "cards": [
            {"name": line["name"], "code": paper.cards[line["id"]]} for line in lines if line.get("id") in paper.cards
        ],
        "qr": qr(str(order["_id"])) if paper.qr else "",
        "words": {"total": _("Total"), "change": _("Change"), "saved": _("You saved"), "net": _("Net")},
    }


def label(order: Doc) -> str:
    """A receipt's number as people read it: "S1-T2 · 42"."""
    return f"{str(order.get('terminal') or '').upper()} · {order.get('number')}"


def label_of(id: str) -> str:
    """The same from the order's id, where the order isn't here."""
    parts = ids.parse(id)
    return f"{ids.terminal_of(parts.series).upper()} · {parts.number}" if parts else id


def qr(text: str) -> Markup:
    """A QR code as SVG that takes the colour of what is around it."""
    side, path = codes.path(text)
    return Markup('<svg viewBox="0 0 {0} {0}" class="qr"><path stroke="currentColor" d="{1}"/></svg>').format(
        side, path
    )


def _marks(order: Doc, paper: Paper) -> list[str]:
    marks = []
    if order.get("kind") == "refund":
        marks.append(_("REFUND"))
    if paper.void:
        marks.append(_("VOID"))
    if paper.gift:
        marks.append(_("Gift receipt"))
    if paper.copy:
        marks.append(_("COPY %(number)s", number=paper.copy))
    return marks


def _original(order: Doc, paper: Paper, zone: str | None) -> str:
    of = order.get("refund_of")
    if not isinstance(of, str):
        return ""
    if paper.original is not None and paper.original.get("at"):
        date = words.when(paper.original["at"], zone)
        return _("Refund of receipt %(receipt)s of %(date)s", receipt=label(paper.original), date=date)
    return _("Refund of receipt %(receipt)s", receipt=label_of(of))


def _people(order: Doc, paper: Paper) -> list[str]:
    people = []
    if paper.staff:
        people.append(_("Served by %(name)s", name=paper.staff))
    invoice = order.get("invoice") or {}
    if invoice:
        name = invoice.get("name")
        refund = order.get("kind") == "refund"
        to = _("Credit note to %(name)s", name=name) if refund else _("Invoice to %(name)s", name=name)
        people += [to, *(invoice.get("address") or ())]
        if invoice.get("tax_number"):
            people.append(_("Tax number %(number)s", number=invoice["tax_number"]))
    elif paper.customer:
        people.append(_("Customer: %(name)s", name=paper.customer))
    return people


def _extras(order: Doc, digits: int) -> list[dict[str, str]]:
    """What comes between the total and the payments, and then what was to be paid."""
    tip, rounding = int(order.get("tip") or 0), int(order.get("cash_rounding") or 0)
    rows = [{"name": _("Tip"), "amount": signed(tip, digits)}] if tip else []
    if rounding:
        rows.append({"name": _("Cash rounding"), "amount": signed(rounding, digits)})
    if rows:
        rows.append({"name": _("To pay"), "amount": signed(order.get("total", 0) + tip + rounding, digits)})
    return rows


def _tender(tender: Doc, digits: int) -> dict[str, str]:
    kind = tender["kind"]
    detail = ""
    if kind == "foreign" and tender.get("currency"):
        detail = f"{tender['currency']} {signed(int(tender.get('foreign') or 0), int(tender.get('digits', 2)))}"
    elif kind == "giftcard" and tender.get("hint"):
        detail = f"···{tender['hint']}"
    elif kind == "card" and tender.get("reference"):
        detail = _("Slip %(number)s", number=tender["reference"])
    elif kind == "coupon" and tender.get("code"):
        detail = str(tender["code"])
    name = tender_name(kind)
    if kind == "cash" and tender["amount"] < 0:
        name = _("Cash paid out")
    return {"name": name, "detail": detail, "amount": signed(tender["amount"], digits)}


def _rate(millionths: int) -> str:
    return format_percent(Decimal(millionths) / 1_000_000, "#,##0.###%", locale=get_locale())


def _line(line: Doc, digits: int, paper: Paper) -> dict[str, Any]:
    price = line.get("price") or {}
    per = int(price.get("per", 1000))
    unit = line.get("unit") or ""
    each = amount(int(price.get("amount", 0)), digits)
    if per != 1000:
        each = f"{each} / {quantity(per)}{f' {unit}' if unit else ''}"
    elif unit:
        each = f"{each} / {unit}"
    count = quantity(line["quantity"]).replace("-", "−") + (f" {unit}" if unit else "")
    usual = line["quantity"] == 1000 and not unit and per == 1000
    detail = "" if usual else f"{count} × {each}"
    # A part of a bundle, a packing, what a label was stuck on: its price is that of all of it, and stands beside it.
    whole = per != 1000 and per == abs(line["quantity"])
    if paper.gift or whole:
        detail = "" if line["quantity"] == 1000 and not unit else count
    notes = [line.get("note") or ""]
    of = line.get("return_of")
    if isinstance(of, Mapping) and of.get("order") and paper.original is None:
        notes.append(_("returned, from receipt %(receipt)s", receipt=label_of(str(of["order"]))))
    return {
        "id": line.get("id"),
        "name": line.get("name") or "",
        "detail": detail,
        "note": " · ".join(filter(None, notes)),
        "card": f"···{line['hint']}" if line.get("hint") else "",
        "amount": "" if paper.gift else signed(line.get("amount", 0), digits),
        "discounts": []
        if paper.gift
        else [
            {"name": discount.get("name") or _("Discount"), "amount": signed(-discount["amount"], digits)}
            for discount in line.get("discounts") or ()
            if discount["amount"]
        ],
    }
