"""The secret that the PINs of a store are hashed with, in ``pin.secret`` of a node's directory, mode 600.

A line a key: new PINs take the first, older ones below it still open what was hashed with them (two tills that each
made one while they were apart). It is never in a document. `app.shop.people.pins` says what it is for.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from app.node import config
from app.node.config import NodeError

NAME = "pin"
_KEY = re.compile(r"[0-9a-f]{64}")


class PinKeys:
    """The keys of the node in ``path``; the file is read at each use, so that a new key counts at once. ``name`` is
    that of another file: head office has one for each store."""

    def __init__(self, path: Path, name: str = NAME) -> None:
        self.path, self.name = path, name

    def known(self) -> tuple[str, ...]:
        """Every key that is known here, the one for new PINs first. A line that is none is passed over."""
        lines = (config.read_secret(self.path, self.name) or "").split()
        return tuple(line for line in lines if _KEY.fullmatch(line))

    def mint(self) -> str:
        """Makes a key and keeps it in front."""
        return self.add(secrets.token_hex(32))

    def add(self, key: str) -> str:
        """Puts a key in front of the others. NodeError when it is none."""
        key = "".join(key.split()).lower()
        if not _KEY.fullmatch(key):
            raise NodeError("This is no key of PINs: it has 64 letters and digits, as “couchtill staff key” prints it.")
        kept = [key, *(one for one in self.known() if one != key)]
        config.write_secret(self.path, self.name, "\n".join(kept))
        return key
