"""The company's own certificate authority, and certificates of its nodes: who a tablet or a till talks to.

Head office's directory holds the authority in `ca/`: `ca.key` (mode 600) and `ca.crt`, which the tablets are given to
trust. A node makes its key itself and sends a request, so that no key travels; head office signs it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.node.config import NodeError, replace_file
from app.shop.reason import say

#: Days: of the authority, and of a certificate. Tablets refuse certificates that hold longer than 398.
CA_DAYS, DAYS = 3650, 397
#: Days before its end from which a certificate is a person's task; a terminal asks for the next one before that.
RENEW: Final = 30
ASK: Final = 60
#: Hours by which a certificate holds before it was made: the clock of a till may be behind.
EARLIER = timedelta(hours=24)

CERTIFICATE, KEY = "tls.crt", "tls.key"
_OURS: Final = " CouchTill CA"  # how the name of an authority ends
MOST_NAME: Final = 50  # with that, the 64 characters that a name in a certificate may have
_NAME = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z")


class Issued(NamedTuple):
    """A certificate as head office lists it; `id` is the node that it was asked for by, `key` the SHA-256 of its key,
    `ours` whether an authority as CouchTill makes them has signed it."""

    names: tuple[str, ...]
    serial: str
    ends: datetime
    id: str = ""
    key: str = ""
    ours: bool = False


class Asked(NamedTuple):
    """What a request asks for."""

    names: tuple[str, ...]
    key: str


class Authority(NamedTuple):
    """The company's: its name, its certificate's SHA-256 (hex) and end."""

    name: str
    fingerprint: str
    ends: datetime


def make_authority(path: Path, company: str, now: datetime | None = None) -> Path:
    """Makes the authority of the head office in `path`; its certificate's file. NodeError: there is one already."""
    folder = path / "ca"
    if (folder / "ca.key").exists():
        raise NodeError(
            say("%(where)s has an authority already. What it has signed is trusted by it alone: keep it.", where=folder)
        )
    if not company.strip() or len(company) > MOST_NAME:
        raise NodeError(
            say("Say whose authority it is: the company’s name, %(most)s characters at most.", most=MOST_NAME)
        )
    moment = now or datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{company.strip()}{_OURS}")])
    usage = _usage(sign=True)
    made = (
        _builder(name, name, key.public_key(), moment, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(mode=0o700, exist_ok=True)
    replace_file(folder / "ca.crt", made.public_bytes(serialization.Encoding.PEM), 0o644)
    replace_file(folder / "ca.key", _key_bytes(key), 0o600)
    return folder / "ca.crt"


def request(path: Path, id: str, names: list[str]) -> bytes:
    """A request of the node `id` in `path` for a certificate for these names and addresses, as PEM; the key that it is
    for is made if there is none, and stays here. NodeError."""
    file = path / KEY
    if file.exists():
        key = _read_key(file)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
        replace_file(file, _key_bytes(key), 0o600)
    made = x509.CertificateSigningRequestBuilder().subject_name(_named(id))
    made = made.add_extension(x509.SubjectAlternativeName(_general(names)), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def authority(path: Path) -> Authority | None:
    """The authority of the head office in `path`; None without one. NodeError: it can't be read."""
    file = path / "ca" / "ca.crt"
    if not file.exists():
        return None
    try:
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise NodeError(f"{file} can't be read: {error}") from None
    name = _common(found.subject).removesuffix(_OURS)
    return Authority(name, found.fingerprint(hashes.SHA256()).hex(), found.not_valid_after_utc)


def asked(csr: bytes) -> Asked:
    """What a request asks for. NodeError: it is none, or damaged."""
    found, names = _read_request(csr)
    return Asked(tuple(str(name.value) for name in names), _digest(found.public_key()))


def _read_request(csr: bytes) -> tuple[x509.CertificateSigningRequest, list[x509.GeneralName]]:
    try:
        found = x509.load_pem_x509_csr(csr)
        told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        raise NodeError(
            say("This is no request for a certificate: one begins with -----BEGIN CERTIFICATE REQUEST-----.")
        ) from None
    if not found.is_signature_valid:
        raise NodeError(say("The request is damaged: its signature doesn’t fit."))
    return found, _general([str(name.value) for name in told])


def sign(path: Path, csr: bytes, now: datetime | None = None, *, id: str | None = None) -> bytes:
    """The certificate for a request, signed by the authority in `path`, as PEM; `id` is who asks, where that is known
    better than the request says. NodeError: no authority here, no request."""
    folder = path / "ca"
    if not (folder / "ca.key").exists():
        raise NodeError(f"{path} has no authority: couchtill certificate authority makes one.")
    _guarded(folder / "ca.key")
    key, authority = _read_key(folder / "ca.key"), x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    asked, names = _read_request(csr)
    subject = asked.subject if id is None else _named(id)
    moment = now or datetime.now(UTC)
    days = min(DAYS, (authority.not_valid_after_utc - moment).days)
    if days < 1:
        raise NodeError(say("The authority itself has ended: make a new one, and give it to the tablets."))
    made = (
        _builder(subject, authority.subject, asked.public_key(), moment, days)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "issued").mkdir(mode=0o700, exist_ok=True)
    replace_file(folder / "issued" / f"{made.serial_number:x}.crt", pem, 0o644)
    return pem + authority.public_bytes(serialization.Encoding.PEM)


def read(pem: bytes) -> Issued:
    """What a certificate says. NodeError: it is none."""
    return _issued(_certificate(pem))


def _certificate(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise NodeError(f"This is no certificate: {error}") from None


def install(path: Path, pem: bytes) -> Issued:
    """Puts a certificate beside its key; a running server takes it for the next connection. NodeError: another key's,
    ended."""
    certificate = _certificate(pem)
    file = path / KEY
    if not file.exists():
        raise NodeError(f"{path} has no {KEY}: ask for a certificate there first.")
    if _public(_read_key(file).public_key()) != _public(certificate.public_key()):
        raise NodeError("This certificate is for another key: it was asked for elsewhere, or before the key was made.")
    if certificate.not_valid_after_utc < datetime.now(UTC):
        raise NodeError(f"This certificate ended {certificate.not_valid_after_utc:%Y-%m-%d}.")
    replace_file(path / CERTIFICATE, pem, 0o644)
    return _issued(certificate)


def installed(path: Path) -> Issued | None:
    """The certificate that the node in `path` shows; None without one, or where it can't be read."""
    try:
        return _issued(x509.load_pem_x509_certificate((path / CERTIFICATE).read_bytes()))
    except (OSError, ValueError):
        return None


def check_names(names: list[str]) -> None:
    """NodeError: none, too many, or one that no machine can have."""
    _general(names)


def own_key(path: Path) -> str:
    """The SHA-256 of the key that the node in `path` has, as `Issued` tells it. NodeError: there is none."""
    return _digest(_read_key(path / KEY).public_key())


def issuer(path: Path) -> bytes:
    """The authority that came with the certificate of the node in `path`, as PEM; b"" where none did."""
    try:
        chain = x509.load_pem_x509_certificates((path / CERTIFICATE).read_bytes())
    except (OSError, ValueError):
        return b""
    return chain[-1].public_bytes(serialization.Encoding.PEM) if len(chain) > 1 else b""


def issued(path: Path) -> list[Issued]:
    """What the authority in `path` has signed, what ends first first."""
    found = [
        _issued(x509.load_pem_x509_certificate(file.read_bytes())) for file in (path / "ca" / "issued").glob("*.crt")
    ]
    return sorted(found, key=lambda one: one.ends)


def verify(certificate: bytes, authority: bytes) -> bool:
    """Whether the authority has signed this certificate."""
    try:
        x509.load_pem_x509_certificate(certificate).verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _builder(subject: Any, issuer: Any, key: Any, moment: datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - EARLIER)
        .not_valid_after(moment + timedelta(days=days))
    )


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign, key_cert_sign=sign, crl_sign=sign, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _general(names: list[str]) -> list[x509.GeneralName]:
    if not names or len(names) > 20:
        raise NodeError(say("Name the machine as browsers call it: till1.shop.example, 192.168.7.20. Twenty at most."))
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            if not _NAME.match(name.lower()):
                reason = say("“%(name)s” is neither a name nor an address of a machine.", name=name)
                raise NodeError(reason) from None
            found.append(x509.DNSName(name.lower()))
    return found


def _issued(certificate: x509.Certificate) -> Issued:
    try:
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):  # somebody else's
        named = ()  # type: ignore[assignment]
    told = tuple(str(name.value) for name in named)
    return Issued(
        told,
        f"{certificate.serial_number:x}",
        certificate.not_valid_after_utc,
        _common(certificate.subject),
        _digest(certificate.public_key()),
        _common(certificate.issuer).endswith(_OURS),
    )


def _named(id: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, id[:64])])


def _common(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _digest(key: Any) -> str:
    return hashlib.sha256(_public(key)).hexdigest()


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _read_key(file: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise NodeError(f"{file} can't be read: {error}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise NodeError(f"{file} is a key of another kind than CouchTill makes.")
    return key


def _guarded(file: Path) -> None:
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise NodeError(f"{file} can be read by others: chmod 600 {file}")


def _public(key: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    found: bytes = key.public_bytes(serialization.Encoding.DER, form)
    return found
