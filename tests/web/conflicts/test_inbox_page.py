"""The inbox as programs and pages get it: the shop's words, filters and pages, follow-ups, many at once, who may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.docs.database import Database
from app.node import Node, NodeConfig
from app.replicator.peer import Failure
from app.shop import incidents, tasks
from app.web import news
from app.web.conflicts import counts
from tests.support.forks import DELETED, fork, on
from tests.support.process import wait_until
from tests.web.conftest import client_of
from tests.web.till.shopfront import line, sale
from tests.web.till.test_people_api import CASHIER, SUPERVISOR, Window, staffed, window

__all__ = ["staffed", "window"]

ESPRESSO, LEMONADE, JUICE = (f"product:400000{n}" for n in (1, 2, 3))
ANN = "staff:ann00001"


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


def change_price(company: Database, *ids: str) -> None:
    """Head office at 14:02 and Ann at till 1 at 14:05, in the shop's time, each another price."""
    for id in ids:
        fork(
            company,
            id,
            on("office", "2026-11-21T13:02:00.000Z", price=price(1290)),
            on("s1-t1", "2026-11-21T13:05:00.000Z", by=ANN, price=price(1350)),
        )


def hire(store: Database) -> None:
    store.put({"_id": ANN, "type": "staff", "schema": 1, "name": "Ann Lee", "role": "cashier"})


def texts(client: FlaskClient, query: str = "", **headers: str) -> list[str]:
    return [row["text"] for row in client.get(f"/api/conflicts?{query}", headers=headers).get_json()["rows"]]


def test_a_row_says_what_was_changed_by_whom_where_and_when_and_how_much_hangs_on_it(
    terminal: Node, till: FlaskClient
) -> None:
    hire(terminal.store_db)
    change_price(terminal.company, ESPRESSO)
    sold = terminal.company.get(ESPRESSO)["price"]["amount"]
    assert till.post("/api/sales", json=sale(line(quantity=3000), cash=3 * sold)).status_code == 201

    answer = till.get("/api/conflicts").get_json()
    [row] = answer["rows"]

    assert row["text"] == "Espresso, small: price changed in two places"
    assert (row["before"], row["type"], row["kind"]) == ("€2.45", "product", "edited")
    sides = {side["where"]: side for side in row["sides"]}
    assert sides["Till 1"]["label"].replace("\u202f", " ") == "Till 1, Ann Lee, 21 Nov, 2:05 PM"
    assert sides["Head office"]["label"].replace("\u202f", " ") == "Head office, 21 Nov, 2:02 PM"
    assert (sides["Till 1"]["value"], sides["Head office"]["value"]) == ("€13.50", "€12.90")
    assert {side["value"]: side["sold"] for side in row["sides"]}[f"€{sold / 100:.2f}"] == "3 sold at it"
    assert row["href"] == "conflicts/company/product%3A4000001"
    assert answer["counts"] == {"conflicts": 1, "incidents": 0, "tasks": 0}
    [chinese] = texts(till, **{"Accept-Language": "zh"})
    assert chinese == "Espresso，small：价格在两处被改动"


DOCS: dict[str, dict[str, Any]] = {
    "category:tea": {"type": "category", "name": "Tea"},
    "customer:ada": {"type": "customer", "name": "Ada", "phone": "1"},
    "tax:vat": {"type": "tax", "name": "VAT", "rate": 190000},
    "pricelist:vip": {"type": "pricelist", "name": "VIP", "currency": "EUR", "digits": 2, "prices": []},
    "promotion:x": {"type": "promotion", "name": "Ten off", "kind": "percent", "percent": 100000, "groups": ["a"]},
    "settings:all": {"type": "settings", "scope": "all", "values": {"refund_limit": 1}},
    "settings:terminal:s1-t2": {"type": "settings", "scope": "terminal:s1-t2", "values": {"paper": 58}},
    "thing:1": {"type": "thing", "n": 1},
    "store:s1": {},
    ANN: {"type": "staff", "name": "Ann", "role": "cashier"},
    "cart:1": {"type": "cart", "name": "Table 4", "lines": [], "state": "parked", "note": "a"},
}
SAID: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("category:tea", {"name": "Teas"}, {"name": "All tea"}, "name changed in two places"),
    ("customer:ada", {"phone": "2", "name": "Ada L."}, {"phone": "3", "name": "Ada Lovelace"},
     ": name and phone number changed in two places"),
    ("tax:vat", {"rate": 200000}, {"rate": 210000}, "VAT: rate changed in two places"),
    ("pricelist:vip", {"priority": 2}, {"priority": 3}, "VIP: priority changed in two places"),
    ("promotion:x", {"percent": 200000}, {"percent": 300000}, "Ten off: percentage changed in two places"),
    ("settings:all", {"values": {"refund_limit": 2}}, {"values": {"refund_limit": 3}},
     "Settings of all tills: limit of refunds changed in two places"),
    ("settings:terminal:s1-t2", {"values": {"paper": 80}}, {"values": {"paper": 76}},
     "Settings of Till 2: paper changed in two places"),
    ("thing:1", {"n": 2}, {"n": 3}, "1: n changed in two places"),
    ("store:s1", {"name": "Corner"}, {"name": "The Corner"}, "name changed in two places"),
    (ANN, {"role": "supervisor"}, {"role": "manager"}, "Ann: role changed in two places"),
    ("cart:1", {"note": "b"}, {"note": "c"}, "Parked cart “Table 4”: changed in two places"),
]  # fmt: skip


