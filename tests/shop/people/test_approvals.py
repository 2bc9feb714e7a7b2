"""What a supervisor allows: one thing, once, soon, for who asked."""

from __future__ import annotations

import pytest

from app.shop.actor import Actor
from app.shop.people.approvals import LASTS, Approvals
from app.shop.people.staff import Person
from app.shop.sale import SaleError
from tests.shop.people.conftest import MANAGER, SUPERVISOR, Crew


class Timed(Approvals):
    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(lambda: self.now)


@pytest.fixture
def approvals() -> Timed:
    return Timed()


def held(approvals: Approvals, token: str, asker: str | None = "cleo", request: str | None = "sale-0001") -> bool:
    return bool(approvals.hold([token], asker, request))


def test_a_token_is_good_once(approvals: Timed) -> None:
    token = approvals.give("price", "sam", "cleo")
    (one,) = approvals.hold([token], "cleo", "sale-0001").values()
    assert (one.right, one.by) == ("price", "sam")
    approvals.settle([token], True)

    assert not held(approvals, token, request="sale-0002")
    assert not held(approvals, token, request=None)


def test_a_repeat_of_the_request_that_spent_it_may_show_it_again(approvals: Timed) -> None:
    token = approvals.give("price", "sam", "cleo")
    held(approvals, token)
    approvals.settle([token], True)

    assert held(approvals, token)


def test_a_refused_action_spends_nothing(approvals: Timed) -> None:
    token = approvals.give("price", "sam", "cleo")
    held(approvals, token)
    approvals.settle([token], False)

    assert held(approvals, token, request="sale-0002")


def test_two_requests_at_once_never_use_one_token(approvals: Timed) -> None:
    token = approvals.give("price", "sam", "cleo")

    assert held(approvals, token, request="sale-0001")
    assert not held(approvals, token, request="sale-0002")
    assert not held(approvals, token, request=None)


def test_a_token_for_one_request_is_for_no_other(approvals: Timed) -> None:
    token = approvals.give("price", "sam", "cleo", "sale-0001")
    held(approvals, token)
    approvals.settle([token], False)

    assert not held(approvals, token, request="sale-0002")
    assert held(approvals, token)


def test_a_token_is_for_who_asked_and_lasts_two_minutes(approvals: Timed) -> None:
    token = approvals.give("price", "sam", "cleo")
    assert not held(approvals, token, asker="dan")
    assert not held(approvals, "invented")
    approvals.now = LASTS - 1
    assert held(approvals, token)
    approvals.settle([token], False)
    approvals.now = LASTS

    assert not held(approvals, token)


def test_who_allowed_it_stands_with_the_actor(crew: Crew, who: dict[str, Person]) -> None:
    cleo = Actor(who["Cleo"].id, "Cleo", crew.people.staff.rights(who["Cleo"]))
    with pytest.raises(SaleError) as needed:
        cleo.need("price", "key a price")
    assert (needed.value.error, needed.value.details["right"]) == ("needs_approval", "price")

    given = {"staff": who["Sam"].id, "pin": SUPERVISOR}
    _, token = crew.people.approve("price", given, cleo)
    lent, _ = crew.people.with_approvals(cleo, [token, "nonsense", 7], "sale-0001")

    assert lent.need("price", "key a price") == who["Sam"].id
    assert lent.lent("price") == [{"right": "price", "by": who["Sam"].id}]
    assert not lent.may("drawer")


def test_what_was_shown_is_allowed_and_nothing_else_of_the_same_right(crew: Crew, who: dict[str, Person]) -> None:
    cleo = Actor(who["Cleo"].id, "Cleo", crew.people.staff.rights(who["Cleo"]))
    given = {"staff": who["Sam"].id, "pin": SUPERVISOR}

    def lend(*tokens: str) -> Actor:
        actor, held = crew.people.with_approvals(cleo, list(tokens), None, None)
        held.settle(False)
        return actor

    def allowed(amount: int) -> str:
        with pytest.raises(SaleError) as needed:
            cleo.need("cash_out", "cash out", amount=amount)
        return crew.people.approve("cash_out", given, cleo, what=frozenset(needed.value.details["what"]))[1]

    small, large = allowed(100), allowed(9000)
    assert lend(small).need("cash_out", "cash out", amount=100) == who["Sam"].id
    for doing, amount in (("cash out", 10_000), ("cash out", 9000), ("another thing", 100)):
        with pytest.raises(SaleError):
            lend(small).need("cash_out", doing, amount=amount)
    both = lend(small, large)
    assert both.need("cash_out", "cash out", amount=9000) == both.need("cash_out", "cash out", amount=100)
    assert both.lent("cash_out") == [{"right": "cash_out", "by": who["Sam"].id}]
    # A program that asks beforehand, for the right as such, may use it for whatever takes it, once.
    anything = crew.people.approve("cash_out", given, cleo)[1]
    assert lend(small, anything).need("cash_out", "cash out", amount=7) == who["Sam"].id


def test_nobody_lends_what_they_lack(crew: Crew, who: dict[str, Person]) -> None:
    cleo = Actor(who["Cleo"].id, "Cleo", crew.people.staff.rights(who["Cleo"]))

    with pytest.raises(SaleError, match="Sam may not allow this"):
        crew.people.approve("people", {"staff": who["Sam"].id, "pin": SUPERVISOR}, cleo)
    assert [person.name for person in crew.people.lenders("people")] == ["Mia"]
    assert crew.people.approve("people", {"staff": who["Mia"].id, "pin": MANAGER}, cleo)[0].name == "Mia"
