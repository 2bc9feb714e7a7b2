"""Gift cards, store credit, accounts: movements that follow from orders, and what a till takes without a line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.docs import json
from app.shop import clock as clocks
from app.shop import follow, schemas
from app.shop.desk import Contact
from app.shop.ledger import derive, movements
from app.shop.ledger.balances import balance_of
from app.shop.payments import codes
from app.shop.sale import SaleError
from app.shop.till import Till
from app.shop.totals import totals
from app.shop.verify import verify_store
from tests.shop.conftest import Shop, replicate
from tests.shop.selling.conftest import Settings, on_line

ANN = {"_id": "customer:ann", "type": "customer", "schema": 1, "name": "Ann"}


def card_line(amount: int = 5000, **fields: Any) -> dict[str, Any]:
    return {"id": "g1", "kind": "giftcard", "quantity": 1000, "price": {"amount": amount}, **fields}


def sell_card(shop: Shop, till: Till, amount: int = 5000, **fields: Any) -> tuple[dict[str, Any], str]:
    """The order and the code of a new card."""
    order = shop.sell(till, lines=[card_line(amount, **fields)], tenders=[{"kind": "cash", "amount": amount}])
    return order, fields.get("code") or till.seller.codes(order)["g1"]


def pay(shop: Shop, till: Till, code: str, amount: int = 258) -> dict[str, Any]:
    return shop.sell(till, tenders=[{"kind": "giftcard", "amount": amount, "code": code}])


def account_of(code: str) -> str:
    return f"giftcard:{codes.hash_of(code)}"


def test_a_card_is_no_revenue_and_has_no_tax_and_pays_later(shop: Shop, till: Till) -> None:
    on_line(till)
    store = shop.company.get("store:s1")
    shop.company.put({"_id": "tax:vat", "type": "tax", "schema": 1, "name": "VAT", "rate": 70_000})
    shop.company.put({**store, "taxes": ["tax:vat"]})
    order, code = sell_card(shop, till)
    assert schemas.check(order) == []
    assert (order["lines"][0]["kind"], order["lines"][0]["tax"], order["tax"]) == ("giftcard", [], [])
    assert totals(till.store).sales_cents == 0
    assert till.balances.card(code)["balance"] == 5000
    sale = pay(shop, till, code)
    assert sale["tenders"][0]["hint"] == codes.hint_of(code)
    assert till.balances.card(code)["balance"] == 5000 - 258
    assert totals(till.store).sales_cents == 258
    assert verify_store(till.store) == []


def test_no_document_holds_a_code(shop: Shop, till: Till) -> None:
    on_line(till)
    _, minted = sell_card(shop, till)
    _, keyed = sell_card(shop, till, code="9876543210987")
    pay(shop, till, minted)
    pay(shop, till, keyed)
    for database in (shop.company, till.store):
        rows = database.changes("0", limit=1000, include_docs=True).rows
        text = json.dumps([row.get("doc") for row in rows])
        for code in (codes.normal(minted), minted, keyed):
            assert code.encode() not in (text if isinstance(text, bytes) else text.encode())


def test_a_repeated_sale_shows_the_same_code_until_its_shift_is_closed(shop: Shop, till: Till) -> None:
    request = shop.request(lines=[card_line()], tenders=[{"kind": "cash", "amount": 5000}])
    first, _ = till.sell(request)
    again, repeated = till.sell(request)
    assert repeated
    assert till.seller.codes(again) == till.seller.codes(first) != {}
    till.shifts.close(first["shift"], {"request": "close-0001", "counted": {"total": 5000, "tenders": {}}, "note": ""})
    assert till.seller.codes(again) == {}


def test_a_code_shows_a_slip_of_the_finger() -> None:
    code = codes.normal(codes.mint(b"secret", "sale-0001", "l1"))
    assert len(code) == 16
    assert not codes.mistyped(code)
    for place in range(1, 16):
        wrong = "7" if code[place] != "7" else "8"
        assert codes.mistyped(code[:place] + wrong + code[place + 1 :])
    assert codes.hash_of(codes.shown(code).lower()) == codes.hash_of(code)


def test_any_node_with_the_order_makes_the_same_movements_bit_for_bit(shop: Shop, till: Till) -> None:
    on_line(till)
    _, code = sell_card(shop, till)
    order = pay(shop, till, code)
    elsewhere = shop.open("company", shop.folder / "office.db")
    store = shop.open("store-s1", shop.folder / "office-store.db")
    replicate(till.store, store)
    written = derive(elsewhere, store)
    ours = {record.id: record.rev for type in ("ledger", "giftcard") for record in shop.company.each(type)}
    theirs = {record.id: record.rev for type in ("ledger", "giftcard") for record in elsewhere.each(type)}
    assert ours == theirs
    assert set(written) == set(theirs)
    assert all(schemas.check(record.doc()) == [] for record in elsewhere.each("ledger"))
    assert all(schemas.check(record.doc()) == [] for record in elsewhere.each("giftcard"))
    assert movements(order) == movements(store.get(order["_id"]))


def test_a_crash_between_the_order_and_its_movement_loses_nothing(
    shop: Shop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_line(till)
    with monkeypatch.context() as patch:
        patch.setattr("app.shop.selling.seller.derive", lambda *_: [])  # the power goes after the order's write
        order, _ = till.sell(shop.request(lines=[card_line()], tenders=[{"kind": "cash", "amount": 5000}]))
    code = till.seller.codes(order)["g1"]
    assert balance_of(shop.company, account_of(code)) == 0
    again = shop.till("s1-t1", till.store)
    assert set(derive(shop.company, again.store)) == {account_of(code), f"ledger:{order['_id']}:line:g1"}
    assert derive(shop.company, again.store) == []
    assert balance_of(shop.company, account_of(code)) == 5000


def test_two_sales_at_one_till_never_draw_the_same_money(
    shop: Shop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_line(till)
    _, code = sell_card(shop, till, 300)
    with monkeypatch.context() as patch:
        patch.setattr("app.shop.selling.seller.derive", lambda *_: [])
        pay(shop, till, code)
    with pytest.raises(SaleError) as refused:
        pay(shop, till, code)
    assert (refused.value.status, refused.value.error) == (409, "not_enough")
    assert refused.value.reason == "The gift card has 0.42, less than 2.58."
    assert refused.value.field == "tenders.0.amount"


def test_a_sold_card_is_not_sold_again_but_topped_up(shop: Shop, till: Till) -> None:
    on_line(till)
    _, code = sell_card(shop, till, code="CARD-0001-0002")
    with pytest.raises(SaleError, match="is sold already"):
        sell_card(shop, till, code="card 0001 0002")
    shop.sell(
        till,
        lines=[{"kind": "topup", "quantity": 1000, "price": {"amount": 1000}, "code": code}],
        tenders=[{"kind": "cash", "amount": 1000}],
    )
    assert till.balances.card(code)["balance"] == 6000


def test_without_a_line_a_till_trusts_up_to_its_limit_since_it_last_heard(
    shop: Shop, till: Till, settings: Settings
) -> None:
    settings(trust={"giftcard": 600, "credit": 0, "account": 0})
    on_line(till, False)
    unknown = "GIFT-FROM-AFAR-1"
    assert till.balances.card(unknown)["available"] == 600
    pay(shop, till, unknown)
    # What is known of it here is what was drawn on trust; the limit is for all of it together.
    with pytest.raises(SaleError) as refused:
        shop.sell(
            till,
            lines=[{"product": "product:tea", "quantity": 1000}],
            tenders=[{"kind": "giftcard", "amount": 350, "code": unknown}],
        )
    assert refused.value.error == "not_enough"
    assert pay(shop, till, unknown)["number"] == 2
    with pytest.raises(SaleError, match="on trust"):
        pay(shop, till, unknown)


def test_invented_codes_share_one_trust_until_the_central_is_heard(shop: Shop, till: Till, settings: Settings) -> None:
    settings(trust={"giftcard": 600, "credit": 0, "account": 0})
    on_line(till, False)
    first = pay(shop, till, "INVENTED-0001")
    pay(shop, till, "INVENTED-0002")
    assert till.balances.card("INVENTED-0003")["available"] == 600 - 2 * 258
    with pytest.raises(SaleError, match=r"may take 0\.84 of it on trust"):
        pay(shop, till, "INVENTED-0003")
    till.desk.contact = lambda: Contact(clocks.read(first["at"]) + timedelta(days=1), None, False)
    assert till.balances.card("INVENTED-0003")["available"] == 600


def test_two_invented_codes_in_one_sale_share_the_trust_too(shop: Shop, till: Till, settings: Settings) -> None:
    settings(trust={"giftcard": 200, "credit": 0, "account": 0})
    on_line(till, False)
    tenders = [
        {"kind": "giftcard", "amount": 129, "code": "INVENTED-0001"},
        {"kind": "giftcard", "amount": 129, "code": "INVENTED-0002"},
    ]
    with pytest.raises(SaleError, match=r"may take 0\.71 of it on trust"):
        shop.sell(till, tenders=tenders)


def test_a_till_that_never_heard_a_central_trusts_only_codes_of_our_own_making(shop: Shop, till: Till) -> None:
    till.desk.contact = Contact
    with pytest.raises(SaleError, match="Nobody here knows this gift card"):
        pay(shop, till, "PRINTED-ELSEWHERE")
    assert till.balances.card("PRINTED-ELSEWHERE")["available"] == 0
    ours = codes.mint(b"another shop of ours", "sale-0001", "l1")
    assert till.balances.card(ours)["available"] == 5000
    pay(shop, till, codes.shown(ours))


def test_what_two_tills_took_too_much_while_apart_is_one_task(shop: Shop, settings: Settings) -> None:
    one, two = shop.till("s1-t1"), shop.till("s1-t2")
    for till in (one, two):
        on_line(till)
    _, code = sell_card(shop, one, 300)
    apart = shop.open("company", shop.folder / "company-2.db")
    replicate(shop.company, apart)
    far = Till(apart, two.store, terminal="s1-t2", store_id="s1", clock=shop.clock, mint=shop.mint)
    for till in (one, far):
        on_line(till, False)
        pay(shop, till, code)
    replicate(apart, shop.company)
    replicate(shop.company, apart)
    task = f"task:overspent:{account_of(code)}"
    assert task in follow.follow(shop.company, shop.company)
    assert task in follow.follow(apart, apart)
    assert shop.company.get(task)["_rev"] == apart.get(task)["_rev"]
    assert balance_of(shop.company, account_of(code)) == 300 - 2 * 258


def test_credit_and_account_belong_to_the_customer_on_the_cart(shop: Shop, till: Till) -> None:
    on_line(till)
    shop.company.put({**ANN, "account_limit": 400})
    with pytest.raises(SaleError) as refused:
        shop.sell(till, tenders=[{"kind": "account", "amount": 258}])
    assert refused.value.field == "customer"
    ann = {"customer": "customer:ann"}
    shop.sell(till, tenders=[{"kind": "account", "amount": 258}], **ann)
    assert till.balances.customer("customer:ann")["account"]["balance"] == -258
    with pytest.raises(SaleError) as refused:
        shop.sell(till, tenders=[{"kind": "credit", "amount": 258}], **ann)
    assert refused.value.error == "not_enough"
    paid_in = {"kind": "topup", "to": "account", "quantity": 1000, "price": {"amount": 258}}
    shop.sell(till, lines=[paid_in], tenders=[{"kind": "cash", "amount": 258}], **ann)
    assert till.balances.customer("customer:ann")["account"]["balance"] == 0


def test_a_sale_written_twice_draws_once(shop: Shop, till: Till) -> None:
    on_line(till)
    _, code = sell_card(shop, till)
    order = pay(shop, till, code)
    twin = {**order, "_id": order["_id"][:-4] + "ffff", "series": "s1-t1.zz"}
    till.store.bulk_docs([{**twin, "_revisions": {"start": 1, "ids": [order["_rev"][2:]]}}], new_edits=False)
    derive(shop.company, till.store)
    assert balance_of(shop.company, account_of(code)) == 5000 - 258
