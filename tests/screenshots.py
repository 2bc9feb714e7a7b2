"""Pictures of every page, of the sample shop as `make demo` runs it: ``make screenshots``, or some with ``ARGS``.

    make screenshots ARGS="refund till-cart --scheme dark --size phone"

They land in ``screenshots/``, which git ignores, as ``<what>-<size>-<scheme>.png``; the list is printed. Each picture
has a browser profile of its own, so that none shows what another did. It ends with 1 when a page could not be taken.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Error as PlaywrightError

from app.demo import people
from app.demo.opening import Visit
from tests.support.browser import browser as open_browser
from tests.support.process import READY, CouchTill, wait_until

SIZES = {
    "desktop": (1280, 800),
    "tablet": (1024, 768),
    "portrait": (768, 1024),
    "phone": (390, 844),
    "wide": (1440, 900),
}
USUAL = ("desktop", "tablet", "portrait", "phone")
SCHEMES = ("light", "dark")
FOLDER = Path(__file__).parent.parent / "screenshots"

#: Milliseconds for a page of a busy machine, and for what fades in.
PATIENCE, SETTLED = 30_000, 500
BY_SCANNER = 0.004

Shot = Callable[["Window"], None]
SHOTS: dict[str, Shot] = {}


def shot(function: Shot) -> Shot:
    """A picture, named as its function."""
    SHOTS[function.__name__.replace("_", "-")] = function
    return function


class Shop:
    """The demo, with a morning's work behind it."""

    def __init__(self, demo: CouchTill) -> None:
        self.demo = demo
        self.zreport = ""
        demo.wait_for(READY, timeout=120)
        self.one, self.two = (Visit(self._link(name)) for name in ("t1", "t2"))
        self.one.sign_in(people.ANA)
        self.two.sign_in(people.CLEO)

    def _link(self, name: str) -> str:
        link: str = requests.post(f"{self.demo.url}/demo/enter/{name}", timeout=60).json()["url"]
        return link

    def work(self) -> None:
        """Sales on both tills, parked carts, cash out."""
        for till in (self.one, self.two):
            wait_until(lambda till=till: self._knows(till), 60, "the catalogue")
        last: dict[str, Any] = {}
        baskets = (
            ("farm-loaf", "butter", "milk"), ("coffee-to-go", "croissant"), ("lager", "crisps"),
            ("milk-chocolate", "milk-chocolate", "dark-chocolate"), ("flowers", "birthday-card"),
            ("breakfast-bag", "orange-juice", "coffee-beans"),
        )  # fmt: skip
        for place, basket in enumerate(baskets):
            till = self.two if place % 3 == 2 else self.one
            last = sell(till, basket, {"kind": "cash", "amount": 5000})
        sell(self.two, ("soap", "washing-up", "toilet-paper"), {"kind": "cash", "amount": 2000})
        self.order = last["order"]["_id"]
        allowed = {"right": "cash_out", "staff": people.BEN.id, "pin": people.BEN.pin}
        self.one.ask("POST", "api/cash", {
            "request": new_id(), "kind": "expense", "amount": 450, "category": "Postage", "reason": "Stamps",
            "approvals": [self.one.ask("POST", "api/approvals", allowed)["approval"]],
        })  # fmt: skip
        for name, skus in (("Blue coat, back at five", ("eggs-10", "butter")), ("Table 4", ("coffee-to-go",))):
            self._park(name, skus)

    def close_day(self) -> str:
        """The Z of the second till, made when it is needed first; its id."""
        if not self.zreport:
            shift = self.two.ask("GET", "api/shift")["shift"]
            counted = {"request": new_id(), "counted": {"total": 17_000}, "note": "A coin rolled under the counter."}
            closed = self.two.ask("POST", f"api/shifts/{shift['_id']}/close", counted)
            self.zreport = closed["zreport"]["_id"]
        return self.zreport

    @staticmethod
    def _knows(till: Visit) -> bool:
        try:
            return bool(till.ask("GET", "api/products/product:tote-blue"))
        except requests.RequestException:
            return False

    def _park(self, name: str, skus: tuple[str, ...]) -> None:
        lines = {}
        for place, sku in enumerate(skus):
            product = self.one.ask("GET", f"api/products/product:{sku}")
            product = product.get("product", product)
            line = {"product": f"product:{sku}", "quantity": 1000, "name": product["name"]}
            lines[f"01JLINE{place:019d}"] = line
        try:
            self.one.ask("POST", "api/carts", {"request": new_id(), "name": name, "lines": lines})
        except requests.HTTPError as error:
            print(f"no parked cart: {error.response.text[:300]}", file=sys.stderr)


