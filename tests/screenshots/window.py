"""The browser window a picture is taken of, and what is done in it."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.screenshots.shop import Shop

#: Milliseconds for a page of a busy machine.
PATIENCE = 30_000
BY_SCANNER = 0.004

LOAF, BUTTER, WATER, MILK_CHOCOLATE, DARK_CHOCOLATE = (
    "2900000000124", "2900000000216", "2900000000292", "2900000000490", "2900000000506",
)  # fmt: skip
SOAP, LAGER, WINE, BEANS = "2900000000575", "2900000000353", "2900000000360", "2900000000476"


def with_check(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


#: A label of the shop's scale: 312 g of Gouda. Its item number stands in the sample's catalogue.
GOUDA = with_check("21" + "00108" + "00312")


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
