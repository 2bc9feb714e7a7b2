"""Where taxes were before the pricing function had a package of its own."""

from __future__ import annotations

from app.shop.pricing.tax import ADDED, INCLUDED, MODES, Rate, line_taxes, net_of, summary

__all__ = ["ADDED", "INCLUDED", "MODES", "Rate", "line_taxes", "net_of", "summary"]