def test_every_kind_of_document_has_its_sentence(head_office: Node, office: FlaskClient) -> None:
    store = head_office.directory.get("store-s1")
    for id, here, there, said in SAID:
        database = store if id.startswith(("staff:", "cart:")) else head_office.company
        if DOCS[id]:
            database.put({"_id": id, "schema": 1, **DOCS[id]})
        fork(database, id, on("office", **here), on("s1-t1", **there))
        [row] = [row for row in office.get("/api/conflicts").get_json()["rows"] if row["id"] == id]
        assert said in row["text"], id
    listed = office.get("/api/conflicts").get_json()
    assert {each["type"]: each["count"] for each in listed["types"]}["settings"] == 2
    assert {each["name"]: each["title"] for each in listed["databases"]} == {
        "company": "All stores",
        "store-s1": head_office.company.get("store:s1")["name"],
    }


def test_deleted_beside_edited_and_three_places_are_said_and_no_pin_is_shown(
    head_office: Node, office: FlaskClient
) -> None:
    fork(head_office.company, ESPRESSO, on("s1-t1", name="Doppio"), DELETED)
    fork(head_office.company, LEMONADE, on("s1-t1", name="A"), on("s1-t2", name="B"), on("office", name="C"))
    store = head_office.directory.get("store-s1")
    hire(store)
    fork(store, ANN, on("s1-t1", pin={"hash": "SECRET1"}), on("s1-t2", pin={"hash": "SECRET2"}))

    answer = office.get("/api/conflicts")
    said = [row["text"] for row in answer.get_json()["rows"]]
    assert "Ann Lee: PIN changed in two places" in said
    assert "Doppio, small: changed here, deleted there" in said
    assert any(text.endswith("name changed in 3 places") for text in said)
    assert "SECRET" not in answer.text


def test_pages_and_filters_show_each_document_once(terminal: Node, till: FlaskClient) -> None:
    change_price(terminal.company, ESPRESSO, LEMONADE, JUICE)
    first = till.get("/api/conflicts?limit=2").get_json()
    second = till.get(f"/api/conflicts?limit=2&before={first['next']}").get_json()

    assert [row["id"] for row in first["rows"] + second["rows"]] == [JUICE, LEMONADE, ESPRESSO]
    assert (first["matching"], second["next"]) == (3, None)
    assert texts(till, "q=lemon") == ["Lemonade 0.5 l: price changed in two places"]
    assert till.get("/api/conflicts?type=customer").get_json()["matching"] == 0
    assert till.get("/api/conflicts?limit=0").status_code == 400


def test_what_people_say_stands_with_the_row_and_a_decision_ends_it(terminal: Node, till: FlaskClient) -> None:
    hire(terminal.store_db)
    change_price(terminal.company, ESPRESSO)
    path = f"/api/followups/company/{ESPRESSO}"

    assert till.post(path, json={"assigned": ANN, "note": "Ask them.", "request": "note-0001"}).status_code == 200
    assert till.post(path, json={"later": True}).get_json()["follow"]["later"] is True
    [row] = till.get(f"/api/conflicts?assigned={ANN}").get_json()["rows"]
    assert (row["follow"]["name"], row["follow"]["notes"][0]["text"]) == ("Ann Lee", "Ask them.")
    assert till.get("/api/conflicts?assigned=nobody").get_json()["rows"] == []
    assert till.get("/api/inbox").get_json()["counts"] == {"conflicts": 1, "incidents": 0, "tasks": 0}

    item = {"database": "company", "id": ESPRESSO, "seen": row["seen"]}
    till.post("/api/conflicts/bulk", json={"request": "many-0001", "take": "till", "items": [item]})
    assert till.post(f"/api/followups/company/{LEMONADE}", json={"later": True}).status_code == 404
    assert till.get("/api/inbox").get_json()["counts"]["conflicts"] == 0
    assert till.post("/api/followups/_users/x", json={"later": True}).status_code == 404


