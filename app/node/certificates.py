"""The company's own certificate authority, and certificates of its nodes: who a tablet or a till talks to.

Head office's directory holds the authority in `ca/`: `ca.key` (mode 600) and `ca.crt`, which the tablets are given to
trust. A node makes its key itself and sends a request, so that no key travels; head office signs it.
"""

from __future__ import annotations

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

#: Days: of the authority, and of a certificate. Tablets refuse certificates that hold longer than 398.
CA_DAYS, DAYS = 3650, 397
#: Days before its end from which a certificate is to be renewed.
RENEW: Final = 30
#: Hours by which a certificate holds before it was made: the clock of a till may be behind.
EARLIER = timedelta(hours=24)

CERTIFICATE, KEY = "tls.crt", "tls.key"
_NAME = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z")


class Issued(NamedTuple):
    """A certificate as head office lists it."""

    names: tuple[str, ...]
    serial: str
    ends: datetime


def make_authority(path: Path, company: str, now: datetime | None = None) -> Path:
    """Makes the authority of the head office in `path`; its certificate's file. NodeError: there is one already."""
    folder = path / "ca"
    if (folder / "ca.key").exists():
        raise NodeError(f"{folder} has an authority already. What it has signed is trusted by it alone: keep it.")
    if not company.strip() or len(company) > 60:
        raise NodeError("Say whose authority it is: the company's name, 60 characters at most.")
    moment = now or datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{company.strip()} CouchTill CA")])
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
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, id[:64])])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    made = made.add_extension(x509.SubjectAlternativeName(_general(names)), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def sign(path: Path, csr: bytes, now: datetime | None = None) -> bytes:
    """The certificate for a request, signed by the authority in `path`, as PEM. NodeError: none here, no request."""
    folder = path / "ca"
    if not (folder / "ca.key").exists():
        raise NodeError(f"{path} has no authority: couchtill certificate authority makes one.")
    _guarded(folder / "ca.key")
    key, authority = _read_key(folder / "ca.key"), x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    try:
        asked = x509.load_pem_x509_csr(csr)
        told = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound) as error:
        raise NodeError(f"This is no request for a certificate: {error}") from None
    if not asked.is_signature_valid:
        raise NodeError("The request is damaged: its signature doesn't fit.")
    names = _general([str(name.value) for name in told])
    moment = now or datetime.now(UTC)
    days = min(DAYS, (authority.not_valid_after_utc - moment).days)
    if days < 1:
        raise NodeError("The authority itself has ended: make a new one, and give it to the tablets.")
    made = (
        _builder(asked.subject, authority.subject, asked.public_key(), moment, days)
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


def install(path: Path, pem: bytes) -> Issued:
    """Puts a certificate beside its key; a running server takes it for the next connection. NodeError: another key's,
    ended."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise NodeError(f"This is no certificate: {error}") from None
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
        raise NodeError("Name the machine as browsers call it: till1.shop.example, 192.168.7.20. Twenty at most.")
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            if not _NAME.match(name.lower()):
                raise NodeError(f"{name!r} is neither a name nor an address of a machine.") from None
            found.append(x509.DNSName(name.lower()))
    return found


def _issued(certificate: x509.Certificate) -> Issued:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    told = tuple(str(name.value) for name in names)
    return Issued(told, f"{certificate.serial_number:x}", certificate.not_valid_after_utc)


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
