"""Refusals in the reader's language: English for programs, Chinese on a Chinese page, names and amounts as they are."""

from __future__ import annotations

import importlib
import io
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields

import app as package
import app.shop as shop
from app.docs.errors import BadRequest, Conflict, DocsError, DocumentTooLarge, InsufficientStorage
from app.node import Node
from app.shop.reason import Money, Reason, say
from app.shop.receipts.printers import PrinterError, send
from app.shop.schemas.base import Strict
from app.web import i18n
from app.web.reasons import tell
from tests.web.till.shopfront import line, product, sale
from tests.web.till.test_people_api import CASHIER, Window, staffed, window
from tests.web.till.test_receipts_api import configure

__all__ = ["staffed", "window"]  # fixtures of the people's tests

ROOT = Path(package.__file__).parent
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}
#: Left of a Chinese sentence when what stands in every language is taken out of it.
NAMES = ("PIN", "S1-T1", "JSON")
PLACES = re.compile(r"%\(\w+\)s")


@cache
def said() -> frozenset[str]:
    """Every message of `say` and `phrase`."""
    method_map, _ = parse_mapping_cfg(io.StringIO((files("app") / "translations" / "reasons.cfg").read_text("utf-8")))
    method_map = [(pattern.removeprefix("app/"), method) for pattern, method in method_map]
    found = extract_from_dir(str(ROOT), method_map, {}, keywords={"say": None, "phrase": None})
    return frozenset(message for _, _, message, _, _ in found if isinstance(message, str))


@cache
def labels() -> frozenset[str]:
    """What any schema of the shop calls a field."""
    for module in pkgutil.walk_packages(shop.__path__, "app.shop."):
        importlib.import_module(module.name)

    def schemas(kind: type[Strict]) -> Iterator[type[Strict]]:
        for one in kind.__subclasses__():
            if one.__module__.startswith("app.shop."):
                yield one
            yield from schemas(one)

    def of(field: fields.Field[Any]) -> Iterator[str]:
        label = getattr(field, "label", None)
        if isinstance(label, Reason):
            yield label.message
        if isinstance(field, fields.List):
            yield from of(field.inner)

    return frozenset(label for kind in schemas(Strict) for field in kind().fields.values() for label in of(field))


@pytest.fixture
def reader() -> Iterator[None]:
    """Somebody who reads Chinese asks."""
    application = Flask(__name__)
    i18n.init_app(application)
    with application.test_request_context("/", headers=CHINESE):
        yield


def is_chinese(text: str, *names: str) -> bool:
    """No word of another script is left but the names."""
    for name in (*names, *NAMES):
        text = text.replace(name, "")
    return re.search("[\u4e00-\u9fff]", text) is not None and re.search("[A-Za-z]{2,}", text) is None


# -- the catalogue ---------------------------------------------------------------------------------------------------


def test_every_sentence_and_every_field_of_the_shop_is_in_every_catalogue() -> None:
    assert len(said()) > 250 and len(labels()) > 150
    for tag, _ in i18n.locales()[1:]:
        translated = {message.id for message in i18n.texts(tag) if message.id and message.string and not message.fuzzy}
        assert said() - translated == set()
        assert labels() - translated == set()


def test_a_translation_has_the_places_of_its_sentence_and_no_other() -> None:
    for tag, _ in i18n.locales()[1:]:
        wrong = []
        for message in sorted(said()):
            translated = i18n.catalogue(tag).gettext(message)
            if set(PLACES.findall(message)) != set(PLACES.findall(translated)):
                wrong.append((message, translated))
            if re.search(r"%(?!\(\w+\)s|%)", translated) and PLACES.search(message):
                wrong.append((message, translated))
        assert wrong == []


@pytest.mark.usefixtures("reader")
@given(st.data())
def test_any_sentence_takes_any_values(data: Any) -> None:
    message = data.draw(st.sampled_from(sorted(said())))
    value = st.one_of(
        st.text(max_size=20), st.integers(), st.builds(Money, st.integers(-(10**12), 10**12), st.integers(0, 4))
    )
    reason = Reason(message, {place[2:-2]: data.draw(value) for place in PLACES.findall(message)})

    assert isinstance(tell(reason), str)
    for each in reason.values.values():
        if isinstance(each, str):
            assert each in tell(reason) and each in reason


def test_the_pages_modules_have_every_text_of_theirs() -> None:
    config = (files("app") / "translations" / "babel.cfg").read_text("utf-8")
    method_map, options = parse_mapping_cfg(io.StringIO(config))
    scripts = [(pattern.removeprefix("app/"), method) for pattern, method in method_map if method == "javascript"]
    options = {pattern.removeprefix("app/"): given for pattern, given in options.items()}
    found = extract_from_dir(str(ROOT), scripts, options, keywords={"t": None, "tn": (1, 2)})
    wanted = {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}

    for tag, _ in i18n.locales()[1:]:
        known = {str(message.id[0] if isinstance(message.id, tuple) else message.id) for message in i18n.texts(tag)}
        assert (wanted & known) - set(i18n.messages(tag)) == set()


