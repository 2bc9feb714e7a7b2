"""People kept at head office: a code instead of a PIN, another store, and always somebody who manages people."""

from __future__ import annotations

from typing import Any

import pytest

from app.docs.database import Database
from app.shop import forms
from app.shop.actor import Actor
from app.shop.indexes import indexes_for
from app.shop.people.office import LASTS, OfficeStaff
from app.shop.people.staff import Person
from app.shop.sale import SaleError
from tests.shop.people.conftest import CASHIER, Crew

STORE2 = {
    "_id": "store:s2", "type": "store", "schema": 1, "id": "s2", "name": "Two", "currency": "EUR", "digits": 2,
    "timezone": "UTC",
}  # fmt: skip


@pytest.fixture
def second(tmp_path: Any) -> Any:
    with Database(tmp_path / "second.db", indexes=indexes_for("store-s2")) as database:
        yield database


@pytest.fixture
def office(crew: Crew, second: Database) -> OfficeStaff:
    desk = crew.till.desk
    here = {desk.store_id: desk.store, "s2": second}
    if desk.company.read("store:s2") is None:
        desk.company.put(STORE2)
    return OfficeStaff(desk.company, here.get, "office", desk.clock)


def store(crew: Crew) -> str:
    return crew.till.desk.store_id


def refused(error: str, ask: Any, *given: Any) -> SaleError:
    with pytest.raises(SaleError) as caught:
        ask(*given)
    assert caught.value.error == error
    return caught.value


def rev(office: OfficeStaff, where: str, id: str) -> str:
    return next(row["rev"] for row in office.rows(where) if row["id"] == id)


# -- a code -----------------------------------------------------------------------------------------------------------


def test_a_person_added_at_head_office_chooses_a_pin_at_the_till_with_the_code(office: OfficeStaff, crew: Crew) -> None:
    given = {"request": "request-nina", "name": " Nina  N ", "role": "cashier"}
    row, code, repeated = office.add(store(crew), given)

    assert (row["name"], row["pin"], repeated) == ("Nina N", False, False) and code is not None and len(code) == 12
    doc = crew.till.desk.store.get(row["id"])
    assert code not in str(doc) and doc["updated_on"] == "office"
    asked = refused("choose_pin", crew.people.sign_in, {"staff": row["id"], "pin": code})
    assert (asked.field, asked.details["digits"]) == ("new", 4)
    refused("weak_pin", crew.people.sign_in, {"staff": row["id"], "pin": code, "new": "1234"})
    person, token = crew.people.sign_in({"staff": row["id"], "pin": code, "new": "6027"})
    assert person.name == "Nina N" and crew.people.find(token) is not None
    assert crew.people.prove({"staff": row["id"], "pin": "6027"}).id == row["id"]
    refused("wrong_pin", crew.people.sign_in, {"staff": row["id"], "pin": code, "new": "8841"})


def test_the_same_request_again_is_the_same_person_and_the_same_code(office: OfficeStaff, crew: Crew) -> None:
    given = {"request": "request-nina", "name": "Nina", "role": "cashier"}
    first = office.add(store(crew), given)
    again = office.add(store(crew), given)

    assert first[:2] == again[:2] and again[2] is True


def test_a_code_ends_after_its_time_and_locks_nobody_out(
    office: OfficeStaff, crew: Crew, who: dict[str, Person]
) -> None:
    cleo = who["Cleo"]
    row, code = office.give_code(store(crew), cleo.id, {"rev": cleo.rev, "request": "request-code"})
    assert row["code"] is not None
    crew.later(seconds=LASTS.total_seconds() + 1)

    refused("wrong_pin", crew.people.sign_in, {"staff": cleo.id, "pin": code, "new": "6027"})
    assert crew.people.prove({"staff": cleo.id, "pin": CASHIER}).id == cleo.id
    assert [row["code"] for row in office.rows(store(crew)) if row["id"] == cleo.id] == [None]


