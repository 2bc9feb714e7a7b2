"""What is no central, or none to be prepared now: one clear sentence, and nothing was changed."""

from __future__ import annotations

import datetime
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from couch import wanted
from couch.plan import plan
from couch.server import CentralError, Server
from tests.support.hub import Hub
from tests.support.process import free_port
from tests.support.proxy import FaultProxy

JSON = {"Content-Type": "application/json"}
COUCHDB = {"couchdb": "Welcome", "version": "3.5.2", "vendor": {"name": "The Apache Software Foundation"}}
WANTED = wanted.store("s1") | wanted.office("office", password="x")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with Hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


def prepare(url: str, **more: Any) -> None:
    server = Server(url, **more)
    server.require_admin()
    plan(server, WANTED).apply()


def refusal(url: str, **more: Any) -> str:
    with pytest.raises(CentralError) as raised:
        prepare(url, **more)
    said = str(raised.value)
    assert "s3cret" not in said and "%2F" not in said and "\n" not in said
    return said


# Each: which request is answered otherwise, how, and what is said.
ANSWERS = {
    "version 2": ("GET / ?$|GET /$", 200, {**COUCHDB, "version": "2.3.1"}, "is CouchDB 2.3.1: it must be 3.3 or newer"),
    "an old 3": ("GET /$", 200, {**COUCHDB, "version": "3.2.3"}, "is CouchDB 3.2.3: it must be 3.3 or newer"),
    "another program": ("GET /$", 200, {"hello": "world"}, "it is no CouchDB"),
    "admin party": ("/_session", 200, {"userCtx": {"name": None, "roles": ["_admin"]}}, "has no admin"),
    "no admin": ("/_session", 200, {"userCtx": {"name": "anna", "roles": []}}, "anna is none"),
    "wrong password": ("", 401, {"error": "unauthorized", "reason": "Name or password is incorrect."}, "not accept"),
    "locked user": (
        "",
        403,
        {"error": "forbidden", "reason": "Account is temporarily locked due to multiple authentication failures"},
        "has locked this user for a while",
    ),
    "two of three away": (
        "/_membership",
        200,
        {"all_nodes": ["a@x"], "cluster_nodes": ["a@x", "b@x", "c@x"]},
        "has no quorum (b@x, c@x do not answer)",
    ),
    "no majority": ("PUT /company/_security", 500, {"error": "error", "reason": "no_majority"}, "has no quorum"),
    "kept by one only": ("PUT /company$", 202, {"ok": True}, "fewer of its nodes than a quorum"),
    "disk full": ("PUT /company$", 507, {"error": "insufficient_storage", "reason": "full"}, "The disk of"),
    "disk full, older": ("PUT /company$", 500, {"error": "error", "reason": "{error,enospc}"}, "The disk of"),
    "a failure": ("PUT /company$", 500, {"error": "badmatch", "reason": "x"}, "answers 500: badmatch, x"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_a_central_that_can_not_be_prepared_is_told_in_words(hub: Hub, case: str) -> None:
    match, status, body, words = ANSWERS[case]
    with FaultProxy(hub.url) as proxy:
        proxy.answer(status, json.dumps(body), JSON, match=match)
        assert words in refusal(proxy.url)
    names = requests.get(f"{hub.url}/_all_dbs", timeout=30).json()
    assert ("store-s1" not in names and "company" not in names) or case == "no majority"
    requests.delete(f"{hub.url}/company", timeout=30)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (200, "answers 200 with a web page, not as a CouchDB does: is a proxy or a login page in between?"),
        (404, "answers 404 with a web page"),
        (502, "answers 502 with a web page: a proxy stands there, and no CouchDB answers behind it."),
        (507, "The disk of"),
    ],
)
def test_a_proxy_that_answers_html_is_told_as_one(hub: Hub, status: int, words: str) -> None:
    with FaultProxy(hub.url) as proxy:
        proxy.answer(status, "<!DOCTYPE html><title>Sign in</title>" * 500, {"Content-Type": "text/html"})
        assert words in refusal(proxy.url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_never_followed_with_the_password(hub: Hub, status: int) -> None:
    with FaultProxy(hub.url) as elsewhere, FaultProxy(hub.url) as proxy:
        proxy.answer(status, "", {"Location": elsewhere.url})
        said = refusal(proxy.url)
        assert f"sends on to http://127.0.0.1:{elsewhere.port}" in said
        assert elsewhere.requests == []


def test_a_line_that_is_cut_or_closed_is_told_in_words(hub: Hub) -> None:
    with FaultProxy(hub.url) as proxy:
        proxy.drop_answer()
        assert "can't be reached" in refusal(proxy.url)
    assert "nothing listens on this port" in refusal(f"http://admin:s3cret@127.0.0.1:{free_port()}")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("central.example", "is no address of a CouchDB"),
        ("admin:s3cret@central.example", "is no address of a CouchDB"),
        ("ftp://admin:s3cret@central.example", "is no address of a CouchDB"),
        ("http://admin:s3cret@central.example:99999", "the port is wrong"),
        ("http://admin:s3cret@nowhere.invalid", "no machine is known by the name nowhere.invalid"),
    ],
)
def test_an_address_that_is_none_is_told_without_its_password(url: str, words: str) -> None:
    assert words in refusal(url)


