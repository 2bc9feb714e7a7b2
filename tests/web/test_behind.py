"""A trusted proxy's word counts; anybody else's does not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from app.node import Node, NodeConfig
from app.node.config import NodeError, check, read, write
from app.web import create_app
from app.web.behind import Behind
from app.web.keys import KeyRing
from tests.support.web import running_hub
from tests.web.till.shopfront import stock


def seen(proxies: Iterable[str], peer: str, **headers: str) -> dict[str, Any]:
    """What an application sees of a request that came from `peer`."""
    found: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        found.update(environ)
        start_response("200 OK", [])
        return ()

    said: list[Any] = []
    environ = {"REMOTE_ADDR": peer, "HTTP_HOST": "inside:8080", "wsgi.url_scheme": "http", **headers}
    Behind(application, proxies)(environ, lambda status, headers, *more: said.extend(headers))
    return {**found, "answer": dict(said)}


FORWARDED = {"HTTP_X_FORWARDED_FOR": "9.9.9.9, 203.0.113.7", "HTTP_X_FORWARDED_PROTO": "https",
             "HTTP_X_FORWARDED_HOST": "shop.example"}  # fmt: skip


def test_a_stranger_who_says_that_he_is_a_proxy_is_not_believed() -> None:
    found = seen([], "203.0.113.7", **FORWARDED)
    assert (found["REMOTE_ADDR"], found["wsgi.url_scheme"], found["HTTP_HOST"]) == (
        "203.0.113.7",
        "http",
        "inside:8080",
    )
    assert "HTTP_X_FORWARDED_FOR" not in found and found["answer"] == {}


@pytest.mark.parametrize("peer", ["10.0.0.2", "::ffff:10.0.0.2"])
def test_a_trusted_proxy_tells_who_asks_and_how_but_not_what_its_client_invents(peer: str) -> None:
    found = seen(["10.0.0.0/24"], peer, **FORWARDED)
    assert (found["REMOTE_ADDR"], found["wsgi.url_scheme"]) == ("203.0.113.7", "https")
    assert found["HTTP_HOST"] == "shop.example"
    assert found["answer"]["Strict-Transport-Security"].startswith("max-age=")


def test_several_trusted_proxies_are_looked_through() -> None:
    found = seen(["10.0.0.0/24"], "10.0.0.2", HTTP_X_FORWARDED_FOR="1.1.1.1, 203.0.113.7, 10.0.0.9")
    assert found["REMOTE_ADDR"] == "203.0.113.7"


def test_wrong_passwords_are_counted_for_who_sent_them_and_not_for_whom_they_name(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:

        def log_in(number: int) -> int:
            body = {"name": "admin", "password": f"wrong{number}"}
            headers = {"X-Forwarded-For": f"9.9.9.{number}"}
            return requests.post(f"{hub.root}/_session", json=body, headers=headers, timeout=10).status_code

        assert [log_in(number) for number in range(7)] == [401] * 5 + [403] * 2


def test_a_name_of_the_machine_that_the_file_gives_is_let_in_and_no_other(tmp_path: Path) -> None:
    config = NodeConfig(kind="terminal", id="s1-t1", store="s1", names=("till1.shop.example",), proxies=("10.0.0.2",))
    with Node(tmp_path, config) as node:
        stock(node.company)
        client: FlaskClient = create_app(node).test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {KeyRing(tmp_path).add('shop', ['sell'])}"
        client.environ_base["REMOTE_ADDR"] = "10.0.0.2"

        def ask(host: str) -> int:
            return client.get("/api/state", headers={"X-Forwarded-Host": host}).status_code

        assert [ask("till1.shop.example"), ask("evil.example")] == [200, 403]


def test_the_file_keeps_both_and_refuses_what_can_not_be(tmp_path: Path) -> None:
    config = NodeConfig(kind="hub", id="hub", names=("hub.example",), proxies=("10.0.0.0/8", "::1"))
    write(tmp_path, config)
    assert read(tmp_path) == config.with_(port=config.port)
    for wrong in ({"names": ("http://x",)}, {"names": (3,)}, {"proxies": ("proxy.example",)}, {"proxies": (5,)}):
        with pytest.raises(NodeError):
            check(NodeConfig(kind="hub", id="hub", **wrong))  # type: ignore[arg-type]
