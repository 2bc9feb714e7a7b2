"""``couchtill central backup|restore|check``: their arguments, and what they print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: What commands about a central say of its address.
URL = "http://admin@host:5984; the password in it, in COUCHTILL_CENTRAL_PASSWORD, or asked for"


def backup(arguments: argparse.Namespace) -> int:
    from app.docs import json
    from app.transfer.asking import with_password
    from app.transfer.backup import backup as run

    url = with_password(arguments.url)
    with _bar("documents") as progress:
        file, manifest = run(
            url,
            arguments.place,
            only=arguments.database,
            users=arguments.users,
            progress=progress,
            ca=arguments.ca,
            says=lambda words: print(words, file=sys.stderr),
        )
    if arguments.json:
        print(json.dumps({"file": str(file), **manifest.as_dict()}).decode())
        return 0
    _say(manifest)
    print(f"{file} is whole: it was read back.", file=sys.stderr)
    if manifest.users is None:
        print("The users are not in it (--users takes them along).", file=sys.stderr)
    return 0


def check(arguments: argparse.Namespace) -> int:
    from app.docs import json
    from app.transfer.bundle import check as run

    with _bar("revisions") as progress:
        manifest = run(arguments.file, progress=progress)
    if arguments.json:
        print(json.dumps({"file": str(arguments.file), **manifest.as_dict()}).decode())
        return 0
    _say(manifest)
    print(f"{arguments.file} is whole. It was made {manifest.made_at} of {manifest.source}.", file=sys.stderr)
    return 0


def restore(arguments: argparse.Namespace) -> int:
    from app.docs import json
    from app.transfer.asking import with_password
    from app.transfer.restore import restore as run
    from app.words import hide

    url = with_password(arguments.url)
    with _bar("revisions") as progress:
        outcomes = run(
            arguments.file,
            url,
            only=arguments.database,
            users=not arguments.no_users,
            join=arguments.join,
            despite_refused=arguments.despite_refused,
            progress=progress,
            ca=arguments.ca,
        )
    refused = [(outcome.name, each) for outcome in outcomes for each in outcome.refused]
    if arguments.json:
        print(json.dumps({"databases": [outcome.as_dict() for outcome in outcomes]}).decode())
        return 1 if refused else 0
    for outcome in outcomes:
        made = ", made anew" if outcome.made else ""
        print(f"{outcome.name}: {outcome.written} revisions written, {outcome.there} were there{made}")
    for name, each in refused[:1000]:
        print(hide(f"{name} {each.id} {each.rev}: {each.error}, {each.reason}"), file=sys.stderr)
    if refused:
        print(
            f"{len(refused)} revisions were refused. Links stay away from that database until a restore got through, "
            "or --despite-refused says that it is right without them.",
            file=sys.stderr,
        )
        return 1
    if any(outcome.name == "_users" for outcome in outcomes):
        print(
            "The users are as they were then: whoever was turned off since and was not known here is let in again.",
            file=sys.stderr,
        )
    print("Tills go on by themselves, and send what the copy was too old for.", file=sys.stderr)
    print(
        "In no backup are settings, and who manages users: “couchtill central apply” puts them right at a new central.",
        file=sys.stderr,
    )
    return 0


def add(group: Any, command: Any) -> None:
    """The arguments, into the group `couchtill central`; `command(name, run, help, into)` makes a parser."""
    made = command("backup", backup, "copies what a central holds into one file, while it goes on", group)
    made.add_argument("url", metavar="URL", help=URL)
    made.add_argument("place", metavar="FILE|DIR", type=Path, help="in a directory it is named by server and time")
    _database(made, "only this database; may be repeated. Else company and every store's")
    made.add_argument("--users", action="store_true", help="with the users and the hashes of their passwords")
    _ca(made)
    _json(made)

    made = command("restore", restore, "writes a backup into a central, empty or not; deletes nothing", group)
    made.add_argument("file", metavar="FILE", type=Path)
    made.add_argument("url", metavar="URL", help=URL)
    _database(made, "only this database of the backup; may be repeated")
    made.add_argument("--no-users", action="store_true", help="without the users, where the backup has them")
    made.add_argument("--join", action="store_true", help="also into a database that another central's tills filled")
    made.add_argument("--despite-refused", action="store_true", help="let tills in though documents were refused")
    _ca(made)
    _json(made)

    made = command("check", check, "reads a backup and says whether it is whole", group)
    made.add_argument("file", metavar="FILE", type=Path)
    _json(made)


def _database(made: argparse.ArgumentParser, help: str) -> None:
    made.add_argument("--database", action="append", default=[], metavar="NAME", help=help)


def _ca(made: argparse.ArgumentParser) -> None:
    made.add_argument("--ca", type=Path, metavar="FILE", help="the authority of the central's certificate, as PEM")


def _json(made: argparse.ArgumentParser) -> None:
    made.add_argument("--json", action="store_true", help="print the result as one line of JSON")


@contextmanager
def _bar(label: str) -> Iterator[Any]:
    from app.progress import Bar

    bar = Bar()
    try:
        yield (lambda done, total: bar.show(done, total, label)) if bar.shows else None
    finally:
        bar.end()


def _say(manifest: Any) -> None:
    for part in manifest.parts:
        deleted = f" ({part.deleted} deleted)" if part.deleted else ""
        attached = f", {part.attachments} attachments" if part.attachments else ""
        print(f"{part.name}: {part.rows} documents{deleted}, {part.revisions} revisions{attached}")
