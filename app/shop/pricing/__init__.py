"""Prices: lists, promotions, discounts, taxes; one pure function from a cart to the figures of an order.

`price(cart, book)` is the whole of it (`price.py` tells the shapes); `book.Books` makes the price book from the store's
documents. `app/static/js/pricing/` is the same function for the page.
"""

from __future__ import annotations

from app.shop.pricing.figures import ROUNDING, order_figures, paid, price_line
from app.shop.pricing.lines import PricingError
from app.shop.pricing.price import price
from app.shop.pricing.rounding import cash_round

__all__ = ["ROUNDING", "PricingError", "cash_round", "order_figures", "paid", "price", "price_line"]