def new_id() -> str:
    return uuid.uuid4().hex


def sell(till: Visit, skus: tuple[str, ...], tender: dict[str, Any]) -> dict[str, Any]:
    """One sale over the API, its change in cash."""
    lines = [{"id": f"l{n}", "product": f"product:{sku}", "quantity": 1000, "age": True} for n, sku in enumerate(skus)]
    for line in lines:
        if line["product"] not in ("product:lager", "product:red-wine"):
            del line["age"]
    return till.ask("POST", "api/sales", {"sale": new_id(), "lines": lines, "tenders": [tender]})


class Window:
    """One browser window, somebody signed in at both tills."""

    def __init__(self, shop: Shop, context: BrowserContext) -> None:
        self.shop, self.context = shop, context
        self.page: Page = context.new_page()
        self.afterwards: list[Callable[[], object]] = []
        self._devtools = context.new_cdp_session(self.page)
        self._clock = 0.0

    def open(self, name: str, path: str = "", *, locked: bool = False) -> None:
        """A node's page; at a till with who works there signed in."""
        url = self.context.request.post(f"{self.shop.demo.url}/demo/enter/{name}", timeout=PATIENCE).json()["url"]
        if locked:
            self.context.clear_cookies()
        self.page.goto(url)
        if path:
            self.page.goto(url.partition("/enter")[0] + path)

    def till(self, name: str = "t1") -> None:
        self.open(name)
        expect(self.page.locator(".tile").first).to_be_visible(timeout=PATIENCE)

    def scan(self, *codes: str) -> None:
        """Keys as fast as a scanner's."""
        for code in codes:
            self._clock = max(time.time(), self._clock)
            for key in [*code, "Enter"]:
                self._clock += BY_SCANNER
                known = {"windowsVirtualKeyCode": 13, "code": "Enter"} if key == "Enter" else {}
                event = {"key": key, "timestamp": self._clock, **known}
                text = "\r" if known else key
                self._devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": text, **event})
                self._devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})
            self.page.wait_for_timeout(350)

    def fill_cart(self, *codes: str) -> None:
        self.scan(*(codes or (LOAF, BUTTER, WATER, WATER, GOUDA)))
        if self.page.locator("#phone-cart").is_visible():
            self.page.click("#phone-cart")

    def action(self, name: str) -> None:
        """An action, wherever its button is."""
        button = self.page.locator(f"[data-action={name}]").first
        if not button.is_visible() and self.page.locator("#cart-back").is_visible():
            self.page.click("#cart-back")
        if not button.is_visible():
            for menu, dialog in (("#do-more", "#more"), ("#open-account", "#account")):
                self.page.click(menu)
                inside = self.page.locator(f"{dialog} [data-action={name}]")
                expect(self.page.locator(dialog)).to_be_visible()
                if inside.count():
                    inside.first.click()
                    return
                self.page.keyboard.press("Escape")
        button.click()


LOAF, BUTTER, WATER, MILK_CHOCOLATE, DARK_CHOCOLATE = (
    "2900000000124", "2900000000216", "2900000000292", "2900000000490", "2900000000506",
)  # fmt: skip
SOAP, LAGER, WINE, BEANS = "2900000000575", "2900000000353", "2900000000360", "2900000000476"


