"""SIGKILL in the middle of sales and of replication: no acknowledged sale is missing, none is doubled."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from app.docs.database import Database
from tests.faults.rig import Hub, Seller, Terminal, in_step, prove, verify
from tests.support.process import CouchTill


@pytest.mark.timeout(1800)
def test_kills_of_terminals_and_hub_lose_no_acknowledged_sale_and_double_none(tmp_path: Path, rounds: int) -> None:
    chance = random.Random(rounds)
    with Hub(tmp_path / "hub") as hub:
        central = f"http://{{id}}:{{password}}@127.0.0.1:{hub.port}"
        terminals = {
            id: Terminal(tmp_path / id, id, central.format(id=id, password=hub.passwords[id])) for id in hub.passwords
        }
        sellers = [Seller(id, lambda id=id: terminals[id]) for id in terminals]
        try:
            for seller in sellers:
                seller.start()
            for turn in range(rounds // 2):
                victims = [node for place, node in enumerate((*terminals.values(), hub)) if place != turn % 3]
                for victim in victims:
                    time.sleep(chance.uniform(0.02, 0.3))
                    victim.kill()
                    victim.launch()
                for victim in victims:
                    victim.ready()
            for seller in sellers:
                seller.finish()
            for terminal in terminals.values():
                terminal.sync_now()
            orders = in_step(hub, *terminals.values())
        finally:
            for terminal in terminals.values():
                terminal.process.stop()
    acknowledged = {sale: order for seller in sellers for sale, order in seller.acknowledged.items()}
    tried = set().union(*(seller.tried for seller in sellers))
    assert len(acknowledged) > rounds
    prove(orders, acknowledged, tried)
    for terminal in terminals.values():
        assert verify(terminal.path) == 0
    assert verify(hub.path) == 0


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("direction", ["push", "pull"])
def test_a_replication_that_is_killed_goes_on_where_it_was_and_ends_with_every_document(
    tmp_path: Path, rounds: int, direction: str
) -> None:
    chance = random.Random(rounds)
    count = 150 * rounds
    source = tmp_path / "a" / "things.db"
    source.parent.mkdir()
    with Database(source) as database:
        database.bulk_docs([{"_id": f"d{n:06d}", "n": n, "text": "x" * 500} for n in range(count)])
        for n in range(0, count, 7):
            database.put({**database.get(f"d{n:06d}"), "edited": True})
    with Hub(tmp_path / "hub") as hub:
        there = f"{hub.url}/things"
        if direction == "push":
            ends = (str(source), there)
        else:
            assert CouchTill("replicate", str(source), there, "--create-target").wait(600) == 0
            (tmp_path / "b").mkdir()
            ends = (there, str(tmp_path / "b" / "things.db"))
        for _ in range(rounds // 2):
            run = CouchTill("replicate", *ends, "--create-target")
            time.sleep(chance.uniform(0.3, 1.2))
            run.kill()
        last = CouchTill("replicate", *ends, "--create-target", "--json")
        assert last.wait(600) == 0, last.stderr
    target = tmp_path / "hub" / "things.db" if direction == "push" else tmp_path / "b" / "things.db"
    with Database(source, read_only=True) as here, Database(target, read_only=True) as other:
        mine, theirs = here.all_docs(include_docs=True)["rows"], other.all_docs(include_docs=True)["rows"]
        assert len(mine) == count
        assert mine == theirs
        assert other.verify() == []
