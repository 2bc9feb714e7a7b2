"""One document in dispute, as whoever stands at the till decides it: by mouse, by keys, on a phone, in Chinese."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.node import Node, NodeConfig
from app.shop.conflicts.case import read
from app.web.auth import start_link
from app.web.server import serve
from tests.support import axe
from tests.support.forks import DELETED, arrive, fork, on
from tests.web.conftest import client_of
from tests.web.till.shopfront import product, stock

#: Milliseconds after which a page that was drawn anew takes an Enter for an answer.
READ = 450


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A till on a socket, with two pictures, and `open(page, id)`: the page of one document."""
    with Node(tmp_path_factory.mktemp("case") / "s1-t1", NodeConfig(kind="terminal", id="s1-t1", store="s1")) as node:
        stock(node.company)
        for name, colour in (("red", "#c33"), ("blue", "#36c")):
            drawn = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect fill="{colour}"/></svg>'
            file = {"content_type": "image/svg+xml", "data": b64encode(drawn.encode()).decode()}
            node.company.put({"_id": f"picture:{name}", "type": "picture", "_attachments": {"p.svg": file}})
        server = serve(node, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.port}"

        def open_(page: Page, id: str) -> None:
            if page.url == "about:blank":
                page.goto(start_link(node, url))
            page.goto(f"{url}/conflicts/company/{id}")
            expect(page.locator("#case-title")).to_be_visible()

        yield SimpleNamespace(node=node, company=node.company, url=url, open=open_, path=Path(node.path))
        node.begin_stop()
        server.stop()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    page = open_context().new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    assert wrong == []


def disputed(shop: Any, sku: str, *edits: dict[str, Any], **fields: Any) -> str:
    """A new product, edited at several places apart; its id."""
    doc = product(sku, f"Espresso {sku}", 1200, category="category:drinks", **fields)
    shop.company.put(doc)
    fork(shop.company, doc["_id"], *edits)
    return str(doc["_id"])


def decided(page: Page) -> None:
    expect(page.locator(".case-done")).to_be_visible()
    expect(page.locator("#next")).to_be_focused()


def test_one_tap_decides_a_price_and_one_takes_it_back(shop: Any, page: Page) -> None:
    id = disputed(shop, "p1", on("office", price=price(1290)), on("s1-t1", price=price(1350), brand="Alm"))
    shop.open(page, id)
    expect(page.locator(".case-what")).to_have_text("price changed in two places before: €12.00")
    expect(page.locator(".case-option").first).to_contain_text("Head office")
    expect(page.get_by_text("Joined for you: brand")).to_be_visible()
    use = page.locator("#use")
    expect(use).to_have_text("Use €12.90")
    page.get_by_text("€13.50").first.click()
    expect(use).to_have_text("Use €13.50")
    expect(page.locator("[data-preview=price]")).to_have_text("€13.50")
    use.dblclick()  # one decision, and nothing beneath it is pressed
    decided(page)
    assert shop.company.get(id)["price"] == price(1350) and shop.company.get(id)["brand"] == "Alm"
    page.reload()
    expect(page.locator(".case-edits")).to_contain_text("€13.50 · Till 1")
    page.click("#undo")
    expect(page.locator("#said")).to_contain_text("Undone")
    assert read(shop.company, id) is not None
    page.locator("[data-other=price]").fill("ten")
    page.locator("#use").click()
    expect(page.locator(".case-field .fault")).to_have_text("Key it like 12.90.")
    page.locator("[data-other=price]").fill("13,10")
    expect(page.locator("#use")).to_have_text("Use €13.10")
    page.get_by_text("Add a note").click()
    page.fill("#note", "The supplier’s new list")
    page.locator("#use").click()
    decided(page)
    expect(page.locator(".case-done blockquote")).to_have_text("The supplier’s new list")
    assert shop.company.get(id)["price"] == price(1310)
    page.go_back()
    page.go_forward()
    expect(page.locator(".case-done")).to_be_visible()


