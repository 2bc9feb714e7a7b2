"""Signing in at a till, locking it, asking a supervisor, and the list of people, as the page and scripts do it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node
from app.web import create_app
from app.web.keys import KeyRing
from tests.web.conftest import client_of
from tests.web.till.shopfront import line, sale

MANAGER, SUPERVISOR, CASHIER = "739151", "480268", "5093"


class Window:
    """A browser at the till: let in by the door's cookie, with the session that its people open."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.client = create_app(node).test_client()
        from app.web import sessions, users

        name = sessions.page_cookie_name(node.id)
        self.client.set_cookie(name, sessions.make_page_cookie(users.api_key(node.path)))

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        answer = self.client.open(f"/api/{path}", method=method, json=body)
        return answer.status_code, answer.get_json()

    def add(self, name: str, role: str, pin: str, **fields: Any) -> str:
        status, body = self.send(
            "POST", "people", {"request": f"request-{name}", "name": name, "role": role, "pin": pin, **fields}
        )
        assert status in (200, 201), body
        return str(body["person"]["id"])

    def sign_in(self, staff: str, pin: str) -> tuple[int, dict[str, Any]]:
        return self.send("POST", "session", {"staff": staff, "pin": pin})


@pytest.fixture
def window(terminal: Node) -> Window:
    return Window(terminal)


@pytest.fixture
def staffed(window: Window) -> dict[str, str]:
    """A manager, a supervisor and a cashier, by name; nobody is signed in."""
    ids = {
        "Mia": window.add("Mia", "manager", MANAGER),
        "Sam": window.add("Sam", "supervisor", SUPERVISOR),
        "Cleo": window.add("Cleo", "cashier", CASHIER),
    }
    window.send("DELETE", "session")
    return ids


def sell(window: Window, **fields: Any) -> tuple[int, dict[str, Any]]:
    return window.send("POST", "sales", sale(line(), cash=245, **fields))


def test_a_store_without_staff_asks_nobody_who_they_are(window: Window) -> None:
    status, session = window.send("GET", "session")

    assert (status, session["needed"], session["rights"], session["people"]) == (200, False, None, [])
    assert sell(window)[0] == 201


def test_the_first_person_becomes_the_manager_and_is_signed_in(window: Window) -> None:
    status, body = window.send(
        "POST", "people", {"request": "request-1", "name": "Mia", "role": "cashier", "pin": MANAGER}
    )

    assert (status, body["person"]["role"], body["staff"]) == (201, "manager", body["person"]["id"])
    assert window.send("GET", "session")[1]["name"] == "Mia"


def test_the_first_person_needs_a_pin(window: Window) -> None:
    status, body = window.send("POST", "people", {"request": "request-1", "name": "Mia", "role": "manager"})

    assert (status, body["field"]) == (400, "pin")
    assert window.send("GET", "session")[1]["needed"] is False


def test_a_repeated_request_adds_nobody_twice(window: Window) -> None:
    first = window.add("Mia", "manager", MANAGER)

    assert window.add("Mia", "manager", MANAGER) == first
    assert len(window.send("GET", "people")[1]["rows"]) == 1


def test_a_locked_till_writes_nothing(window: Window, staffed: dict[str, str]) -> None:
    for method, path in (("POST", "sales"), ("POST", "people"), ("PUT", "session"), ("POST", "approvals")):
        status, body = window.send(method, path, {"right": "price"})
        assert (status, body["error"]) == (401, "locked"), path


def test_a_pin_opens_the_till_and_a_lock_closes_it(window: Window, staffed: dict[str, str]) -> None:
    status, session = window.sign_in(staffed["Cleo"], CASHIER)
    assert (status, session["name"], session["role"]) == (200, "Cleo", "cashier")
    assert "sell" in session["rights"] and "people" not in session["rights"]
    assert sell(window)[0] == 201

    window.send("DELETE", "session")
    assert window.send("GET", "session")[1]["staff"] is None
    assert sell(window, sale="another-sale-1")[0] == 401


