"""Whatever nodes do while they are apart: once they have spoken with each other, and a person has chosen what only a
person can, one leaf is left everywhere, and nothing that anybody wrote is gone."""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.docs import json, merge
from app.docs.database import Database
from app.shop.actor import ANYBODY
from app.shop.conflicts import case as cases
from app.shop.conflicts import joining, policies
from app.shop.conflicts.resolve import resolve
from tests.support import apart

NODES = 6
MOST = 20
#: Nodes that know several leaves join different pairs first. More merged revisions than these for each revision that a
#: person wrote were never made.
MERGES_PER_EDIT = 2

Step = tuple[str, int, int]
ACTS = ("edit", "edit", "edit", "bring", "bring", "bring", "join", "person", "delete", "recreate")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Database]]:
    """Databases for all examples, each of which has a document of its own."""
    with apart.databases(tmp_path_factory.mktemp("nodes"), MOST) as found:
        yield found


_counter = itertools.count()


class World:
    """One document on some nodes, and what persons wrote into it."""

    def __init__(self, nodes: list[Database], ruled: set[int], doctype: str = "product") -> None:
        self.nodes, self.ruled, self.doctype = nodes, ruled, doctype
        self.number = next(_counter)
        self.id = f"{doctype}:w{self.number}"
        self.written: set[str] = set()
        self.edits = 0
        self.merges: set[str] = set()
        self.resolutions: set[str] = set()
        self.people = 0
        self.erased = False
        nodes[0].put(self.first())
        for node in nodes[1:]:
            apart.bring(nodes[0], node, self.id)

    def first(self) -> dict[str, Any]:
        stamps = {"updated_at": "2026-11-22T08:00:00.000Z", "updated_by": None, "updated_on": "office"}
        if self.doctype == "customer":
            return {"_id": self.id, "type": "customer", "schema": 1, "name": "Ann", "cards": [], **stamps}
        return {
            **{"_id": self.id, "type": "product", "schema": 1, "sku": self.id, "name": "Espresso", "sold_by": "unit"},
            **{"barcodes": [], "price": {"amount": 1200}, "attributes": {}, "units": [], "inactive": False, **stamps},
        }

    # -- what persons do -----------------------------------------------------------------------------------------

    def edit(self, node: int, choice: int) -> None:
        found = self._live(node)
        if found is None:
            return
        token = f"t{self.number}x{self.edits}"
        doc = {**found, **self._stamps(choice)}
        if self.doctype == "customer":
            kind = ("name", "phone", "cards")[choice % 3]
            doc |= {"cards": [*doc["cards"], token][-9:]} if kind == "cards" else {kind: token}
        else:
            kind = ("name", "barcodes", "attributes", "units", "description", "inactive", "price")[choice % 7]
            box = {"name": "box", "quantity": 12000, "barcodes": [token], "price": None}
            one = {"name": token, "quantity": 6000, "barcodes": [], "price": None}
            units = [unit for unit in doc["units"] if unit["name"] != "box"]
            changes: dict[str, Any] = {
                "barcodes": [*doc["barcodes"], token],
                "attributes": {**doc["attributes"], f"k{choice % 3}": token},
                "units": [*units, box if choice % 2 else one][:9],
                "inactive": not doc["inactive"],
                "price": {"amount": 1000 + self.edits},
            }
            doc[kind] = changes.get(kind, token)
        if self._wrote(node, doc):
            self.written.add(token if kind not in ("inactive", "price") else json.dumps(doc[kind]).decode())

    def delete(self, node: int, choice: int) -> None:
        found = self._live(node)
        if found is not None and not self.erased:
            self._wrote(node, {"_id": self.id, "_rev": found["_rev"], "_deleted": True, **self._stamps(choice)})

    def recreate(self, node: int, choice: int) -> None:
        record = self.nodes[node].read(self.id)
        if record is not None and record.deleted and not self.erased:
            self._wrote(node, {**self.first(), **self._stamps(choice)})

    def erase(self, node: int, choice: int) -> None:
        found = self._live(node)
        if found is not None:
            bare = {key: found[key] for key in ("_id", "_rev", "type", "schema")}
            self._wrote(node, {**bare, "name": "", "erased": True, **self._stamps(choice)})
            self.erased = True

    def person(self, node: int, choice: int) -> bool:
        """Somebody decides, as the page has it. Whether there was something to decide."""
        here = self.nodes[node]
        case = cases.read(here, self.id)
        if case is None:
            return False
        chance = random.Random(choice)
        live = [side.rev for side in case.live]
        asked: dict[str, Any] = {"take": chance.choice(live)}
        if case.kind == "deleted":
            asked = {"keep": "deleted"} if choice % 2 else {**asked, "keep": "live"}
        self.people += 1
        request = f"request-{self.number}-{self.people}"
        done = resolve(here, self.id, request=request, seen=case.seen, actor=ANYBODY, on=f"n{node}", **asked)
        self.resolutions.add(done["resolution"]["_id"])
        return True

    def _live(self, node: int) -> dict[str, Any] | None:
        record = self.nodes[node].read(self.id)
        return None if record is None or record.deleted or record.doc().get("erased") else record.full()

    def _wrote(self, node: int, doc: dict[str, Any]) -> bool:
        self.edits += 1
        self.nodes[node].put(doc)
        return True

    def _stamps(self, choice: int) -> dict[str, Any]:
        """Clocks go wrong, and two go alike."""
        return {"updated_at": f"2026-11-22T09:00:0{choice % 3}.000Z", "updated_by": None, "updated_on": f"n{choice}"}

    # -- what nodes do -------------------------------------------------------------------------------------------

    def join(self, node: int, choice: int) -> None:
        if node in self.ruled:
            here = self.nodes[node]

            def fetch(id: str, revs: list[str]) -> None:
                """The central answers, or doesn't; it has what any node has sent it."""
                if choice % 3:
                    for other in self.nodes:
                        rows = other.open_revs(id, revs, with_revs=True)
                        here.bulk_docs([row["ok"] for row in rows if "ok" in row], new_edits=False)

            for rev in joining.join(here, self.id, policies.table_for(self.doctype), fetch=fetch):
                if not here.get(self.id, rev=rev).get("_deleted"):
                    self.merges.add(rev)

    def bring(self, node: int, choice: int) -> None:
        other = choice % len(self.nodes)
        if other != node:
            apart.bring(self.nodes[other], self.nodes[node], self.id, *sorted(self.resolutions))

    def do(self, steps: list[Step]) -> None:
        for act, node, choice in steps:
            getattr(self, act)(node % len(self.nodes), choice)

    def exchange(self) -> None:
        """Everybody speaks with everybody, and joins, until nothing changes."""
        for _ in range(30):
            before = [apart.tree(node, self.id) for node in self.nodes]
            for a, b in itertools.permutations(range(len(self.nodes)), 2):
                self.bring(a, b)
            for node in self.ruled:
                self.join(node, 1)
            if [apart.tree(node, self.id) for node in self.nodes] == before:
                return
        raise AssertionError("the nodes never agree")

    # -- what must hold ------------------------------------------------------------------------------------------

    def open(self, node: int) -> list[merge.Leaf]:
        record = self.nodes[node].read(self.id)
        assert record is not None
        return [] if record.deleted else merge.leaves(self.nodes[node], record)

    def agreed(self) -> None:
        trees = [apart.tree(node, self.id) for node in self.nodes]
        assert all(each == trees[0] for each in trees)
        shown = [None if node.read(self.id).deleted else node.get(self.id) for node in self.nodes]  # type: ignore[union-attr]
        assert all(each == shown[0] for each in shown)

    def kept(self) -> None:
        """What anybody wrote stands in some revision that a node has, or in the record of a decision."""
        texts = [json.dumps(body).decode() for node in self.nodes for body in apart.bodies(node, self.id)]
        texts += [json.dumps(body).decode() for node in self.nodes for id in self.resolutions for body in
                  apart.bodies(node, id)]  # fmt: skip
        everything = "\n".join(texts)
        assert [token for token in self.written if token not in everything] == []


