"""``couchtill conflicts list|show|history|resolve``: its arguments, and what it prints."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def list_(arguments: argparse.Namespace) -> int:
    from app.docs import json
    from app.transfer import conflicts, drawn

    paint, count = drawn.Paint(), 0
    with conflicts.source(arguments.data, arguments.db, arguments.within) as source:
        for case in source.cases(arguments.type or None, arguments.match):
            told = conflicts.about(case)
            print(json.dumps(told).decode() if arguments.json else drawn.row(told, paint))
            count += 1
    if not arguments.json:
        print(f"{count} in dispute" if count else "Nothing is in dispute.", file=sys.stderr)
    return 0


def show(arguments: argparse.Namespace) -> int:
    from app.docs import json
    from app.transfer import conflicts, drawn

    paint = drawn.Paint()
    with conflicts.source(arguments.data, arguments.db, arguments.within, arguments.id) as source:
        database = source.find(arguments.id)
        found, case = conflicts.history(database, arguments.id), source.case(database, arguments.id)
        if arguments.json:
            told = conflicts.shown(found) if case is None else case.as_dict()
            print(json.dumps(told).decode())
            return 0
        print(paint(f"{database.name}  {arguments.id}", "bold"))
        for line in drawn.tree(found.drawing(whole=arguments.whole), paint):
            print(line)
        print()
        for line in ["Nothing is in dispute here."] if case is None else drawn.case(case, paint):
            print(line)
    return 0


def history(arguments: argparse.Namespace) -> int:
    from app.docs import json
    from app.shop.conflicts.history import told
    from app.transfer import conflicts, drawn

    with conflicts.source(arguments.data, arguments.db, arguments.within, arguments.id) as source:
        found = conflicts.history(source.find(arguments.id), arguments.id)
        lines = [json.dumps(told(found)).decode()] if arguments.json else drawn.history(found, drawn.Paint())
    for line in lines:
        print(line)
    return 0


def resolve(arguments: argparse.Namespace) -> int:
    from app.docs import json
    from app.node import NodeError
    from app.transfer import conflicts

    with conflicts.source(arguments.data, None, arguments.within) as source:
        database = source.find(arguments.id)
        case = source.case(database, arguments.id)
        if case is None:
            raise NodeError(f"Nothing is in dispute about {arguments.id} in {database.name}.")
        given = (arguments.take, arguments.field, arguments.value, arguments.keep, arguments.note)
        wanted = conflicts.asked(case, *given)
        done = conflicts.rehearse(database, source.asks, arguments.id, wanted) if arguments.dry_run else None
    if done is None:
        done = conflicts.decide(arguments.data, case.database, arguments.id, wanted)
    print(json.dumps(done["doc"]).decode())
    said = "Nothing was written: this is what it would become." if arguments.dry_run else f"It is {done['rev']} now."
    print(said, file=sys.stderr)
    return 0


def add(disputes: Any, command: Any) -> None:
    """The arguments, into the group `disputes`; `command(name, run, help, into)` makes a parser."""

    def looks(name: str, run: Any, help: str, document: bool = True) -> argparse.ArgumentParser:
        made = command(name, run, help, disputes)
        if document:
            made.add_argument("id", metavar="ID", help="the document's id, as in product:4000001")
        where = made.add_mutually_exclusive_group(required=True)
        where.add_argument("--data", type=Path, metavar="DIR", help="a node's directory; it may be running")
        where.add_argument("--db", metavar="DB", help="one database, a file or a URL")
        made.add_argument("--in", dest="within", metavar="NAME", help="only this database of the node, as in store-s1")
        made.add_argument("--json", action="store_true", help="JSON instead of text")
        return made

    made = looks("list", list_, "what is in dispute, the newest first", document=False)
    made.add_argument("--type", action="append", metavar="TYPE", help="only documents of this type; may be repeated")
    made.add_argument("--match", metavar="WORDS", help="only those with these words in their name or id")
    made = looks("show", show, "one document: its tree, and what differs side by side")
    made.add_argument("--whole", action="store_true", help="fold nothing")
    looks("history", history, "who changed what of a document, when and where")
    made = command("resolve", resolve, "decides a document in dispute; prints what it became", disputes)
    made.add_argument("id", metavar="ID", help="the document's id, as in product:4000001")
    made.add_argument("--data", type=Path, required=True, metavar="DIR", help="a node's directory; it may be running")
    made.add_argument("--in", dest="within", metavar="NAME", help="only this database of the node, as in store-s1")
    made.add_argument("--take", metavar="REV", help="this side for whatever is not told otherwise")
    made.add_argument("--field", action="append", default=[], metavar="PATH=REV", help="this side for one field")
    made.add_argument("--value", action="append", default=[], metavar="PATH=JSON", help="another value for one field")
    made.add_argument("--keep", choices=("deleted", "live"), help="of a deletion and an edit")
    made.add_argument("--note", metavar="TEXT", help="kept with the decision")
    made.add_argument("--dry-run", action="store_true", help="print what it would become, and write nothing")