def test_each_kind_is_decided_by_the_keys_alone(shop: Any, page: Page) -> None:
    press = page.keyboard.press
    id = disputed(shop, "k1", on("office", price=price(1290)), on("s1-t1", price=price(1350)))
    shop.open(page, id)
    press("ArrowDown")
    press("Enter")
    decided(page)
    assert shop.company.get(id)["price"] == price(1350)
    press("u")
    expect(page.locator("#use")).to_be_visible()
    expect(page.locator("input[type=radio]:checked")).to_be_focused()
    page.wait_for_timeout(READ)
    press("Tab")
    page.keyboard.type("12.95")
    press("Enter")
    decided(page)
    assert shop.company.get(id)["price"] == price(1295)

    several = disputed(
        shop,
        "k2",
        on("office", price=price(1), name="Ristretto", barcodes=["k2", "1"], units=[{"name": "box", "quantity": 6000}]),
        on("s1-t1", price=price(2), name="Lungo", barcodes=["k2", "2"], units=[{"name": "box", "quantity": 12000}]),
    )
    shop.open(page, several)
    expect(page.locator("fieldset")).to_have_count(3)  # the barcodes are joined
    for label in ("name", "price", "box"):
        expect(page.locator("legend", has_text=label)).to_have_count(1)
    while page.evaluate("document.activeElement.closest('fieldset')?.dataset.field") != "price":
        press("Tab")
    press("ArrowDown")
    press("Enter")
    decided(page)
    doc = shop.company.get(several)
    assert (doc["name"], doc["price"], doc["units"][0]["quantity"]) == ("Ristretto", price(2), 6000)
    assert doc["barcodes"] == ["1", "2", "k2"]

    gone = disputed(shop, "k3", DELETED, on("s1-t1", name="Espresso doppio"))
    shop.open(page, gone)
    expect(page.get_by_role("button", name="Bring it back")).to_be_focused()  # what can lose nothing
    press("Enter")
    decided(page)
    assert shop.company.get(gone)["name"] == "Espresso doppio"
    press("u")
    expect(page.get_by_role("button", name="Bring it back")).to_be_focused()
    page.wait_for_timeout(READ)
    press("Shift+Tab")
    press("Enter")
    decided(page)
    assert shop.company.read(gone).deleted
    following = disputed(shop, "k4", on("office", name="A"), on("s1-t1", name="B"))
    page.reload()
    press("n")
    expect(page).to_have_url(f"{shop.url}/conflicts/company/{following}")
    expect(page.locator("input[type=radio]:checked")).to_be_focused()
    press("Enter")
    decided(page)


