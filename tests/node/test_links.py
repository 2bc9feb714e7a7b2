"""Which databases a node links, and what the sync light makes of their states."""

from __future__ import annotations

from app.node import links
from app.node.config import LinkConfig, NodeConfig


def names(config: NodeConfig, stores: tuple[str, ...] = ()) -> list[str]:
    return [link.name for link in links.wanted(config, links.databases(config, stores))]


def test_a_terminal_pushes_and_pulls_its_two_databases() -> None:
    config = NodeConfig("terminal", "s1-t1", store="s1", central_url="http://h")
    assert names(config) == ["push company", "pull company", "push store-s1", "pull store-s1"]


def test_head_office_links_the_company_and_every_store_it_knows() -> None:
    config = NodeConfig("office", "office", central_url="http://h", links=(LinkConfig("store-s2", "pull"),))
    assert names(config, ("s1", "s2")) == [
        "push company",
        "pull company",
        "push store-s1",
        "pull store-s1",
        "pull store-s2",
    ]


def test_without_a_central_nothing_is_linked() -> None:
    assert names(NodeConfig("terminal", "s1-t1", store="s1")) == []
    assert links.light([], central=None)["state"] == "off"


def test_the_address_of_a_database_carries_quoted_credentials_and_name() -> None:
    config = NodeConfig("office", "o", central_url="http://h:5984/sub", central_user="a:b")
    assert links.address(config, "a/b", "p@/") == "http://a%3Ab:p%40%2F@h:5984/sub/a%2Fb"


def test_the_light_shows_the_gravest_state_and_sums_what_is_unsent() -> None:
    push = {"direction": "push", "state": "waiting", "reason": "no network", "unsent": 2, "refused": 1}
    both = [
        {**push, "oldest_unsent": "2026-01-02T00:00:00.000Z", "last_success": "2026-01-03T00:00:00.000Z"},
        {**push, "state": "idle", "unsent": 1, "oldest_unsent": "2026-01-01T00:00:00.000Z", "last_success": None},
        {"direction": "pull", "state": "idle", "unsent": 9, "refused": 0},
    ]
    light = links.light(both, central="http://h")
    assert (light["state"], light["reason"], light["unsent"]) == ("waiting", "no network", 3)
    assert light["oldest_unsent"] == "2026-01-01T00:00:00.000Z"
    assert light["refused_count"] == 2
    assert light["last_success"] is None  # one of them was never in step