def test_the_cookie_of_a_session_is_no_scripts_and_no_other_sites(window: Window, staffed: dict[str, str]) -> None:
    answer = window.client.post("/api/session", json={"staff": staffed["Cleo"], "pin": CASHIER})

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Max-Age" not in cookie
    assert cookie.startswith("couchtill-s1-t1-staff=")


def test_a_restart_locks_but_forgets_no_wrong_pin(
    window: Window, staffed: dict[str, str], terminal: Node, tmp_path: Any
) -> None:
    window.sign_in(staffed["Mia"], MANAGER)
    for _ in range(5):
        window.sign_in(staffed["Cleo"], "0864")
    config = terminal.config
    terminal.stop()
    with Node(tmp_path / "s1-t1", config) as again:
        restarted = Window(again)
        for cookie in window.client._cookies.values():  # type: ignore[attr-defined]
            restarted.client.set_cookie(cookie.key, cookie.value)
        assert restarted.send("GET", "session")[1]["staff"] is None
        status, body = restarted.sign_in(staffed["Cleo"], CASHIER)
        assert (status, body["error"]) == (429, "pin_locked")


def test_five_wrong_pins_lock_that_person_and_nobody_else(window: Window, staffed: dict[str, str]) -> None:
    lefts = [window.sign_in(staffed["Cleo"], f"086{digit}")[1]["left"] for digit in range(5)]
    assert lefts == [4, 3, 2, 1, 0]

    status, body = window.sign_in(staffed["Cleo"], CASHIER)
    assert (status, body["error"]) == (429, "pin_locked")
    assert 0 < body["wait"] <= 60
    assert window.sign_in(staffed["Sam"], SUPERVISOR)[0] == 200
    waits = {person["name"]: person["wait"] for person in window.send("GET", "session")[1]["people"]}
    assert waits["Cleo"] > 0 and waits["Sam"] == 0


def test_a_person_who_is_not_there_is_refused_as_a_wrong_pin_is(window: Window, staffed: dict[str, str]) -> None:
    known = window.sign_in(staffed["Cleo"], "0864")
    unknown = window.sign_in("staff:01JNOBODY0000000000000000", "0864")

    assert known == unknown


def test_a_scanned_badge_signs_in_as_a_pin_does(window: Window, staffed: dict[str, str]) -> None:
    window.sign_in(staffed["Mia"], MANAGER)
    window.add("Bea", "cashier", "6027", badge="BADGE-0042")
    window.send("DELETE", "session")

    assert window.send("POST", "session", {"badge": "BADGE-0042"})[1]["name"] == "Bea"
    status, body = window.send("POST", "session", {"badge": "BADGE-0043"})
    assert (status, body["error"]) == (403, "wrong_badge")


def test_a_new_pin_ends_the_sessions_of_the_old_one(window: Window, staffed: dict[str, str], terminal: Node) -> None:
    other = Window(terminal)
    other.node.till = window.node.till
    other.sign_in(staffed["Cleo"], CASHIER)
    window.sign_in(staffed["Mia"], MANAGER)
    row = next(row for row in window.send("GET", "people")[1]["rows"] if row["name"] == "Cleo")

    assert window.send("PUT", f"people/{row['id']}", {"rev": row["rev"], "pin": "9406"})[0] == 200
    assert other.send("GET", "session")[1]["staff"] is None
    assert window.send("GET", "session")[1]["name"] == "Mia"


def test_who_changes_their_own_pin_goes_on_working(window: Window, staffed: dict[str, str]) -> None:
    window.sign_in(staffed["Mia"], MANAGER)
    row = next(row for row in window.send("GET", "people")[1]["rows"] if row["name"] == "Mia")

    window.send("PUT", f"people/{row['id']}", {"rev": row["rev"], "pin": "517394"})

    assert window.send("GET", "session")[1]["name"] == "Mia"


