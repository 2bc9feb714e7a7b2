"""Sending bytes to the receipt printer of settings: over the network, USB, or into a file (a device, a spool folder).

What goes wrong is said in words for a cashier. A sale never waits for a printer nor fails with it.
"""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.shop.reason import Reason, say

Doc = Mapping[str, Any]

#: Seconds for a printer to answer; on a shop's own network it takes milliseconds.
CONNECT = 3.0
SEND = 10.0
STATUS = 0.4
#: DLE EOT: why it is offline, and how its paper is. Answered at once, one byte each, also while it can't print.
ASK_OFFLINE, ASK_PAPER = b"\x10\x04\x02", b"\x10\x04\x04"

#: One receipt at a time: two windows must not print into one another.
_one_at_a_time = threading.Lock()


class PrinterError(Exception):
    """A printer that did not take it: `error` is a word for programs, the message a sentence for the cashier."""

    def __init__(self, error: str, reason: Reason) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason


def send(printer: Doc, data: bytes) -> None:
    """Raises PrinterError. `printer` as `schemas.settings.Printer`; kind `browser` has nothing to send to."""
    kind = printer["kind"]
    senders = {"network": _network, "usb": _usb, "file": _file}
    if kind not in senders:
        raise PrinterError("no_printer", say("This till has no receipt printer: the browser prints."))
    with _one_at_a_time:
        senders[kind](printer, data)


def _network(printer: Doc, data: bytes) -> None:
    host, port = printer.get("host"), int(printer["port"])
    if not host:
        raise PrinterError("no_printer", say("The settings give the receipt printer no address."))
    where = f"{host}:{port}" if port != 9100 else str(host)
    try:
        with socket.create_connection((host, port), timeout=CONNECT) as line:
            _ready(line)
            line.settimeout(SEND)
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
    except socket.gaierror:
        raise PrinterError(
            "printer_unknown", say("No printer has the name %(host)s. Look at the settings.", host=host)
        ) from None
    except TimeoutError:
        raise _away(where) from None
    except ConnectionRefusedError:
        reason = say("The receipt printer at %(where)s is off, or busy: nothing answers there.", where=where)
        raise PrinterError("printer_off", reason) from None
    except OSError as wrong:
        if wrong.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN):
            raise _away(where) from None
        reason = say("The receipt printer at %(where)s broke off: look at its paper, then print again.", where=where)
        raise PrinterError("printer_broke_off", reason) from None


def _ready(line: socket.socket) -> None:
    """Asks the printer what keeps it from printing. One that does not know the question is silent, and believed."""
    line.settimeout(STATUS)
    line.sendall(ASK_OFFLINE + ASK_PAPER)
    told = b""
    try:
        while len(told) < 2 and (more := line.recv(2)):
            told += more
    except TimeoutError:
        pass
    states = [byte for byte in told if byte & 0x93 == 0x12]  # the bits that tell a status from anything else
    if states and states[0] & 0x04:
        raise PrinterError("cover_open", say("The receipt printer’s cover is open. Close it, then print again."))
    if (states and states[0] & 0x20) or (len(states) > 1 and states[1] & 0x60):
        raise PrinterError("no_paper", say("The receipt printer is out of paper. Put in a roll, then print again."))


def _away(where: str) -> PrinterError:
    return PrinterError(
        "printer_away",
        say("The receipt printer at %(where)s is out of reach: is it on, and on the network?", where=where),
    )


def _usb(printer: Doc, data: bytes) -> None:
    vendor, product = printer.get("vendor"), printer.get("product")
    if vendor is None or product is None:
        raise PrinterError("no_printer", say("The settings don’t say which USB printer this is."))
    try:
        from escpos.exceptions import DeviceNotFoundError, USBNotFoundError
        from escpos.printer import Usb
    except ImportError:
        raise PrinterError(
            "no_library", say("Printing over USB needs python-escpos: pip install couchtill[escpos].")
        ) from None
    device = Usb(vendor, product, timeout=int(SEND * 1000))
    try:
        device.open()
        device._raw(data)
    except (DeviceNotFoundError, USBNotFoundError):
        reason = say("The receipt printer is not at any USB plug, or it is off.")
        raise PrinterError("printer_off", reason) from None
    except Exception as wrong:  # whatever the driver of the day raises, it is the printer that failed, not the sale
        raise PrinterError(
            "printer_broke_off", say("The USB printer did not take it: %(wrong)s", wrong=str(wrong))
        ) from None
    finally:
        device.close()


def _file(printer: Doc, data: bytes) -> None:
    path = printer.get("path")
    if not path:
        raise PrinterError("no_printer", say("The settings give the receipt printer no path."))
    try:
        with Path(path).open("ab") as file:
            file.write(data)
    except OSError as wrong:
        raise PrinterError(
            "printer_off", say("%(path)s: %(error)s.", path=path, error=wrong.strerror or wrong)
        ) from None
