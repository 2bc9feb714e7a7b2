"""The company's own authority, and the certificates of its nodes."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app.node import certificates
from app.node.config import NodeError


@pytest.fixture
def office(tmp_path: Path) -> Path:
    path = tmp_path / "office"
    path.mkdir()
    certificates.make_authority(path, "Tea & Co")
    return path


@pytest.fixture
def till(tmp_path: Path) -> Path:
    path = tmp_path / "s1-t1"
    path.mkdir()
    return path


def test_a_till_asks_head_office_signs_and_the_authority_answers_for_it(office: Path, till: Path) -> None:
    asked = certificates.request(till, "s1-t1", ["Till1.local", "192.168.7.20", "::1"])
    assert b"PRIVATE" not in asked

    pem = certificates.sign(office, asked)
    done = certificates.install(till, pem)

    assert done.names == ("till1.local", "192.168.7.20", "::1")
    assert timedelta(days=390) < done.ends - datetime.now(UTC) < timedelta(days=398)
    assert certificates.verify(pem, (office / "ca" / "ca.crt").read_bytes())
    assert certificates.installed(till) == done
    assert [one.serial for one in certificates.issued(office)] == [done.serial]
    certificate = x509.load_pem_x509_certificate(pem)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.skipif(os.name != "posix", reason="Windows has other ways to keep a file to its owner")
def test_keys_are_their_owners_alone_and_one_that_is_not_signs_nothing(office: Path, till: Path) -> None:
    asked = certificates.request(till, "s1-t1", ["till1.local"])
    for file in (office / "ca" / "ca.key", till / "tls.key"):
        assert file.stat().st_mode & 0o777 == 0o600
    (office / "ca" / "ca.key").chmod(0o644)

    with pytest.raises(NodeError, match="chmod 600"):
        certificates.sign(office, asked)


def test_an_authority_is_made_once(office: Path) -> None:
    before = (office / "ca" / "ca.key").read_bytes()
    with pytest.raises(NodeError, match="has an authority already"):
        certificates.make_authority(office, "Tea & Co")
    assert (office / "ca" / "ca.key").read_bytes() == before


def test_a_certificate_is_renewed_with_the_same_key(office: Path, till: Path) -> None:
    first = certificates.install(till, certificates.sign(office, certificates.request(till, "s1-t1", ["till1.local"])))
    key = (till / "tls.key").read_bytes()
    second = certificates.install(till, certificates.sign(office, certificates.request(till, "s1-t1", ["till1.local"])))
    assert first.serial != second.serial
    assert (till / "tls.key").read_bytes() == key


def test_a_certificate_of_another_key_and_one_that_has_ended_are_refused(
    office: Path, till: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    certificates.request(till, "s1-t1", ["till1.local"])
    theirs = certificates.sign(office, certificates.request(other, "s1-t2", ["till2.local"]))
    with pytest.raises(NodeError, match="another key"):
        certificates.install(till, theirs)
    long_ago = datetime.now(UTC) - timedelta(days=500)
    ended = certificates.sign(office, certificates.request(till, "s1-t1", ["till1.local"]), now=long_ago)
    with pytest.raises(NodeError, match="ended"):
        certificates.install(till, ended)
    assert certificates.installed(till) is None


def test_nothing_outlives_its_authority(tmp_path: Path, till: Path) -> None:
    office = tmp_path / "o"
    office.mkdir()
    certificates.make_authority(office, "Old", now=datetime.now(UTC) - timedelta(days=certificates.CA_DAYS - 10))
    asked = certificates.request(till, "s1-t1", ["till1.local"])
    assert certificates.install(till, certificates.sign(office, asked)).ends < datetime.now(UTC) + timedelta(days=10)
    with pytest.raises(NodeError, match="authority itself has ended"):
        certificates.sign(office, asked, now=datetime.now(UTC) + timedelta(days=11))


@pytest.mark.parametrize("names", [[], ["till 1"], ["http://x"], ["a"] * 21, ["-a"]])
def test_names_that_can_not_be_are_refused(till: Path, names: list[str]) -> None:
    with pytest.raises(NodeError):
        certificates.request(till, "s1-t1", names)


@pytest.mark.parametrize(
    "text", [b"", b"no", b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"]
)
def test_what_is_no_request_is_said(office: Path, till: Path, text: bytes) -> None:
    with pytest.raises(NodeError, match="no request"):
        certificates.sign(office, text)
    with pytest.raises(NodeError, match="no certificate"):
        certificates.install(till, text)


def test_a_request_that_was_changed_on_its_way_is_refused(office: Path, till: Path) -> None:
    import base64

    asked = certificates.request(till, "s1-t1", ["till1.local"])
    raw = bytearray(base64.b64decode(b"".join(asked.splitlines()[1:-1])))
    at = raw.find(b"till1.local")
    raw[at : at + 5] = b"bank1"
    changed = (
        b"-----BEGIN CERTIFICATE REQUEST-----\n"
        + base64.encodebytes(bytes(raw))
        + b"-----END CERTIFICATE REQUEST-----\n"
    )
    with pytest.raises(NodeError, match="damaged"):
        certificates.sign(office, changed)
