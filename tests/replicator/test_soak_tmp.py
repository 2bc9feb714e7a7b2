"""Any number of replicas, any edits, partitions, crashes and restored copies: equal in the end, nothing lost.

The replicas are databases in files and a hub in the middle (a database too: what HTTP adds is proved by the contract
suite). A crash drops a run at a random call to a peer; a restore puts an older copy of a file back.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.docs.database import Database
from app.docs.errors import Conflict, NotFound
from app.replicator import ReplicationError, replicate
from app.replicator.errors import TransportError
from app.replicator.local import LocalPeer
from app.replicator.peer import Document, Failure, Page
from app.replicator.policy import Split
from app.replicator.replication import Options, Replication
from tests.replicator.conftest import trees

IDS = [f"doc{n}" for n in range(6)]
SMALL = Options(split=Split(docs=2, bytes=1000), workers=2)


class Crash(Exception):
    """The process ends here."""


class Frail(LocalPeer):
    """A remote peer that dies at the n-th call, with or without having done it."""

    remote = True

    def __init__(self, database: Database, calls: int, *, after: bool) -> None:
        super().__init__(database)
        self.calls = calls
        self.after = after

    def _step(self) -> bool:
        self.calls -= 1
        return self.calls == 0

    def changes(self, *args: Any, **options: Any) -> Page:
        if self._step():
            raise Crash
        return super().changes(*args, **options)

    def write(self, docs: Sequence[Document]) -> list[Failure]:
        last = self._step()
        if last and not self.after:
            raise Crash
        made = super().write(docs)
        if last:
            raise Crash
        return made

    def put_local(self, id: str, doc: Any) -> str:
        last = self._step()
        if last and not self.after:
            raise Crash
        rev = super().put_local(id, doc)
        if last:
            raise Crash
        return rev


class Network(RuleBasedStateMachine):
    """One central, three tills; each link may fail at any point."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="convergence-"))
        self.databases = {name: Database(self.folder / f"{name}.db") for name in ("central", "a", "b", "c")}
        self.acknowledged: set[tuple[str, str]] = set()
        self.copies: dict[str, Path] = {}
        self.number = 0

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        self.settle()
        for database in self.databases.values():
            database.close()
        shutil.rmtree(self.folder)

    tills = st.sampled_from(["a", "b", "c"])
    names = st.sampled_from(["central", "a", "b", "c"])

    @rule(where=names, id=st.sampled_from(IDS), delete=st.integers(0, 5))
    def edit(self, where: str, id: str, delete: int) -> None:
        database = self.databases[where]
        self.number += 1
        record = database.read(id)
        try:
            if record is None or record.deleted:
                rev = database.put({"_id": id, "n": self.number})
            elif delete == 0:
                rev = database.delete(id, record.rev)
            else:
                rev = database.put({"_id": id, "n": self.number, "by": where}, rev=record.rev)
        except (Conflict, NotFound):
            return
        self.acknowledged.add((id, rev))

    @rule(where=tills, push=st.booleans())
    def sync(self, where: str, push: bool) -> None:
        source, target = (where, "central") if push else ("central", where)
        replicate(self.databases[source], self.databases[target], options=SMALL)

    @rule(where=tills, push=st.booleans(), calls=st.integers(1, 12), after=st.booleans())
    def crash(self, where: str, push: bool, calls: int, after: bool) -> None:
        till, central = LocalPeer(self.databases[where]), Frail(self.databases["central"], calls, after=after)
        run = Replication(*((till, central) if push else (central, till)), SMALL)
        try:
            run.once()
        except (Crash, TransportError, ReplicationError):
            return

    @rule(a=tills, b=tills)
    def directly(self, a: str, b: str) -> None:
        """Two tills beside the central."""
        if a != b:
            replicate(self.databases[a], self.databases[b], options=SMALL)

    @rule(where=names)
    def copy(self, where: str) -> None:
        self.databases[where].close()
        self.copies[where] = self.folder / f"{where}.copy"
        shutil.copy(self.folder / f"{where}.db", self.copies[where])
        self.databases[where] = Database(self.folder / f"{where}.db")

    @rule(where=names)
    def restore(self, where: str) -> None:
        """What was only there is gone, as with any backup; what has reached another replica must come back."""
        if where not in self.copies:
            return
        self.databases[where].close()
        for end in ("-wal", "-shm"):
            Path(f"{self.folder / where}.db{end}").unlink(missing_ok=True)
        shutil.copy(self.copies[where], self.folder / f"{where}.db")
        self.databases[where] = Database(self.folder / f"{where}.db")
        self.acknowledged = {(id, rev) for id, rev in self.acknowledged if self.is_somewhere(id, rev)}

    def is_somewhere(self, id: str, rev: str) -> bool:
        return any(not database.revs_diff({id: [rev]}) for database in self.databases.values())

    @invariant()
    def nothing_acknowledged_is_nowhere(self) -> None:
        if hasattr(self, "databases"):
            assert all(self.is_somewhere(id, rev) for id, rev in self.acknowledged)

    def settle(self) -> None:
        """The line is good at last: all links once up, twice down."""
        for _ in range(2):
            for till in ("a", "b", "c"):
                replicate(self.databases[till], self.databases["central"], options=SMALL)
                replicate(self.databases["central"], self.databases[till], options=SMALL)
        central = trees(self.databases["central"])
        for till in ("a", "b", "c"):
            assert trees(self.databases[till]) == central
        for id, rev in self.acknowledged:
            assert not self.databases["central"].revs_diff({id: [rev]})
        for database in self.databases.values():
            assert database.verify() == []


TestNetwork = Network.TestCase
TestNetwork.settings = settings(
    max_examples=200,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