def test_incidents_and_tasks_are_lists_of_their_own_that_are_closed_and_found_again(
    terminal: Node, till: FlaskClient
) -> None:
    incidents.write(terminal.store_db, incidents.number_incident("s1-t1.k7", 12))
    tasks.write(terminal.store_db, tasks.task("cart_sold_twice", "cart:1"))
    tasks.write(terminal.store_db, tasks.task("brand_new", "something"))
    [row] = till.get("/api/inbox?list=incidents").get_json()["rows"]
    assert "12" in row["title"] and row["text"] and row["do"]
    assert len(till.get("/api/inbox?list=tasks").get_json()["rows"]) == 2
    assert len(till.get("/api/inbox?list=tasks&q=parked").get_json()["rows"]) == 1

    closed = till.post(f"/api/followups/store-s1/{row['id']}", json={"done": True}).get_json()
    assert closed["follow"]["done"] is True
    assert till.get("/api/inbox?list=incidents").get_json()["rows"] == []
    assert len(till.get("/api/inbox?list=incidents&state=done").get_json()["rows"]) == 1
    assert till.get("/api/inbox").get_json()["counts"] == {"conflicts": 0, "incidents": 0, "tasks": 2}


def test_many_are_shown_what_they_become_and_those_that_changed_meanwhile_stay(
    terminal: Node, till: FlaskClient
) -> None:
    change_price(terminal.company, ESPRESSO, LEMONADE, JUICE)
    items = [{"database": "company", "id": id} for id in (ESPRESSO, LEMONADE, JUICE)]
    shown = till.post("/api/conflicts/preview", json={"take": "office", "items": items}).get_json()["rows"]
    assert [(row["becomes"][0]["field"], row["becomes"][0]["value"]) for row in shown] == [("price", "€12.90")] * 3
    by_filter = till.post("/api/conflicts/preview", json={"take": "office", "filter": {"q": "juice"}}).get_json()
    assert [row["id"] for row in by_filter["rows"]] == [JUICE]
    fork(terminal.company, JUICE, on("s1-t2", name="Squash"), on("s1-t3", name="Nectar"))
    [juice] = till.post("/api/conflicts/preview", json={"take": "office", "items": items[2:]}).get_json()["rows"]
    told = {each["field"]: each["value"] for each in juice["becomes"]}
    assert told["name"] == "Orange juice"  # what head office left alone stays as it was
    shown[2] = juice

    fork(terminal.company, LEMONADE, on("s1-t2", price=price(1)))
    asked = {"request": "many-0001", "take": "office", "items": shown}
    done = till.post("/api/conflicts/bulk", json=asked).get_json()
    again = till.post("/api/conflicts/bulk", json=asked).get_json()

    assert [row["id"] for row in done["resolved"]] == [ESPRESSO, JUICE] == [row["id"] for row in again["resolved"]]
    assert [(row["id"], row["error"]) for row in done["stayed"]] == [(LEMONADE, "changed")]
    assert terminal.company.get(ESPRESSO)["price"] == price(1290)
    assert terminal.company.count("resolution") == 2
    assert [row["id"] for row in till.get("/api/conflicts").get_json()["rows"]] == [LEMONADE]


