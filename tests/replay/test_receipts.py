"""The sample in the repository is what its totals say, and every receipt can be sold as it was."""

from __future__ import annotations

from collections import Counter

import pytest

from app.replay.receipts import SAMPLE, Data
from app.shop.money import line_amount
from app.shop.sale import read_request


@pytest.fixture(scope="module")
def data() -> Data:
    return Data(SAMPLE)


def test_the_sample_adds_up_to_its_totals(data: Data) -> None:
    for store, totals in data.totals.items():
        mine = [receipt.totals for receipt in data.receipts if receipt.store == store]
        assert tuple(totals) == tuple(map(sum, zip(*mine, strict=True)))


def test_the_sample_has_what_makes_real_receipts_hard(data: Data) -> None:
    rows = [row for receipt in data.receipts for row in receipt.rows]
    skus = {row["product_id"] for row in rows}
    assert len(data.receipts) == 325
    assert {receipt.store for receipt in data.receipts} == {"s343", "s367", "s406"}
    assert "1093587" in skus - data.catalogue.prices.keys()  # the product that the catalogue lacks
    assert len(skus - data.catalogue.prices.keys()) > 1  # open prices
    assert skus & data.catalogue.measured  # fuel
    assert sum(int(row["coupon_cents"]) > 0 for row in rows) > 50
    assert any(row["sales_cents"] == "0" for row in rows)


def test_every_receipt_is_a_valid_sale_of_its_own_that_comes_to_its_total(data: Data) -> None:
    sales = Counter(receipt.sale for receipt in data.receipts)
    assert set(sales.values()) == {1}
    keyed = 0
    for receipt in data.receipts:
        request = read_request(receipt.request(data.catalogue))
        total = 0
        for line in request["lines"]:
            keyed += "price" in line
            price = line.get("price") or {"amount": data.catalogue.prices[line["product"].removeprefix("product:")]}
            total += line_amount(price, line["quantity"]) - sum(off["amount"] for off in line["discounts"])
        assert total == request["total"] == receipt.totals.sales_cents
        assert sum(tender["amount"] for tender in request["tenders"]) >= total
    assert 0 < keyed < sum(len(receipt.rows) for receipt in data.receipts)
