"""A hub's certificate is renewed without a hand, too: when it ends, no till would reach the central any more.

A hub has no account of its own. So its request lies in `_local/couchtill.certificate.<id>` of its `company`, where
other machines of the company could write as well: head office signs there for no other key and no other names than
somebody brought it before, and the hub takes only what the authority of its present certificate has signed for its key.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from app.node import certificates
from app.node.central_users import Central
from app.node.certificates import Issued
from app.node.config import NodeError
from app.node.report import read_time

log = logging.getLogger("couchtill.certifying")

PREFIX = "couchtill.certificate."


def ask(node: Any) -> None:
    """A hub's turn: takes what has come, or asks where its certificate ends in `certificates.ASK` days. NodeError."""
    have = certificates.installed(node.path)
    if have is None or not have.ours or not _soon(have.ends) or "company" not in node.directory:
        return
    company, id = node.database("company"), PREFIX + node.id
    kept = company.get_local(id) or {}
    pem = kept.get("certificate")
    if isinstance(pem, str) and _fits(node, pem, have):
        done = certificates.install(node.path, pem.encode())
        log.info("this hub has a certificate until %s", done.ends)
    elif pem is not None or not _is_for(kept.get("request"), have):
        company.put_local(id, {"request": certificates.request(node.path, node.id, list(have.names)).decode()})


def sign(node: Any, central: Central, latest: Mapping[str, Issued]) -> None:
    """Head office's turn: signs what hubs ask whose certificate it has signed before. CentralProblem, NodeError."""
    authority = certificates.authority(node.path)
    for report in node.terminal_reports():
        ends, have = read_time(report.get("certificate_ends")), latest.get(str(report.get("node")))
        if report.get("kind") != "hub" or ends is None or not _soon(ends) or have is None:
            continue
        if authority is None or authority.ends - have.ends < timedelta(days=1):
            continue  # another one would end no later
        path = "company/_local/" + quote(PREFIX + have.id, safe="")
        kept = central.ask("GET", path, passes=(404,)).body
        if not isinstance(kept, dict) or "certificate" in kept or not _is_for(kept.get("request"), have):
            continue
        pem = certificates.sign(node.path, kept["request"].encode(), id=have.id).decode()
        central.ask("PUT", path, {**kept, "certificate": pem}, passes=(409,))
        log.info("%s has a certificate for %s", have.id, ", ".join(have.names))


def _soon(ends: datetime) -> bool:
    return ends - datetime.now(UTC) < timedelta(days=certificates.ASK)


def _is_for(request: Any, have: Issued) -> bool:
    """Whether a request is for the key and the names of the certificate that there is."""
    if not isinstance(request, str):
        return False
    try:
        asked = certificates.asked(request.encode())
    except NodeError:
        return False
    return asked.key == have.key and set(asked.names) == set(have.names)


def _fits(node: Any, pem: str, have: Issued) -> bool:
    try:
        found = certificates.read(pem.encode())
    except NodeError:
        return False
    newer = found.key == have.key and set(found.names) == set(have.names) and found.ends > have.ends
    return newer and certificates.verify(pem.encode(), certificates.issuer(node.path))
