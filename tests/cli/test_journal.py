"""`couchtill journal`: prints what was booked, says what was not, at a node that runs and at one that doesn't."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app import cli
from app.node import Node, NodeConfig
from app.node import config as node_config
from app.shop.till import Till
from app.web.server import serve
from tests.web.till.shopfront import line, sale, stock

TWO_DAYS = timedelta(days=2)


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """Head office's directory: one closed day, two days ago, and an open one."""
    path = tmp_path / "office"
    config = NodeConfig(kind="office", id="office")
    node_config.write(path, config)
    with Node(path, config) as node:
        stock(node.company)
        moment = datetime.now(UTC) - TWO_DAYS
        till = Till(node.company, node.database("store-s1"), terminal="s1-t1", store_id="s1", clock=lambda: moment)
        till.sell(sale(line(), cash=500))
        shift = till.shifts.current()
        assert shift is not None
        till.shifts.close(shift["_id"], {"request": "close-0001", "counted": {"total": 245}, "note": ""})
        now = Till(node.company, node.database("store-s1"), terminal="s1-t1", store_id="s1")
        now.sell({**sale(line(), cash=500), "sale": "01JTESTSALE0000000000000002"})
    return path


def days(office: Path) -> tuple[str, str]:
    with Node(office, node_config.read(office)) as node:
        found = sorted({record.doc()["business_date"] for record in node.database("store-s1").each("order")})
    return found[0], found[-1]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_closed_days_are_booked_and_open_ones_named(office: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    first, last = days(office)
    capfdbinary.readouterr()
    assert cli.main(["journal", "--data", str(office), "--from", first, "--to", last]) == 1
    out, err = capfdbinary.readouterr()
    found = rows(out.decode())
    assert {row["date"] for row in found} == {first}
    assert (
        sum(Decimal(row["debit"]) for row in found) == sum(Decimal(row["credit"]) for row in found) == Decimal("2.45")
    )
    assert f"store-s1 {last} is not booked." in err.decode() and "1 booked now, 1 not" in err.decode()

    target = office / "journal.csv"
    assert cli.main(["journal", "--data", str(office), "--from", first, "--output", str(target)]) == 0
    assert target.read_bytes() == out  # the same days, the same file
    assert "0 booked now" in capfdbinary.readouterr().err.decode()


def test_a_node_that_runs_does_it_itself(office: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    first, _last = days(office)
    with Node(office, node_config.read(office)) as node:
        server = serve(node, "127.0.0.1", 0)
        node_config.write(office, node_config.read(office).with_(port=server.port))
        try:
            capfdbinary.readouterr()
            assert cli.main(["journal", "--data", str(office), "--from", first, "--store", "s1"]) == 0
            assert {row["date"] for row in rows(capfdbinary.readouterr().out.decode())} == {first}
            assert cli.main(["journal", "--data", str(office), "--store", "s9"]) == 1
            assert "s9 is not here" in capfdbinary.readouterr().err.decode()
        finally:
            node.begin_stop()
            server.stop()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (["--from", "2026-02-30"], "is no date"),
        (["--from", "2026-03-02", "--to", "2026-03-01"], "comes before the first"),
        (["--store", "s9"], "The store s9 is not here."),
    ],
)
def test_what_can_not_be_is_one_sentence(
    office: Path, capfdbinary: pytest.CaptureFixture[bytes], wanted: list[str], words: str
) -> None:
    assert cli.main(["journal", "--data", str(office), *wanted]) == 1
    out, err = capfdbinary.readouterr()
    assert words in err.decode() and out == b""