def test_an_edit_of_what_somebody_else_changed_meanwhile_is_refused(window: Window, staffed: dict[str, str]) -> None:
    window.sign_in(staffed["Mia"], MANAGER)
    row = next(row for row in window.send("GET", "people")[1]["rows"] if row["name"] == "Cleo")
    window.send("PUT", f"people/{row['id']}", {"rev": row["rev"], "name": "Cleopatra"})

    status, body = window.send("PUT", f"people/{row['id']}", {"rev": row["rev"], "name": "Clio"})
    assert (status, body["error"], body["current"]["name"]) == (409, "changed", "Cleopatra")


def test_a_cashier_neither_sees_nor_changes_the_list_of_people(window: Window, staffed: dict[str, str]) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)

    assert window.send("GET", "people")[0] == 403
    assert (
        window.send("POST", "people", {"request": "request-x", "name": "X", "role": "cashier", "pin": "8203"})[0] == 403
    )
    assert window.client.get("/people").status_code == 403


def test_no_pin_and_no_hash_ever_leaves_the_api(window: Window, staffed: dict[str, str]) -> None:
    window.sign_in(staffed["Mia"], MANAGER)
    for path in ("/api/people", "/api/session", "/people", "/"):
        text = window.client.get(path).get_data(as_text=True)
        assert MANAGER not in text and '"hash"' not in text and '"salt"' not in text, path


# -- approvals ---------------------------------------------------------------------------------------------------------


def test_a_supervisor_allows_one_thing_once(window: Window, staffed: dict[str, str], terminal: Node) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)
    given = {"right": "people", "staff": staffed["Mia"], "pin": MANAGER}
    status, approval = window.send("POST", "approvals", given)
    assert (status, approval["by"], approval["name"]) == (201, staffed["Mia"], "Mia")
    added = {"name": "Bea", "role": "cashier", "pin": "6027", "approvals": [approval["approval"]]}

    # A refusal spends nothing; a success does; its own repeat is no second action.
    assert window.send("POST", "people", {**added, "request": "request-1", "pin": "1"})[0] == 400
    assert window.send("POST", "people", {**added, "request": "request-1"})[0] == 201
    assert window.send("POST", "people", {**added, "request": "request-1"})[0] == 200
    status, body = window.send("POST", "people", {**added, "request": "request-2"})
    assert (status, body["error"], body["right"]) == (403, "needs_approval", "people")


def test_an_approval_is_for_one_right_and_for_who_asked(window: Window, staffed: dict[str, str]) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)
    other = window.send("POST", "approvals", {"right": "price", "staff": staffed["Mia"], "pin": MANAGER})[1]
    mine = window.send("POST", "approvals", {"right": "people", "staff": staffed["Mia"], "pin": MANAGER})[1]
    person = {"request": "request-1", "name": "Bea", "role": "cashier", "pin": "6027"}

    assert window.send("POST", "people", {**person, "approvals": [other["approval"]]})[0] == 403
    window.sign_in(staffed["Sam"], SUPERVISOR)
    assert window.send("POST", "people", {**person, "approvals": [mine["approval"]]})[0] == 403


def test_nobody_allows_what_they_may_not_do_themselves(window: Window, staffed: dict[str, str]) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)

    status, body = window.send("POST", "approvals", {"right": "people", "staff": staffed["Sam"], "pin": SUPERVISOR})
    assert (status, body["error"]) == (403, "may_not_allow")
    assert window.send("POST", "approvals", {"right": "price", "staff": staffed["Mia"], "pin": "000000"})[0] == 403


# -- keys of programs --------------------------------------------------------------------------------------------------


