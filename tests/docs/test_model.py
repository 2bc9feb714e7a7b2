"""A database and a model of it in plain Python, through random histories: they agree after each step.

The model is a dict of revision trees (`app.docs.tree`, which has its own tests), the contents of every revision, and
the order in which documents were last changed.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from hashlib import md5
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.docs import tree as trees
from app.docs.database import Database
from app.docs.errors import Conflict, DocsError
from app.docs.indexes import Index, SearchIndex
from app.docs.revision import new_rev

IDS = ["a", "b", "c"]
INDEXES = [
    Index("n", "t", "n"),
    Index("tags", "t", "tags", multi=True),
    SearchIndex("t", ("name",)),
]

ids = st.sampled_from(IDS)
numbers = st.integers(0, 10**6)
letters = st.sampled_from("xy")
bodies = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["t", "u", 5]),
        "n": st.integers(0, 3),
        "name": st.sampled_from(["Milk", "Whole milk", "Bread"]),
        "tags": st.lists(st.sampled_from(["x", "y"]), max_size=2),
    },
)


class _Undo(Exception):
    pass


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp())
        self.trees: dict[str, trees.Tree] = {}
        self.bodies: dict[tuple[str, str], dict[str, Any]] = {}
        self.feed: list[str] = []
        self.chains: dict[str, list[tuple[str, ...]]] = {id: [] for id in IDS}
        self.limit = 1000

    @initialize(limit=st.sampled_from([1, 3, 1000]))
    def begin(self, limit: int) -> None:
        self.limit = limit
        self.open()
        self.db.revs_limit = limit

    def open(self) -> None:
        self.db = Database(self.folder / "shop.db", indexes=INDEXES)

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
        shutil.rmtree(self.folder)

    def changed(self, id: str, tree: trees.Tree) -> None:
        self.trees[id] = tree
        if id in self.feed:
            self.feed.remove(id)
        self.feed.append(id)

    # -- what happens --------------------------------------------------------------------------------------------

    @rule(id=ids, which=numbers, body=bodies, deleted=st.booleans(), known=st.booleans())
    def edit(self, id: str, which: int, body: dict[str, Any], deleted: bool, known: bool) -> None:
        tree = self.trees.get(id, ())
        leaves = trees.leaves(tree)
        live = bool(tree) and not tree[0][1]
        given = leaves[which % len(leaves)] if live and known else None
        doc = {"_id": id, **body, **({"_rev": given} if given else {}), **({"_deleted": True} if deleted else {})}
        parent = given or (leaves[0] if tree else None)
        rev = new_rev(parent, deleted, body)
        if (live and given is None) or (tree and not live and deleted):
            with pytest.raises(Conflict):
                self.db.put(doc)
            return
        assert self.db.put(doc) == rev
        self.bodies[id, rev] = body
        if parent is None:
            self.changed(id, ((1, deleted, (rev[2:],)),))
        else:
            self.changed(id, trees.extend(tree, parent, rev.partition("-")[2], deleted, self.limit))

    @rule(
        id=ids, which=numbers, grow=st.integers(0, 3), told=st.sampled_from([1, 2, 1000]), letter=st.sampled_from("xy")
    )
    def arrive(self, id: str, which: int, grow: int, told: int, letter: str) -> None:
        known = [*self.chains[id], *(path[2] for path in self.trees.get(id, ()) if path[0] == len(path[2]))]
        chain = known[which % len(known)] if known else ()
        if which % 3 == 0:
            chain = chain[which % (len(chain) + 1) :]
        for _ in range(max(grow, 1 - len(chain))):
            chain = (md5(f"{chain[:1]}{letter}".encode()).hexdigest(), *chain)
        self.chains[id].append(chain)
        rev = f"{len(chain)}-{chain[0]}"
        body = self.bodies.get((id, rev), {"of": rev})
        deleted = self.is_deleted(id, rev)
        path = (len(chain), deleted, chain[:told])
        doc = {"_id": id, "_rev": rev, **body, "_revisions": {"start": path[0], "ids": list(path[2])}}
        assert self.db.bulk_docs([{**doc, "_deleted": deleted}], new_edits=False) == []
        self.bodies[id, rev] = body
        tree = self.trees.get(id, ())
        merged, _ = trees.merge(tree, path, self.limit)
        if merged != tree:
            self.changed(id, merged)

    def is_deleted(self, id: str, rev: str) -> bool:
        for path in self.trees.get(id, ()):
            if f"{path[0]}-{path[2][0]}" == rev:
                return path[1]
        return rev.endswith(("0", "1", "2", "3"))

    @rule(id=ids, which=numbers)
    def purge(self, id: str, which: int) -> None:
        leaves = trees.leaves(self.trees.get(id, ()))
        if not leaves:
            return
        gone = leaves[which % len(leaves)]
        assert self.db.purge({id: [gone]})["purged"] == {id: [gone]}
        left = trees.remove(self.trees[id], [gone])
        if left:
            self.changed(id, left)
        else:
            del self.trees[id]
            self.feed.remove(id)

    @rule(id=ids, body=bodies)
    def fail(self, id: str, body: dict[str, Any]) -> None:
        """What is written before an exception is taken back, counters, numbers and epochs too."""
        before = (self.db.info(), self.db.update_seq)
        with pytest.raises(_Undo), self.db.transaction():
            rev = trees.leaves(self.trees[id])[0] if id in self.trees and not self.trees[id][0][1] else None
            with suppress(DocsError):
                self.db.put({"_id": id, **body, "undone": 1}, rev=rev)
            self.db.put({"_id": "undone"})
            raise _Undo
        info = self.db.info()
        assert ({**info, "sizes": 0}, self.db.update_seq) == ({**before[0], "sizes": 0}, before[1])
        assert self.db.read("undone") is None

    @rule()
    def compact(self) -> None:
        self.db.compact()

    @rule()
    def reopen(self) -> None:
        since = self.db.update_seq
        self.db.close()
        self.open()
        assert self.db.update_seq == since

    # -- what then holds -----------------------------------------------------------------------------------------

    @precondition(lambda self: hasattr(self, "db"))
    @invariant()
    def the_database_agrees(self) -> None:
        live = {id: tree for id, tree in self.trees.items() if not tree[0][1]}
        info = self.db.info()
        assert (info["doc_count"], info["doc_del_count"]) == (len(live), len(self.trees) - len(live))
        page = self.db.changes(style="all_docs", include_docs=True)
        assert [row["id"] for row in page.rows] == self.feed
        for row in page.rows:
            tree = self.trees[row["id"]]
            assert [change["rev"] for change in row["changes"]] == trees.leaves(tree)
            assert row.get("deleted", False) == tree[0][1]
            assert row["doc"]["_rev"] == trees.leaves(tree)[0]
        for id in IDS:
            self.agrees_on(id, self.trees.get(id))
        typed = {id: self.winner(id) for id in live if self.winner(id).get("type") == "t"}
        for n in range(4):
            assert {record.id for record in self.db.find("n", n)} == {id for id in typed if typed[id].get("n") == n}
        tagged = {id for id in typed if "x" in typed[id].get("tags", [])}
        assert {record.id for record in self.db.find("tags", "x")} == tagged
        named = {id for id in typed if "ilk" in typed[id].get("name", "")}
        assert {record.id for record in self.db.search("t", "mil")} == named
        assert self.db.verify() == []

    def winner(self, id: str) -> dict[str, Any]:
        return self.bodies[id, trees.leaves(self.trees[id])[0]]

    def agrees_on(self, id: str, tree: trees.Tree | None) -> None:
        record = self.db.read(id)
        if tree is None:
            assert record is None
            return
        assert record is not None
        assert record.paths() == tree
        assert record.conflicts == (0 if tree[0][1] else sum(1 for path in tree[1:] if not path[1]))
        leaves = trees.leaves(tree)
        shown = {entry["ok"]["_rev"]: entry["ok"] for entry in self.db.open_revs(id, "all", with_revs=True)}
        assert set(shown) == set(leaves)
        for path, rev in zip(tree, leaves, strict=True):
            doc = shown[rev]
            assert {key: value for key, value in doc.items() if key[0] != "_"} == self.bodies[id, rev]
            assert doc.get("_deleted", False) == path[1]


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