def test_texts_lists_pictures_and_what_nobody_knows_are_decided_by_the_mouse(shop: Any, page: Page) -> None:
    text = "Roasted in town every week, and served with a glass of water from our own spring."
    words = disputed(
        shop,
        "m1",
        on("office", description=text.replace("week", "Monday")),
        on("s1-t1", description=text.replace("glass", "jug")),
        description=text,
    )
    shop.open(page, words)
    expect(page.locator(".case-option ins")).to_have_text(["Monday", "jug"])
    expect(page.locator(".case-option del")).to_have_text(["week", "glass"])
    page.locator(".case-option", has_text="jug").click()
    page.click("#use")
    decided(page)
    assert "jug" in shop.company.get(words)["description"]

    list_ = disputed(shop, "m2", on("office", taxes=["tax:a"]), on("s1-t1", taxes=["tax:b"]), taxes=["tax:c"])
    shop.open(page, list_)
    page.locator(".case-option", has_text="b").last.click()
    page.click("#use")
    decided(page)
    assert shop.company.get(list_)["taxes"] == ["tax:b"]

    three = disputed(
        shop,
        "m3",
        on("office", picture="picture:red", sort=1),
        on("s1-t1", picture="picture:blue", sort=2),
        on("s1-t2", sort=3),
    )
    shop.open(page, three)
    expect(page.locator("fieldset", has_text="place in the list").locator(".option-by")).to_have_count(3)
    pictures = page.locator("fieldset", has_text="picture").locator(".case-option")
    expect(pictures).to_have_count(2)
    pictures.nth(1).click()
    page.get_by_role("button", name="Take all of Till 2’s").click()
    page.click("#use")
    decided(page)
    doc = shop.company.get(three)
    assert doc["sort"] == 3 and doc["picture"] == "picture:blue"

    shop.company.put({"_id": "menu:lunch", "type": "menu", "dish": "Soup", "hot": True})
    fork(shop.company, "menu:lunch", {"dish": "Stew"}, {"dish": "Curry", "hot": False})
    shop.open(page, "menu:lunch")
    page.locator("summary", has_text="Details").click()
    expect(page.locator(".details-table")).to_contain_text("Soup")
    expect(page.locator(".tree-svg")).to_be_visible()
    page.locator(".case-option", has_text="Curry").click()
    page.click("#use")
    decided(page)
    assert shop.company.get("menu:lunch")["dish"] == "Curry"


def one_of_each_kind(shop: Any, start: str) -> list[str]:
    """Documents in dispute: a price, several fields, a text, a list, a picture, three versions, one deleted, a type
    that nobody knows."""
    menu = f"menu:{start}"
    shop.company.put({"_id": menu, "type": "menu", "dish": "Soup"})
    fork(shop.company, menu, {"dish": "Stew"}, {"dish": "Curry"})
    return [
        disputed(shop, f"{start}1", on("office", price=price(1290)), on("s1-t1", price=price(1350))),
        disputed(shop, f"{start}2", on("office", price=price(1), name="A"), on("s1-t1", price=price(2), name="B")),
        disputed(shop, f"{start}3", on("office", description="Roasted here"), on("s1-t1", description="Roasted there")),
        disputed(shop, f"{start}4", on("office", taxes=["tax:a"]), on("s1-t1", taxes=["tax:b"]), taxes=["tax:c"]),
        disputed(shop, f"{start}5", on("office", picture="picture:red"), on("s1-t1", picture="picture:blue")),
        disputed(shop, f"{start}6", *(on(f"s1-t{n}", sort=n) for n in (1, 2, 3))),
        disputed(shop, f"{start}7", DELETED, on("s1-t1", name="Espresso doppio")),
        menu,
    ]


def left(shop: Any, ids: list[str]) -> list[str]:
    return [id for id in ids if read(shop.company, id) is not None]


def test_from_the_inbox_each_kind_to_its_end_by_the_keys_alone(shop: Any, page: Page) -> None:
    ids = one_of_each_kind(shop, "keys")
    shop.open(page, ids[0])
    page.goto(f"{shop.url}/conflicts")
    expect(page.locator(".waiting").first).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.part") == "decide":
            break
    page.keyboard.press("Enter")
    for _ in range(30):
        expect(page.locator("#case-title")).to_be_visible()
        chosen = page.locator("input[type=radio]:checked, button[value=live]").first
        expect(chosen).to_be_focused()
        page.wait_for_timeout(READ)
        page.keyboard.press("Enter")
        decided(page)
        if not left(shop, ids):
            break
        here = page.url
        page.keyboard.press("n")
        expect(page).not_to_have_url(here)
    assert left(shop, ids) == []
    assert shop.company.get(ids[-2])["name"] == "Espresso doppio"


