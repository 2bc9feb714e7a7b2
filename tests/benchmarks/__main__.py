"""`python -m tests.benchmarks [ROW …]`: the table of speeds with the ratios reached.

Measures against the Apache CouchDB that COUCHDB_URL names, else against PouchDB Server, and against our hub. Exit
status 1 when a goal is not reached.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import conflicts, http, page, replication, reports, rules, shift, start, store
from tests.benchmarks.report import Row, show
from tests.benchmarks.servers import servers
from tests.support import node

ROWS = (
    "push",
    "pull",
    "still",
    "live",
    "writes",
    "lookups",
    "http",
    "rules",
    "start",
    "scan",
    "z",
    "inbox",
    "trees",
    "year",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"some of: {' '.join(ROWS)} (all, when none is named)")
    parser.add_argument("--orders", type=int, default=10_000, help="orders to replicate")
    parser.add_argument("--documents", type=int, default=100_000, help="documents of the pass with nothing to do")
    parser.add_argument("--rounds", type=int, default=3, help="paired rounds; the median of their ratios counts")
    parser.add_argument("--no-rules", action="store_true", help="without the validation functions at the servers")
    given = parser.parse_args()
    if unknown := set(given.rows) - set(ROWS):
        parser.error(f"unknown row: {', '.join(sorted(unknown))}")
    wanted = given.rows or list(ROWS)
    node.install()
    with (
        tempfile.TemporaryDirectory(prefix="couchtill-bench-") as name,
        servers(Path(name), rules=not given.no_rules) as (foreign, hub),
    ):
        root = Path(name)
        runs: dict[str, list[Callable[[Path], list[Row]]]] = {
            "push": [lambda d, s=s: replication.push(s, d, given.orders, given.rounds) for s in (foreign, hub)],
            "pull": [lambda d, s=s: replication.pull(s, d, given.orders, given.rounds) for s in (foreign, hub)],
            "still": [lambda d: replication.nothing_to_do(foreign, d, given.documents, given.rounds)],
            "live": [lambda d, s=s: replication.live(s, d, 100) for s in (foreign, hub)],
            "writes": [lambda d: store.writes(d, given.orders, given.rounds)],
            "lookups": [store.lookups],
            "http": [lambda d: http.rates(foreign, hub, given.orders, given.rounds)],
            "rules": [lambda d: rules.cost(hub, given.orders, given.rounds)],
            "start": [lambda d: start.terminal(d, given.rounds)],
            "scan": [lambda d: page.cashier(d, given.rounds)],
            "z": [lambda d: shift.z(d, given.rounds)],
            "inbox": [lambda d: conflicts.inbox(d, given.rounds)],
            "trees": [lambda d: conflicts.trees(d, given.rounds)],
            "year": [lambda d: reports.year(d, given.rounds)],
        }
        table: list[Row] = []
        for row in wanted:
            for at, run in enumerate(runs[row]):
                folder = root / f"{row}-{at}"
                folder.mkdir()
                table += (made := run(folder))
                print(show(made), flush=True)
                shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{show(table)}")
    return 0 if all(row.ok for row in table) else 1


if __name__ == "__main__":
    sys.exit(main())
