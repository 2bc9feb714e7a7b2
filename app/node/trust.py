"""Whose certificates a node believes besides the usual authorities': the company's own, as a file in its directory.

Head office believes the authority that it made (`ca/ca.crt`). A terminal learns it with its code, which carries half of
the authority's SHA-256 where the central's certificate comes from it: of what the central shows at its door, the one
certificate that this fits is kept as `authority.crt`: nobody carries a file by hand. A person may put one there too.
"""

from __future__ import annotations

import logging
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from app.node.codes import FINGERPRINT_BYTES
from app.node.config import replace_file

log = logging.getLogger("couchtill.trust")

AUTHORITY = "authority.crt"
#: Seconds for the door of a central to open.
TIMEOUT = 10.0


def authorities(path: Path) -> list[Path]:
    """The files of the authorities that the node in `path` believes by itself."""
    return [file for file in (path / AUTHORITY, path / "ca" / "ca.crt") if file.is_file()]


def believe(path: Path) -> None:
    """From now on this process believes them. A file that can't be used is logged, and the usual ones still count."""
    from app.replicator.wire import believe as also

    for file in authorities(path):
        try:
            also(file.read_text("ascii"))
        except (OSError, ValueError, ssl.SSLError) as error:
            log.warning("%s can't be used: %s", file, error)


def fingerprint(certificate: x509.Certificate) -> bytes:
    """The SHA-256 of a certificate, as pages show it and codes carry half of it."""
    return certificate.fingerprint(hashes.SHA256())


def of_central(path: Path, central: str) -> bytes:
    """What a code for a machine of this `central` must carry: half of the fingerprint of the authority in `path` where
    that central's certificate comes from it, or can't be seen from here; b"" where nothing is to be carried."""
    file = path / "ca" / "ca.crt"
    if not central.startswith("https://") or not file.is_file():
        return b""
    half = fingerprint(x509.load_pem_x509_certificate(file.read_bytes()))[:FINGERPRINT_BYTES]
    try:
        shown = _shown(central)
    except OSError:
        return half  # tills may know it by an address that head office can't reach
    return half if _pick(shown, half) is not None else b""


def meet(path: Path, central: str, half: bytes) -> None:
    """Keeps the authority that a code's `half` of a fingerprint names, once the central shows it. Where it doesn't, the
    usual authorities must do, and who asks the central says what is wrong. NodeError: the disk."""
    if half and central.startswith("https://") and not _known(path / AUTHORITY, half):
        try:
            found = _pick(_shown(central), half)
        except OSError as error:
            log.info("the certificates of %s can't be seen: %s", central, error)
            found = None
        if found is not None:
            replace_file(path / AUTHORITY, found.public_bytes(serialization.Encoding.PEM), 0o644)
    believe(path)


def _known(file: Path, half: bytes) -> bool:
    try:
        return fingerprint(x509.load_pem_x509_certificate(file.read_bytes())).startswith(half)
    except (OSError, ValueError):
        return False


def _pick(shown: list[bytes], half: bytes) -> x509.Certificate | None:
    for one in shown:
        try:
            certificate = x509.load_der_x509_certificate(one)
        except ValueError:
            continue
        if fingerprint(certificate).startswith(half):
            return certificate
    return None


def _shown(central: str) -> list[bytes]:
    """The certificates that the central shows, believed or not: nothing is told to it. OSError."""
    parts = urlsplit(central)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only read: what is kept of them must fit the code
    address = (str(parts.hostname), parts.port or 443)
    with (
        socket.create_connection(address, timeout=TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname) as secure,
    ):
        if hasattr(secure, "get_unverified_chain"):  # Python 3.13
            return list(secure.get_unverified_chain())
        inner = secure._sslobj  # type: ignore[attr-defined]
        return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in inner.get_unverified_chain() or ()]