# -- sentences -------------------------------------------------------------------------------------------------------


def test_a_reason_is_its_english_sentence() -> None:
    reason = say("%(where)s: the price is missing.", where=say("Line %(number)s", number=2))

    assert reason == "Line 2: the price is missing."
    assert str(say("%(due)s is to be paid out.", due=Money(-123456, 2))) == "-1234.56 is to be paid out."
    assert "100 %% off".format() == say("100 %% off") and say("{x}").format(x=1) == "{x}"


@pytest.mark.usefixtures("reader")
def test_values_within_values_are_told_too() -> None:
    where = say("Line %(number)s", number=2)

    assert tell(say("%(where)s: the price is missing.", where=where)) == "第 2 行：缺少价格。"
    assert tell(say("%(due)s is to be paid out.", due=Money(123456, 2))) == "应退 1,234.56。"
    assert tell("Nobody translates this.") == "Nobody translates this."
    assert tell(Reason("Nobody %(what)s this.", {"what": "translates"})) == "Nobody translates this."


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("error", [InsufficientStorage(), DocumentTooLarge(), Conflict(), BadRequest()])
def test_what_the_store_refuses_is_told_too(error: DocsError) -> None:
    assert is_chinese(tell(say("Nothing was written: %(reason)s", reason=Reason(error.reason))))


@pytest.mark.usefixtures("reader")
def test_what_a_printer_refused_is_told_when_it_is_read_again() -> None:
    with pytest.raises(PrinterError) as refused:
        send({"kind": "file", "path": ""}, b"")
    kept = {"message": str(refused.value.reason.message), "values": dict(refused.value.reason.parts["values"])}

    assert tell(Reason.kept(kept)) == "设置中没有小票打印机的路径。"


# -- over HTTP -------------------------------------------------------------------------------------------------------


def refusal(till: FlaskClient, path: str, body: Any, method: str = "POST", **headers: str) -> dict[str, Any]:
    answer = till.open(path, method=method, json=body, headers=headers or CHINESE)
    assert answer.status_code >= 400
    problem: dict[str, Any] = answer.get_json()
    assert problem["detail"] == problem["reason"]
    return problem


def test_a_program_that_asks_for_no_language_is_answered_in_english(till: FlaskClient) -> None:
    body = sale(line(), line("4000005"), cash=1000)
    plain = till.post("/api/sales", json=body).json

    assert plain["reason"] == "Line 2: the price is missing."
    assert refusal(till, "/api/sales", body, **{"Accept-Language": "fr"})["reason"] == plain["reason"]


def test_a_missing_price_names_its_line(till: FlaskClient) -> None:
    problem = refusal(till, "/api/sales", sale(line(), line("gone"), cash=1000))
    assert problem["reason"] == "第 2 行：目录中没有此商品，请输入价格。"

    problem = refusal(till, "/api/sales", sale(line(), {"product": None, "name": "Rose", "quantity": 1000}, cash=1000))
    assert problem["reason"] == "第 2 行：缺少价格。"


def test_every_fault_of_a_request_is_told(till: FlaskClient) -> None:
    faults = [line(quantity="two"), {"quantity": 1000}, line(price={"amount": -1}, colour="red")]
    problem = refusal(till, "/api/sales", sale(*faults, cash="much"))

    assert problem["reason"] == problem["problems"][0]["reason"]
    assert [each["reason"] for each in problem["problems"]] == [
        "第 1 行：数量必须是整数。",
        "第 2 行：缺少商品。",
        "第 3 行：价格不能为负数。",
        "第 3 行：没有“colour”这一栏。",
        "第 1 笔付款：金额必须是整数。",
    ]


def test_what_is_still_to_be_paid_is_written_as_it_is_read(till: FlaskClient) -> None:
    body = sale(line("4000007", 500_000), cash=100)

    assert refusal(till, "/api/sales", body)["reason"] == "付款不足：5,450.00 中还差 5,449.00。"
    assert till.post("/api/sales", json=body).json["reason"] == "Not enough was paid: 5449.00 of 5450.00 is missing."


