"""The list of people: who comes, who goes, and that somebody can always manage it."""

from __future__ import annotations

import pytest

from app.shop import schemas
from app.shop.actor import Actor
from app.shop.people.staff import Person
from app.shop.sale import SaleError
from tests.shop.conftest import Shop
from tests.shop.people.conftest import CASHIER, Crew


def refused(crew: Crew, person: Person, **changes: object) -> SaleError:
    with pytest.raises(SaleError) as error:
        crew.change(person, **changes)
    return error.value


def test_the_first_person_becomes_the_manager_whatever_was_asked_for(shop: Shop) -> None:
    crew = Crew(shop)
    with pytest.raises(SaleError, match="6 digits"):
        crew.add("Mia", "cashier", "5093")

    assert crew.add("Mia", "cashier", "739151").role == "manager"


def test_a_document_says_who_wrote_it_where_and_fits_its_schema(crew: Crew, who: dict[str, Person]) -> None:
    by = Actor(who["Mia"].id, "Mia")
    crew.roster.add({"request": "request-Bea", "name": " Bea  B ", "role": "cashier", "pin": "6027"}, by)

    doc = crew.till.store.get("staff:request-Bea")
    assert schemas.check(doc) == []
    assert (doc["name"], doc["updated_by"], doc["updated_on"]) == ("Bea B", who["Mia"].id, "s1-t1")
    assert "6027" not in str(doc)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": 7}, "name"),
        ({"role": "owner"}, "role"),
        ({"role": None}, "role"),
        ({"pin": "12"}, "pin"),
        ({"badge": "7"}, "badge"),
        ({"badge": "two words"}, "badge"),
        ({"request": "!"}, "request"),
        ({"request": None}, "request"),
    ],
)
def test_what_is_wrong_with_a_person_is_told_with_its_field(crew: Crew, given: dict[str, object], field: str) -> None:
    usual = {"request": "request-Bea", "name": "Bea", "role": "cashier", "pin": "6027"}
    with pytest.raises(SaleError) as error:
        crew.roster.add({**usual, **given})
    assert (error.value.status, error.value.field) == (400, field)
    assert len(crew.people.staff.all()) == 3


def test_two_people_may_have_one_pin_but_never_one_badge(crew: Crew) -> None:
    crew.add("Bea", "cashier", CASHIER, badge="BADGE-0042")

    with pytest.raises(SaleError, match="Bea’s"):
        crew.add("Dan", "cashier", "6027", badge="BADGE-0042")


def test_a_cashier_who_becomes_a_supervisor_needs_a_longer_pin(crew: Crew, who: dict[str, Person]) -> None:
    assert refused(crew, who["Cleo"], role="supervisor").field == "pin"
    assert refused(crew, who["Cleo"], role="supervisor", pin="5093").field == "pin"

    assert crew.change(who["Cleo"], role="supervisor", pin="620974").role == "supervisor"


def test_the_last_who_may_manage_people_stays(crew: Crew, who: dict[str, Person]) -> None:
    for changes in ({"inactive": True}, {"role": "supervisor"}, {"pin": None}):
        assert refused(crew, who["Mia"], **changes).error == "last_manager"

    crew.change(who["Sam"], role="manager", pin="620974")
    crew.change(who["Mia"], inactive=True)
    assert [person.name for person in crew.people.staff.active()] == ["Cleo", "Sam"]


def test_the_last_person_of_all_may_leave_and_the_till_is_open_again(shop: Shop) -> None:
    crew = Crew(shop)
    mia = crew.add("Mia", "manager", "739151")

    crew.change(mia, inactive=True)

    assert not crew.people.needed


def test_an_edit_of_an_older_revision_is_refused_with_what_is_there_now(crew: Crew, who: dict[str, Person]) -> None:
    crew.change(who["Cleo"], name="Clio")

    with pytest.raises(SaleError) as error:
        crew.roster.change(who["Cleo"].id, {"rev": who["Cleo"].rev, "name": "Cleopatra"})
    assert error.value.status == 409
    assert error.value.details["current"]["name"] == "Clio"


def test_a_new_pin_ends_the_wait_after_wrong_ones(crew: Crew, who: dict[str, Person]) -> None:
    for _ in range(5):
        with pytest.raises(SaleError):
            crew.people.sign_in({"staff": who["Cleo"].id, "pin": "0864"})
    crew.change(who["Cleo"], pin="9406")

    assert crew.people.sign_in({"staff": who["Cleo"].id, "pin": "9406"})[0].name == "Cleo"
