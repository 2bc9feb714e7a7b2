"""The daily sums: kept beside the store, followed up, made anew when they are not its own any more."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.shop.indexes import indexes_for
from app.shop.reports import ask, ranges, spreadsheet
from app.shop.reports.ranges import Range
from app.shop.reports.shelf import Shelf
from app.shop.reports.sums import DailySums, asked_again
from app.shop.reports.today import today
from app.shop.sale import SaleError
from tests.support.market import MORNING, Market

DAY = "2026-11-20"
EVER = Range("2026-11-01", "2027-01-31")
MILK = {"product": "product:milk", "quantity": 2000}
CASH = {"kind": "cash", "amount": 100_000}


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    made = Market(tmp_path)
    yield made
    made.close()


@pytest.fixture
def sums(market: Market) -> Iterator[DailySums]:
    made = DailySums(market.company, market.store, "s1")
    yield made
    made.close()


def sell(market: Market, **request: Any) -> dict[str, Any]:
    return market.sell(**{"lines": [MILK], "tenders": [{"kind": "cash", "amount": 500}], **request})


def revenue(sums: DailySums, span: Range = EVER) -> int:
    return sum(book.head["revenue"] for book in ask.report([sums], "day", span).books)


def test_a_new_sale_stands_in_the_next_report_and_only_its_day_is_summed_again(market: Market, sums: DailySums) -> None:
    sell(market)
    market.now += timedelta(days=1)
    sell(market)
    assert sums.ready([EVER]) == (0, 2)
    assert revenue(sums) == 2 * 258
    assert sums.ready([EVER]) == (0, 0)
    sell(market)
    assert sums.ready([EVER]) == (0, 1)
    assert revenue(sums) == 3 * 258


def test_whole_months_come_to_their_days_also_after_one_more_sale(market: Market, sums: DailySums) -> None:
    orders = {}
    for n in range(12):
        order = sell(market, lines=[MILK, {"product": "product:cup", "quantity": 1000 * (n % 3 + 1)}], tenders=[CASH])
        orders[order["business_date"]] = order
        market.turn += 1
        market.now += timedelta(days=9)
    spans = [Range("2026-11-01", "2027-03-31"), Range("2026-11-25", "2027-02-10"), Range("2026-12-01", "2026-12-31"),
             Range("2026-12-26", "2027-01-04"), Range("2026-11-20", "2027-02-28")]  # fmt: skip

    def check() -> None:
        for span in spans:
            own = [order for date, order in orders.items() if span.low <= date <= span.high]
            total = sum(order["total"] for order in own)
            for by in ("product", "category", "tax", "tender", "day"):
                (book,) = ask.report([sums], by, span).books
                assert book.head["revenue"] == total
                if by in ("product", "category", "day"):
                    assert sum(row["revenue"] for row in book.rows.values()) == total, (by, span)
            taxes = ask.report([sums], "tax", span).books[0]
            assert sum(row["amount"] for row in taxes.rows.values()) == taxes.head["tax"]
            for till in ("s1-t1", "s1-t2"):
                part = ask.report([sums], "product", span, None, ask.Filter(terminal=till)).books
                mine = sum(order["total"] for order in own if order["terminal"] == till)
                assert sum(row["revenue"] for book in part for row in book.rows.values()) == mine
            food = ask.Filter(categories=frozenset(["category:food"]))
            (book,) = ask.report([sums], "store", span, None, food).books
            assert book.head["revenue"] == sum(row["revenue"] for row in book.rows.values())

    check()
    check()  # from the sums of the months that the first look made
    late = {"at": "2026-12-20T09:00:00.000Z", "business_date": "2026-12-20"}
    market.arrive(orders["2026-11-20"], sale="came-late", **late)
    orders["2026-12-20"] = orders["2026-11-20"]
    check()


def test_days_that_nobody_asks_for_wait_and_what_is_not_summed_yet_is_said(market: Market, sums: DailySums) -> None:
    sell(market)
    market.now += timedelta(days=1)
    sell(market)
    assert sums.ready([(DAY, DAY)]) == (0, 1)
    assert sums.ready([EVER], patience=-1) == (1, 1)
    report = ask.report([sums], "day", EVER, patience=-1)
    assert (report.left, report.of) == (1, 1)
    assert ask.report([sums], "day", EVER).left == 0


def test_another_process_goes_on_from_the_kept_sums(market: Market, sums: DailySums) -> None:
    sell(market)
    assert revenue(sums) == 258
    sums.close()
    again = DailySums(market.company, market.store, "s1")
    assert again.ready([EVER]) == (0, 0)
    assert revenue(again) == 258
    again.close()


def test_a_store_put_back_from_a_copy_is_summed_anew(market: Market, sums: DailySums, tmp_path: Path) -> None:
    sell(market)
    market.store.compact()
    market.store.close()
    shutil.copyfile(market.store.path, tmp_path / "copy.db")
    market.store = Database(market.store.path, name="store-s1", indexes=indexes_for("store-s1"))
    sums = DailySums(market.company, market.store, "s1")
    for till in market.tills:
        till.__dict__.update(market._till(till.terminal).__dict__)
    sell(market)
    sell(market)
    assert revenue(sums) == 3 * 258
    sums.close()
    market.store.close()
    for suffix in ("-wal", "-shm"):
        Path(f"{market.store.path}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "copy.db", market.store.path)
    market.store = Database(market.store.path, name="store-s1", indexes=indexes_for("store-s1"))
    restored = DailySums(market.company, market.store, "s1")
    assert revenue(restored) == 258
    restored.close()


@pytest.mark.parametrize("what", ["garbage", "truncated", "foreign"])
def test_a_file_that_is_none_of_ours_is_made_anew(market: Market, sums: DailySums, what: str) -> None:
    sell(market)
    assert revenue(sums) == 258
    sums.close()
    for suffix in ("-wal", "-shm"):
        Path(f"{sums.path}{suffix}").unlink(missing_ok=True)
    if what == "garbage":
        sums.path.write_bytes(b"no database at all " * 1000)
    elif what == "truncated":
        sums.path.write_bytes(sums.path.read_bytes()[:5000])
    else:
        sums.path.unlink()
        other = sqlite3.connect(sums.path)
        other.execute("CREATE TABLE receipts(x)")
        other.commit()
        other.close()
    assert asked_again(lambda: revenue(sums)) == 258


def test_on_a_full_disk_sums_go_on_in_memory(market: Market, sums: DailySums, caplog: pytest.LogCaptureFixture) -> None:
    sell(market)
    assert revenue(sums) == 258
    assert sums._connection is not None
    (pages,) = sums._connection.execute("PRAGMA page_count").fetchone()
    sums._connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    sums._connection.execute("CREATE TABLE filling(x)")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        while True:
            sums._connection.execute("INSERT INTO filling VALUES(zeroblob(100))")
    for number in range(1, 241):
        market.now += timedelta(hours=5)
        sell(market)
        if number % 40 == 0:
            assert asked_again(lambda: revenue(sums)) == 258 * (number + 1)
    assert "sums are kept in memory" in caplog.text


def test_a_changed_time_zone_changes_the_hours(market: Market, sums: DailySums) -> None:
    sell(market)
    before = list(ask.report([sums], "hour", EVER).books[0].rows)
    store = market.company.get("store:s1")
    market.company.put({**store, "timezone": "UTC"})
    after = list(ask.report([sums], "hour", EVER).books[0].rows)
    assert (before, after) == (["18"], ["9"])


def test_an_order_taken_away_or_changed_leaves_the_sums(market: Market, sums: DailySums) -> None:
    first, second = sell(market), sell(market)
    assert revenue(sums) == 516
    market.store.delete(first["_id"], first["_rev"])
    assert revenue(sums) == 258
    market.store.purge({second["_id"]: [second["_rev"]]})
    assert revenue(sums) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"total": "much"},
        {"total": 2**60},
        {"lines": None},
        {"business_date": None},
        {"business_date": "yesterday"},
        {"tenders": [{"kind": "cash"}]},
        {"currency": 7},
        {"tax": [{"id": "tax:full"}]},
    ],
    ids=str,
)
def test_a_document_that_can_not_be_read_is_left_out_and_listed(
    market: Market, sums: DailySums, wrong: dict[str, Any]
) -> None:
    order = sell(market)
    assert revenue(sums) == 258  # so that it comes later, as one comes by replication
    odd = market.arrive(order, sale="another-sale", **wrong)
    report = ask.report([sums], "product", EVER)
    assert report.left_out == [odd]
    assert sum(book.head["revenue"] for book in report.books) == 258
    sums.forget()
    again = ask.report([sums], "product", EVER)
    assert again.left_out == [odd]
    assert sum(book.head["revenue"] for book in again.books) == 258


def test_what_the_lines_of_an_order_lack_of_its_total_is_told(market: Market, sums: DailySums) -> None:
    order = sell(market)
    market.arrive(order, sale="another-sale", total=300, paid=300, change=0)
    rows = ask.report([sums], "product", EVER).books[0].rows
    assert rows["product:milk"]["revenue"] == 516
    assert rows["rest:"]["revenue"] == 42
    assert sum(row["revenue"] for row in rows.values()) == revenue(sums) == 558


def test_two_currencies_have_sums_of_their_own(market: Market, sums: DailySums) -> None:
    order = sell(market)
    market.arrive(order, sale="another-sale", currency="JPY", digits=0)
    books = ask.report([sums], "product", EVER).books
    assert [(book.currency, book.digits, book.head["revenue"]) for book in books] == [("EUR", 2, 258), ("JPY", 0, 258)]
    market.arrive(order, sale="a-third-sale", currency="JPY", digits=0)
    books = ask.report([sums], "product", EVER).books
    assert [(book.currency, book.head["receipts"]) for book in books] == [("JPY", 2), ("EUR", 1)]  # most receipts first
    assert [book.currency for book in today([sums], market.now).books] == ["JPY", "EUR"]


def test_stores_are_added_up_and_told_apart(market: Market, sums: DailySums, tmp_path: Path) -> None:
    sell(market)
    other = Database(tmp_path / "store-s2.db", name="store-s2", indexes=indexes_for("store-s2"))
    order = market.orders()[0]
    del order["_rev"]
    other.bulk_docs([{**order, "store": "s2", "_rev": "1-" + "a" * 32}], new_edits=False)
    shelf = Shelf(market.company, lambda: [market.store, other])
    assert [sums.store for sums in shelf.stores()] == ["s1", "s2"]
    found = ask.report(shelf.stores(), "store", EVER).books[0].rows
    assert {key: row["revenue"] for key, row in found.items()} == {"s1": 258, "s2": 258}
    assert ask.report(shelf.stores(), "product", EVER).books[0].head["revenue"] == 516
    shelf.close()
    other.close()


def test_a_category_asks_of_goods_alone(market: Market, sums: DailySums) -> None:
    sell(market)
    with pytest.raises(SaleError, match="no category"):
        ask.report([sums], "tender", EVER, None, ask.Filter(categories=frozenset(["category:food"])))
    with pytest.raises(SaleError, match="no report"):
        ask.report([sums], "weather", EVER)


# -- ranges, today, cells ---------------------------------------------------------------------------------------------


def test_ranges_and_what_they_are_compared_with() -> None:
    week = ranges.read("2026-11-16", "2026-11-22")
    assert week.days == 7
    assert ranges.compared(week, "before") == Range("2026-11-09", "2026-11-15")
    assert ranges.compared(week, "year") == Range("2025-11-16", "2025-11-22")
    assert ranges.compared(ranges.read("2028-02-29", "2028-02-29"), "year") == Range("2027-02-28", "2027-02-28")
    assert ranges.compared(week, "none") is None
    assert ranges.place(week, Range("2025-11-16", "2025-11-22"), "2025-11-18") == "2026-11-18"
    assert ranges.place(week, Range("2025-11-16", "2025-11-22"), "2025-11") == "2026-11"
    for low, high in (
        ("2026-11-22", "2026-11-21"),
        ("2026-02-30", "2026-03-01"),
        ("x", "y"),
        ("0001-01-01", "2026-01-01"),
    ):
        with pytest.raises(SaleError):
            ranges.read(low, high)
    with pytest.raises(SaleError):
        ranges.compared(week, "luck")
    with pytest.raises(SaleError):
        ranges.compared(ranges.read("0001-01-01", "0001-01-02"), "year")


def test_today_is_compared_with_last_week_up_to_the_same_minute(market: Market, sums: DailySums) -> None:
    sell(market)  # 09:00 UTC is 18:00 in Tokyo
    market.now = MORNING + timedelta(minutes=30)
    sell(market)
    market.now = MORNING + timedelta(hours=3)
    sell(market)
    now = MORNING + timedelta(days=7)
    market.now = now - timedelta(minutes=10)
    sell(market)
    book = today([sums], now + timedelta(minutes=20)).books[0]
    assert (book.revenue, book.receipts) == (258, 1)
    assert (book.revenue_then, book.receipts_then) == (258, 1)  # what was sold at 18:30 isn't yet
    assert (book.revenue_whole, book.receipts_whole) == (774, 3)
    assert (book.now[17], book.before[18], book.before[21]) == (258, 516, 258)
    assert today([sums], now + timedelta(minutes=40)).books[0].revenue_then == 516


def test_cells_are_safe_for_spreadsheets_and_amounts_stay_numbers() -> None:
    for text in ("=1+1", "+49 30", "-5", "@SUM(A1)", "\t=1", " =1", "＝1"):
        assert spreadsheet.text(text) == "'" + text
    assert spreadsheet.text("Milk = white") == "Milk = white"
    assert [spreadsheet.decimal(value, digits) for value, digits in ((-5, 2), (1234, 3), (7, 0), (0, 2))] == [
        "-0.05", "1.234", "7", "0.00",
    ]  # fmt: skip
    assert [spreadsheet.quantity(value) for value in (1500, -1000, 0, 1234)] == ["1.5", "-1", "0", "1.234"]
    assert spreadsheet.render(["a"], [['x"y\nz']]) == '\ufeffa\r\n"x""y\nz"\r\n'.encode()
