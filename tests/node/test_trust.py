"""A new machine believes the central of a company that has an authority of its own: by its code, and no other one."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.node import Node, NodeError, certificates, codes, trust
from app.node import config as node_config
from app.node.central_users import Central, CentralProblem
from app.replicator import wire
from tests.support.couchdb import COUCHDB_URL
from tests.support.enrolling import Company, company
from tests.support.hub import Hub
from tests.support.process import wait_until
from tests.support.tls_door import tls_door


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What this process learns to believe, it forgets with the test."""
    monkeypatch.setattr(wire, "_also", [])
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    wire._believed.cache_clear()
    yield
    wire._believed.cache_clear()


@pytest.fixture(params=["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    if request.param == "hub":
        with Hub(tmp_path / "hub") as hub, company(hub.url, tmp_path) as made:
            yield made
    else:
        with company(COUCHDB_URL, tmp_path) as made:
            yield made


def authority(path: Path, name: str = "Tea & Co") -> Path:
    path.mkdir(exist_ok=True)
    return certificates.make_authority(path, name)


def certified(office: Path, path: Path) -> Path:
    """The directory of a door with a certificate of that head office."""
    path.mkdir()
    certificates.install(path, certificates.sign(office, certificates.request(path, "door", ["127.0.0.1"])))
    return path


def port_of(office: Company) -> int:
    return int(office.central.rpartition(":")[2])


def test_a_code_carries_the_authority_and_the_machine_needs_no_file(office: Company, tmp_path: Path) -> None:
    ca = authority(office.node.path)
    with tls_door(port_of(office), certified(office.node.path, tmp_path / "door")) as central:
        terminal = office.plan()
        plain = office.code(terminal)
        text = office.code(terminal, central=central)
        assert codes.decode(plain).fingerprint == b""
        assert trust.fingerprint(_read(ca)).startswith(codes.decode(text).fingerprint)
        assert len(text.split("-")) <= len(plain.split("-")) + 7

        path = office.machine()
        config = office.enrol(text, path, port=0)

        assert (config.id, config.central_url) == (terminal, central)
        assert _read(path / trust.AUTHORITY) == _read(ca)
        assert not list(path.glob("*.key"))
        _forget()
        with pytest.raises(CentralProblem, match="no certificate that is trusted"):
            _meet(central, terminal, path)
        with Node.load(path) as node:  # a start of its own
            wait_until(lambda: node.sync_status()["state"] == "idle", 30)
            _meet(central, terminal, path)
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(central, timeout=10)  # it is the node that believes, not the machine


def test_another_authority_at_the_address_is_not_believed_and_gets_no_password(office: Company, tmp_path: Path) -> None:
    authority(office.node.path)
    (tmp_path / "thief").mkdir()
    authority(tmp_path / "thief")  # of the same name
    own, other = certified(office.node.path, tmp_path / "own"), certified(tmp_path / "thief", tmp_path / "other")
    with tls_door(port_of(office), tmp_path / "shown") as central:
        (tmp_path / "shown").symlink_to(own)
        text = office.code(office.plan(), central=central)
        (tmp_path / "shown").unlink()
        (tmp_path / "shown").symlink_to(other)
        path = office.machine()
        with pytest.raises(NodeError, match="has no certificate that is trusted here"):
            office.enrol(text, path)
        assert not (path / trust.AUTHORITY).exists()
        assert office.user_doc(codes.decode(text).terminal)["couchtill"]["state"] == "waiting"
        (tmp_path / "shown").unlink()
        (tmp_path / "shown").symlink_to(own)
        office.enrol(text, path)  # the same code goes on


def test_a_central_that_head_office_can_not_see_gets_the_longer_code_and_another_authoritys_the_shorter(
    office: Company, tmp_path: Path
) -> None:
    authority(office.node.path)
    authority(tmp_path / "others")
    with tls_door(port_of(office), certified(tmp_path / "others", tmp_path / "door")) as central:
        assert codes.decode(office.code(office.plan(), central=central)).fingerprint == b""
    assert codes.decode(office.code(office.plan(2), central="https://127.0.0.1:9")).fingerprint


def test_head_office_believes_what_its_own_authority_signed(office: Company, tmp_path: Path) -> None:
    authority(office.node.path)
    with tls_door(port_of(office), certified(office.node.path, tmp_path / "door")) as central:
        office.node.stop()
        config = office.node.config.with_(central_url=central)
        with Node(office.node.path, config) as node:
            wait_until(lambda: node.sync_status()["state"] == "idle", 30)


def test_an_authority_that_can_not_be_read_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / trust.AUTHORITY).write_text("rubbish")
    authority(tmp_path)
    trust.believe(tmp_path)
    assert len(wire._also) == 1
    assert any("Tea" in str(one["subject"]) for one in wire.believed().get_ca_certs())
    assert isinstance(wire.believed(), ssl.SSLContext)


def _read(file: Path):
    from cryptography import x509

    return x509.load_pem_x509_certificate(file.read_bytes())


def _meet(central: str, terminal: str, path: Path) -> None:
    with Central(central, terminal, str(node_config.read_secret(path, "central"))) as there:
        there.meet()


def _forget() -> None:
    wire._also.clear()
    wire._believed.cache_clear()