def test_a_code_ends_the_old_pin_when_the_new_one_is_chosen_or_at_once(
    office: OfficeStaff, crew: Crew, who: dict[str, Person]
) -> None:
    cleo = who["Cleo"]
    _, code = office.give_code(store(crew), cleo.id, {"rev": cleo.rev, "request": "request-code"})
    assert crew.people.prove({"staff": cleo.id, "pin": CASHIER}).id == cleo.id
    crew.people.sign_in({"staff": cleo.id, "pin": code, "new": "6027"})
    refused("wrong_pin", crew.people.prove, {"staff": cleo.id, "pin": CASHIER})

    given = {"rev": rev(office, store(crew), cleo.id), "request": "request-other", "end": True}
    office.give_code(store(crew), cleo.id, given)
    refused("wrong_pin", crew.people.prove, {"staff": cleo.id, "pin": "6027"})


def test_a_code_lends_nothing_and_is_guessed_as_slowly_as_a_pin(
    office: OfficeStaff, crew: Crew, who: dict[str, Person]
) -> None:
    mia, cleo = who["Mia"], who["Cleo"]
    _, code = office.give_code(store(crew), mia.id, {"rev": mia.rev, "request": "request-code"})
    actor = Actor(cleo.id, cleo.name, frozenset())
    refused("choose_pin", crew.people.approve, "void", {"staff": mia.id, "pin": code}, actor)
    for n in range(5):
        refused("wrong_pin", crew.people.sign_in, {"staff": mia.id, "pin": f"{n:012d}"})
    refused("pin_locked", crew.people.sign_in, {"staff": mia.id, "pin": code, "new": "739152"})


def test_a_role_that_lends_needs_a_longer_pin_and_so_a_code(
    office: OfficeStaff, crew: Crew, who: dict[str, Person]
) -> None:
    cleo = who["Cleo"]
    row, code = office.change(store(crew), cleo.id, {"rev": cleo.rev, "request": "request-up", "role": "supervisor"})
    assert (row["role"], row["pin"]) == ("supervisor", False) and code is not None
    refused("weak_pin", crew.people.sign_in, {"staff": cleo.id, "pin": code, "new": "6027"})
    crew.people.sign_in({"staff": cleo.id, "pin": code, "new": "602781"})


# -- the last manager -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["role", "leave", "move", "end", "roles"])
def test_nobody_takes_the_last_manager_away(office: OfficeStaff, crew: Crew, who: dict[str, Person], how: str) -> None:
    here, mia = store(crew), who["Mia"]
    base = {"rev": mia.rev, "request": "request-last"}
    before = crew.till.desk.store.last_n
    if how == "role":
        refused("last_manager", office.change, here, mia.id, {**base, "role": "cashier"})
    elif how == "leave":
        refused("last_manager", office.change, here, mia.id, {**base, "inactive": True})
    elif how == "move":
        refused("last_manager", office.move, here, mia.id, {**base, "to": "s2"})
    elif how == "end":
        refused("last_manager", office.give_code, here, mia.id, {**base, "end": True})
    else:
        crew.change(who["Sam"], inactive=True)
        boss, code, _ = office.add(here, {"request": "request-boss", "name": "Bo", "role": "manager"})
        crew.people.sign_in({"staff": boss["id"], "pin": code, "new": "602781"})
        office.keep_managers("all", {"cashier": []})  # a manager keeps the right whatever a setting says
        return
    assert crew.till.desk.store.last_n == before