def test_from_the_inbox_each_kind_to_its_end_by_the_mouse_alone(shop: Any, page: Page) -> None:
    ids = one_of_each_kind(shop, "mouse")
    shop.open(page, ids[0])
    page.goto(f"{shop.url}/conflicts")
    page.locator(".waiting [data-part=decide]").first.click()
    for _ in range(30):
        expect(page.locator("#case-title")).to_be_visible()
        fields = page.locator("fieldset")
        for at in range(fields.count()):
            fields.nth(at).locator(".case-option:not(:has([data-other]))").last.click()
        back = page.get_by_role("button", name="Bring it back")
        (back if back.count() else page.locator("#use")).click()
        decided(page)
        if not left(shop, ids):
            break
        here = page.url
        page.click("#next")
        expect(page).not_to_have_url(here)
    assert left(shop, ids) == []
    assert shop.company.get(ids[1])["price"] in (price(1), price(2))


def test_what_comes_while_the_page_is_open_is_shown_and_what_was_chosen_is_kept(shop: Any, page: Page) -> None:
    id = disputed(shop, "n1", on("office", price=price(1290), name="A"), on("s1-t1", price=price(1350), name="B"))
    shop.open(page, id)
    page.get_by_text("€13.50").first.click()
    page.locator("fieldset", has_text="name").locator("[data-other=text]").fill("Espresso, our own")
    case = read(shop.company, id)
    assert case is not None
    office = next(side for side in case.sides if side.on == "office")
    arrive(shop.company, id, office.rev, {**office.body, "price": price(1400)})
    expect(page.locator("#news")).to_contain_text("what you chose is kept")
    fresh = page.locator(".case-option.fresh")
    expect(fresh).to_have_count(1)
    expect(fresh).to_contain_text("€14.00")
    expect(page.locator("input:checked[data-text='€13.50']")).to_have_count(1)
    expect(page.locator("[data-other=text]")).to_have_value("Espresso, our own")

    # One that comes between the last look and the tap: nothing is written.
    page.route("**/api/conflicts/**?seen=*", lambda route: route.fulfill(json={"seen": route.request.url[-16:]}))
    till = next(side for side in case.sides if side.on == "s1-t1")
    arrive(shop.company, id, till.rev, {**till.body, "size": "double"})
    before = shop.company.read(id).rev
    page.click("#use")
    expect(page.locator("#news")).to_contain_text("Nothing was written")
    assert shop.company.read(id).rev == before
    expect(page.locator("[data-other=text]")).to_have_value("Espresso, our own")
    page.wait_for_timeout(READ)
    page.click("#use")
    decided(page)
    doc = shop.company.get(id)
    assert (doc["price"], doc["name"], doc["size"]) == (price(1350), "Espresso, our own", "double")


def test_who_decides_second_is_told_who_was_first_and_how(shop: Any, page: Page) -> None:
    id = disputed(shop, "s1", on("office", price=price(1290)), on("s1-t1", price=price(1350)))
    shop.open(page, id)
    client = client_of(shop.node)
    seen = client.get(f"/api/conflicts/company/{id}").json
    asked = {"request": "other-0001", "seen": seen["seen"], "choose": {"price": {"value": price(999)}}}
    assert client.post(f"/api/conflicts/company/{id}/resolve", json=asked).status_code == 200
    expect(page.locator("#news")).to_contain_text("decided elsewhere")
    expect(page.locator(".case-edits")).to_contain_text("€9.99")
    shop.open(page, "product:4000002")
    expect(page.locator(".case-what")).to_have_text("Nothing to decide here.")
    page.goto(f"{shop.url}/conflicts/company/product:none")
    page.get_by_role("link", name="Back to the list").click()
    expect(page).to_have_url(f"{shop.url}/conflicts")


def test_what_is_put_aside_waits_and_the_next_one_comes_up(shop: Any, page: Page) -> None:
    first = disputed(shop, "l1", on("office", name="A"), on("s1-t1", name="B"))
    second = disputed(shop, "l2", on("office", name="A"), on("s1-t1", name="B"))
    shop.open(page, second)
    page.click("#later")
    expect(page).to_have_url(f"{shop.url}/conflicts/company/{first}")
    assert shop.company.get(f"task:conflict:{second}")["later_at"] and read(shop.company, second) is not None