def test_a_closed_shift_says_so(till: FlaskClient) -> None:
    shift = till.post("/api/shifts", json={"request": "open-00000001", "float": 0}).json["shift"]
    path = f"/api/shifts/{shift['_id']}/close"
    assert refusal(till, path, {"request": "close-00000001", "counted": {}})["reason"] == "必须清点钱箱中的现金。"
    till.post(path, json={"request": "close-00000001", "counted": {"total": 0}})

    again = refusal(till, path, {"request": "close-00000002", "counted": {"total": 0}})
    assert again["reason"] == "这个班次已结班，Z 报表已生成。"
    late = refusal(till, "/api/sales", sale(line(), cash=245, shift=shift["_id"]))
    assert (late["error"], is_chinese(late["reason"])) == ("shift_closed", True)


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        (
            "sales",
            sale(line(price={"amount": 99}), cash=99),
            "需要主管批准：把 Espresso 的价格改为 €0.99。",
        ),
        ("drawer", {"request": "drawer-00000001"}, "需要主管批准：不销售而打开钱箱。"),
        (
            "cash",
            {"request": "cash-000000001", "kind": "out", "amount": 100},
            "需要主管批准：取出现金，€1.00。",
        ),
    ],
)
def test_what_a_supervisor_must_allow_is_named(
    window: Window, staffed: dict[str, str], path: str, body: dict[str, Any], reason: str
) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)

    problem = refusal(window.client, f"/api/{path}", body)
    assert (problem["error"], problem["reason"]) == ("needs_approval", reason)


def test_wrong_pins_say_how_long_to_wait(window: Window, staffed: dict[str, str]) -> None:
    body = {"staff": staffed["Cleo"], "pin": "0000"}
    reasons = [refusal(window.client, "/api/session", body)["reason"] for _ in range(7)]

    assert reasons[0] == "PIN 不正确。"
    assert re.fullmatch(r"PIN 错误次数过多。请等待 \d+ (秒|分钟)后重试。", reasons[-1])
    assert (
        refusal(window.client, "/api/sales", sale(line(), cash=245))["reason"]
        == "收银机已锁定。请选择您的姓名并输入 PIN。"
    )


def test_a_refund_beyond_what_was_sold_says_what_is_left(till: FlaskClient) -> None:
    order = till.post("/api/sales", json=sale(line(quantity=3000), cash=735)).json["order"]
    part = {"sale": "01JTESTREFUND0001", "order": order["_id"], "lines": [{"line": "l1", "quantity": 4000}]}

    assert refusal(till, "/api/refunds", part)["reason"] == "Espresso：3 中还可退 3。"
    part["lines"] = [{"line": "l1", "quantity": 3000}]
    assert till.post("/api/refunds", json=part).status_code in (200, 201)
    part["sale"] = "01JTESTREFUND0002"
    assert refusal(till, "/api/refunds", part)["reason"] == "Espresso 已经退过了。"


def test_customers_carts_codes_and_routes_are_refused_in_chinese(till: FlaskClient) -> None:
    refused = [
        refusal(till, "/api/customers", {"request": "customer-0001", "name": " "}),
        refusal(till, "/api/customers", {"request": "customer-0001", "name": "Ann", "email": 5}),
        refusal(till, "/api/carts", {"request": "cart-0000001", "lines": {}}),
        refusal(till, "/api/barcode/4006381333932", None, "GET"),
        refusal(till, "/api/barcode/123", None, "GET"),
        refusal(till, "/api/balances/giftcard?code=1", None, "GET"),
        refusal(till, "/api/refunds/order:nothing", None, "GET"),
        refusal(till, "/api/nowhere", None, "GET"),
    ]
    for problem in refused:
        assert is_chinese(problem["reason"]), problem


def test_a_printers_fault_is_told(till: FlaskClient, terminal: Node) -> None:
    configure(terminal, printer={"kind": "file", "path": ""})
    order = till.post("/api/sales", json=sale(line(), cash=245)).json["order"]
    answer = till.post(
        f"/api/receipts/{order['_id']}/print", json={"request": "print-000001", "copy": False}, headers=CHINESE
    ).json

    assert (answer["printed"], answer["reason"]) == (False, "设置中没有小票打印机的路径。")
    (row,) = till.get("/api/prints", headers=CHINESE).json["waiting"]
    assert row["reason"] == answer["reason"] and "said" not in row
    assert till.get("/api/prints").json["waiting"][0]["reason"] == "The settings give the receipt printer no path."


def test_a_products_price_of_the_office_is_refused_in_chinese(office: FlaskClient, head_office: Node) -> None:
    head_office.company.put(product("5000001", "Tea", 300))
    rev = office.get("/api/products/product:5000001").json["rev"]
    path = "/api/products/product:5000001/price"

    wrong = refusal(office, path, {"rev": rev, "price": {"amount": "3"}}, "PUT")
    assert wrong["reason"] == "价格必须是整数。"
    assert refusal(office, path, {"price": None}, "PUT")["reason"] == "缺少所看到的版本号。"