def with_check(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


#: A label of the shop's scale: 312 g of Gouda. Its item number stands in the sample's catalogue.
GOUDA = with_check("21" + "00108" + "00312")


@shot
def till_empty(window: Window) -> None:
    window.till()


@shot
def till_cart(window: Window) -> None:
    window.till()
    window.fill_cart()


@shot
def till_promotions(window: Window) -> None:
    window.till()
    window.fill_cart(MILK_CHOCOLATE, MILK_CHOCOLATE, DARK_CHOCOLATE, SOAP, WATER, with_check("290000009002"))


@shot
def till_search(window: Window) -> None:
    window.till()
    window.page.fill("#search", "cho")
    expect(window.page.locator(".result").first).to_be_visible()


@shot
def till_unknown_code(window: Window) -> None:
    window.till()
    window.scan(with_check("400000000001"))


@shot
def variants(window: Window) -> None:
    window.till()
    window.page.fill("#search", "tote")
    window.page.locator(".result").first.click()
    expect(window.page.locator("#variants")).to_be_visible()


@shot
def age_check(window: Window) -> None:
    window.till()
    window.scan(WINE)


@shot
def more(window: Window) -> None:
    window.till()
    window.page.click("#do-more")


@shot
def account(window: Window) -> None:
    window.till()
    window.page.click("#open-account")


@shot
def keys(window: Window) -> None:
    window.till()
    window.page.keyboard.press("?")
    expect(window.page.locator("#help")).to_be_visible()


@shot
def discount(window: Window) -> None:
    window.till()
    window.fill_cart(BEANS)
    window.page.click(".line[aria-current] [data-act=discount]")


@shot
def supervisor(window: Window) -> None:
    window.till()
    window.fill_cart(BEANS)
    window.page.keyboard.press("F8")
    expect(window.page.locator("#allow[open], #ask[open]").first).to_be_visible()


@shot
def pay(window: Window) -> None:
    window.till()
    window.fill_cart()
    window.page.click("#pay")
    expect(window.page.locator("#payment")).to_be_visible()


@shot
def pay_card(window: Window) -> None:
    pay(window)
    window.page.locator("#pay-kinds [role=radio], #pay-kinds button, #pay-kinds label").nth(1).click()


@shot
def sold(window: Window) -> None:
    window.till()
    window.fill_cart(MILK_CHOCOLATE, MILK_CHOCOLATE, DARK_CHOCOLATE, WATER)
    window.page.click("#pay")
    window.page.locator(".note").nth(1).click()
    expect(window.page.locator("#sold")).to_be_visible()
    expect(window.page.locator("#sold-paper .paper")).to_be_visible()


@shot
def lock(window: Window) -> None:
    window.open("t1", locked=True)
    expect(window.page.locator("#lock")).to_be_visible()


@shot
def lock_pin(window: Window) -> None:
    lock(window)
    window.page.locator("#lock button", has_text="Ben").click()


@shot
def shift_open(window: Window) -> None:
    window.shop.close_day()
    window.till("t2")
    button = window.page.get_by_role("button", name="Open with a float")
    if not button.is_visible():
        window.page.click("#do-more")  # on a phone
    button.click()
    expect(window.page.locator("#shift-open")).to_be_visible()
    window.page.locator("#open-counter input").nth(2).fill("3")


@shot
def shift(window: Window) -> None:
    window.till()
    window.action("shift")
    expect(window.page.locator("#shift")).to_be_visible()


@shot
def cash_out(window: Window) -> None:
    shift(window)
    window.page.click("#shift-expense")
    expect(window.page.locator("#shift-cash")).to_be_visible()


@shot
def x_report(window: Window) -> None:
    shift(window)
    window.page.click("#shift-x")
    expect(window.page.locator("#shift-report")).to_be_visible()


@shot
def shift_close(window: Window) -> None:
    shift(window)
    window.page.click("#shift-end")
    expect(window.page.locator("#shift-close")).to_be_visible()
    window.page.fill("#close-total", "250.00")


@shot
def shift_page(window: Window) -> None:
    window.open("t1", "/shift")


@shot
def z_report(window: Window) -> None:
    window.open("t2", f"/zreports/{window.shop.close_day()}")


@shot
def z_reports(window: Window) -> None:
    window.shop.close_day()
    window.open("t2", "/zreports")


@shot
def refund_find(window: Window) -> None:
    window.till()
    window.action("refund")
    expect(window.page.locator("#refund-rows .receipts-row").first).to_be_visible()


@shot
def refund(window: Window) -> None:
    window.till("t1")
    window.action("refund")
    window.page.fill("#refund-q", "washing")
    row = window.page.locator("#refund-rows .receipts-row", has_text="Olive soap")
    (row if row.count() else window.page.locator("#refund-rows .receipts-row")).first.click()
    expect(window.page.locator("#refund-lines li").first).to_be_visible()
    window.page.locator("#refund-lines button[aria-label^='One more']").first.click()


@shot
def receipts(window: Window) -> None:
    window.till()
    window.action("receipts")
    window.page.locator("#receipts-list .receipts-row").nth(1).click()
    if window.page.locator("#receipts-paper").is_visible():
        expect(window.page.locator("#receipts-paper .paper")).to_be_visible()


@shot
def receipt(window: Window) -> None:
    window.open("t1", f"/receipts/{window.shop.order}")


@shot
def parked(window: Window) -> None:
    window.till()
    window.action("park")
    expect(window.page.locator("#parked")).to_be_visible()


@shot
def customers(window: Window) -> None:
    window.till()
    window.action("customer")
    window.page.fill("#customers-search", "l")


@shot
def customer_edit(window: Window) -> None:
    customers(window)
    window.page.get_by_role("button", name="Edit: Café Lindenhof").click()


@shot
def gift_card(window: Window) -> None:
    window.till()
    window.action("giftcard")


@shot
def people_page(window: Window) -> None:
    address = window.context.request.post(f"{window.shop.demo.url}/demo/enter/t1").json()["url"]
    window.context.request.get(address)
    base = address.partition("/enter")[0]
    signed = window.context.request.post(
        f"{base}/api/session", data={"staff": people.DORA.id, "pin": people.DORA.pin}, timeout=PATIENCE
    )
    assert signed.ok, signed.text()
    window.page.goto(f"{base}/people")


@shot
def sync(window: Window) -> None:
    window.open("t1", "/sync")


@shot
def api_docs(window: Window) -> None:
    window.open("t1", "/api/docs")


@shot
def display(window: Window) -> None:
    window.till()
    with window.context.expect_page() as opened:
        window.action("display")
    till, window.page = window.page, opened.value
    if size := till.viewport_size:
        window.page.set_viewport_size(size)
    till.bring_to_front()
    window._devtools = window.context.new_cdp_session(till)
    window.scan(MILK_CHOCOLATE, MILK_CHOCOLATE, DARK_CHOCOLATE, LOAF)
    window.page.bring_to_front()


@shot
def office(window: Window) -> None:
    window.open("office")


@shot
def demo(window: Window) -> None:
    """The line of Till 1 is cut, and it has sold on."""
    page, shop = window.page, window.shop
    page.goto(shop.demo.url)
    for name in ("t1", "t2"):
        expect(page.frame_locator(f"[data-node={name}] iframe").locator(".tile").first).to_be_visible(timeout=PATIENCE)
    office = page.frame_locator("[data-node=office] iframe")
    expect(office.locator("body")).to_contain_text("€", timeout=PATIENCE)
    window.afterwards.append(lambda: requests.post(f"{shop.demo.url}/demo/plug/t1", timeout=60))
    page.click("[data-node=t1] [data-act=cut]")
    expect(page.locator("[data-node=t1]")).to_have_attribute("data-line", "cut", timeout=PATIENCE)
    sell(shop.one, ("croissant", "coffee-to-go"), {"kind": "cash", "amount": 1000})
    light = page.frame_locator("[data-node=t1] iframe").locator("#light")
    expect(light).to_have_attribute("data-level", "cut", timeout=2 * PATIENCE)
    page.wait_for_function(
        "() => document.querySelector('#sold').textContent > document.querySelector('#arrived').textContent"
    )


@contextmanager
def the_shop() -> Iterator[Shop]:
    """The sample shop in a folder of its own, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="couchtill-screenshots-", ignore_cleanup_errors=True) as folder:
        demo = CouchTill("demo", "--data", Path(folder) / "demo", "--port", "0")
        try:
            shop = Shop(demo)
            shop.work()
            yield shop
        finally:
            demo.stop()


def take(shop: Shop, browser: Browser, name: str, size: str, scheme: str, folder: Path) -> Path:
    """One picture; the file."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale="en-GB",
        has_touch=size != "desktop",
        service_workers="block",
    )
    context.set_default_timeout(PATIENCE / 2)
    window = Window(shop, context)
    try:
        SHOTS[name](window)
        window.page.wait_for_timeout(SETTLED)
        path = folder / f"{name}-{size}-{scheme}.png"
        window.page.screenshot(path=path, animations="disabled")
        return path
    finally:
        for undo in window.afterwards:
            undo()
        context.close()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make screenshots ARGS=", description="Pictures of every page.")
    parser.add_argument("names", nargs="*", help="what names begin with; all without: " + ", ".join(SHOTS))
    parser.add_argument("--size", action="append", choices=SIZES)
    parser.add_argument("--scheme", action="append", choices=SCHEMES)
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="DIR")
    asked = parser.parse_args(arguments)
    wanted = [name for name in SHOTS if not asked.names or any(name.startswith(part) for part in asked.names)]
    if not wanted:
        parser.error("no page is called that; there are " + ", ".join(SHOTS))
    asked.to.mkdir(parents=True, exist_ok=True)
    failed = 0
    with the_shop() as shop, open_browser() as browser:
        for size in asked.size or USUAL:
            for scheme in asked.scheme or SCHEMES:
                for name in wanted:
                    try:
                        print(take(shop, browser, name, size, scheme, asked.to), flush=True)
                    except (PlaywrightError, AssertionError, requests.RequestException) as error:
                        failed += 1
                        words = str(error).strip().splitlines() or [type(error).__name__]
                        print(f"{name} ({size}, {scheme}) could not be taken: {words[0]}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
