"""People at a till, as they work it: who they are, what they may, and that a locked till keeps what it had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from app.docs.database import Database
from app.shop.indexes import indexes_for
from app.web.users import api_key
from tests.browser.conftest import Cashier, Terminal

PINS = {"Mia": "739151", "Sam": "480268", "Cleo": "5093", "Dan": "6027"}
ROLES = {"Mia": "manager", "Sam": "supervisor", "Cleo": "cashier", "Dan": "cashier"}


class Staffed(Terminal):
    """A terminal with people; their ids by name. The till locks after `lock_after` seconds."""

    def __init__(self, path: Path, lock_after: int = 300) -> None:
        super().__init__(path)
        values = {"lock_after": lock_after}
        self.stock_more([{"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values}])
        self.people: dict[str, str] = {}

    def api(self, method: str, path: str, **body: Any) -> Any:
        answer = requests.request(
            method, f"{self.url}/api/{path}", json=body, auth=("api", api_key(self.path)), timeout=20
        )
        answer.raise_for_status()
        return answer.json()

    def hire(self) -> None:
        for name, role in ROLES.items():
            badge = {"badge": "BADGE-0042"} if name == "Dan" else {}
            given = {"request": f"request-{name}", "name": name, "role": role, "pin": PINS[name], **badge}
            self.people[name] = self.api("POST", "people", **given)["person"]["id"]

    def staff(self) -> list[dict[str, Any]]:
        database = Database(self.path / "store-s1.db", read_only=True, indexes=indexes_for("store-s1"))
        try:
            return [record.full() for record in database.each("staff")]
        finally:
            database.close()


def running(path: Path, **options: Any) -> Iterator[Staffed]:
    terminal = Staffed(path, **options)
    try:
        terminal.start()
        terminal.hire()
        yield terminal
    finally:
        terminal.stop()


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    yield from running(tmp_path / "s1-t1")


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Staffed]:
    """A till that locks after ten seconds, the least that can be set."""
    yield from running(tmp_path / "s1-t1", lock_after=10)


Open = Callable[..., BrowserContext]


def at(terminal: Terminal, open_context: Open, **options: Any) -> Cashier:
    return Cashier(open_context(**options).new_page()).open(terminal.link())


def choose(page: Page, name: str, within: str = "#lock") -> None:
    page.locator(f"{within} .person", has_text=name).click()


def sign_in(cashier: Cashier, name: str, pin: str | None = None) -> None:
    choose(cashier.page, name)
    cashier.type(pin or PINS[name])
    cashier.press("Enter")


def is_in(cashier: Cashier, name: str) -> None:
    expect(cashier.page.locator("#lock")).to_be_hidden()
    expect(cashier.page.locator("#account-name")).to_contain_text(name)


def lock(cashier: Cashier) -> None:
    cashier.page.click("#open-account")
    cashier.page.locator("#account-actions .choice", has_text="Lock").click()
    expect(cashier.page.locator("#lock")).to_be_visible()


def test_people_switch_fast_and_each_sale_says_who_sold(staffed: Staffed, open_context: Open) -> None:
    cashier = at(staffed, open_context)
    expect(cashier.page.locator("#lock .person")).to_have_count(4)
    sign_in(cashier, "Cleo")
    is_in(cashier, "Cleo")
    cashier.tap("Espresso")
    cashier.pays_exact()
    cashier.begins_anew()

    cashier.press("F1")
    cashier.scan("BADGE-0042")
    is_in(cashier, "Dan")
    cashier.tap("Lemonade")
    cashier.pays_exact()

    assert [order["cashier"] for order in staffed.orders()] == [staffed.people["Cleo"], staffed.people["Dan"]]
    assert cashier.problems == []


def test_a_pin_is_entered_with_the_pad_on_the_page(staffed: Staffed, open_context: Open) -> None:
    cashier = at(staffed, open_context, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    choose(cashier.page, "Cleo")
    for digit in PINS["Cleo"]:
        cashier.page.locator(f"#lock [data-key='{digit}']").tap()
    cashier.page.locator("#lock [type=submit]").tap()

    is_in(cashier, "Cleo")


def test_wrong_pins_are_told_in_words_and_then_cost_a_wait(staffed: Staffed, open_context: Open) -> None:
    cashier = at(staffed, open_context)
    fault = cashier.page.locator("#lock-fault")
    sign_in(cashier, "Cleo", "0864")
    expect(fault).to_have_text("This PIN is not right. 4 more tries before a wait.")
    expect(cashier.page.locator("#lock-pin")).to_have_value("")
    for left in (3, 2, 1):
        cashier.type("0864")
        cashier.press("Enter")
        expect(fault).to_contain_text("One more try" if left == 1 else f"{left} more tries")
    cashier.type("0864")
    cashier.press("Enter")
    expect(fault).to_contain_text("The next try has to wait.")
    cashier.type(PINS["Cleo"])
    cashier.press("Enter")
    expect(fault).to_contain_text("Too many wrong PINs. Try again in")

    # Everybody else comes in meanwhile; a reload makes nobody wait less.
    cashier.page.reload()
    choose(cashier.page, "Cleo")
    expect(fault).to_contain_text("Too many wrong PINs. Try again in")
    sign_in(cashier, "Dan")
    is_in(cashier, "Dan")


def test_a_locked_till_keeps_its_cart_and_lets_nobody_past(staffed: Staffed, open_context: Open) -> None:
    cashier = at(staffed, open_context)
    sign_in(cashier, "Cleo")
    is_in(cashier, "Cleo")
    cashier.tap("Espresso")
    cashier.page.click("#pay")
    expect(cashier.page.locator("#payment")).to_be_visible()
    cashier.page.evaluate(
        "fetch('api/session', {method: 'DELETE'}).then(() => dispatchEvent(new Event('couchtill:locked')))"
    )

    expect(cashier.page.locator("#lock")).to_be_visible()
    for key in ("Escape", "F9", "F1"):
        cashier.press(key)
    cashier.page.go_back()
    cashier.scan("4000002")  # a product's code is nobody's badge
    expect(cashier.page.locator("#lock-fault")).to_contain_text("nobody’s")
    expect(cashier.page.locator("#lock")).to_be_visible()

    sign_in(cashier, "Dan")
    is_in(cashier, "Dan")
    expect(cashier.page.locator("#payment")).to_be_visible()
    cashier.page.locator(".note").first.click()
    cashier.has_sold()
    [order] = staffed.orders()
    assert (order["total"], order["cashier"]) == (245, staffed.people["Dan"])


def test_a_supervisor_allows_another_price_once_with_the_cart_intact(staffed: Staffed, open_context: Open) -> None:
    cashier = at(staffed, open_context)
    sign_in(cashier, "Cleo")
    is_in(cashier, "Cleo")
    cashier.tap("Lemonade")
    cashier.tap("Espresso")
    page = cashier.page
    cashier.press("F8")
    cashier.type("1.00")
    cashier.press("Enter")
    expect(page.locator("#allow")).to_be_visible()
    expect(page.locator("#allow-about")).to_have_text("Espresso: €1.00 instead of €2.45")
    expect(page.locator("#allow .person")).to_have_count(2)  # who may allow it
    choose(page, "Sam", "#allow")
    cashier.type("111112")
    cashier.press("Enter")
    expect(page.locator("#allow-fault")).to_contain_text("This PIN is not right.")
    cashier.type(PINS["Sam"])
    cashier.press("Enter")
    expect(page.locator("#allow")).to_be_hidden()
    cashier.shows_total("€2.99")
    is_in(cashier, "Cleo")
    cashier.pays_exact()

    [order] = staffed.orders()
    assert (order["total"], order["cashier"]) == (299, staffed.people["Cleo"])
    assert order["approvals"] == [{"right": "price", "by": staffed.people["Sam"]}]
    # Once: the next one is asked for again, and without it nothing changes.
    cashier.begins_anew()
    cashier.tap("Espresso")
    cashier.press("F8")
    cashier.type("0.10")
    cashier.press("Enter")
    expect(page.locator("#allow")).to_be_visible()
    # By keyboard alone: the first who may, then the PIN; Esc takes it back.
    expect(page.locator("#allow .person").first).to_be_focused()
    cashier.press("Enter")
    expect(page.locator("#allow-pin")).to_be_focused()
    cashier.press("Escape")
    expect(page.locator("#allow")).to_be_hidden()
    cashier.shows_total("€2.45")
    assert cashier.problems == []


def test_a_till_that_nobody_works_at_locks_itself_with_its_cart(hasty: Staffed, open_context: Open) -> None:
    cashier = at(hasty, open_context)
    sign_in(cashier, "Cleo")
    is_in(cashier, "Cleo")
    cashier.tap("Espresso")
    expect(cashier.page.locator("#lock")).to_be_visible(timeout=40_000)

    sign_in(cashier, "Cleo")
    is_in(cashier, "Cleo")
    cashier.shows_total("€2.45")


def test_two_windows_of_one_browser_are_one_person(staffed: Staffed, open_context: Open) -> None:
    context = open_context()
    one = Cashier(context.new_page()).open(staffed.link())
    two = Cashier(context.new_page()).open(staffed.link())
    sign_in(one, "Cleo")
    is_in(one, "Cleo")
    is_in(two, "Cleo")

    two.page.bring_to_front()
    lock(two)
    expect(one.page.locator("#lock")).to_be_visible()
    sign_in(two, "Dan")
    is_in(one, "Dan")


def test_a_locked_window_asks_for_nothing_and_hears_of_carts_only_while_somebody_is_in(
    staffed: Staffed, open_context: Open
) -> None:
    refused: list[str] = []
    one, two = at(staffed, open_context), Cashier(open_context().new_page())
    sign_in(one, "Cleo")
    is_in(one, "Cleo")
    two.page.on("response", lambda answer: refused.append(answer.url) if answer.status == 401 else None)
    two.open(staffed.link())
    expect(two.page.locator("#lock .person")).to_have_count(4)
    espresso = {"product": "product:4000001", "name": "Espresso", "quantity": 1000}

    def park(name: str) -> None:
        staffed.api("POST", "carts", request=f"cart-{name}", name=name, lines={"l1": espresso})

    park("Anna-0001")
    expect(one.page.locator("[data-action=park]")).to_contain_text("1")
    sign_in(two, "Dan")
    is_in(two, "Dan")
    expect(two.page.locator("[data-action=park]")).to_contain_text("1")  # asked for
    park("Bert-0001")
    expect(two.page.locator("[data-action=park]")).to_contain_text("2")  # told
    assert [url for url in refused if "api/shift" in url or "api/events" in url] == []


def test_a_restart_of_the_terminal_locks_and_keeps_the_cart(staffed: Staffed, open_context: Open) -> None:
    cashier = at(staffed, open_context)
    sign_in(cashier, "Cleo")
    is_in(cashier, "Cleo")
    cashier.tap("Espresso")
    staffed.kill()
    staffed.start()

    expect(cashier.page.locator("#lock")).to_be_visible(timeout=30_000)
    sign_in(cashier, "Cleo")
    is_in(cashier, "Cleo")
    cashier.shows_total("€2.45")
    cashier.pays_exact()
    assert len(staffed.orders()) == 1


def test_a_sale_under_way_when_the_terminal_died_is_finished_once_by_who_signs_in(
    staffed: Staffed, open_context: Open
) -> None:
    cashier = at(staffed, open_context)
    sign_in(cashier, "Cleo")
    is_in(cashier, "Cleo")
    cashier.tap("Espresso")
    cashier.page.click("#pay")
    staffed.kill()
    cashier.page.locator(".note").first.click()
    expect(cashier.page.locator("#sending")).to_be_visible()
    staffed.start()
    expect(cashier.page.locator("#lock")).to_be_visible(timeout=30_000)

    sign_in(cashier, "Dan")
    cashier.has_sold()
    [order] = staffed.orders()
    assert (order["total"], order["cashier"]) == (245, staffed.people["Dan"])


def test_the_first_person_is_added_on_the_page_and_becomes_the_manager(terminal: Terminal, open_context: Open) -> None:
    cashier = at(terminal, open_context)
    page = cashier.page
    page.click("#open-account")
    page.locator("#account-actions .choice", has_text="People").click()
    page.click("#add-first")
    page.fill("#person-name", "Mia")
    page.fill("#person-pin", "123456")
    page.click("#person-done")
    expect(page.locator("#person-fault")).to_contain_text("guessed at once")
    page.fill("#person-pin", PINS["Mia"])
    page.click("#person-done")
    expect(page.locator("#list .person")).to_have_count(1)
    expect(page.locator("#list .person")).to_contain_text("Manager")
    page.click("#add")
    page.fill("#person-name", "Cleo")
    page.fill("#person-pin", PINS["Cleo"])
    page.click("#person-done")
    expect(page.locator("#list .person")).to_have_count(2)

    page.goto(terminal.url)
    is_in(cashier, "Mia")
    lock(cashier)
    sign_in(cashier, "Cleo")
    is_in(cashier, "Cleo")
    page.goto(f"{terminal.url}/people")
    expect(page.locator("h1")).to_have_text("People")
    expect(page.locator("#list")).to_have_count(0)
    database = Database(terminal.path / "store-s1.db", read_only=True, indexes=indexes_for("store-s1"))
    try:
        roles = {doc["name"]: doc["role"] for doc in (record.full() for record in database.each("staff"))}
    finally:
        database.close()
    assert roles == {"Mia": "manager", "Cleo": "cashier"}


def test_a_person_changes_role_and_leaves(staffed: Staffed, open_context: Open) -> None:
    cashier = at(staffed, open_context)
    sign_in(cashier, "Mia")
    is_in(cashier, "Mia")
    page = cashier.page
    page.goto(f"{staffed.url}/people")
    page.locator("#list .person", has_text="Cleo").click()
    page.select_option("#person-role", "supervisor")
    page.click("#person-done")
    expect(page.locator("#person-fault")).to_contain_text("6 digits")
    page.fill("#person-pin", "620974")
    page.click("#person-done")
    expect(page.locator("#list .person", has_text="Cleo")).to_contain_text("Supervisor")
    page.locator("#list .person", has_text="Dan").click()
    page.click("#person-leave")
    expect(page.locator("#list .person", has_text="Dan")).to_contain_text("Gone")
    page.locator("#list .person", has_text="Mia").click()
    page.click("#person-leave")
    expect(page.locator("#person-fault")).to_contain_text("make somebody else a manager first")

    known = {doc["name"]: (doc["role"], doc["inactive"], doc["updated_by"]) for doc in staffed.staff()}
    assert known["Cleo"] == ("supervisor", False, staffed.people["Mia"])
    assert known["Dan"] == ("cashier", True, staffed.people["Mia"])


def test_the_lock_screen_speaks_chinese(staffed: Staffed, open_context: Open) -> None:
    cashier = at(staffed, open_context, locale="zh-CN")
    expect(cashier.page.locator("#lock-title")).to_have_text("谁在收银？")
    sign_in(cashier, "Cleo", "0864")
    expect(cashier.page.locator("#lock-fault")).to_have_text("PIN 不正确。 再错 4 次后需要等待。")
