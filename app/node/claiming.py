"""A terminal's node claims the terminal's name for this run of it (`app.shop.claims` has the why and the rules)."""

from __future__ import annotations

import logging
import secrets
import socket
from typing import TYPE_CHECKING

from app.node.report import now
from app.shop import claims

if TYPE_CHECKING:
    from app.node.node import Node

log = logging.getLogger("couchtill.claiming")

#: Bytes of the word that a run of a node makes up for itself.
LIFE_BYTES = 8
#: An address that is kept for examples (RFC 5737), and so is nobody's neighbour.
ELSEWHERE = ("192.0.2.1", 9)


class Claiming:
    """The claim of one run. Where the machine stands is told so that a person finds it; nothing is decided by it."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.life = claims.Life(secrets.token_hex(LIFE_BYTES), now(), _host(), _address())

    def look(self) -> list[str]:
        """Called when something came into the store's database; the ids of what was written."""
        desk = self._node.till.desk
        written = claims.look(desk.store, desk.journal, self.life, now())
        if any(id.startswith("incident:") for id in written):
            log.warning("another machine runs as %s: see the incident on its page", self._node.id)
        return written


def _host() -> str | None:
    try:
        return socket.gethostname()[:100] or None
    except OSError:
        return None


def _address() -> str | None:
    """This machine's address in its network. Nothing is sent for it: a datagram's socket only chooses its way."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(ELSEWHERE)
            return str(probe.getsockname()[0])
    except OSError:
        return None
