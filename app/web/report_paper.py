"""X and Z reports as they are printed: a title, and sections of rows, every figure a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from app.web import present, words

Doc = Mapping[str, Any]
Row = dict[str, Any]


def x_paper(x: Doc, facts: Doc, names: Mapping[str, str]) -> dict[str, Any]:
    """`{"id", "title", "store", "header", "meta": [[name, text]], "sections": [{"title", "rows": [{"name", "note",
    "amount", "strong"}]}], "notes": [text]}` of an X report."""
    shift, sums = x["shift"], x["sums"]
    zone, digits = facts["timezone"], shift["digits"]
    meta = [
        [_("Shift opened"), words.when(shift["at"], zone)],
        [_("Opened by"), _who(shift["by"], names)],
        [_("As of"), words.when(x["at"], zone)],
        [_("Business day"), words.day_name(shift["business_date"])],
    ]
    return {
        "id": shift["_id"],
        "kind": "x",
        "label": f"{str(shift['terminal']).upper()}",
        "title": _("X report"),
        "store": facts["name"],
        "header": _above(facts),
        "meta": [row for row in meta if row[1]],
        "sections": _sections(sums, digits, names, None),
        "total": _total(sums, shift),
        "notes": _notes(x["carts"], len(x["doubled"]), len(x["unreadable"]), 0),
        "chain": [],
    }


def z_paper(z: Doc, facts: Doc, names: Mapping[str, str], late: int) -> dict[str, Any]:
    """The same of a Z report, with its number, the count, the perpetual total and what it covers. `late` documents of
    its shift came after it."""
    sums, zone, digits = z["sums"], facts["timezone"], z["digits"]
    meta = [
        [_("Shift opened"), words.when(z["opened"], zone)],
        [_("Opened by"), _who(z["opened_by"], names)],
        [_("Shift closed"), words.when(z["at"], zone)],
        [_("Closed by"), _who(z["by"], names)],
        [_("Business day"), words.day_name(z["business_date"])],
    ]
    chain = [
        _("%(series)s: journal %(first)s to %(last)s, %(hash)s", **{**cover, "hash": str(cover["hash"])[:16]})
        for cover in z["covers"]
    ]
    return {
        "id": z["_id"],
        "kind": "z",
        "label": f"{str(z['terminal']).upper()} · Z {z['number']}",
        "title": _("Z report %(number)s", number=z["number"]),
        "store": facts["name"],
        "header": _above(facts),
        "meta": [row for row in meta if row[1]],
        "sections": _sections(sums, digits, names, z),
        "total": _total(sums, z),
        "notes": _notes(z["carts"], len(z["doubled"]), len(z["unreadable"]), late),
        "chain": chain,
    }


def z_row(row: Doc, zone: str) -> dict[str, Any]:
    """A row of the list of Z reports; `sums`: its amounts in minor units."""
    digits, revenue, difference = (_whole(row.get(name)) for name in ("digits", "revenue", "difference"))

    def money(value: int) -> str:
        return present.money(value, str(row.get("currency") or ""), digits)

    return {
        "id": row["id"],
        "label": f"{str(row.get('terminal') or '?').upper()} · Z {row.get('number')}",
        "when": words.when(row.get("at"), zone),
        "date": row.get("business_date") or "",
        "receipts": row.get("receipts") or 0,
        "revenue": money(revenue),
        "difference": ("+" if difference > 0 else "") + money(difference),
        "differs": bool(difference),
        "sums": {"revenue": revenue, "difference": difference},
    }


def _whole(value: Any) -> int:
    return value if type(value) is int else 0


def _above(facts: Doc) -> list[str]:
    return [line for line in facts.get("header") or [] if line != facts["name"]]


def _who(by: Any, names: Mapping[str, str]) -> str:
    return names.get(by, "") if isinstance(by, str) else ""


def _total(sums: Doc, doc: Doc) -> str:
    return f"{doc['currency']} {present.amount(sums['revenue'], doc['digits'])}"


def _notes(carts: int, doubled: int, unreadable: int, late: int) -> list[str]:
    return [
        text
        for count, text in (
            (carts, _("%(count)s parked carts are open.", count=carts)),
            (doubled, _("%(count)s sales were written twice, and count once.", count=doubled)),
            (unreadable, _("%(count)s documents can’t be read, and are in no sum.", count=unreadable)),
            (late, _("%(count)s documents of this shift came later. They are in no sum of this report.", count=late)),
        )
        if count
    ]


def _sections(sums: Doc, digits: int, names: Mapping[str, str], z: Doc | None) -> list[dict[str, Any]]:
    def shown(value: int, places: int = digits) -> str:
        return present.amount(value, places)

    def line(name: str, value: int, note: str = "", strong: bool = False) -> Row:
        return {"name": name, "note": note, "amount": shown(value), "strong": strong}

    def some(rows: Iterable[tuple[str, int]]) -> list[Row]:
        return [line(name, value) for name, value in rows if value]

    def times(count: int) -> str:
        return f"{count} ×"

    sales, refunds, taxes = sums["sales"], sums["refunds"], sums["tax"]
    made = [
        (
            _("Takings"),
            [
                line(_("Sales"), sales["amount"], times(sales["count"])),
                line(_("Refunds"), refunds["amount"], times(refunds["count"])),
                *[line(sold_name(row["kind"]), -row["amount"], times(row["count"])) for row in sums["sold"]],
                line(_("Revenue"), sums["revenue"], strong=True),
                line(_("Net of tax"), sums["net"]),
                *some([(_("Deposits charged"), sums["deposits"]["charged"]),
                       (_("Deposits returned"), sums["deposits"]["returned"])]),
            ],
        ),
        (_("Tax"), [line(row["name"], row["amount"], _("of %(base)s", base=shown(row["base"]))) for row in taxes]),
        (
            _("Discounts"),
            [line(discount_name(row["kind"]), row["amount"], times(row["count"])) for row in sums["discounts"]],
        ),
        (
            _("Payments"),
            [
                *[line(present.tender_name(row["kind"]), row["net"], times(row["count"])) for row in sums["tenders"]],
                *some([(_("Tips"), sums["tips"]), (_("Cash rounding"), sums["rounding"]),
                       (_("Change given"), sums["change"])]),
                *some([(_("Paid off on account"), sums["account"]["payments"])]),
            ],
        ),
        (_("Foreign cash"), [_foreign(row, shown) for row in sums["foreign"]]),
        (_("Cash in the drawer"), _cash(sums, line)),
        (_("Count"), _count(sums, z, line, shown)),
        (
            _("Cashiers"),
            [
                line(_who(row["by"], names) or _("Without a name"), row["total"], times(row["receipts"]))
                for row in sums["cashiers"]
            ],
        ),
        (_("Receipts"), [{"name": run["series"], "note": times(run["count"]),
                          "amount": f"{run['first']} – {run['last']}", "strong": False}
                         for run in sums["receipts"]["series"]]),
        (_("Counts"), [{"name": name, "note": "", "amount": str(sums["counts"][key]), "strong": False}
                       for key, name in _counts() if sums["counts"][key]]),
    ]  # fmt: skip
    if z is not None:
        grand = [line(_("Before"), z["grand_before"]), line(_("After"), z["grand_after"], strong=True)]
        made.append((_("Perpetual total"), grand))
    return [{"title": title, "rows": rows} for title, rows in made if rows]


def _cash(sums: Doc, line: Any) -> list[Row]:
    cash = sums["cash"]
    parts = [
        (_("Float"), cash["float"]),
        (_("Cash from sales"), cash["sales"]),
        (_("Paid in"), cash["in"]),
        (_("Paid out"), -cash["out"]),
        *[(row["category"] or _("Expense"), -row["amount"]) for row in sums["expenses"]],
        (_("To the safe"), -cash["drops"]),
    ]
    return [
        *[line(name, value) for place, (name, value) in enumerate(parts) if value or place < 2],
        line(_("Expected"), cash["expected"], strong=True),
    ]


def _count(sums: Doc, z: Doc | None, line: Any, shown: Any) -> list[Row]:
    if z is None:
        return []
    rows = [
        line(present.tender_name(row["kind"]), row["declared"],
             _("%(difference)s off", difference=shown(row["difference"])) if row["difference"] else "")
        for row in sums["tenders"] if "declared" in row
    ]  # fmt: skip
    rows += [
        {"name": row["currency"], "note": _("%(difference)s off", difference=shown(row["difference"], row["digits"]))
         if row["difference"] else "", "amount": shown(row["declared"], row["digits"]), "strong": False}
        for row in sums["foreign"] if "declared" in row
    ]  # fmt: skip
    rows.append(line(_("Difference in cash"), z["difference"], strong=True))
    if z["note"]:
        rows.append({"name": z["note"], "note": "", "amount": "", "strong": False})
    return rows


def _foreign(row: Doc, shown: Any) -> Row:
    return {
        "name": row["currency"],
        "note": shown(row["net"], row["digits"]),
        "amount": shown(row["amount"]),
        "strong": False,
    }


def sold_name(kind: str) -> str:
    """What lines that are no revenue are called."""
    names = {"giftcard": _("Gift cards sold"), "topup": _("Balances topped up"), "payment": _("Accounts paid off")}
    return names.get(kind, kind)


def discount_name(kind: str) -> str:
    """What a kind of discount is called."""
    names = {"promotion": _("Promotions"), "manual": _("By hand"), "cart": _("Off the whole cart")}
    return names.get(kind, kind.replace("_", " "))


def _counts() -> list[tuple[str, str]]:
    return [
        ("refunds", _("Refunds")),
        ("void_lines", _("Lines voided")),
        ("void_carts", _("Carts voided")),
        ("void_sales", _("Sales voided")),
        ("reprints", _("Reprints")),
        ("gift_receipts", _("Gift receipts")),
        ("drawer_openings", _("Drawer opened without a sale")),
        ("price_changes", _("Prices keyed")),
        ("discounts", _("Discounts by hand")),
        ("total_differs", _("Totals that differed")),
        ("x_reports", _("X reports")),
        ("postponed", _("Closes put off")),
        ("clock", _("Clock wrong")),
    ]
