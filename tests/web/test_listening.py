"""A node listens on this machine alone until somebody says otherwise."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from app.node import Node, NodeConfig
from app.node.setup import prepare
from app.web.server import serve


@pytest.mark.parametrize("kind", ["terminal", "office", "hub"])
def test_a_node_that_nobody_told_otherwise_listens_on_loopback(tmp_path: Path, kind: str) -> None:
    config = prepare(tmp_path, kind, id="s1-t1" if kind == "terminal" else None, port=0)
    assert config.host == "127.0.0.1"
    assert prepare(tmp_path, kind, host="0.0.0.0", port=0).host == "0.0.0.0"
    assert prepare(tmp_path, kind, port=0).host == "127.0.0.1"  # for that run only


def test_nothing_answers_at_another_address_of_the_machine(tmp_path: Path) -> None:
    with Node(tmp_path, NodeConfig(kind="terminal", id="s1-t1", store="s1")) as node:
        server = serve(node, node.config.host, 0)
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=5):
                pass
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.2", server.port), timeout=5)
        finally:
            node.begin_stop()
            server.stop()
