"""Originals, numbered copies, and what a printer still owes."""

from __future__ import annotations

from typing import Any

import pytest

from app.shop.actor import Actor
from app.shop.sale import SaleError
from app.shop.till import Till
from tests.shop.conftest import Shop
from tests.shop.receipts.test_printing import shown
from tests.support.printer import Printer
from tests.support.process import free_port


def events(till: Till) -> list[tuple[str, Any]]:
    return [(doc["kind"], doc["details"].get("copy")) for doc in (record.doc() for record in till.store.each("event"))]


def test_the_original_is_printed_once_then_come_numbered_copies(shop: Shop, till: Till) -> None:
    book, sold = till.receipts_book, shop.sell(till)

    assert book.issue(sold, "print-0001", original=True) == 0
    again = shop.till(store=till.store).receipts_book  # a restart makes no second original
    assert again.issue(sold, "print-0002", original=True) == 1
    assert book.issue(sold, "print-0003") == 2
    assert book.issue(sold, "print-0003") == 2
    assert book.issue(sold, "print-0004", gift=True) == 0
    assert events(till) == [("reprint", 1), ("reprint", 2), ("gift_receipt", None)]
    assert book.copies(sold["_id"]) == 2


def test_an_old_receipt_is_never_an_original(shop: Shop, till: Till) -> None:
    sold = shop.sell(till)
    for _ in range(3):
        shop.sell(till)

    assert till.receipts_book.issue(sold, "print-0001", original=True) == 1


def test_a_copy_needs_the_right(shop: Shop, till: Till) -> None:
    sold, nobody = shop.sell(till), Actor("staff:ann", "Ann", frozenset())

    with pytest.raises(SaleError) as refused:
        till.receipts_book.issue(sold, "print-0001", nobody)
    assert refused.value.details["right"] == "reprint"
    assert till.receipts_book.issue(sold, "print-0002", nobody, original=True) == 0


def printer(shop: Shop, port: int) -> None:
    values = {"printer": {"kind": "network", "host": "127.0.0.1", "port": port}}
    doc = {"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values}
    known = shop.company.read("settings:all")
    shop.company.put({**doc, "_rev": known.rev} if known is not None else doc)


def test_what_the_printer_refused_waits_over_a_restart_and_is_printed_later(shop: Shop, till: Till) -> None:
    sold = shop.sell(till)
    printer(shop, free_port())
    answer = till.receipts_book.print(sold, shown())
    assert (answer["printed"], answer["error"]) == (False, "printer_off")
    till.receipts_book.print(sold, shown())

    again = shop.till(store=till.store)  # the same terminal, started anew
    [waits] = again.receipts_book.waiting()
    assert (waits["order"], "is off" in waits["reason"]) == (sold["_id"], True)
    paper = Printer()
    try:
        printer(shop, paper.port)
        tried = again.receipts_book.retry(lambda order, copy, gift: shown())
        assert (tried["printed"], tried["waiting"]) == (1, [])
        assert "Corner Shop" in paper.printed()[0].text
    finally:
        paper.close()


def test_what_waits_can_be_taken_off_the_list(shop: Shop, till: Till) -> None:
    printer(shop, free_port())
    till.receipts_book.print(shop.sell(till), shown())

    till.receipts_book.drop(till.receipts_book.waiting()[0]["id"])

    assert till.receipts_book.waiting() == []
    with pytest.raises(SaleError, match="doesn't wait"):
        till.receipts_book.drop("nothing")


def test_a_till_without_a_printer_leaves_it_to_the_browser(shop: Shop, till: Till) -> None:
    assert till.receipts_book.print(shop.sell(till), shown())["error"] == "browser"
    assert till.receipts_book.waiting() == []
