"""The last receipt number that a till window saw, with a proof that this terminal told it so.

A window that saw a higher number than the terminal knows shows that the terminal was set back to an older copy: it
then begins a new series (`journal`). Whoever may sell could say any number, and cost the terminal a series with each
request. So each number that is told carries a mark, made with a key that no document holds; an older copy of the
terminal has the same key, since it is made before the first receipt.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from app.docs.database import Database

KEY = "couchtill.seen."  # local document of the store's database, one for each terminal that lived here


def make_key(database: Database, terminal: str) -> None:
    """Makes the terminal's key where it has none; within a transaction."""
    if database.get_local(KEY + terminal) is None:
        database.put_local(KEY + terminal, {"key": secrets.token_hex(32)})


def told(database: Database, terminal: str, series: str | None, number: int) -> dict[str, Any] | None:
    """`{"series", "number", "mark"}` for a window to keep and to send along (`seen`); None before the first receipt."""
    mark = _mark(database, terminal, series, number)
    return None if mark is None else {"series": series, "number": number, "mark": mark}


def believed(database: Database, terminal: str, seen: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """`seen` where this terminal told it, else None. One that never told anything believes all."""
    if seen is None:
        return None
    mark = _mark(database, terminal, seen["series"], seen["number"])
    return seen if mark is None or hmac.compare_digest(mark, str(seen.get("mark") or "")) else None


def _mark(database: Database, terminal: str, series: str | None, number: int) -> str | None:
    kept = database.get_local(KEY + terminal)
    if kept is None or series is None:
        return None
    text = f"{series} {number}".encode()
    return hmac.new(bytes.fromhex(kept["key"]), text, hashlib.sha256).hexdigest()[:32]
