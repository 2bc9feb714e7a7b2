"""A till was stolen: its user ends, the PINs of its store are renewed, what it sends later is refused and listed."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from app.node import Node
from app.node.keeping import Keeping
from app.shop import tasks
from app.shop.people.roster import Roster
from app.shop.sale import SaleError
from tests.support.enrolling import company
from tests.support.hub import Hub
from tests.support.process import wait_until
from tests.web.conftest import client_of
from tests.web.till.shopfront import line, sale, stock


def sell(node: Node, id: str) -> str:
    answer = client_of(node).post("/api/sales", json=sale(line(), cash=100_000, sale=id))
    assert answer.status_code in (200, 201), answer.json
    return str(answer.json["order"]["_id"])


def test_a_stolen_till(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub") as hub, company(hub.url, tmp_path) as made:
        stock(made.node.company)
        store = made.node.company.get("store:s1")
        made.node.company.delete("store:s1", store["_rev"])
        del store["_rev"]
        made.node.company.put({**store, "_id": f"store:{made.store}", "id": made.store})
        made.node.start_links()
        wait_until(lambda: made.node.sync_status()["state"] == "idle")
        ours, theirs = made.machine(), made.machine()
        for number, path in ((1, theirs), (2, ours)):
            made.enrol(made.code(made.plan(number)), path, port=0)
        stolen, office = f"{made.store}-t1", client_of(made.node)
        central = f"{hub.url}/store-{made.store}"
        with Node.load(theirs) as thief, Node.load(ours) as till:
            first = sell(thief, "01JSTOLEN0000000000000001")
            Roster(thief.till.people).add({"request": "person-01", "name": "Ann", "role": "manager", "pin": "274951"})
            wait_until(lambda: requests.get(f"{central}/{first}", timeout=10).status_code == 200)
            wait_until(lambda: till.store_db.read("staff:person-01") is not None)
            wait_until(lambda: made.database.read("staff:person-01") is not None)

            answer = office.post(f"/api/terminals/{stolen}/revoke", json={"request": "revoke-it", "stolen": True})
            assert (answer.status_code, answer.json["renewing"]) == (200, 1)

            # Its user ends.
            assert made.may_read(theirs) == made.may_read(theirs, "company") == 403
            assert made.may_read(ours) == 200
            # PINs are renewed: the old one opens nothing but the choice of another.
            wait_until(lambda: till.store_db.get("staff:person-01").get("renew"))
            _, token = till.till.people.sign_in({"staff": "staff:person-01", "pin": "274951"})
            with pytest.raises(SaleError) as told:
                till.till.people.actor(token)
            assert told.value.error == "renew_pin"
            # What it sends later is refused, and listed: on it, with why …
            second = sell(thief, "01JSTOLEN0000000000000002")
            wait_until(lambda: thief.sync_status()["state"] == "denied")
            wait_until(lambda: (thief.sync_status()["standing"] or {}).get("state") == "revoked")
            types = {kind for entry in thief.unsent() for kind in entry["types"]}
            assert "order" in types
            assert requests.get(f"{central}/{second}", timeout=10).status_code == 404
            assert requests.get(f"{central}/{first}", timeout=10).status_code == 200
            # … and at head office, with how much it is.
            wait_until(lambda: (made.node.state.get("terminals:came") or _hear(made.node)).get(stolen))
            row = next(row for row in office.get("/api/terminals/list").json["rows"] if row["terminal"] == stolen)
            assert "came back" in row["came"] and row["state"] == "revoked"
            made.node.watching.turn()
            kinds = [task["kind"] for task in tasks.tasks(made.node.company)]
            assert kinds.count("machine_came") == 1
            # The till that stayed goes on.
            third = sell_on(till, "01JSTAYED0000000000000003")
            wait_until(lambda: requests.get(f"{central}/{third}", timeout=10).status_code == 200)


def _hear(node: Node) -> dict:
    Keeping(node).hear()
    return {}


def sell_on(node: Node, id: str) -> str:
    """After Ann has chosen another PIN."""
    roster = Roster(node.till.people)
    _, token = node.till.people.sign_in({"staff": "staff:person-01", "pin": "274951"})
    choosing = node.till.people.actor(token, renewing=True)
    roster.own_pin({"old": "274951", "pin": "580263"}, choosing)
    _, token = node.till.people.sign_in({"staff": "staff:person-01", "pin": "580263"})
    actor = node.till.people.actor(token)
    assert actor.staff == "staff:person-01"
    return sell(node, id)
