"""A terminal's certificate by the central, at a hub and at an Apache CouchDB: head office says the names, and no hand
carries a file, the first time or when it is renewed. What it didn't say it doesn't sign."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.node import Node, certificates, health, hub_certificate, trust
from app.node import config as node_config
from app.node.central_users import Central
from app.node.certifying import HERE, MEMBER, Asking, Signing, all_names
from app.node.keeping import Keeping
from app.shop import tasks, terminals
from tests.support.couchdb import COUCHDB_URL
from tests.support.enrolling import Company, company
from tests.support.hub import Hub
from tests.support.process import wait_until


@pytest.fixture(params=["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    if request.param == "hub":
        with Hub(tmp_path / "hub") as hub, company(hub.url, tmp_path) as made:
            certificates.make_authority(made.node.path, "Tea & Co")
            yield made
    else:
        with company(COUCHDB_URL, tmp_path) as made:
            certificates.make_authority(made.node.path, "Tea & Co")
            yield made


class Till:
    """A terminal that was enrolled, running without links: what they would bring is brought by hand."""

    def __init__(self, office: Company) -> None:
        self.office = office
        self.id = office.plan()
        self.path = office.machine()
        office.enrol(office.code(self.id), self.path)
        self.node = Node.load(self.path).start(links=False)
        came = self.node.store_db.get(f"terminal:{self.id}", revs=True)
        office.database.bulk_docs([came], new_edits=False)  # its enrolment comes home
        self.asking = Asking(self.node)

    def hear(self) -> None:
        """Head office's document of this terminal comes, and is joined with what the terminal wrote meanwhile."""
        doc = self.office.database.get(f"terminal:{self.id}", revs=True)
        self.node.store_db.bulk_docs([doc], new_edits=False)
        wait_until(lambda: terminals.names(terminals.read(self.node.store_db, self.id)) == terminals.names(doc))

    def turn(self) -> certificates.Issued | None:
        self.asking._due = 0.0
        self.asking.turn()
        return certificates.installed(self.path)


@pytest.fixture
def till(office: Company) -> Iterator[Till]:
    made = Till(office)
    yield made
    made.node.stop()


def say(office: Company, terminal: str, *names: str) -> list[str]:
    """Head office says by which names browsers call it, as its page does."""
    every = all_names(names) if names else []
    Signing(office.node).say(terminal, every)
    terminals.note(
        office.database, terminal, secrets.token_hex(8), "certificate", on="office", moment=_later(), names=every
    )
    return every


def _later():
    moment = datetime.now(UTC)
    return lambda: moment


def age(path: Path, office: Company, days: int) -> certificates.Issued:
    """The certificate of the node in `path` was made so many days ago."""
    have = certificates.installed(path)
    assert have is not None
    request = certificates.request(path, have.id, list(have.names))
    old = certificates.sign(office.node.path, request, datetime.now(UTC) - timedelta(days=days))
    return certificates.install(path, old)


def test_head_office_names_it_and_the_terminal_has_its_certificate(office: Company, till: Till) -> None:
    assert till.turn() is None and Signing(office.node).waiting() == []
    names = say(office, till.id, "Till1.local", "192.168.7.20")
    till.hear()
    signing = Signing(office.node)
    assert signing.waiting() == [till.id]
    signing.turn()  # before it has asked

    assert till.turn() is None and till.asking.waits
    signing.turn()
    done = till.turn()

    assert done is not None and done.id == till.id and list(done.names) == names
    assert set(names) == {"till1.local", "192.168.7.20", *HERE}
    assert not till.asking.waits and till.asking.wanted() is None
    assert signing.waiting() == [] and signing.asks() == {}
    authority = (office.node.path / "ca" / "ca.crt").read_bytes()
    assert certificates.verify((till.path / "tls.crt").read_bytes(), authority)
    account = office.user_doc(till.id)
    assert "PRIVATE" not in str(account) and "terminal" in account["roles"]
    assert office.may_read(till.path) == 200  # its password is as it was
    doc = terminals.read(office.database, till.id)
    assert terminals.standing(doc).state == "enrolled"  # the names are no step of its life