def test_many_decisions_are_taken_back_at_once_but_for_those_that_were_changed_since(
    terminal: Node, till: FlaskClient
) -> None:
    for id in (ESPRESSO, LEMONADE, JUICE):
        change_price(terminal.company, id)
    before = {id: terminal.company.get(id) for id in (ESPRESSO, LEMONADE, JUICE)}
    items = [{"database": "company", "id": id} for id in before]
    shown = till.post("/api/conflicts/preview", json={"take": "office", "items": items}).get_json()["rows"]
    asked = {"request": "many-0001", "take": "office", "items": shown}
    done = till.post("/api/conflicts/bulk", json=asked).get_json()["resolved"]
    terminal.company.put({**terminal.company.get(LEMONADE), "price": price(777)})

    undo = {"request": "undo-0001", "items": done}
    first, again = (till.post("/api/conflicts/bulk/undo", json=undo).get_json() for _ in range(2))

    assert [row["id"] for row in first["undone"]] == [ESPRESSO, JUICE] == [row["id"] for row in again["undone"]]
    assert [(row["id"], row["error"], bool(row["title"])) for row in first["stayed"]] == [(LEMONADE, "changed", True)]
    assert first["counts"]["conflicts"] == 2
    assert sorted(row["id"] for row in till.get("/api/conflicts").get_json()["rows"]) == sorted([ESPRESSO, JUICE])
    assert terminal.company.get(LEMONADE)["price"] == price(777)
    for wrong in ({"items": done}, {"request": "undo-0002", "items": []}, {"request": "undo-0002", "items": [1]}):
        assert till.post("/api/conflicts/bulk/undo", json=wrong).status_code == 400
    foreign = [{**done[0], "resolution": done[1]["resolution"]}]
    told = till.post("/api/conflicts/bulk/undo", json={"request": "undo-0003", "items": foreign}).get_json()
    assert (told["undone"], [row["error"] for row in told["stayed"]]) == ([], ["not_found"])


def test_what_the_central_refused_is_noted_and_seen_to_like_any_task(tmp_path: Path) -> None:
    config = NodeConfig(kind="terminal", id="s1-t1", store="s1", central_url="http://127.0.0.1:9")
    with Node(tmp_path / "s1-t1", config) as node:
        hire(node.store_db)
        till, order = client_of(node), "order:s1-t1.k7:00000001:0123456789"
        failure = Failure(order, "1-abc", "forbidden", "not from this till")
        node.supervisor.refused.add("store-s1:push", "store-s1", failure, None, set_aside=False)

        def listed(state: str = "") -> list[dict[str, Any]]:
            rows = till.get(f"/api/inbox?list=tasks&state={state}").get_json()["rows"]
            return [row for row in rows if row["kind"] == "refused"]

        [row] = listed()
        assert "not from this till" in row["text"] and row["href"] == "sync"
        path = f"/api/followups/{row['database']}/{row['id']}"
        said = till.post(path, json={"assigned": ANN, "note": "Asked head office", "request": "note-0001"})
        assert said.status_code == 200
        [row] = listed()
        assert (row["follow"]["name"], [note["text"] for note in row["follow"]["notes"]]) == (
            "Ann Lee",
            ["Asked head office"],
        )
        assert till.post(path, json={"done": True}).status_code == 200
        assert listed() == [] and [row["id"] for row in listed("done")] == [f"task:refused:{order}"]
        wait_until(lambda: counts.waiting(node, [node.company, node.store_db])["tasks"] == 0)
        node.supervisor.refused.remove(node.refused()[0]["id"])
        assert listed("done") == [] and tasks.tasks(node.store_db, done=True) == []

        other = till.post("/api/followups/store-s1/task:refused:order:of-nobody", json={"note": "?"})
        assert other.status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"take": "mine", "items": []},
        {"take": "office"},
        {"take": "office", "items": [{"id": 5}]},
        {"take": "office", "items": ["product:1"]},
        {"take": "office", "items": [{"database": "company", "id": "x"}] * 201},
        {"take": "office", "filter": "all"},
    ],
)
def test_a_wrong_choice_for_many_is_refused_in_words(till: FlaskClient, body: dict[str, object]) -> None:
    for path in ("preview", "bulk"):
        answer = till.post(f"/api/conflicts/{path}", json={"request": "many-0001", **body})
        assert (answer.status_code, bool(answer.get_json()["reason"])) == (400, True)


