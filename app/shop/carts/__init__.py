"""Parked carts: taken up on any till of the store, added to by several, their branches joined without loss."""

from app.shop.carts.carts import Carts

__all__ = ["Carts"]
