"""What prints: a receipt on the printer of settings, the kick that opens the drawer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.shop.reason import say
from app.shop.receipts import escpos, printers
from app.shop.receipts.layout import Row, rows
from app.shop.receipts.printers import PrinterError
from app.shop.receipts.report_layout import report_rows

Doc = Mapping[str, Any]
__all__ = ["PrinterError", "has_printer", "kick", "print_receipt", "print_report"]

#: Columns of 58 mm paper, where settings leave those of 80 mm.
NARROW = 32
USUAL = 42


def has_printer(settings: Any) -> bool:
    """Whether this till prints by itself, rather than by the browser's dialog."""
    return bool(settings["printer"]["kind"] != "browser")


def printer_of(settings: Any) -> dict[str, Any]:
    """The printer of settings; narrow paper has fewer columns."""
    printer = dict(settings["printer"])
    if settings["paper"] == 58 and printer["columns"] == USUAL:
        printer["columns"] = NARROW
    return printer


def kick(settings: Any) -> bool:
    """Opens the cash drawer, which hangs on the receipt printer. False where settings give none to open. Raises
    PrinterError: what is noted of the opening stands all the same."""
    printer = printer_of(settings)
    if printer["kind"] == "browser" or not printer.get("kick", True):
        return False
    try:
        data = escpos.kick()
    except escpos.NoLibrary:
        data = b"\x1bp\x00\x32\x32"  # ESC p: so short that it needs no library
    printers.send(printer, data)
    return True


def print_receipt(settings: Any, shown: Doc, *, open_drawer: bool = False) -> None:
    """Prints a receipt as `present.receipt` shows it. Raises PrinterError."""
    printer = printer_of(settings)
    qr = shown["id"] if settings["receipt_qr"] else None
    _print(printer, rows(shown, printer["columns"]), qr=qr, open_drawer=open_drawer and printer.get("kick", True))


def print_report(settings: Any, shown: Doc) -> None:
    """Prints an X or Z report as `report_paper` shows it. Raises PrinterError."""
    printer = printer_of(settings)
    _print(printer, report_rows(shown, printer["columns"]))


def _print(printer: Doc, made: Sequence[Row], *, qr: str | None = None, open_drawer: bool = False) -> None:
    if printer["kind"] == "browser":
        raise PrinterError("no_printer", say("This till has no receipt printer: the browser prints."))
    try:
        data = escpos.encoded(made, printer, qr=qr, open_drawer=open_drawer)
    except escpos.NoLibrary:
        reason = say("Printing needs python-escpos: pip install couchtill[escpos].")
        raise PrinterError("no_library", reason) from None
    printers.send(printer, data)