def test_a_cashier_sees_but_decides_only_with_a_supervisors_leave_and_a_locked_till_shows_nothing(
    window: Window, staffed: dict[str, str], terminal: Node
) -> None:
    change_price(terminal.company, ESPRESSO)
    assert window.send("GET", "conflicts")[0] == window.send("GET", "inbox")[0] == 401
    assert window.send("POST", f"followups/company/{ESPRESSO}", {"later": True})[0] == 401

    window.send("POST", "session", {"staff": staffed["Cleo"], "pin": CASHIER})
    [row] = window.send("GET", "conflicts")[1]["rows"]
    item = {"database": "company", "id": ESPRESSO, "seen": row["seen"]}
    asked = {"request": "many-0001", "take": "office", "items": [item]}
    status, refused = window.send("POST", "conflicts/bulk", asked)
    assert (status, refused["error"], refused["right"]) == (403, "needs_approval", "conflicts")
    assert window.send("POST", f"followups/company/{ESPRESSO}", {"later": True})[0] == 403
    leave = window.send("POST", "approvals", {"right": "conflicts", "staff": staffed["Sam"], "pin": SUPERVISOR})[1]
    status, done = window.send("POST", "conflicts/bulk", {**asked, "approvals": [leave["approval"]]})
    assert (status, len(done["resolved"])) == (200, 1)


def test_closed_tasks_come_in_pages_the_last_closed_first_and_none_is_missed(terminal: Node, till: FlaskClient) -> None:
    known = [tasks.task("overspent", f"account:customer:c{n:03d}") for n in range(230)]
    closed = [{**doc, "done_at": f"2026-11-20T12:{n // 60:02d}:{n % 60:02d}.000Z"} for n, doc in enumerate(known)]
    terminal.company.bulk_docs([*closed, tasks.task("overspent", "account:customer:open")])
    found: list[str] = []
    before = ""
    while True:
        page = till.get(f"/api/inbox?list=tasks&state=done&limit=100{before}").get_json()
        found += [row["id"] for row in page["rows"]]
        assert page["matching"] == 230
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert found == [doc["_id"] for doc in reversed(known)]
    [one] = till.get("/api/inbox?list=tasks&state=done&q=c007").get_json()["rows"]
    assert one["id"] == known[7]["_id"]
    assert [row["id"] for row in till.get("/api/inbox?list=tasks").get_json()["rows"]] == [
        "task:overspent:account:customer:open"
    ]


def test_what_a_list_holds_and_the_hours_of_a_promotion_are_told_and_a_null_beside_nothing_is_no_change(
    terminal: Node, till: FlaskClient
) -> None:
    terminal.company.put(
        {"_id": "promotion:eve", "type": "promotion", "name": "Evening", "hours": [], "kind": "percent"}
    )
    early = {"weekdays": [1, 5], "begins": "17:00", "ends": "20:00"}
    late = {"weekdays": None, "begins": "19:00", "ends": "20:00"}
    fork(terminal.company, "promotion:eve", on("office", hours=[early], note=None), on("s1-t2", hours=[late, early]))
    [row] = till.get("/api/conflicts").get_json()["rows"]
    told = {side["where"]: side["value"] for side in row["sides"]}
    assert told == {"Head office": "Mon, Fri 17:00–20:00", "Till 2": "19:00–20:00; Mon, Fri 17:00–20:00"}
    bundle = [{"product": LEMONADE, "quantity": 2000}]
    fork(terminal.company, ESPRESSO, on("office", bundle=bundle, size=None), {"_deleted": True})
    page = till.get(f"/conflicts/company/{ESPRESSO}").text
    assert "Lemonade 0.5 l, quantity: 2" in page and "if you bring it back" in page


def test_the_page_is_served_with_its_first_rows_in_the_readers_language(terminal: Node, till: FlaskClient) -> None:
    change_price(terminal.company, ESPRESSO)
    page = till.get("/conflicts").text
    assert "Espresso, small: price changed in two places" in page and "Find by name, text or person" in page
    assert "待决定" in till.get("/conflicts?list=tasks", headers={"Accept-Language": "zh"}).text
    assert till.get("/conflicts?list=nonsense").status_code == 200
    for word in ("revision", "leaf", "branch", " tree"):
        assert word not in page.partition('<script type="application/json"')[0].lower().replace("data-", "")


def test_a_listening_page_is_told_how_much_waits_when_that_is_another_number(terminal: Node) -> None:
    stream = news.Stream(
        lambda: [terminal.store_db],
        lambda: {},
        {},
        lambda seconds: False,
        terminal.company,
        lambda: counts.waiting(terminal, [terminal.company, terminal.store_db]),
    )
    events = (event for event in stream.events() if event.startswith(b"event: inbox"))
    assert b'"conflicts":0' in next(events)
    change_price(terminal.company, ESPRESSO)
    assert b'"conflicts":1' in next(events)