#: Of Hypothesis's usual 100 examples; a long test has twenty times as many.
USUAL = (settings.default or settings()).max_examples

steps_of = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, NODES - 1), st.integers(0, 41)), min_size=4, max_size=30
)


@settings(max_examples=USUAL * 3 // 10)
@given(count=st.integers(3, NODES), ruled=st.sets(st.integers(0, NODES - 1)), steps=steps_of)
def test_nodes_that_were_apart_come_to_one_leaf_once_a_person_has_chosen_and_nothing_is_gone(
    pool: list[Database], count: int, ruled: set[int], steps: list[Step]
) -> None:
    world = World(pool[:count], {node for node in ruled if node < count})
    world.do(steps)
    world.exchange()
    world.agreed()
    world.kept()
    if world.ruled and len(world.open(0)) > 1:
        case = cases.read(pool[0], world.id)
        assert case is not None and (case.kind == "deleted" or case.fields)  # what is left is for a person
    rounds = 0
    while world.person(0, rounds):  # once, but where somebody decided at the same time elsewhere
        world.exchange()
        rounds += 1
        assert rounds <= 1
    world.agreed()
    world.kept()
    assert len(world.open(count - 1)) <= 1
    assert len(world.merges) <= MERGES_PER_EDIT * (world.edits + world.people)


@settings(max_examples=USUAL // 5)
@given(
    ruled=st.sets(st.integers(0, 3), min_size=1),
    steps=st.lists(
        st.tuples(
            st.sampled_from(("edit", "edit", "bring", "bring", "join", "person", "delete", "recreate", "erase")),
            st.integers(0, 3),
            st.integers(0, 41),
        ),
        min_size=4,
        max_size=24,
    ),
    who=st.integers(0, 3),
)
def test_a_customer_who_was_erased_anywhere_is_erased_everywhere_whatever_else_was_written(
    pool: list[Database], ruled: set[int], steps: list[Step], who: int
) -> None:
    world = World(pool[:4], ruled, "customer")
    world.do(steps)
    world.recreate(who, 1)
    world.erase(who, 2)
    world.do([(act, node, choice) for act, node, choice in steps if act != "person"])
    world.exchange()
    world.agreed()
    if world.erased and not pool[0].read(world.id).deleted:  # type: ignore[union-attr]
        (leaf,) = world.open(0)
        assert leaf.body["erased"] is True and leaf.body["name"] == ""


def test_twenty_nodes_with_any_knowledge_of_the_leaves_need_few_merges(pool: list[Database]) -> None:
    """DESIGN's simulation: five of twenty nodes wrote apart, gossip spreads the leaves in any order, and every node
    joins what it knows."""
    counts = []
    for seed in range(9):
        chance = random.Random(seed)
        world = World(pool[:MOST], set(range(MOST)))
        for node in chance.sample(range(MOST), 5):
            world.edit(node, chance.choice((1, 3, 8, 15)))
        for _ in range(10_000):
            world.bring(chance.randrange(MOST), chance.randrange(MOST))
            if chance.random() < 0.5:
                world.join(chance.randrange(MOST), 1)
            first = apart.tree(pool[0], world.id)
            if len(world.open(0)) == 1 and all(apart.tree(node, world.id) == first for node in pool[1:MOST]):
                break
        else:
            raise AssertionError("twenty nodes never agree")
        world.kept()
        counts.append(len(world.merges))
    print(f"20 nodes, 5 branches: merges median {statistics.median(counts)}, most {max(counts)}")
    assert statistics.median(counts) <= 20
