"""The demo's steps, told by documents."""

from __future__ import annotations

from app.demo.steps import Lesson, Seen, twice
from app.demo.watch import Priced

TERMINALS = {"t1": "s1-t1", "t2": "s1-t2"}


def order(terminal: str, number: int) -> str:
    return f"order:{terminal}.k7:{number:08d}:abcdef0123"


def seen(t1: list[str], t2: list[str], office: list[str], *, up: bool = True, running: bool = True) -> Seen:
    orders = {"t1": t1, "t2": t2, "office": office}
    return Seen(
        running={"t1": running, "t2": True, "office": True},
        up={"t1": up, "t2": True, "office": True},
        orders={name: {id: id for id in ids} for name, ids in orders.items()},
        terminals=TERMINALS,
    )


def test_the_whole_lesson_ticks_itself_off_in_order() -> None:
    a, b, c = order("s1-t1", 1), order("s1-t1", 2), order("s1-t2", 1)
    lesson = Lesson()
    lesson.look(seen([], [], []))
    assert lesson.done == set()
    lesson.look(seen([a], [], []))
    assert lesson.done == {"sell"}
    lesson.cut("t1", seen([a], [a], [a], up=False))
    lesson.look(seen([a, b], [a], [a], up=False))
    assert lesson.done == {"sell", "cut"}  # only one till sold so far
    lesson.look(seen([a, b], [a, c], [a, c], up=False))
    assert "offline" in lesson.done and "plug" not in lesson.done
    lesson.look(seen([a, b], [a, c], [a, c]))
    assert "plug" in lesson.done and "arrived" not in lesson.done
    lesson.look(seen([a, b, c], [a, b, c], [a, b, c]))
    assert "arrived" in lesson.done
    lesson.pulled("t1", seen([a, b, c], [a, b, c], [a, b, c], running=False))
    lesson.look(seen([a, b, c], [a, b, c], [a, b, c], running=False))
    assert "pull" in lesson.done and "start" not in lesson.done
    lesson.look(seen([a], [a, b, c], [a, b, c]))
    assert "start" in lesson.done and "there" not in lesson.done
    lesson.look(seen([a, b], [a, b, c], [a, b, c]))
    assert "there" in lesson.done  # what it sold itself is all there; what it pulled may still be on its way


def test_orders_of_an_earlier_run_tick_nothing() -> None:
    a = order("s1-t1", 1)
    lesson = Lesson(before=frozenset({a}))
    lesson.look(seen([a], [a], [a]))
    lesson.pulled("t1", seen([a], [a], [a], running=False))
    assert lesson.done == set()


def test_a_sale_that_arrived_twice_is_counted_and_keeps_arrived_open() -> None:
    a, b = order("s1-t1", 1), order("s1-t1", 2)
    doubled = Seen({}, {}, {"t1": {}, "t2": {}, "office": {a: "same", b: "same"}}, TERMINALS)
    assert twice(doubled) == 1


def test_a_refund_without_a_line_of_what_the_other_till_sold_ticks_and_so_does_a_z_of_this_run() -> None:
    a, back = order("s1-t1", 1), order("s1-t2", 1)
    orders = {"t1": {a: a}, "t2": {a: a}, "office": {a: a}}
    old = frozenset({"zreport:s1-t1.k7:1:0"})
    lesson = Lesson(before=old)

    def look(up: bool, refunds: dict[str, str], known: dict[str, str], more: frozenset[str] = frozenset()) -> set[str]:
        refunded = {"t1": {}, "t2": refunds, "office": known}
        line = {"t1": True, "t2": up, "office": True}
        lesson.look(Seen({}, line, orders, TERMINALS, refunded, old | more))
        return lesson.done

    assert look(True, {}, {}) == {"sell"}
    assert look(True, {back: a}, {}) == {"sell"}  # with the line
    assert look(False, {back: a}, {back: a}) == {"sell"}  # head office knows: it was before the cut
    assert look(False, {back: order("s1-t2", 9)}, {}) == {"sell"}  # its own
    assert look(False, {back: a}, {}) == {"sell", "refund"}
    assert look(True, {back: a}, {back: a}, frozenset({"zreport:s1-t1.k7:2:0"})) == {"sell", "refund", "close"}


def test_a_price_changed_in_two_places_is_told_by_the_products_that_the_nodes_hold() -> None:
    a, milk, old = order("s1-t1", 1), "product:milk", "resolution:old"
    orders = {"t1": {a: a}, "t2": {a: a}, "office": {a: a}}
    lesson = Lesson(before=frozenset({a, old}))
    sample = Priced("1-a", 129, "sample", False)
    mine, theirs = Priced("2-b", 139, "s1-t1", False), Priced("2-c", 149, "office", False)

    def look(up: bool, t1: Priced, t2: Priced, office: Priced, **decided: str) -> set[str]:
        prices = {"t1": {milk: t1}, "t2": {milk: t2}, "office": {milk: office}}
        line = {"t1": up, "t2": True, "office": True}
        ids = {f"resolution:{name}": about for name, about in decided.items()}
        lesson.look(Seen({}, line, orders, TERMINALS, prices=prices, decided=ids))
        return lesson.done

    assert look(True, sample, sample, sample) == set()
    assert look(True, mine, sample, theirs) == set()  # the line is there: it is on its way
    assert look(False, mine, sample, sample) == set()
    assert look(False, mine, theirs, theirs._replace(price=139)) == set()  # the same price: nothing to decide
    assert look(False, mine, theirs, theirs) == {"prices"}
    assert look(True, mine, theirs, theirs) == {"prices"}
    disputed = theirs._replace(disputed=True)
    assert look(True, disputed, theirs, disputed, old=milk) == {"prices", "dispute"}
    settled = Priced("3-d", 149, "office", False)
    assert look(True, disputed, disputed, settled, new=milk) == {"prices", "dispute"}  # the tills don't know yet
    assert look(True, settled, disputed, settled, new=milk) == {"prices", "dispute"}
    assert look(True, settled, settled, settled, new="product:other") == {"prices", "dispute"}
    assert look(True, settled, settled, settled, new=milk) == {"prices", "dispute", "decided"}


def test_another_price_may_be_tried_before_the_line_is_there_again() -> None:
    """What counts is the product that the last cut left with two prices."""
    tea, milk = "product:tea", "product:milk"
    lesson = Lesson()
    till, office = Priced("2-b", 139, "s1-t1", False), Priced("2-c", 149, "office", False)
    line = {"t1": False, "t2": True, "office": True}
    for id in (tea, milk):
        prices = {"t1": {id: till}, "t2": {id: office}, "office": {id: office}}
        lesson.look(Seen({}, line, {"office": {}}, TERMINALS, prices=prices))
    both = {milk: office._replace(disputed=True)}
    lesson.look(Seen({}, {**line, "t1": True}, {"office": {}}, TERMINALS, prices={"office": both}))
    assert lesson.done == {"prices", "dispute"}
