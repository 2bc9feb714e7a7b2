"""``python -m tests.screenshots``: the pictures that are asked for, taken one after the other."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import requests
from playwright.sync_api import Browser
from playwright.sync_api import Error as PlaywrightError

from tests.screenshots import SCHEMES, SIZES, USUAL, office  # noqa: F401  # its pictures stand in SHOTS
from tests.screenshots.shop import Shop, the_shop
from tests.screenshots.shots import SHOTS
from tests.screenshots.window import PATIENCE, Window
from tests.support.browser import browser as open_browser

FOLDER = Path(__file__).parent.parent.parent / "screenshots"

#: Milliseconds for what fades in.
SETTLED = 500


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
    context.set_default_timeout(PATIENCE)
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
