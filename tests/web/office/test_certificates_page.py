"""The company's certificates at head office: its authority, each terminal's names, requests that somebody brought."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.docs import json
from app.node import Node, certificates
from app.node.certifying import HERE, Signing
from app.shop import terminals


@pytest.fixture
def terminal(head_office: Node) -> str:
    store = head_office.database("store-s1")
    asked = {"request": "plan-0001", "store": "store:s1", "number": 1}
    doc, _ = terminals.plan(store, asked, on="office")
    terminals.note(store, "s1-t1", "code-0001", "code", on="office", enrolment="00000000")
    terminals.note(store, "s1-t1", "enrolled.00000000", "enrolled", on="s1-t1", enrolment="00000000")
    return str(doc["terminal"])


@pytest.fixture
def authority(office: FlaskClient) -> dict:
    return office.post("/api/certificates/authority", json={"company": "Tea & Co"}).json["authority"]


def give(office: FlaskClient, terminal: str, *names: str, request: str = "names-0001"):
    return office.put(f"/api/certificates/terminals/{terminal}", json={"request": request, "names": list(names)})


def test_the_authority_is_made_once_and_its_certificate_is_there_to_take(
    office: FlaskClient, head_office: Node, terminal: str
) -> None:
    assert office.get("/api/certificates").json == {"authority": None, "terminals": [], "others": []}
    assert office.get("/certificates/ca.crt").status_code == 404
    first = office.post("/api/certificates/authority", json={"company": " Tea  & Co "})
    again = office.post("/api/certificates/authority", json={"company": "Tea & Co"})
    other = office.post("/api/certificates/authority", json={"company": "Coffee"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json == again.json and first.json["authority"]["name"] == "Tea & Co"
    assert "Tea & Co" in other.json["reason"]
    file = office.get("/certificates/ca.crt")
    assert file.mimetype == "application/x-x509-ca-cert" and b"PRIVATE" not in file.data
    assert file.data == (head_office.path / "ca" / "ca.crt").read_bytes()
    told = certificates.authority(head_office.path)
    assert told is not None and told.fingerprint.upper() == first.json["authority"]["fingerprint"].replace(" ", "")


@pytest.mark.parametrize("name", ["", "  ", "x" * 51, None])
def test_an_authority_has_a_name(office: FlaskClient, name: object) -> None:
    answer = office.post("/api/certificates/authority", json={"company": name})
    assert (answer.status_code, answer.json["field"]) == (400, "company")
    assert office.get("/api/certificates").json["authority"] is None
    if name == "x" * 51:
        assert office.post("/api/certificates/authority", json={"company": "x" * 50}).status_code == 201


def test_a_terminal_is_named_once_however_often_it_is_asked_for(
    office: FlaskClient, head_office: Node, terminal: str, authority: dict
) -> None:
    assert office.get("/api/certificates").json["terminals"][0]["state"] == "None"
    for _ in range(2):
        answer = give(office, terminal, "Till1.local, 192.168.7.20")
        assert answer.status_code == 200
    row = answer.json["terminals"][0]
    assert (row["names"], row["state"]) == (["till1.local", "192.168.7.20"], "Waiting for the terminal")
    doc = terminals.read(head_office.database("store-s1"), terminal)
    assert terminals.names(doc) == ["till1.local", "192.168.7.20", *HERE] == Signing(head_office).names(terminal)
    assert len(terminals.events(doc)) == 4 and terminals.standing(doc).state == "enrolled"
    log = next(row for row in office.get("/api/terminals/list").json["rows"] if row["terminal"] == terminal)["log"]
    assert log[0]["what"].startswith("Certificate for till1.local")

    assert give(office, terminal, request="names-0002").json["terminals"][0]["state"] == "None"
    assert terminals.names(terminals.read(head_office.database("store-s1"), terminal)) == []


@pytest.mark.parametrize("names", [["till 1/x"], ["http://till1"], ["-"], ["a"] * 19, [5], "till1"])
def test_names_that_can_not_be_are_refused_at_their_field(
    office: FlaskClient, head_office: Node, terminal: str, authority: dict, names: object
) -> None:
    answer = office.put(f"/api/certificates/terminals/{terminal}", json={"request": "names-0001", "names": names})
    assert answer.status_code == 400 and "names" in answer.json["field"]
    assert Signing(head_office).names(terminal) == []


def test_who_is_not_there_gets_no_names_and_nobody_does_without_an_authority(
    office: FlaskClient, terminal: str
) -> None:
    assert give(office, terminal, "till1.local").json["error"] == "no_authority"
    office.post("/api/certificates/authority", json={"company": "Tea"})
    assert give(office, "s9-t9", "till1.local").status_code == 404


def test_what_a_terminal_asks_beyond_its_names_is_a_persons_to_allow(
    office: FlaskClient, head_office: Node, terminal: str, authority: dict
) -> None:
    give(office, terminal, "till1.local")
    head_office.state.set("certificates:asks", {terminal: ["till1.local", "shop.local"]})
    row = office.get("/api/certificates").json["terminals"][0]
    assert (row["state"], row["asks"]) == ("To be allowed", ["till1.local", "shop.local"])
    row = give(office, terminal, *row["asks"], request="names-0002").json["terminals"][0]
    assert (row["state"], row["asks"]) == ("Waiting for the terminal", [])


def test_a_request_that_somebody_brought_is_signed_once(
    office: FlaskClient, head_office: Node, authority: dict, tmp_path: Path
) -> None:
    text = certificates.request(tmp_path, "hub", ["central.local"]).decode()
    first = office.post("/api/certificates/sign", json={"text": text})
    again = office.post("/api/certificates/sign", json={"text": text})
    assert first.status_code == 200 and first.json == again.json
    assert certificates.install(tmp_path, first.json["certificate"].encode()).names == ("central.local",)
    assert [row["id"] for row in office.get("/api/certificates").json["others"]] == ["hub"]
    assert len(certificates.issued(head_office.path)) == 1


@pytest.mark.parametrize("text", ["", "no", None, 5, "x" * 20_001, "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"])
def test_what_is_no_request_is_said(office: FlaskClient, head_office: Node, authority: dict, text: object) -> None:
    answer = office.post("/api/certificates/sign", json={"text": text})
    assert (answer.status_code, answer.json["field"]) == (400, "text")
    assert certificates.issued(head_office.path) == []


def test_the_page_stands_with_and_without_and_in_chinese(office: FlaskClient, terminal: str) -> None:
    assert "HTTPS for your tills" in office.get("/certificates").text
    office.post("/api/certificates/authority", json={"company": "Tea"})
    give(office, terminal, "till1.local")
    assert "till1.local" in office.get("/certificates").text
    answer = office.post("/api/certificates/sign", json={"text": "no"}, headers={"Accept-Language": "zh"})
    assert "这不是证书申请" in answer.json["reason"]


def test_no_key_leaves_head_office(office: FlaskClient, head_office: Node, terminal: str, authority: dict) -> None:
    secret = (head_office.path / "ca" / "ca.key").read_text().splitlines()[1]
    for path in ("/certificates", "/api/certificates", "/certificates/ca.crt"):
        assert secret not in office.get(path).text
    assert secret.encode() not in json.dumps(head_office.state.get("certificates:names"))
