"""Every setting in words: its section, its name, what it does, and the field that it is changed with.

The fields are those of static/js/office/company/fields.js. A setting that has no words here yet, of a part of the
program that is newer than this page, stands at the end by its own name.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.shop.schemas.settings import DEFAULTS, VALUES
from app.web import i18n, present

Spec = dict[str, Any]


def sections() -> list[dict[str, Any]]:
    """`[{"id", "name", "settings": [{"name", "label", "hint", "kind", …}]}]`, in the reader's language."""
    made = [
        {"id": "shifts", "name": _("Shifts and cash"), "settings": _shifts()},
        {"id": "prices", "name": _("Prices and codes"), "settings": _prices()},
        {"id": "paying", "name": _("Paying and refunds"), "settings": _paying()},
        {"id": "people", "name": _("People"), "settings": _people()},
        {"id": "receipts", "name": _("Receipts"), "settings": _receipts()},
        {"id": "books", "name": _("Bookkeeping"), "settings": _books()},
        {"id": "sync", "name": _("Sync and watching"), "settings": _sync()},
    ]
    known = {spec["name"] for section in made for spec in section["settings"]}
    other = [_spec(name, name, "", "json") for name in DEFAULTS if name not in known]
    return [*made, {"id": "other", "name": _("Other"), "settings": other}] if other else made


def _spec(name: str, label: str, hint: str, kind: str, **more: Any) -> Spec:
    nullable = name in VALUES.fields and VALUES.fields[name].allow_none
    return {
        "name": name,
        "label": label,
        "hint": hint,
        "kind": kind,
        "nullable": nullable,
        "empty": _empty(name),
        **more,
    }


def _empty(name: str) -> Any:
    return DEFAULTS.get(name)


def _part(name: str, label: str, kind: str, **more: Any) -> Spec:
    return {"name": name, "label": label, "kind": kind, **more}


def _rounding() -> list[list[Any]]:
    return [["half_away", _("half up")], ["half_even", _("half to even")], ["up", _("up")], ["down", _("down")]]


def _shifts() -> list[Spec]:
    return [
        _spec("shift_auto", _("A sale opens a shift by itself"), _(
            "With an empty drawer, when nobody has opened one. Off: a shift must be opened first."), "flag"),
        _spec("count", _("Counting at the close"), _("Blind: whoever counts does not see what is expected."), "choice",
              options=[["open", _("open")], ["blind", _("blind")]]),
        _spec("denominations", _("Notes and coins"), _(
            "Those that are counted, with spaces between. Empty: the usual ones of the currency."), "amounts"),
        _spec("expenses", _("Kinds of expenses"), _("What cash is taken out for, with commas between."), "words"),
        _spec("offline_hours", _("Selling without the central"), _(
            "After so many hours without a line to the central the till stops selling."), "whole", low=1, high=8760,
              unit=_("hours"), off=_("The till never stops"), empty=24),
    ]  # fmt: skip


def _prices() -> list[Spec]:
    return [
        _spec("tax_rounding", _("Rounding of taxes"), "", "object", parts=[
            _part("scope", _("Rounded"), "choice", options=[["line", _("on each line")], ["tax", _("on each tax")]]),
            _part("mode", _("How"), "choice", options=_rounding()[:2]),
        ]),
        _spec("discount_limit", _("Discount by hand"), _(
            "What a cashier may take off without a supervisor."), "rate"),
        _spec("codes", _("Codes with a weight or a price"), _(
            "EAN-13 of a scale: how they begin, the digits of the article, those of the value, and its decimals."),
              "rows", parts=[
            _part("prefix", _("Begins with"), "text", max=6, required=True, inputmode="numeric"),
            _part("kind", _("Holds"), "choice", options=[["weight", _("a weight")], ["price", _("a price")]],
                  empty="weight"),
            _part("item", _("Digits of the article"), "whole", low=1, high=10, empty=5),
            _part("value", _("Digits of the value"), "whole", low=1, high=8, empty=5),
            _part("decimals", _("Decimals"), "whole", low=0, high=4, empty=3),
        ]),
    ]  # fmt: skip


def _paying() -> list[Spec]:
    kinds = DEFAULTS["tenders"]
    return [
        _spec("tenders", _("Ways to pay"), _("What this till takes."), "many",
              options=[[kind, present.tender_name(kind)] for kind in kinds]),
        _spec("card", _("Card terminal"), "", "choice", options=[
            ["slip", _("a terminal of its own: its slip is noted")], ["simulated", _("simulated, to try it out")]]),
        _spec("tips", _("Tips"), _("The till asks for a tip when a card pays."), "flag"),
        _spec("cash_rounding", _("Rounding of cash"), _("Where the smallest coins are not in use."), "object",
              off=_("Cash is not rounded"), empty={"step": 5, "mode": "half_away"}, parts=[
            _part("step", _("To multiples of"), "amount", empty=5),
            _part("mode", _("How"), "choice", options=_rounding(), empty="half_away"),
        ]),
        _spec("foreign", _("Foreign cash"), _(
            "So many smallest units of this store’s money (of ours) for so many of theirs."), "rows", parts=[
            _part("code", _("Currency"), "text", max=3, required=True, placeholder="USD"),
            _part("digits", _("Decimals"), "whole", low=0, high=4, empty=2),
            _part("num", _("Of ours"), "whole", low=1, empty=1),
            _part("den", _("For theirs"), "whole", low=1, empty=1),
        ]),
        _spec("trust", _("Trust without a line"), _(
            "What one till takes of a card or an account while it can’t ask: for each of them."), "object", parts=[
            _part("giftcard", _("Gift cards"), "amount", empty=5000),
            _part("credit", _("Store credit"), "amount", empty=5000),
            _part("account", _("On account"), "amount", empty=20000),
        ]),
        _spec("refund_limit", _("Refund without a supervisor"), _(
            "Above it, and without a receipt, a supervisor must allow it."), "amount"),
    ]  # fmt: skip


