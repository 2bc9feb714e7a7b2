"""``couchtill central plan|apply``: its arguments, and what it prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.transfer.copy_commands import URL

if TYPE_CHECKING:
    from app.transfer.central import Passwords
    from couch.plan import Plan
    from couch.server import Server
    from couch.steps import Step


def show_plan(arguments: argparse.Namespace) -> int:
    from app.transfer.central import Passwords, look

    server, found = look(arguments, Passwords(None))
    if arguments.json:
        _print_json(_told(server, found))
        return 0
    _say(server, found)
    if found.steps:
        print("Nothing was changed. “couchtill central apply” with the same words makes it so.", file=sys.stderr)
    return 0


def apply(arguments: argparse.Namespace) -> int:
    from app.transfer.central import Passwords, look
    from couch.server import CentralError

    keeper = Passwords(arguments.passwords)
    server, found = look(arguments, keeper)
    done: list[Step] = []
    if not arguments.json:
        _say(server, found)
    try:
        found.apply(done.append)
    finally:
        # Also after a failure: the users up to there are made, and nobody else has their passwords.
        if arguments.json:
            _print_json({**_told(server, found), "done": len(done), **_kept(keeper, arguments.passwords)})
        else:
            _print(done, keeper, arguments.passwords)
    if server.silent and arguments.settings:
        silent = ", ".join(server.silent)
        raise CentralError(f"All is made but the settings of {silent}: run this again when it answers.")
    return 0


def _told(server: Server, found: Plan) -> dict[str, Any]:
    steps = [step.as_dict() for step in found.steps]
    return {"url": server.shown, "server": server.what, "steps": steps, "notes": found.notes}


def _kept(keeper: Passwords, file: Path | None) -> dict[str, Any]:
    return {"passwords": keeper.made} if file is None else {"passwords_file": str(file) if keeper.made else None}


def _print_json(told: Mapping[str, Any]) -> None:
    from app.docs import json

    print(json.dumps(told).decode())


def _say(server: Server, found: Plan) -> None:
    for note in found.notes:
        print(note, file=sys.stderr)
    if not found.steps:
        print(f"{server.shown}, {server.what}, is as it should be.", file=sys.stderr)
        return
    count = "one step" if len(found.steps) == 1 else f"{len(found.steps)} steps, in this order"
    print(f"{server.shown}, {server.what}: {count}.", file=sys.stderr)
    wide = max(len(step.name) for step in found.steps)
    for step in found.steps:
        print(f"{step.kind:<9} {step.name:<{wide}}  {step.what}")


def _print(done: list[Step], keeper: Passwords, file: Path | None) -> None:
    if done:
        print("One step is made." if len(done) == 1 else f"{len(done)} steps are made.", file=sys.stderr)
    if keeper.made and file is not None:
        print(f"The new passwords are in {file}, which only you can read.", file=sys.stderr)
    elif keeper.made:
        print("The new passwords, shown this once:", file=sys.stderr)
        _print_passwords(keeper.made)


def _print_passwords(made: Mapping[str, str]) -> None:
    wide = max(map(len, made))
    for name, password in made.items():
        print(f"{name:<{wide}}  {password}")


def add(central: Any, command: Any) -> None:
    """The arguments, into the group `central`; `command(name, run, help, into)` makes a parser."""
    for name, run, help in (
        ("plan", show_plan, "what a CouchDB or a hub lacks to be the company's central; changes nothing"),
        ("apply", apply, "makes a CouchDB or a hub the company's central; twice is harmless"),
    ):
        made = command(name, run, help, central)
        made.add_argument(
            "url",
            metavar="URL",
            help=URL,
        )
        for what, metavar, help in (
            ("store", "S1", "a store, besides those that the central names; may be repeated"),
            ("terminal", "S1-T1", "a terminal in its store, and its user; may be repeated"),
            ("office", "NAME", "head office's user"),
            ("new-password", "NAME", "a new password for a terminal's or head office's user that is there"),
        ):
            made.add_argument(f"--{what}", action="append", default=[], metavar=metavar, help=help)
        made.add_argument("--no-settings", dest="settings", action="store_false", help="leave CouchDB's settings alone")
        made.add_argument("--ca", type=Path, metavar="FILE", help="the authority of the central's certificate, as PEM")
        made.add_argument("--json", action="store_true", help="JSON instead of text")
        if run is apply:
            made.add_argument(
                "--passwords", type=Path, metavar="FILE", help="new passwords into a new file of yours, not shown"
            )