def with_key(node: Node, key: str) -> FlaskClient:
    client = create_app(node).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def test_a_key_calls_what_its_rights_cover_and_nothing_else(terminal: Node, staffed: dict[str, str]) -> None:
    client = with_key(terminal, KeyRing(terminal.path).add("shop-scale", ["sell"]))

    assert client.get("/api/products").status_code == 200
    assert client.post("/api/sales", json=sale(line(), cash=245)).status_code == 201
    for method, path in (("GET", "/api/people"), ("POST", "/api/people"), ("GET", "/"), ("POST", "/api/nonsense")):
        answer = client.open(path, method=method, json={} if method == "POST" else None)
        assert answer.status_code == 403, path
        assert "does not cover this" in answer.get_data(as_text=True)
    assert client.get("/couch/_all_dbs").status_code == 401


def test_a_revoked_key_ends_at_once_and_stands_nowhere_in_clear(terminal: Node) -> None:
    ring = KeyRing(terminal.path)
    key = ring.add("export", ["report_x"])
    file = terminal.path / "api-keys"
    client = with_key(terminal, key)
    assert client.get("/api/state").status_code == 200
    assert key not in file.read_text() and file.stat().st_mode & 0o777 == 0o600

    ring.revoke("export")
    assert client.get("/api/state").status_code == 401


def test_wrong_keys_never_lock_out_the_right_one(terminal: Node) -> None:
    for _ in range(20):
        assert with_key(terminal, "nonsense").get("/api/state").status_code == 401
        assert with_key(terminal, "ctk_nonsense").get("/api/state").status_code == 401

    assert client_of(terminal).get("/api/state").status_code == 200


def test_the_nodes_own_key_needs_nobody_signed_in(terminal: Node, staffed: dict[str, str]) -> None:
    """Also the way back in for a shop whose manager forgot their PIN."""
    client = client_of(terminal)
    rows = client.get("/api/people").get_json()["rows"]
    mia = next(row for row in rows if row["name"] == "Mia")

    assert client.put(f"/api/people/{mia['id']}", json={"rev": mia["rev"], "pin": "517394"}).status_code == 200


# -- what a locked till shows ------------------------------------------------------------------------------------------


def sell_card(window: Window) -> dict[str, Any]:
    card = {"id": "g1", "kind": "giftcard", "quantity": 1000, "price": {"amount": 2000}}
    status, body = window.send("POST", "sales", sale(card, cash=2000))
    assert status in (200, 201), body
    return body


def test_a_locked_till_shows_nobody_what_was_sold(window: Window, staffed: dict[str, str], terminal: Node) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)
    id = sell_card(window)["order"]["_id"]
    paths = (
        *("/api/receipts", f"/api/receipts/{id}", f"/api/refunds/{id}", "/api/customers", "/api/zreports"),
        *("/api/carts", "/api/tasks", "/api/prints", "/api/sales/01JNOSUCHSALE"),
        *("/api/balances/giftcard?code=ABCDEF", "/api/zreports/z", f"/receipts/{id}?part=paper&codes=1"),
    )
    assert window.client.get(paths[0]).status_code == 200
    window.send("DELETE", "session")
    for path in paths:
        assert (window.client.get(path).status_code, path) == (401, path)
    for page in (f"/receipts/{id}?codes=1", "/zreports"):
        answer = window.client.get(page)
        assert (answer.status_code, answer.location) == (303, "/")
    assert client_of(terminal).get("/api/receipts").status_code == 200
    for path in ("/", "/api/session", "/api/state", "/api/products", "/display"):
        assert window.client.get(path).status_code == 200