@pytest.mark.parametrize(("scheme", "size"), [("dark", (390, 844)), ("light", (1280, 800))])
def test_it_reads_in_chinese_and_fits_a_phone(
    shop: Any, open_context: Callable[..., BrowserContext], scheme: Any, size: tuple[int, int]
) -> None:
    id = disputed(
        shop, f"z-{scheme}", on("office", price=price(1290), name="A"), on("s1-t1", price=price(1350), name="B")
    )
    viewport = {"width": size[0], "height": size[1]}
    page = open_context(viewport=viewport, locale="zh-CN", color_scheme=scheme).new_page()
    shop.open(page, id)
    expect(page.locator("#use")).to_have_text("采用所选内容")
    page.locator("#details > summary").click()
    expect(page.locator(".details-table")).to_contain_text("价格")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert axe.faults(page) == []
    page.click("#use")
    decided(page)
    expect(page.locator(".case-what")).to_have_text("已决定。")
    assert axe.faults(page) == []


def test_who_may_not_sees_it_and_a_supervisor_allows_it(shop: Any, page: Page) -> None:
    """The last test of the module: from here on the till has people."""
    id = disputed(shop, "r1", on("office", price=price(1290)), on("s1-t1", price=price(1350)))
    client = client_of(shop.node)
    for name, role, pin in (("Mia", "manager", "739151"), ("Cleo", "cashier", "5093")):
        given = {"request": f"request-{name}", "name": name, "role": role, "pin": pin}
        assert client.post("/api/people", json=given).status_code == 201
    cleo = next(one["id"] for one in client.get("/api/people").json["rows"] if one["name"] == "Cleo")
    page.goto(start_link(shop.node, shop.url))
    signing = "([staff, pin]) => fetch('/api/session', {method: 'POST', body: JSON.stringify({staff, pin}), headers: {'Content-Type': 'application/json'}}).then((r) => r.status)"  # noqa: E501
    assert page.evaluate(signing, [cleo, "5093"]) == 200
    shop.open(page, id)
    page.click("#use")
    expect(page.locator("#allow-about")).to_contain_text("decide between two versions")
    page.keyboard.press("Escape")
    expect(page.locator("#fault")).to_contain_text("A supervisor must allow this")
    assert read(shop.company, id) is not None
    page.click("#use")
    page.locator("#allow-pin").fill("739151")
    page.keyboard.press("Enter")
    decided(page)
    resolution = shop.company.find("resolution_about", id)[0].doc()
    assert resolution["by"] == cleo and resolution["approvals"][0]["right"] == "conflicts"

    # About people somebody must lend two rights, one after the other.
    ann = {"_id": "staff:ann", "type": "staff", "schema": 1, "name": "Ann", "role": "cashier", "inactive": True}
    shop.node.store_db.put(ann)
    fork(shop.node.store_db, "staff:ann", on("s1-t1", name="Anne"), on("s1-t2", name="Anna"))
    page.goto(f"{shop.url}/conflicts/store-s1/staff:ann")
    page.click("#use")
    for _ in range(2):
        expect(page.locator("#allow-pin")).to_have_value("")
        page.locator("#allow-pin").fill("739151")
        with page.expect_response(lambda answer: answer.url.endswith("/resolve")):
            page.keyboard.press("Enter")
    decided(page)
    lent = shop.node.store_db.find("resolution_about", "staff:ann")[0].doc()["approvals"]
    assert [each["right"] for each in lent] == ["conflicts", "people"]
    assert page.evaluate("fetch('/api/session', {method: 'DELETE'}).then((r) => r.status)") == 200
    other = page.context.new_page()  # the first may leave for the lock by itself
    other.goto(f"{shop.url}/conflicts/company/{id}")
    expect(other).to_have_url(f"{shop.url}/")
