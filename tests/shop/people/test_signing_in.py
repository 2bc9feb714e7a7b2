"""Signing in: right and wrong PINs, badges, the wait that guessing costs, and how a session ends."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.shop.actor import ANYBODY
from app.shop.people.guesses import FREE
from app.shop.people.people import People
from app.shop.people.pins import MemoryPeppers, new_key
from app.shop.people.staff import Person
from app.shop.sale import SaleError
from tests.shop.conftest import Shop, replicate
from tests.shop.people.conftest import CASHIER, MANAGER, Crew

WRONG = "0864"


def guess(crew: Crew, person: Person, pin: str = WRONG) -> SaleError | None:
    try:
        crew.people.sign_in({"staff": person.id, "pin": pin})
    except SaleError as refused:
        return refused
    return None


def test_a_store_without_staff_lets_everybody_do_everything(shop: Shop) -> None:
    crew = Crew(shop)

    assert crew.people.actor(None) is ANYBODY


def test_a_session_is_who_signed_in_with_the_rights_of_their_role(crew: Crew, who: dict[str, Person]) -> None:
    _, token = crew.people.sign_in({"staff": who["Cleo"].id, "pin": CASHIER})

    actor = crew.people.actor(token)
    assert (actor.staff, actor.name) == (who["Cleo"].id, "Cleo")
    assert actor.may("sell") and not actor.may("price")


def test_nobody_is_let_through_without_a_session_or_with_an_invented_one(crew: Crew) -> None:
    for token in (None, "", "x" * 43, "é"):
        with pytest.raises(SaleError) as locked:
            crew.people.actor(token)
        assert (locked.value.status, locked.value.error) == (401, "locked")


def test_settings_give_roles_other_rights_and_unknown_rights_are_passed_over(
    crew: Crew, who: dict[str, Person]
) -> None:
    values = {"roles": {"cashier": ["sell", "teleport"], "trainee": ["sell"], "manager": []}}
    crew.shop.company.put({"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values})

    assert crew.people.staff.rights(who["Cleo"]) == {"sell"}
    assert "trainee" in crew.people.staff.roles()
    # The shop can't lock itself out of its list of people.
    assert crew.people.staff.rights(who["Mia"]) == {"people"}


def test_five_wrong_pins_cost_a_minute_and_each_further_one_twice_as_long(crew: Crew, who: dict[str, Person]) -> None:
    cleo = who["Cleo"]
    errors = [guess(crew, cleo) for _ in range(5)]
    assert [error.details["left"] for error in errors if error] == [4, 3, 2, 1, 0]

    waits = []
    for _ in range(6):
        locked = guess(crew, cleo, CASHIER)
        assert locked is not None and locked.error == "pin_locked"
        waits.append(crew.people.guesses.wait(cleo.id))
        crew.later(seconds=waits[-1] + 1)
        assert guess(crew, cleo) is not None
    assert [round(wait / 60) for wait in waits] == [1, 2, 4, 8, 15, 15]


def test_the_right_pin_after_the_wait_forgets_the_wrong_ones(crew: Crew, who: dict[str, Person]) -> None:
    for _ in range(5):
        guess(crew, who["Cleo"])
    crew.later(minutes=2)

    assert guess(crew, who["Cleo"], CASHIER) is None
    refused = guess(crew, who["Cleo"])
    assert refused is not None and refused.details["left"] == 4


def test_a_restart_forgets_no_wrong_pin(crew: Crew, who: dict[str, Person]) -> None:
    for _ in range(5):
        guess(crew, who["Cleo"])

    crew.people = People(crew.till.desk, crew.peppers)

    refused = guess(crew, who["Cleo"], CASHIER)
    assert refused is not None and refused.error == "pin_locked"


def test_a_clock_set_back_makes_nobody_wait_for_more_than_a_quarter_of_an_hour(
    crew: Crew, who: dict[str, Person]
) -> None:
    for _ in range(5):
        guess(crew, who["Cleo"])
    crew.later(days=-300)

    assert crew.people.guesses.wait(who["Cleo"].id) <= 15 * 60


def test_many_guesses_at_the_same_moment_are_no_more_than_the_rule_allows(crew: Crew, who: dict[str, Person]) -> None:
    errors: list[str] = []

    def one() -> None:
        refused = guess(crew, who["Cleo"])
        errors.append(refused.error if refused else "in")

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(errors) == ["pin_locked"] * 15 + ["wrong_pin"] * 5


def test_an_unknown_person_and_a_wrong_pin_are_answered_alike(crew: Crew, who: dict[str, Person]) -> None:
    known = guess(crew, who["Cleo"])
    gone = crew.add("Gus", "cashier", "6027")
    crew.change(gone, inactive=True)

    for id in ("staff:nobody", gone.id, "order:1", ""):
        with pytest.raises(SaleError) as refused:
            crew.people.sign_in({"staff": id, "pin": WRONG})
        assert known is not None
        assert (refused.value.status, refused.value.error) == (known.status, known.error)
        assert refused.value.reason == known.reason


def test_a_badge_signs_in_and_its_code_is_in_no_document(crew: Crew) -> None:
    crew.add("Bea", "cashier", "6027", badge="BADGE-0042")

    person, _ = crew.people.sign_in({"badge": "BADGE-0042"})
    assert person.name == "Bea"
    assert "BADGE" not in str([record.full() for record in crew.till.store.each("staff")])
    for _ in range(5):
        with pytest.raises(SaleError):
            crew.people.sign_in({"badge": "BADGE-0043"})
    with pytest.raises(SaleError) as locked:
        crew.people.sign_in({"badge": "BADGE-0042"})
    assert locked.value.error == "pin_locked"


def test_a_session_ends_after_idleness_and_work_keeps_it(crew: Crew, who: dict[str, Person]) -> None:
    _, token = crew.people.sign_in({"staff": who["Cleo"].id, "pin": CASHIER})
    crew.later(seconds=299)
    crew.people.actor(token)
    crew.later(seconds=299)
    assert crew.people.find(token) is not None  # a look is no work

    crew.later(seconds=2)
    assert crew.people.find(token) is None


def test_a_session_ends_when_the_person_leaves_or_has_another_pin(crew: Crew, who: dict[str, Person]) -> None:
    for change in ({"pin": "9406"}, {"inactive": True}):
        crew.change(who["Cleo"], inactive=False, pin=CASHIER)
        _, token = crew.people.sign_in({"staff": who["Cleo"].id, "pin": CASHIER})
        crew.change(who["Cleo"], **change)
        assert crew.people.find(token) is None


def test_another_till_of_the_store_needs_the_key_and_says_so(crew: Crew, who: dict[str, Person], shop: Shop) -> None:
    other = Crew(shop, terminal="s1-t2")
    replicate(crew.till.store, other.till.store)

    assert other.people.needed
    for _ in range(7):  # which costs nobody an attempt
        refused = guess(other, who["Mia"], MANAGER)
        assert refused is not None and refused.error == "pin_key_missing"
        assert "couchtill staff key" in refused.reason
    with pytest.raises(SaleError, match="lacks the key"):
        other.add("Eve", "manager", "902714")

    other.people.peppers = MemoryPeppers(new_key(), *crew.peppers.known())
    assert guess(other, who["Mia"], MANAGER) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"pin": {"salt": "00", "hash": "00", "n": 2**40, "r": 8, "p": 1, "pepper": "00000000"}},
        {"pin": "5093"},
        {"name": 7},
        {"role": None},
        {"schema": 9},
    ],
)
def test_a_document_that_another_program_made_wrong_lets_nobody_in_and_stops_nobody(
    crew: Crew, who: dict[str, Person], changes: dict[str, object]
) -> None:
    doc = crew.till.store.get(who["Cleo"].id)
    crew.till.store.put({**doc, **changes})

    assert [person.name for person in crew.people.staff.active()] == ["Mia", "Sam"]
    assert guess(crew, who["Mia"], MANAGER) is None


def test_a_badge_of_ones_own_starts_no_new_round_of_guesses(crew: Crew) -> None:
    crew.add("Bea", "cashier", "6027", badge="BADGE-0042")
    wrong = 0
    for number in range(40):
        try:
            crew.people.sign_in({"badge": "BADGE-0042" if number % 4 == 3 else f"GUESS-{number:04}"})
        except SaleError as refused:
            if refused.error == "pin_locked":
                break
            wrong += 1
    assert wrong == FREE
    crew.later(minutes=11)
    for number in range(3):  # misread badges, hours apart, lock nobody out
        with pytest.raises(SaleError):
            crew.people.sign_in({"badge": f"MISREAD-{number}"})
        assert crew.people.sign_in({"badge": "BADGE-0042"})[0].name == "Bea"
        crew.later(minutes=30)


@pytest.mark.parametrize("wrong", [{"n": 1025}, {"salt": "abc"}])
def test_a_pin_that_another_program_made_wrong_is_nobodys(crew: Crew, who: dict[str, Person], wrong: Any) -> None:
    doc = crew.till.store.get(who["Cleo"].id)
    crew.till.store.put({**doc, "pin": {**doc["pin"], **wrong}})
    with pytest.raises(SaleError) as refused:
        crew.people.sign_in({"staff": who["Cleo"].id, "pin": CASHIER})
    assert refused.value.error == "wrong_pin"
    with pytest.raises(SaleError):
        crew.people.sign_in({"staff": who["Sam"].id, "pin": "\ud800\udfff"})
    with pytest.raises(SaleError):
        crew.people.sign_in({"badge": "\ud800\udfff badge"})
