"""The key of a store's PINs goes to a new machine with its code, so that the PINs work on it from its first minute.

Head office keeps the keys of its stores in `pin-<store>.secret`: it makes the key of a store in which nobody has a PIN
yet, and is given that of another one once (`couchtill staff key --store`). With a code they travel in the document of
the code's ticket, enciphered with a key that only the code's 80 random bits make: the central, and who has its files,
learns nothing. The machine keeps them in `pin.secret`, and takes them out of that document.
"""

from __future__ import annotations

import base64
import hmac
import os
from pathlib import Path
from typing import Any

from app.docs.database import Database
from app.node.central_users import Central, CentralProblem
from app.node.codes import Code
from app.node.config import NodeError, is_store
from app.node.pin_keys import PinKeys
from app.shop.people.pins import key_id

#: The member of a ticket's document.
MEMBER = "couchtill_pins"
_NONCE = 12
#: Keys that one code carries at most: every one that two tills ever made apart.
MOST = 20


def keys_of(path: Path, store: str) -> PinKeys:
    """The keys of a store's PINs at the head office in `path`. NodeError: this can be no store."""
    if not is_store(store):
        raise NodeError(f"{store!r} is no store's id: it is lower-case letters, digits and dashes.")
    return PinKeys(path, f"pin-{store}")


def ready(path: Path, store: Database) -> tuple[tuple[str, ...], bool]:
    """The keys for a new machine of a store, and whether all PINs there are by one of them. The first is made here."""
    keys = keys_of(path, store.name.removeprefix("store-"))
    used = _used(store)
    if not used and not keys.known():
        keys.mint()
    known = keys.known()[:MOST]
    return known, used <= {key_id(key) for key in known}


def _used(store: Database) -> set[str]:
    """The keys that the PINs and badges of a store were hashed with, as documents call them."""
    found = set()
    for record in store.each("staff"):
        doc = record.doc()
        for kept in (doc.get("pin"), doc.get("badge")):
            if isinstance(kept, dict) and isinstance(kept.get("pepper"), str):
                found.add(kept["pepper"])
    return found


def sealed(code: Code, keys: tuple[str, ...]) -> str:
    """The keys as the ticket's document may hold them."""
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + _cipher(code).encrypt(nonce, "\n".join(keys).encode(), None)).decode()


def take(code: Code, path: Path) -> None:
    """Keeps in `path` the keys that a code's ticket carries. CentralProblem; what is wrong with the code itself is for
    whoever uses it next to find."""
    with Central(code.central, *code.ticket) as central:
        try:
            keys = opened(code, central.own().get(MEMBER))
        except CentralProblem as problem:
            if problem.kind not in ("wrong", "missing", "forbidden"):
                raise
            return
    for key in reversed(keys):
        PinKeys(path).add(key)


def opened(code: Code, text: Any) -> list[str]:
    """The keys, the first for new PINs; none where there are none, or somebody put something else there."""
    from cryptography.exceptions import InvalidTag

    if not isinstance(text, str):
        return []
    try:
        raw = base64.b64decode(text, validate=True)
        return _cipher(code).decrypt(raw[:_NONCE], raw[_NONCE:], None).decode().split()
    except (ValueError, InvalidTag):
        return []


def _cipher(code: Code) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hmac.digest(code.secret, f"couchtill pins {code.terminal}".encode(), "sha256"))