def test_it_is_renewed_before_it_ends_by_the_threads_alone(office: Company, till: Till) -> None:
    say(office, till.id, "till1.local")
    till.hear()
    _there_and_back(office, till)
    first = age(till.path, office, certificates.DAYS - certificates.ASK + 1)
    assert first.ends - datetime.now(UTC) < timedelta(days=certificates.ASK)
    key = (till.path / "tls.key").read_bytes()

    till.node.state.remove("certificate:asked")  # that was a year ago
    second = _there_and_back(office, till)

    assert second.ends - first.ends > timedelta(days=300) and second.names == first.names
    assert (till.path / "tls.key").read_bytes() == key
    assert till.asking.wanted() is None


def _there_and_back(office: Company, till: Till) -> certificates.Issued:
    """As the threads of both do it, with the terminal's report between them."""
    keeping = Keeping(office.node)
    office.node.state.set("certificates:asks", {till.id: []})
    keeping_of_till = Keeping(till.node)
    keeping_of_till._certify()
    keeping._sign()
    keeping_of_till.asking._due = 0.0
    keeping_of_till._certify()
    done = certificates.installed(till.path)
    assert done is not None
    return done


def test_one_that_was_signed_by_hand_is_renewed_too_and_another_authoritys_is_left_alone(
    office: Company, till: Till
) -> None:
    pem = certificates.sign(office.node.path, certificates.request(till.path, till.id, ["till1.local"]))
    certificates.install(till.path, pem)
    age(till.path, office, 380)
    done = _there_and_back(office, till)
    assert done.names == ("till1.local",) and done.ends - datetime.now(UTC) > timedelta(days=390)

    _foreign(till.path)
    say(office, till.id, "till1.local", "other.local")
    till.hear()
    assert till.asking.wanted() is None


