"""Why the central refuses this terminal: what head office has said of it, where a refused one may still read.

A revoked terminal's own account may read its own document; that of a replaced one has another password by now, but the
ticket of its code still opens the ticket's document. Both say what became of it, and take a note that it came back:
head office reads that, since a CouchDB tells nobody whom it refused.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from app.node import config as node_config
from app.node.central_users import MEMBER, Central, CentralProblem, Doc, told
from app.node.report import now

log = logging.getLogger("couchtill.standing")

TICKET = "ticket"
#: The setting that keeps `{"state", "at"}`: what head office said, until the central takes this terminal again.
STANDING = "standing"
ENDED = ("revoked", "replaced")
#: Seconds between two looks while the links are refused: each wrong password counts towards a lock.
LOOK = 600.0


def keep_ticket(path: Path, ticket: tuple[str, str]) -> None:
    """Keeps name and password of the code's own account, which opens nothing but the word on what became of it."""
    node_config.write_secret(path, TICKET, " ".join(ticket))


def kept_ticket(path: Path) -> tuple[str, str] | None:
    name, _, password = (node_config.read_secret(path, TICKET) or "").partition(" ")
    return (name, password) if name and password else None


class Watch:
    """What head office said of the terminal `node`. `look` is called while its links are refused, from a thread that
    may wait for the network; `known` from any."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._looked = -LOOK

    def known(self) -> dict[str, Any] | None:
        """`{"state": "revoked" | "replaced", "at"}`; None while nothing is known, or all is well."""
        found: dict[str, Any] | None = self._node.state.get(STANDING)
        return found

    def fine(self) -> None:
        """The central takes this terminal."""
        self._looked = -LOOK
        if self.known() is not None:
            self._node.state.remove(STANDING)

    def look(self, unsent: int) -> None:
        """Asks why, not more often than every `LOOK` seconds; says how much this terminal still has to send."""
        if time.monotonic() - self._looked < LOOK:
            return
        self._looked = time.monotonic()
        config = self._node.config
        password = node_config.read_secret(self._node.path, "central") or ""
        ticket = kept_ticket(self._node.path)
        # The ticket first: its password stays right, and each wrong one counts towards a lock of the terminal's name.
        for name, secret in (*([ticket] if ticket is not None else []), (config.central_user, password)):
            try:
                with Central(str(config.central_url), str(name), secret) as central:
                    doc = central.own()
                    member = told(doc)
                    if member.get("state") not in ENDED:
                        continue
                    self._node.state.set(STANDING, {"state": member["state"], "at": member.get("at")})
                    central.save(str(name), lambda old: _came_back(old, unsent))
                    return
            except CentralProblem as problem:
                log.debug("%s: %s", name, problem)


def _came_back(doc: Doc | None, unsent: int) -> Doc | None:
    return None if doc is None else {**doc, MEMBER: {**told(doc), "came": now(), "unsent": unsent}}
