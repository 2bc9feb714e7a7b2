"""Balances that several tills share: gift cards, store credit, customers' accounts.

A balance is never stored. It is the sum of movements (`ledger:<order>:<place>` in `company`), each a pure function of
an order: any node that has the order makes the same document, bit for bit, so two that both do so agree, and a crash
between the order's write and the movement's loses nothing. `movements` is that function, `derive` writes what follows
from a store's orders, `balances` sums and says what a till may take.
"""

from __future__ import annotations

from app.shop.ledger.balances import Balances
from app.shop.ledger.derive import derive
from app.shop.ledger.movements import movements

__all__ = ["Balances", "derive", "movements"]
