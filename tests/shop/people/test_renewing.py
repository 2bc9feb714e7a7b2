"""After a till was stolen everybody of the store chooses a new PIN, before anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.docs.directory import Directory
from app.shop.indexes import indexes_for
from app.shop.people import renewing
from app.shop.people.roster import Roster
from app.shop.sale import SaleError
from app.shop.till import Till

SINCE, LATER = "2026-11-22T10:00:00.000Z", "2026-12-01T10:00:00.000Z"


@pytest.fixture
def till(tmp_path: Path):
    with Directory(tmp_path / "till", indexes_for=indexes_for) as directory:
        till = Till(directory.create("company"), directory.create("store-s1"), terminal="s1-t1", store_id="s1")
        roster = Roster(till.people)
        roster.add({"request": "person-01", "name": "Ann", "role": "manager", "pin": "274951", "badge": "BADGE-ANN"})
        manager = till.people.actor(till.people.sign_in({"staff": "staff:person-01", "pin": "274951"})[1])
        roster.add({"request": "person-02", "name": "Bob", "role": "cashier", "pin": "8265"}, manager)
        roster.add({"request": "person-03", "name": "Cem", "role": "cashier", "badge": "BADGE-CEM"}, manager)
        yield till


def stolen(till: Till, since: str = SINCE) -> int:
    return renewing.ask(till.desk.store, since=since, on="office")


def refused(error: str, run, *args, **kwargs) -> SaleError:
    with pytest.raises(SaleError) as told:
        run(*args, **kwargs)
    assert told.value.error == error
    return told.value


def test_the_old_pin_opens_nothing_but_the_choice_of_a_new_one(till: Till) -> None:
    people, roster = till.people, Roster(till.people)
    assert stolen(till) == 3
    person, token = people.sign_in({"staff": "staff:person-02", "pin": "8265"})
    assert person.renew == SINCE
    refused("renew_pin", people.actor, token)
    assert people.actor(token, works=False).staff == "staff:person-02"
    choosing = people.actor(token, renewing=True)
    refused("weak_pin", roster.own_pin, {"old": "8265", "pin": "8265"}, choosing)
    refused("wrong_pin", roster.own_pin, {"old": "1111", "pin": "4826"}, choosing)

    roster.own_pin({"old": "8265", "pin": "4826"}, choosing)

    person, token = people.sign_in({"staff": "staff:person-02", "pin": "4826"})
    assert person.renew is None and people.actor(token).staff == "staff:person-02"


def test_who_must_choose_lends_no_rights_and_their_badge_is_gone(till: Till) -> None:
    people = till.people
    bob = people.actor(people.sign_in({"staff": "staff:person-02", "pin": "8265"})[1])
    stolen(till)
    refused("renew_pin", people.approve, "void", {"staff": "staff:person-01", "pin": "274951"}, bob)
    refused("wrong_badge", people.sign_in, {"badge": "BADGE-ANN"})


def test_who_has_only_a_badge_chooses_a_pin_with_it(till: Till) -> None:
    people = till.people
    stolen(till)
    assert people.needed
    _, token = people.sign_in({"badge": "BADGE-CEM"})
    refused("renew_pin", people.actor, token)
    Roster(people).own_pin({"old": "BADGE-CEM", "pin": "9042"}, people.actor(token, renewing=True))
    assert people.sign_in({"staff": "staff:person-03", "pin": "9042"})[0].badge is None


def test_a_repeat_asks_nobody_again_and_another_theft_everybody(till: Till) -> None:
    people = till.people
    stolen(till)
    _, token = people.sign_in({"staff": "staff:person-01", "pin": "274951"})
    Roster(people).own_pin({"old": "274951", "pin": "640218"}, people.actor(token, renewing=True))
    assert stolen(till) == 2
    assert people.sign_in({"staff": "staff:person-01", "pin": "640218"})[0].renew is None
    assert stolen(till, LATER) == 3