def test_the_news_of_a_locked_till_name_no_cart(window: Window, staffed: dict[str, str], terminal: Node) -> None:
    def park(name: str, request: str) -> None:
        lines = {"l1": {"product": "product:espresso", "quantity": 1000, "name": "Espresso"}}
        answer = client_of(terminal).post("/api/carts", json={"request": request, "name": name, "lines": lines})
        assert answer.status_code == 201, answer.text

    window.sign_in(staffed["Cleo"], CASHIER)
    window.send("DELETE", "session")
    stream = window.client.get("/api/events", buffered=False)
    chunks = iter(stream.response)
    heard = [next(chunks), next(chunks)]
    park("Anna Locked", "cart-0000001")
    heard.append(next(chunks))
    other = Window(terminal)
    other.sign_in(staffed["Cleo"], CASHIER)
    listens = other.client.get("/api/events", buffered=False)
    told = iter(listens.response)
    next(told)
    park("Bert Open", "cart-0000002")
    while b"Bert Open" not in next(told):
        pass
    listens.close()
    other.send("DELETE", "session")
    terminal.company.put({"_id": "product:last", "type": "product", "schema": 1, "name": "Last", "sku": "last"})
    while b"product:last" not in heard[-1]:
        heard.append(next(chunks))
    stream.close()

    assert b"Anna Locked" not in b"".join(heard)
    assert b"Bert Open" not in b"".join(heard)


def test_the_news_of_a_locked_till_tell_nothing_of_a_sale(
    window: Window, staffed: dict[str, str], terminal: Node
) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)
    window.send("DELETE", "session")
    stream = window.client.get("/api/events", buffered=False)
    chunks = iter(stream.response)
    heard = [next(chunks), next(chunks)]
    sold = client_of(terminal).post("/api/sales", json=sale(line(), cash=1000))
    assert sold.status_code == 201, sold.text
    while b"event: order" not in heard[-1]:
        heard.append(next(chunks))
    stream.close()

    told = json.loads(heard[-1].partition(b"data: ")[2])
    assert (told["own"], told["seen"]["number"]) == (True, sold.json["order"]["number"])
    assert set(told) == {"own", "series", "seen"}


def test_the_code_of_a_gift_card_is_for_who_sold_it(window: Window, staffed: dict[str, str]) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)
    sold = sell_card(window)
    page = f"/receipts/{sold['order']['_id']}?codes=1"
    code = sold["codes"]["g1"]
    assert code in window.client.get(page).text and sell_card(window)["codes"] == {"g1": code}
    window.sign_in(staffed["Sam"], SUPERVISOR)
    assert code not in window.client.get(page).text and "codes" not in sell_card(window)


def test_money_goes_back_to_a_card_without_a_receipt_only_by_a_supervisor(
    window: Window, staffed: dict[str, str]
) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)
    status, body = window.send("POST", "card", {"request": "card-0000001", "amount": -5000})
    assert (status, body["right"]) == (403, "refund_over")


def test_one_leave_to_manage_people_changes_one_person_once(window: Window, staffed: dict[str, str]) -> None:
    window.sign_in(staffed["Mia"], MANAGER)
    rows = {row["name"]: row for row in window.send("GET", "people")[1]["rows"]}
    window.sign_in(staffed["Cleo"], CASHIER)
    asked = {"right": "people", "staff": staffed["Mia"], "pin": MANAGER, "request": "request-0001"}
    token = window.send("POST", "approvals", asked)[1]["approval"]
    leave = {"request": "request-0001", "approvals": [token]}
    path = f"people/{staffed['Sam']}"
    status, body = window.send("PUT", path, {**leave, "rev": rows["Sam"]["rev"], "name": "Samuel"})
    assert status == 200
    assert window.send("PUT", path, {**leave, "rev": body["person"]["rev"], "role": "manager"})[0] == 403
    assert window.send("PUT", f"people/{staffed['Cleo']}", {**leave, "rev": rows["Cleo"]["rev"]})[0] == 403


def test_looking_keeps_nobody_signed_in(window: Window, staffed: dict[str, str], terminal: Node) -> None:
    window.sign_in(staffed["Cleo"], CASHIER)
    sessions = terminal.till.people.sessions
    (session,) = sessions._open.values()
    before = session.touched
    assert window.send("GET", "shift")[0] == window.send("GET", "receipts")[0] == 200
    assert session.touched == before
    window.send("PUT", "session", {})
    assert session.touched > before