def _foreign(path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    key = certificates._read_key(path / "tls.key")
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Some Authority")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(now).not_valid_after(now + timedelta(days=5))
    (path / "tls.crt").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def test_what_head_office_did_not_say_waits_for_a_person(office: Company, till: Till) -> None:
    say(office, till.id, "till1.local")
    till.hear()
    request = certificates.request(till.path, till.id, ["till1.local", "office.local"]).decode()
    _put(office, till, {"request": request})
    signing = Signing(office.node)
    signing.turn()

    assert signing.asks() == {till.id: ["till1.local", "office.local"]}
    assert "certificate" not in office.user_doc(till.id)[MEMBER]
    signing.say(till.id, ["till1.local", "office.local"])
    office.node.state.set("certificates:asks", {till.id: []})
    signing.turn()
    assert signing.asks() == {} and "certificate" in office.user_doc(till.id)[MEMBER]


@pytest.mark.parametrize(
    "rubbish", ["", "rubbish", 5, {"request": 5}, {"request": "rubbish"}, {"request": "x" * 30000}]
)
def test_rubbish_in_an_account_harms_nobody(office: Company, till: Till, rubbish: object) -> None:
    say(office, till.id, "till1.local")
    _put(office, till, rubbish)
    Signing(office.node).turn()
    till.hear()
    till.turn()
    Signing(office.node).turn()
    assert till.turn() is not None


def test_a_revoked_terminal_gets_none_and_its_successor_gets_one_for_its_own_key(office: Company, till: Till) -> None:
    say(office, till.id, "till1.local")
    till.hear()
    assert till.turn() is None
    office.issuing.revoke(till.id, {"request": "revoke-it"})
    signing = Signing(office.node)
    signing.turn()
    assert "certificate" not in office.user_doc(till.id)[MEMBER]

    path = office.machine()
    office.enrol(office.code(till.id, replace=True), path)
    node = Node.load(path).start(links=False)
    try:
        doc = office.database.get(f"terminal:{till.id}", revs=True)
        node.store_db.bulk_docs([doc], new_edits=False)
        asking = Asking(node)
        wait_until(asking.wanted)
        asking.turn()
        signing.turn()
        asking._due = 0.0
        asking.turn()
        done = certificates.installed(path)
        assert done is not None and done.key == certificates.own_key(path)
    finally:
        node.stop()
    assert certificates.installed(till.path) is None


def test_a_certificate_of_another_authority_is_not_taken(office: Company, till: Till, tmp_path: Path) -> None:
    (till.path / trust.AUTHORITY).write_bytes((office.node.path / "ca" / "ca.crt").read_bytes())
    (tmp_path / "thief").mkdir()
    certificates.make_authority(tmp_path / "thief", "Tea & Co")
    names = say(office, till.id, "till1.local")
    till.hear()
    request = certificates.request(till.path, till.id, names)
    _put(office, till, {"request": request.decode(),
                        "certificate": certificates.sign(tmp_path / "thief", request).decode()})  # fmt: skip
    assert till.turn() is None


def test_one_that_ends_with_its_authority_is_not_asked_for_all_day(
    office: Company, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "DAYS", 20)
    say(office, till.id, "till1.local")
    till.hear()
    for _ in range(4):
        till.turn()
        office.node.state.set("certificates:asks", {till.id: []})
        Signing(office.node).turn()
    assert len(certificates.issued(office.node.path)) == 1


def test_head_office_renews_its_own(office: Company) -> None:
    path = office.node.path
    certificates.install(path, certificates.sign(path, certificates.request(path, "office", ["office.local"])))
    age(path, office, 380)
    Signing(office.node).turn()
    done = certificates.installed(path)
    assert done is not None and done.ends - datetime.now(UTC) > timedelta(days=390)


def test_one_that_was_signed_by_hand_is_head_offices_task_until_there_is_another(
    office: Company, tmp_path: Path
) -> None:
    (tmp_path / "proxy").mkdir()
    request = certificates.request(tmp_path / "proxy", "proxy", ["central.local"])

    def about() -> list[str]:
        office.node.watching.turn()
        return [task["about"] for task in tasks.tasks(office.node.company) if task["kind"] == "certificate_ends"]

    certificates.sign(office.node.path, request, datetime.now(UTC) - timedelta(days=certificates.DAYS - 31))
    assert about() == []
    certificates.sign(office.node.path, request, datetime.now(UTC) - timedelta(days=certificates.DAYS - 29))
    assert about() == []  # the one that ends later counts
    for file in (office.node.path / "ca" / "issued").glob("*.crt"):
        file.unlink()
    certificates.sign(office.node.path, request, datetime.now(UTC) - timedelta(days=certificates.DAYS - 29))
    [said] = about()
    assert said.startswith("proxy:20") and said.endswith("Z")
    certificates.sign(office.node.path, request)
    assert about() == []


def test_a_hubs_certificate_is_renewed_for_its_own_key_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(tmp_path / "hub") as hub, company(hub.url, tmp_path) as made:
        path, node = hub.path, hub.node
        certificates.make_authority(made.node.path, "Tea & Co")
        request = certificates.request(path, "hub", ["central.local"])
        certificates.install(path, certificates.sign(made.node.path, request))
        age(path, made, 350)
        before = certificates.installed(path)
        hub_certificate.ask(node)
        local = node.database("company").get_local("couchtill.certificate.hub")
        assert "PRIVATE" not in str(local)
        reports = [{"node": "hub", "kind": "hub", "certificate_ends": health.stamp(before.ends)}]
        monkeypatch.setattr(made.node, "terminal_reports", lambda: reports)
        # Another machine of the company writes there: nothing is signed for its key, and nothing foreign taken.
        (tmp_path / "thief").mkdir()
        certificates.make_authority(tmp_path / "thief", "Tea & Co")
        theirs = certificates.request(tmp_path / "thief", "hub", ["central.local"]).decode()
        put = node.database("company").put_local
        put("couchtill.certificate.hub", {"request": theirs})
        Signing(made.node).turn()
        assert "certificate" not in node.database("company").get_local("couchtill.certificate.hub")
        foreign = certificates.sign(tmp_path / "thief", request).decode()
        put("couchtill.certificate.hub", {"request": local["request"], "certificate": foreign})
        hub_certificate.ask(node)
        assert certificates.installed(path) == before

        Signing(made.node).turn()
        hub_certificate.ask(node)

        after = certificates.installed(path)
        assert after.ends - before.ends > timedelta(days=300)
        assert (after.key, after.names) == (before.key, before.names)


def _put(office: Company, till: Till, member: object) -> None:
    password = str(node_config.read_secret(till.path, "central"))
    with Central(office.central, till.id, password) as central:
        central.save(till.id, lambda old: {**(old or {}), MEMBER: member})