def test_a_role_of_the_shops_own_that_manages_is_not_emptied_under_its_last_manager(
    office: OfficeStaff, crew: Crew, who: dict[str, Person]
) -> None:
    company, here = crew.till.desk.company, store(crew)
    values = {"roles": {"boss": ["sell", "people"]}}
    company.put({"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values})
    office.change(here, who["Sam"].id, {"rev": who["Sam"].rev, "request": "request-boss", "role": "boss"})
    sam = crew.people.staff.all()[who["Sam"].id]
    crew.change(sam, role="boss", pin="480269")
    office.change(here, who["Mia"].id, {"rev": who["Mia"].rev, "request": "request-less", "role": "cashier"})

    refused("last_manager", office.keep_managers, "all", {"boss": ["sell"]})
    refused("last_manager", office.keep_managers, "all", None)
    office.keep_managers("all", {"boss": ["people"]})
    office.keep_managers("store:s2", {"boss": []})


def test_the_first_person_of_a_store_is_a_manager(office: OfficeStaff) -> None:
    given = {"request": "request-first", "name": "Una", "role": "cashier"}
    assert refused("invalid", office.add, "s2", given).field == "role"
    row, code, _ = office.add("s2", {**given, "role": "manager"})
    assert row["role"] == "manager" and code


# -- another store ----------------------------------------------------------------------------------------------------


def test_a_person_moves_to_another_store_and_back(
    office: OfficeStaff, crew: Crew, who: dict[str, Person], second: Database
) -> None:
    here, cleo = store(crew), who["Cleo"]
    given = {"rev": cleo.rev, "request": "request-move", "to": "s2"}
    row, code = office.move(here, cleo.id, given)

    assert (row["store"], row["id"], row["role"], row["pin"]) == ("s2", cleo.id, "manager", False), (
        "the first one there"
    )
    assert code is not None and office.move(here, cleo.id, given) == (row, code), "asked again, nothing more is done"
    left = next(one for one in office.rows(here) if one["id"] == cleo.id)
    assert (left["inactive"], left["moved"]) == (True, "s2")
    refused("wrong_pin", crew.people.prove, {"staff": cleo.id, "pin": CASHIER})

    office.add("s2", {"request": "request-una", "name": "Una", "role": "manager"})
    back, code = office.move("s2", cleo.id, {"rev": row["rev"], "request": "request-back", "to": here})
    assert (back["store"], back["inactive"], back["moved"]) == (here, False, None) and code is not None
    crew.people.sign_in({"staff": cleo.id, "pin": code, "new": "602781"})


def test_a_crash_between_the_two_stores_is_made_up_for_by_the_same_request(
    office: OfficeStaff, crew: Crew, who: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, cleo = store(crew), who["Cleo"]
    given = {"rev": cleo.rev, "request": "request-move", "to": "s2"}

    def dies(*args: Any, **more: Any) -> Any:
        raise OSError("the plug")

    with monkeypatch.context() as patched:
        patched.setattr(forms, "change", dies)
        with pytest.raises(OSError, match="plug"):
            office.move(here, cleo.id, given)
    row, code = office.move(here, cleo.id, given)
    assert row["store"] == "s2" and code is not None
    assert [one["inactive"] for one in office.rows(here) if one["id"] == cleo.id] == [True]


def test_an_edit_of_what_changed_since_shows_the_person_as_they_are(
    office: OfficeStaff, crew: Crew, who: dict[str, Person]
) -> None:
    here, cleo = store(crew), who["Cleo"]
    office.change(here, cleo.id, {"rev": cleo.rev, "request": "request-a", "name": "Cleopatra"})
    error = refused("changed", office.change, here, cleo.id, {"rev": cleo.rev, "request": "request-b", "name": "Clea"})
    assert error.details["current"]["name"] == "Cleopatra" and "hash" not in str(error.details)


def test_a_badge_can_only_be_taken_away_here(office: OfficeStaff, crew: Crew, who: dict[str, Person]) -> None:
    here, cleo = store(crew), crew.change(who["Cleo"], badge="BADGE-0001")
    given = {"rev": cleo.rev, "request": "request-badge"}
    assert refused("invalid", office.change, here, cleo.id, {**given, "badge": "X1234567"}).field == "badge"
    row, _ = office.change(here, cleo.id, {**given, "badge": None})
    assert row["badge"] is False