# -- certificates ----------------------------------------------------------------------------------------------------


def certificate(path: Path, name: str, *, days: int = 30) -> tuple[Path, Path]:
    """A self-signed certificate for `name`, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = path / f"{name}.pem", path / f"{name}.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return certificate, secret


class NoAdmin(http.server.BaseHTTPRequestHandler):
    """A CouchDB that knows nobody as its admin: enough to see that the line stands."""

    def do_GET(self) -> None:
        body = json.dumps({**COUCHDB, "userCtx": {"name": "anna", "roles": []}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class Quiet(http.server.ThreadingHTTPServer):
    """One that says nothing of clients that don't like its certificate."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def behind_tls(certificate: Path, key: Path) -> Iterator[int]:
    server = Quiet(("127.0.0.1", 0), NoAdmin)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_certificate_of_an_unknown_authority_is_told_and_trusted_when_its_file_is_named(tmp_path: Path) -> None:
    files = certificate(tmp_path, "localhost")
    with behind_tls(*files) as port:
        url = f"https://admin:s3cret@localhost:{port}"
        said = refusal(url)
        assert "an authority that this machine does not know (self-signed certificate)" in said and "--ca FILE" in said
        assert "anna is none" in refusal(url, ca=files[0])


def test_a_certificate_for_another_name_is_told(tmp_path: Path) -> None:
    files = certificate(tmp_path, "till.example")
    with behind_tls(*files) as port:
        said = refusal(f"https://admin:s3cret@localhost:{port}", ca=files[0])
    assert "a certificate that is made out to another name than localhost" in said


def test_a_certificate_that_has_expired_is_told(tmp_path: Path) -> None:
    files = certificate(tmp_path, "localhost", days=-1)
    with behind_tls(*files) as port:
        assert "has expired" in refusal(f"https://admin:s3cret@localhost:{port}", ca=files[0])


def test_tls_where_there_is_none_and_none_where_there_is_are_told(tmp_path: Path, hub: Hub) -> None:
    with FaultProxy(hub.url) as proxy:
        assert "does not speak TLS" in refusal(proxy.url.replace("http:", "https:"))
    with behind_tls(*certificate(tmp_path, "localhost")) as port:
        assert "does it want https://?" in refusal(f"http://admin:s3cret@localhost:{port}")


@pytest.mark.parametrize(("text", "words"), [(None, "No such file"), ("no certificate", "holds no certificate")])
def test_a_file_of_an_authority_that_is_none_is_told(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    assert words in refusal("https://admin:s3cret@localhost:1", ca=file)
