"""Staff over JSON at head office: people of each store, their codes, their roles."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node
from tests.web.office.test_stores_api import NEW

NINA = {"request": "request-nina", "store": "s1", "name": "Nina", "role": "manager"}


def add(office: FlaskClient, **fields: Any) -> dict[str, Any]:
    answer = office.post("/api/staff", json={**NINA, **fields})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def test_a_person_is_added_listed_and_told_the_code_once(office: FlaskClient, head_office: Node) -> None:
    made = add(office)
    assert len(made["code"]) == 12
    listed = office.get("/api/staff?store=s1")
    assert made["code"] not in listed.get_data(as_text=True)
    assert [row["name"] for row in listed.json["rows"]] == ["Nina"]
    assert listed.json["rows"][0]["code"]["words"]
    assert made["code"] not in office.get("/staff").get_data(as_text=True)
    assert made["code"] not in str(head_office.directory.get("store-s1").get("staff:request-nina"))
    again = office.post("/api/staff", json=NINA)
    assert (again.status_code, again.json["code"]) == (200, made["code"])


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"store": "gone"}, 404, "store"),
        ({"store": ""}, 404, "store"),
        ({"role": "cashier"}, 400, "role"),
        ({"role": "no such"}, 400, "role"),
        ({"role": None}, 400, "role"),
        ({"name": " "}, 400, "name"),
        ({"name": "x" * 61}, 400, "name"),
        ({"pin": "602781"}, 400, "pin"),
        ({"request": "x"}, 400, "request"),
    ],
)
def test_a_wrong_field_is_named(
    office: FlaskClient, head_office: Node, wrong: dict[str, Any], status: int, field: str
) -> None:
    answer = office.post("/api/staff", json={**NINA, **wrong})
    assert (answer.status_code, answer.json["field"]) == (status, field)
    assert head_office.directory.get("store-s1").doc_count == 0


def test_a_person_is_changed_given_a_code_moved(office: FlaskClient, head_office: Node) -> None:
    office.post("/api/stores", json=NEW)
    add(office)
    cleo = add(office, request="request-cleo", name="Cleo", role="cashier")["person"]
    path = f"/api/staff/s1/{cleo['id']}"
    cleo = office.put(path, json={"rev": cleo["rev"], "request": "request-1", "language": "zh"}).json["person"]
    assert cleo["language"] == "zh"
    stale = office.put(path, json={"rev": "1-old", "request": "request-2", "name": "Clea"})
    assert (stale.status_code, stale.json["current"]["name"]) == (409, "Cleo")
    answer = office.post(f"{path}/code", json={"rev": cleo["rev"], "request": "request-3"})
    assert len(answer.json["code"]) == 12
    rev = answer.json["person"]["rev"]
    moved = office.post(f"{path}/move", json={"rev": rev, "request": "request-4", "to": "s2"})
    assert (moved.json["person"]["store"], moved.json["person"]["role"]) == ("s2", "manager")
    assert office.post(f"{path}/move", json={"rev": rev, "request": "request-5", "to": "gone"}).status_code == 404
    assert office.put("/api/staff/s1/staff:nobody", json={"rev": "1-x", "request": "request-6"}).status_code == 404


def test_roles_are_the_setting_and_leave_no_store_without_a_manager(office: FlaskClient) -> None:
    def roles(value: Any, scope: str = "all") -> Any:
        rev = office.get(f"/api/settings?scope={scope}").json["rev"]
        own = next(row for row in office.get(f"/api/settings?scope={scope}").json["rows"] if row["name"] == "roles")
        seen = {"own": own["own"], "value": own["value"] if own["own"] else None}
        change = {"reset": True} if value is None else {"value": value}
        return office.put(f"/api/settings/{scope}/roles", json={"rev": rev, "seen": seen, **change})

    assert roles({"boss": ["sell", "people"]}).status_code == 200
    assert "boss" in [role["name"] for role in office.get("/api/staff?store=s1").json["roles"]]
    add(office, role="boss")
    answer = roles({"boss": ["sell"]})
    assert (answer.status_code, answer.json["error"]) == (409, "last_manager")
    assert roles(None).json["error"] == "last_manager"
    assert roles({"boss": ["people"]}).status_code == 200
    assert roles({"boss": []}, "store:s1").json["error"] == "last_manager"


def test_the_page_has_its_empty_states(office: FlaskClient) -> None:
    page = office.get("/staff").get_data(as_text=True)
    assert "Nobody works here yet" in page and "Corner Shop" in page
    assert "这里还没有人员" in office.get("/staff", headers={"Accept-Language": "zh"}).get_data(as_text=True)


# -- a role by another name -------------------------------------------------------------------------------------------


def make_role(office: FlaskClient, scope: str, *roles: str) -> str:
    value = {role: ["sell", "refund"] for role in roles}
    view = office.get(f"/api/settings?scope={scope}").json
    answer = office.put(
        f"/api/settings/{scope}/roles",
        json={"rev": view["rev"], "seen": {"own": False, "value": None}, "value": value},
    )
    assert answer.status_code == 200, answer.json
    return str(answer.json["rev"])


def names_of(office: FlaskClient, store: str) -> dict[str, str]:
    return {row["name"]: row["role"] for row in office.get(f"/api/staff?store={store}").json["rows"]}


def test_a_role_is_renamed_with_everybody_who_has_it(office: FlaskClient, head_office: Node) -> None:
    office.post("/api/stores", json=NEW)
    rev = make_role(office, "all", "helper")
    add(office)
    add(office, request="request-cleo", name="Cleo", role="helper")
    add(office, request="request-boss2", store="s2", name="Boss")
    add(office, request="request-dora", store="s2", name="Dora", role="helper")
    path = "/api/staff/roles/all/helper/name"
    answer = office.put(path, json={"rev": rev, "name": " Counter  help "})
    assert answer.status_code == 200, answer.json
    assert (answer.json["roles"], answer.json["people"], answer.json["left"]) == (
        {"Counter help": ["sell", "refund"]}, 2, [],
    )  # fmt: skip
    assert names_of(office, "s1") == {"Nina": "manager", "Cleo": "Counter help"}
    assert names_of(office, "s2")["Dora"] == "Counter help"
    last = head_office.company.last_n
    again = office.put(path, json={"rev": rev, "name": "Counter help"})
    assert (again.status_code, again.json["roles"]) == (200, answer.json["roles"])
    assert head_office.company.last_n == last, "twice is once"


def test_a_rename_that_ended_in_the_middle_goes_on(office: FlaskClient, head_office: Node) -> None:
    rev = make_role(office, "all", "helper", "counter")
    add(office)
    add(office, request="request-cleo", name="Cleo", role="helper")
    answer = office.put("/api/staff/roles/all/helper/name", json={"rev": rev, "name": "counter"})
    assert (answer.status_code, answer.json["roles"]) == (200, {"counter": ["sell", "refund"]})
    assert names_of(office, "s1")["Cleo"] == "counter"


def test_a_store_with_roles_of_its_own_keeps_them(office: FlaskClient) -> None:
    rev = make_role(office, "all", "helper")
    own = make_role(office, "store:s1", "helper")
    add(office)
    add(office, request="request-cleo", name="Cleo", role="helper")
    assert office.put("/api/staff/roles/all/helper/name", json={"rev": rev, "name": "hand"}).json["people"] == 0
    assert names_of(office, "s1")["Cleo"] == "helper"
    assert office.put("/api/staff/roles/store:s1/helper/name", json={"rev": own, "name": "hand"}).json["people"] == 1
    assert names_of(office, "s1")["Cleo"] == "hand"


@pytest.mark.parametrize(
    ("role", "body", "status", "field"),
    [
        ("none", {"name": "x"}, 404, "role"),
        ("helper", {"name": " "}, 400, "name"),
        ("helper", {"name": "x" * 41}, 400, "name"),
        ("helper", {"name": "manager"}, 400, "name"),
        ("helper", {"name": "x", "rev": "1-old"}, 409, "rev"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    office: FlaskClient, head_office: Node, role: str, body: dict[str, Any], status: int, field: str
) -> None:
    rev = make_role(office, "all", "helper")
    last = head_office.company.last_n
    answer = office.put(f"/api/staff/roles/all/{role}/name", json={"rev": rev, **body})
    assert (answer.status_code, answer.json["field"]) == (status, field)
    assert head_office.company.last_n == last
