"""What a receipt printer hears, over a real socket, and what is said when it doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.shop.receipts import escpos, layout, printers, printing
from app.shop.schemas.settings import DEFAULTS
from tests.support.printer import Printer, decode
from tests.support.process import free_port


def shown(**fields: Any) -> dict[str, Any]:
    """A receipt as the web shows it."""
    return {
        "id": "order:s1-t1.k7:00000042:0123456789",
        "label": "S1-T1 · 42",
        "when": "22 Nov 2026, 13:00:01",
        "gift": False,
        "marks": [],
        "original": "",
        "people": ["Served by Ann"],
        "header": {"name": "Corner Shop", "lines": ["12 Linden Lane"], "footer": ["Thank you!"]},
        "lines": [
            {
                "name": "Espresso",
                "detail": "2 × 2.45",
                "note": "",
                "card": "",
                "amount": "4.90",
                "discounts": [{"name": "Happy hour", "amount": "−0.50"}],
            }
        ],
        "total": "EUR 4.40",
        "extras": [],
        "tenders": [{"name": "Cash", "detail": "", "amount": "5.00"}],
        "change": "0.60",
        "promotions": [],
        "saved": "0.00",
        "taxes": [{"name": "VAT", "rate": "19%", "base": "3.70", "amount": "0.70"}],
        "added_taxes": [],
        "cards": [],
        "words": {"total": "Total", "change": "Change", "saved": "You saved", "net": "Net"},
        **fields,
    }


def settings(**printer: Any) -> dict[str, Any]:
    values = dict(DEFAULTS)
    values["printer"] = {**DEFAULTS["printer"], **printer}
    return values


@pytest.fixture
def paper() -> Iterator[Printer]:
    printer = Printer()
    yield printer
    printer.close()


def test_a_receipt_comes_out_of_a_network_printer_with_its_code_and_a_cut(paper: Printer) -> None:
    printing.print_receipt(settings(kind="network", host="127.0.0.1", port=paper.port), shown(), open_drawer=True)

    [printed] = paper.printed()
    assert "Corner Shop" in printed.text
    assert "Espresso                              4.90" in printed.rows
    assert "  Happy hour                         -0.50" in printed.rows
    assert [row for row in printed.rows if row.strip()][-1] == "Thank you!"
    assert all(layout.width(row) <= 42 for row in printed.rows)
    assert len(printed.pictures) == 1  # the QR code
    assert (printed.cuts, printed.kicks > 0) == (1, True)


def test_no_drawer_opens_for_a_card(paper: Printer) -> None:
    printing.print_receipt(settings(kind="network", host="127.0.0.1", port=paper.port), shown())

    assert paper.printed()[0].kicks == 0


def test_a_kick_alone_opens_the_drawer(paper: Printer) -> None:
    assert printing.kick(settings(kind="network", host="127.0.0.1", port=paper.port)) is True

    [printed] = paper.printed()
    assert (printed.rows, printed.kicks > 0) == ([], True)
    assert printing.kick(settings(kind="network", host="127.0.0.1", port=paper.port, kick=False)) is False
    assert printing.kick(settings(kind="browser")) is False


def test_a_printer_that_answers_no_question_still_prints() -> None:
    printer = Printer(status=None)
    try:
        printing.print_receipt(settings(kind="network", host="127.0.0.1", port=printer.port), shown())
        assert "Corner Shop" in printer.printed()[0].text
    finally:
        printer.close()


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (b"\x16\x12", "cover_open", "cover is open"),
        (b"\x32\x12", "no_paper", "out of paper"),
        (b"\x12\x72", "no_paper", "out of paper"),
    ],
)
def test_an_open_cover_and_a_missing_roll_are_said_and_nothing_is_sent(status: bytes, error: str, words: str) -> None:
    printer = Printer(status=status)
    try:
        with pytest.raises(printing.PrinterError, match=words) as failed:
            printing.print_receipt(settings(kind="network", host="127.0.0.1", port=printer.port), shown())
        assert failed.value.error == error
    finally:
        printer.close()
    assert printer._real() == []


def test_a_printer_that_is_off_is_said_in_words() -> None:
    with pytest.raises(printing.PrinterError, match="is off, or busy"):
        printing.print_receipt(settings(kind="network", host="127.0.0.1", port=free_port()), shown())


@pytest.mark.parametrize("printer", [{"kind": "network"}, {"kind": "usb"}, {"kind": "file"}, {"kind": "browser"}])
def test_settings_that_name_no_printer_are_said_in_words(printer: dict[str, Any]) -> None:
    with pytest.raises(printing.PrinterError) as failed:
        printing.print_receipt(settings(**printer), shown())
    assert failed.value.error == "no_printer"


def test_a_file_takes_it_too(tmp_path: Path) -> None:
    printing.print_receipt(settings(kind="file", path=str(tmp_path / "lp0")), shown())

    assert "Espresso" in decode((tmp_path / "lp0").read_bytes()).text
    with pytest.raises(printing.PrinterError, match="No such file"):
        printing.print_receipt(settings(kind="file", path=str(tmp_path / "no" / "lp0")), shown())


def test_chinese_goes_out_as_pictures_where_a_font_is(paper: Printer) -> None:
    if escpos.font_of(None) is None:
        pytest.skip("this machine has no font with Chinese characters")
    chinese = shown(header={"name": "街角小店", "lines": [], "footer": ["谢谢惠顾"]})
    printing.print_receipt(settings(kind="network", host="127.0.0.1", port=paper.port), chinese)

    [printed] = paper.printed()
    assert (42 * 12, 60) in printed.pictures  # the name, twice as high
    assert (42 * 12, 30) in printed.pictures
    assert "Espresso                              4.90" in printed.rows


def test_chinese_goes_out_as_characters_where_the_printer_has_them(paper: Printer) -> None:
    chinese = shown(header={"name": "街角小店", "lines": [], "footer": []})
    printer = settings(kind="network", host="127.0.0.1", port=paper.port, encoding="gb18030")
    printing.print_receipt({**printer, "receipt_qr": False}, chinese)

    [printed] = paper.printed()
    assert "街角小店" in printed.rows
    assert printed.pictures == []


def test_without_a_font_amounts_keep_their_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escpos, "font_of", lambda path: None)
    rows = [layout.Row(text) for text in layout.pair("红茶", "3.50", 20)]

    [row] = decode(escpos.encoded(rows, DEFAULTS["printer"])).rows
    assert row == "????            3.50"


def test_accents_and_the_euro_go_out_in_a_code_page_that_has_them() -> None:
    rows = [layout.Row("Crème brûlée"), layout.Row("€ 3.50"), layout.Row("Чай"), layout.Row("minus −1 …")]

    printed = decode(escpos.encoded(rows, DEFAULTS["printer"]))
    assert printed.rows == ["Crème brûlée", "€ 3.50", "Чай", "minus -1 ~"]


def test_a_gift_receipt_has_no_amount_on_it() -> None:
    gift = shown(gift=True, lines=[{**shown()["lines"][0], "amount": "", "discounts": [], "detail": "2"}])
    text = "\n".join(row.text for row in layout.rows(gift, 42))

    assert "Espresso" in text
    assert not any(figure in text for figure in ("4.90", "4.40", "5.00", "0.60", "3.70"))


@pytest.mark.parametrize("columns", [32, 42, 48])
def test_nothing_is_wider_than_the_paper(columns: int) -> None:
    long = {**shown()["lines"][0], "name": "A very long name of a product that never ends " * 3, "note": "x" * 90}
    made = layout.rows(shown(lines=[long], promotions=[{"name": "红" * 60, "amount": "−1.00"}]), columns)

    assert all(layout.width(row.text) * (2 if row.big else 1) <= columns for row in made)
    assert any(row.text.endswith("4.90") for row in made)


def test_narrow_paper_has_fewer_columns() -> None:
    assert printing.printer_of({**settings(), "paper": 58})["columns"] == 32
    assert printing.printer_of({**settings(columns=48), "paper": 58})["columns"] == 48


def test_a_host_without_a_name_is_said_in_words() -> None:
    with pytest.raises(printers.PrinterError) as failed:
        printers.send({"kind": "network", "host": "printer.invalid", "port": 9100}, b"x")
    assert failed.value.error in ("printer_unknown", "printer_away", "printer_broke_off")