def _people() -> list[Spec]:
    return [
        _spec("lock_after", _("The till locks itself"), _("After so long without a touch."), "whole", low=10,
              high=86400, unit=_("seconds")),
        _spec("roles", _("Roles"), _("What each role may do is set on the page of the staff."), "roles"),
        _spec("merge_ask", _("What a person is asked"), _(
            "Two places’ changes of one thing are joined by rules. What is named here a person decides instead: as "
            "product, or product.barcodes."),
              "words"),
    ]  # fmt: skip


def _receipts() -> list[Spec]:
    languages = [[None, _("the usual one of the store")], *([tag, name] for tag, name in i18n.locales())]
    kinds = [
        ["browser", _("the browser’s own dialog")], ["network", _("a receipt printer in the network")],
        ["usb", _("a receipt printer at USB")], ["file", _("a file or a device")],
    ]  # fmt: skip
    return [
        _spec("printer", _("Printer"), "", "object", parts=[
            _part("kind", _("Receipts go to"), "choice", options=kinds, empty="browser"),
            _part("host", _("Address in the network"), "text", max=200, nullable=True, empty=None),
            _part("port", _("Port"), "whole", low=1, high=65535, empty=9100),
            _part("vendor", _("USB vendor"), "whole", low=0, high=65535, nullable=True, empty=None),
            _part("product", _("USB product"), "whole", low=0, high=65535, nullable=True, empty=None),
            _part("path", _("Path"), "text", max=500, nullable=True, empty=None),
            _part("columns", _("Characters in a line"), "whole", low=20, high=80, empty=42),
            _part("kick", _("It opens the drawer"), "flag", empty=True),
            _part("encoding", _("Chinese characters"), "choice", empty="auto",
                  options=[["auto", _("as a picture")], ["gb18030", "GB 18030"]]),
            _part("font", _("File of a font"), "text", max=500, nullable=True, empty=None),
        ]),
        _spec("paper", _("Width of the paper"), "", "whole", low=58, high=80, unit="mm"),
        _spec("receipt_print", _("Printing"), "", "choice",
              options=[["ask", _("when somebody asks for it")], ["always", _("after every sale")]]),
        _spec("receipt_language", _("Language of receipts"), "", "choice", options=languages),
        _spec("receipt_taxes", _("Taxes on receipts"), _("Each tax with its base and amount."), "flag"),
        _spec("receipt_qr", _("QR code on receipts"), _("A scan finds the receipt again."), "flag"),
        _spec("keys", _("Keys of the till’s page"), _("The name of an action, and its key."), "map"),
    ]  # fmt: skip


def _books() -> list[Spec]:
    return [
        _spec("accounts", _("Accounts of the bookkeeper"), _(
            "What is booked, and the number of its account: cash, card, sales, tax, expense … or narrower, as "
            "sales:category:drinks, sales:tax:full, tax:full, expense:Postage."), "map"),
    ]  # fmt: skip


def _sync() -> list[Spec]:
    modes = [
        ["always", _("always, as things happen")], ["every", _("every so many minutes")],
        ["hours", _("at hours of the day")], ["manual", _("by hand only")],
    ]  # fmt: skip
    hours = {"low": 0, "high": 8760, "unit": _("hours")}
    return [
        _spec("sync", _("When to sync"), "", "object", parts=[
            _part("mode", _("The till syncs"), "choice", options=modes, empty="always"),
            _part("minutes", _("Minutes between"), "whole", low=1, high=1440, empty=15),
            _part("hours", _("At these hours"), "words", placeholder="07:00, 13:00, 21:30", empty=[]),
        ]),
        _spec("silent_hours", _("A till is silent"), _(
            "When head office has not heard of it for so long, that is a task. 0: never."), "whole", **hours),
        _spec("refused_hours", _("A document is refused"), _(
            "When the central has refused it for so long, that is a task. 0: never."), "whole", **hours),
        _spec("away_hours", _("The central is away"), _(
            "When it can’t be reached for so long, that is a task. 0: never."), "whole", **hours),
        _spec("disk_low", _("Little room on the disk"), _(
            "Below so much free room, that is a task."), "whole", low=100, high=10_000_000, unit="MB"),
    ]  # fmt: skip
