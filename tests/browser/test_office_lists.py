"""Head office's short lists in a browser: a tax and a category are made, and stand there after a reload."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.test_office_range import field, office, page
from tests.support.axe import faults

__all__ = ["office", "page"]  # the fixtures


def test_a_tax_and_a_category_are_made_and_stand_in_their_lists(page: Page, office: Any) -> None:
    for path, given in (("taxes", {"name": "Reduced", "rate": "7"}), ("products/categories", {"name": "Breads"})):
        page.goto(f"{office.url}/{path}")
        page.locator("#add").press("Enter")
        for name, text in given.items():
            field(page, name).fill(text)
        page.locator("dialog[open] [type=submit]").press("Enter")
        expect(page.locator("#rows")).to_contain_text(given["name"])
        page.reload()
        expect(page.locator("#rows")).to_contain_text(given["name"])
        assert faults(page) == []
    assert [tax.doc()["rate"] for tax in office.node.company.each("tax") if tax.doc()["name"] == "Reduced"] == [70_000]
