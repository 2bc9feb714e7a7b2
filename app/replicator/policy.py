"""When to ask and when to just send: the two guesses that make replication fast.

Neither can do harm. Writing with `new_edits: false` a revision that is there already changes nothing, and a feed
without bodies only costs another request.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from app.replicator.peer import Row

PROBE_EVERY = 10
"""Every tenth batch is asked about even where nothing was found at the target lately."""

SURE_AFTER = 2
"""Batches in a row of which the target had nothing, before asking stops."""

USEFUL = 0.5
"""Share of a page's bodies that must have been of use; below, `include_docs` goes off."""

WORTH_IT = 0.9
"""Share of a page that is new and plain, from which bodies come with the feed again."""


class Diff:
    """Does a batch need `_revs_diff`?

    Not while the target was empty at the start or the last batches were all missing (every tenth is asked as a probe),
    and not for edits made at the source itself, which the target can't have unless we sent them: as long as this run
    goes on from a checkpoint without a failure. What the source pulled from elsewhere is always asked.
    """

    def __init__(self, *, target_empty: bool, resumed: bool) -> None:
        self._lock = threading.Lock()
        self._sure = target_empty
        self._own_sure = target_empty or resumed
        self._all_missing = 0
        self._batch = 0

    @property
    def bodies_wanted(self) -> bool:
        """Is it likely that whole batches will be sent?"""
        return self._sure or self._own_sure

    def skips(self, rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
        """(rows to ask about, rows taken as missing)."""
        with self._lock:
            self._batch += 1
            probe = self._batch % PROBE_EVERY == 0 and len(rows) > 1
            sure, own_sure = self._sure and not probe, self._own_sure and not probe
        if not (sure or own_sure):
            return rows, ()
        ask, take = [], []
        for row in rows:
            if row.local is False or not (sure if row.local is None else own_sure):
                ask.append(row)
            else:
                take.append(row)
        return ask, take

    def learn(self, asked: int, missing: int) -> None:
        """`missing` of `asked` revisions of one batch were not at the target."""
        if not asked:
            return
        with self._lock:
            if missing == asked:
                self._all_missing += 1
                self._sure = self._sure or self._all_missing >= SURE_AFTER
                self._own_sure = self._own_sure or self._sure
            else:
                self._all_missing = 0
                self._sure = False
                if missing * 2 < asked:
                    self._own_sure = False


class Bodies:
    """Should a server's feed bring the documents along?"""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted

    def learn(self, rows: int, useful: int, plain: int) -> None:
        """Of `rows` rows, the bodies of `useful` were taken; `plain` were new, with one revision of generation 1."""
        if not rows:
            return
        if self.wanted and useful < rows * USEFUL:
            self.wanted = False
        elif not self.wanted and plain >= rows * WORTH_IT:
            self.wanted = True


class Split(NamedTuple):
    """How many documents and bytes go into one request."""

    docs: int = 500
    bytes: int = 8 << 20


USUAL_SPLIT = Split()
