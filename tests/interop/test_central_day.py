"""A company's central from its first plan to the morning after its loss: prepared by the command, a till made at head
office and enrolled by its code, a day of sales, everything that a till must not do tried with its own name and
password, a backup, the loss, and the next sale. At a hub, and the same at an Apache CouchDB.
"""

from __future__ import annotations

import contextlib
import io
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import requests

from app import cli
from app.node import config as node_config
from couch.server import Server
from tests.cli.test_backup import Central as Trees
from tests.faults.rig import ADMIN, PASSWORD, Terminal, request, sale_id, verify
from tests.support.couchdb import COUCHDB_URL
from tests.support.process import CouchTill, wait_until

SOON = 90.0
KINDS = ["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)]


class Central(Trees):
    """A central, the names of the test's own there, and `couchtill central` asked about it."""

    def __init__(self, url: str, *, alone: bool) -> None:
        """`alone`: nobody else uses it, so that `company` may be deleted."""
        super().__init__(url)
        self.alone = alone
        mark = f"t{secrets.token_hex(4)}"
        self.office, self.store, self.other = f"{mark}-office", mark, f"{mark}o"
        self.made = [f"store-{self.store}", f"store-{self.other}"]
        self.left: list[str] = []
        self.root = f"http://{url.rpartition('@')[2]}"

    def run(self, *argv: object) -> Any:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert cli.main(["central", *map(str, argv), "--json"]) == 0
        return json.loads(out.getvalue())

    def plan(self, *more: str, apply: bool = False, passwords: Path | None = None) -> list[tuple[str, str]]:
        """The kind and the name of each step. Settings are left alone where others use the central too."""
        words = [*more, *(() if self.alone else ("--no-settings",))]
        words += ["--passwords", str(passwords)] if passwords else []
        told = self.run("apply" if apply else "plan", self.url, *words)
        assert not apply or told["done"] == len(told["steps"])
        return [(step["kind"], step["name"]) for step in told["steps"]]

    @property
    def databases(self) -> list[str]:
        return [*(["company"] if self.alone else []), *self.made]

    def trees(self) -> dict[str, dict[str, Any]]:
        return {name: self.tree(name) for name in self.databases}

    def close(self) -> None:
        super().close()
        query = {"startkey": f'"org.couchdb.user:{self.store}"', "endkey": f'"org.couchdb.user:{self.store}~"'}
        for row in self.call("GET", "_users/_all_docs", params=query)["rows"]:
            self.call("DELETE", f"_users/{quote(row['id'], safe='')}", params={"rev": row["value"]["rev"]})
        if not self.alone:
            for id in (f"store:{self.store}", *self.left):
                doc = requests.get(f"{self.url}/company/{id}", timeout=30).json()
                if "_rev" in doc:
                    self.call("DELETE", f"company/{id}", params={"rev": doc["_rev"]})


@pytest.fixture(params=KINDS)
def central(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Central]:
    if request.param == "hub":
        data = tmp_path / "hub"
        with CouchTill("hub", "--data", data, "--port", "0", "--admin", f"{ADMIN}:{PASSWORD}") as hub:
            yield Central(f"http://{ADMIN}:{PASSWORD}@127.0.0.1:{hub.port}", alone=True)
        return
    made = Central(COUCHDB_URL, alone=False)
    # Others' stores are there too, which the command would prepare as well.
    databases, documents = Server.databases, Server.documents

    def own(self: Server, database: str, prefix: str) -> list[dict[str, Any]]:
        found = documents(self, database, prefix)
        return [doc for doc in found if prefix != "store:" or str(doc.get("id")).startswith(made.store)]

    def there(self: Server) -> set[str]:
        return {name for name in databases(self) if not name.startswith("store-") or name in made.made}

    monkeypatch.setattr(Server, "documents", own)
    monkeypatch.setattr(Server, "databases", there)
    yield made
    made.close()


class Node(Terminal):
    """A terminal that was enrolled, or head office: started with nothing but its directory."""

    def __init__(self, path: Path, kind: str, *first: str) -> None:
        self.path, self.id, self.kind, self.behind = path, kind, kind, ()
        self.session = requests.Session()
        self.start(*first)

    def launch(self, *more: str) -> None:
        self.process = CouchTill(self.kind, "--data", self.path, "--port", "0", *more)

    def post(self, path: str, /, **body: Any) -> Any:
        return self._send("POST", path, body)

    def put(self, path: str, /, **body: Any) -> Any:
        return self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        answer = self.session.request(method, f"{self.url}{path}", json=body, timeout=60)
        assert answer.status_code in (200, 201), (path, answer.status_code, answer.text)
        return answer.json()

    def revs(self, database: str) -> dict[str, list[str]]:
        return revs(f"{self.url}/couch/{database}", self.session)


def revs(url: str, session: Any = requests) -> dict[str, list[str]]:
    """The leaves of every document but of those that each peer has for itself."""
    rows = session.get(f"{url}/_changes?style=all_docs", timeout=60).json().get("results") or []
    found = {row["id"]: sorted(change["rev"] for change in row["changes"]) for row in rows}
    return {id: leaves for id, leaves in found.items() if not id.startswith("_design/")}


def in_step(central: Central, *nodes: Node) -> None:
    """Waits until the central and these nodes hold the same of the store and, where nobody else writes, the company."""
    names = [name for name in central.databases if name != f"store-{central.other}"]

    def same() -> bool:
        here = {name: revs(f"{central.url}/{name}") for name in names}
        return all(node.revs(name) == here[name] for node in nodes for name in names)

    wait_until(same, SOON, "the central and its nodes hold the same")


def day(till: Node, central: Central) -> dict[str, Any]:
    """A day at the till: the float, sales, a customer, one thing brought back, a cart left for tomorrow, the Z. One of
    its orders."""
    shift = till.post("/api/shifts", request="open-0001", float=5000)["shift"]["_id"]
    sold = [till.post("/api/sales", **request(name, cents), shift=shift)["order"] for name, cents in SALES.items()]
    customer = till.post("/api/customers", request="customer-0001", name="吴 小姐", phone="1")["customer"]
    central.left.append(customer["id"])
    till.put(f"/api/customers/{customer['id']}", rev=customer["rev"], phone="555")
    line = {"line": sold[0]["lines"][0]["id"], "quantity": 1000}
    back = till.post("/api/refunds", sale=sale_id("back"), order=sold[0]["_id"], lines=[line], total=199)["order"]
    cake = {"product": "product:2", "name": "Cake", "quantity": 1000, "price": {"amount": 400}}
    till.post("/api/carts", request="park-0001", lines={"a": cake}, name="Table 4")
    counted = {"total": 5000 + sum(SALES.values()) - 199}
    z = till.post(f"/api/shifts/{shift}/close", request="close-0001", counted=counted)["zreport"]
    assert z["sums"]["receipts"]["count"] == len(SALES) + 1 and (z["grand_after"], back["total"]) == (1640, -199)
    return sold[1]


SALES = {"one": 199, "two": 350, "three": 1290}
STORE = {
    "request": "store-0001", "name": "Harbour", "currency": "EUR", "digits": 2, "timezone": "Europe/Berlin",
}  # fmt: skip


class Try(NamedTuple):
    """What a till tries, and what it hears: one of these statuses, and this in the reason."""

    what: str
    method: str
    path: str
    body: Any
    status: tuple[int, ...]
    reason: str


NO, WHO = (403,), (401,)


def tries(central: Central, terminal: str, order: dict[str, Any]) -> list[Try]:
    """Each kind of thing that a till's account must not do; `order` is one of its own."""
    store, other = central.made
    place, rev = f"{store}/{quote(order['_id'], safe='')}", order["_rev"]
    once = "A document of the type “order” is written once: "
    gone = {"_id": order["_id"], "_rev": rev, "_deleted": True, "resolution": "resolution:x"}
    wrong = {**order, "_id": f"order:{order['series']}:00000009:0123456789", "number": 9, "total": "12"}
    del wrong["_rev"]
    cart, tax = {"type": "cart", "schema": 1}, {"type": "tax", "schema": 1, "name": "None", "rate": 0}
    me, boss = (f"_users/org.couchdb.user:{name}" for name in (terminal, central.office))
    mine, its, rules = (central.call("GET", path) for path in (me, boss, "company/_design/couchtill"))
    return [
        Try("reads another store", "GET", other, None, NO, "not allowed to access this db"),
        Try("writes into another store", "PUT", f"{other}/cart:x", cart, NO, "not allowed to access this db"),
        Try("changes an order", "PUT", place, {**order, "total": 1}, NO, f"{once}another one that names it"),
        Try("deletes an order", "DELETE", f"{place}?rev={rev}", None, NO, f"{once}only head office deletes it"),
        Try("deletes it by decision", "PUT", place, gone, NO, f"{once}only head office deletes it"),
        Try("writes what is none", "PUT", f"{store}/{wrong['_id']}", wrong, NO, "“total” must be a whole number"),
        Try("writes a tax", "PUT", "company/tax:none", tax, NO, "by head office, not by a till"),
        Try("writes a sale into the company", "PUT", "company/cart:x", cart, NO, "belongs into a store’s database"),
        Try("writes a rule", "PUT", f"{store}/_design/x", {"views": {}}, NO, "not a db or server admin"),
        Try("empties the rules", "PUT", "company/_design/couchtill", {"_rev": rules["_rev"]}, NO, "not a db or server"),
        # Nobody but an admin: of a CouchDB's nodes no majority says yes, and it answers with that.
        Try("lets others in", "PUT", f"{store}/_security", {}, (403, 500), ""),
        Try("makes a database", "PUT", f"{central.store}-mine", None, WHO, "not a server admin"),
        Try("deletes a database", "DELETE", store, None, WHO, "not a server admin"),
        Try("makes itself an admin", "PUT", me, {**mine, "roles": ["_admin"]}, NO, "may"),
        Try("takes in another store", "PUT", me, {**mine, "roles": [*mine["roles"], "store:x"]}, NO, "may"),
        Try("reads head office’s user", "GET", boss, None, (404,), "missing"),
        Try("takes head office’s user", "PUT", boss, {**its, "password": "x"}, (403, 404), ""),
        Try("lists the users", "GET", "_users/_all_docs", None, WHO, "not a server admin"),
        Try("reads the settings", "GET", "_node/_local/_config", None, WHO, "not a server admin"),
        Try("has others replicate", "PUT", "_replicator/x", {"source": store, "target": "x"}, (403, 404), ""),
    ]


def account(central: Central, name: str) -> dict[str, Any]:
    """What a user's document says, but for its password: a CouchDB hashes that anew, some time after a sign-in."""
    doc = central.call("GET", f"_users/org.couchdb.user:{name}")
    return {key: doc.get(key) for key in ("name", "roles", "type", "couchtill")}


def refused_as(central: Central, auth: tuple[str, str], order: dict[str, Any]) -> None:
    """Tries all of it, and looks that nothing of it was done."""
    before = central.trees()
    user = account(central, auth[0])
    security = [central.call("GET", f"{name}/_security") for name in central.made]
    wrong = []
    for each in tries(central, auth[0], order):
        answer = requests.request(each.method, f"{central.root}/{each.path}", json=each.body, auth=auth, timeout=60)
        told = answer.json()
        if answer.status_code not in each.status or each.reason not in str(told.get("reason")):
            wrong.append((each.what, answer.status_code, told))
    assert not wrong, "\n".join(map(str, wrong))
    own = secrets.token_hex(16)
    child = {**order, "_rev": f"2-{own}", "_revisions": {"start": 2, "ids": [own, order["_rev"][2:]]}, "total": 1}
    carried = {"docs": [child, {"_id": "tax:fine", "_rev": f"1-{own}", "type": "tax"}], "new_edits": False}
    answer = requests.post(f"{central.root}/{central.made[0]}/_bulk_docs", json=carried, auth=auth, timeout=60)
    assert {row["id"]: row["error"] for row in answer.json()} == {order["_id"]: "forbidden", "tax:fine": "forbidden"}
    assert central.trees() == before
    assert account(central, auth[0]) == user
    assert [central.call("GET", f"{name}/_security") for name in central.made] == security


def test_from_the_first_plan_to_the_sale_after_the_loss(central: Central, tmp_path: Path) -> None:
    first = ("--office", central.office, "--store", central.other)
    passwords = tmp_path / "passwords"
    planned = central.plan(*first)
    assert ("database", f"store-{central.other}") in planned and planned[-1] == ("user", central.office)
    assert central.plan(*first, apply=True, passwords=passwords) == planned
    assert central.plan(*first) == []
    password = dict(line.split() for line in passwords.read_text().splitlines())[central.office]

    # A store is made at head office, its database by the command, which finds its name at the central.
    address = f"http://{central.office}:{password}@{central.url.rpartition('@')[2]}"
    with Node(tmp_path / "office", "office", "--id", "office", "--central", address) as office:
        office.post("/api/stores", **STORE, id=central.store)
        wait_until(
            lambda: ("database", f"store-{central.store}") in central.plan(), SOON, "the store is at the central"
        )
        assert central.plan(apply=True) and central.plan() == []
        office.sync_now()

        terminal = f"{central.store}-t1"
        office.post("/api/terminals", request="plan-0001", store=f"store:{central.store}", number=1)
        code = office.post(f"/api/terminals/{terminal}/code", request="code-0001")["code"]
        data = tmp_path / "till"
        assert cli.main(["enroll", code, "--data", str(data), "--no-start"]) == 0
        assert central.plan() == [], "head office made the account"

        with Node(data, "terminal") as till:
            order = day(till, central)
            in_step(central, till, office)
    auth = (terminal, str(node_config.read_secret(data, "central")))
    assert str(node_config.read(data).central_user) == terminal
    refused_as(central, auth, order)

    before, backup = central.trees(), tmp_path / "last-night.zip"
    chosen = [word for name in central.databases for word in ("--database", name)]
    central.run("backup", central.url, backup, *chosen)
    for name in central.databases:
        central.call("DELETE", name)
    assert central.plan(apply=True) or not central.alone
    central.run("restore", backup, central.url)
    assert central.trees() == before
    assert central.plan() == []

    with Node(data, "terminal") as till, Node(tmp_path / "office", "office") as office:
        after = till.post("/api/sales", **request("after"))["order"]
        in_step(central, till, office)
        assert after["_id"] in revs(f"{central.url}/{central.made[0]}")
        for node in (till, office):
            state = node.get("/api/sync")
            assert state["asks"] == state["refused"] == []
    assert verify(data) == 0
