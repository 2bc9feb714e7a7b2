"""Amounts as texts: as the modules of a page write them."""

from __future__ import annotations

import pytest
from flask import Flask

from app.web import i18n, present


@pytest.mark.parametrize(
    ("language", "value", "currency", "digits", "text"),
    [
        ("en", 2600, "KWD", 3, "KWD\N{NO-BREAK SPACE}2.600"),
        ("en", -2600, "KWD", 3, "-KWD\N{NO-BREAK SPACE}2.600"),
        ("zh", 1250, "CHF", 2, "CHF\N{NO-BREAK SPACE}12.50"),
        ("en", 123456, "USD", 2, "$1,234.56"),
        ("en", 4550, "JPY", 0, "¥4,550"),
        ("zh", 4550, "JPY", 0, "JP¥4,550"),
    ],
)
def test_a_sign_of_letters_stands_apart_from_the_number(
    language: str, value: int, currency: str, digits: int, text: str
) -> None:
    application = Flask(__name__)
    i18n.init_app(application)
    with application.test_request_context("/", headers={"Accept-Language": language}):
        assert present.money(value, currency, digits) == text
