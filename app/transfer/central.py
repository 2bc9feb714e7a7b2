"""What a central lacks for a company, as the command line asks for it: the admin's password comes from somewhere, and
those that are made go somewhere."""

from __future__ import annotations

import argparse
from functools import reduce
from operator import or_
from pathlib import Path

from app.node import NodeError
from app.transfer.asking import with_password
from app.web.users import write_secret
from couch import settings, wanted
from couch.plan import Plan, plan
from couch.server import Server
from couch.wanted import Wanted


class Passwords:
    """Those that were made here: kept in a file of the owner's, or shown once at the end."""

    def __init__(self, file: Path | None) -> None:
        self.made: dict[str, str] = {}
        self._file = file
        if file is not None and (file.exists() or file.is_symlink()):
            raise NodeError(f"{file} is there already: name a file that isn't, so that no password in it is lost.")
        if file is not None and not file.absolute().parent.is_dir():
            raise NodeError(f"{file.absolute().parent} is no directory.")

    def keep(self, name: str, password: str) -> None:
        self.made[name] = password
        self._write()

    def drop(self, name: str) -> None:
        del self.made[name]
        self._write()

    def _write(self) -> None:
        if self._file is None:
            return
        if self.made:
            write_secret(self._file, "".join(f"{name} {password}\n" for name, password in self.made.items()))
        else:
            self._file.unlink(missing_ok=True)


def look(arguments: argparse.Namespace, keeper: Passwords) -> tuple[Server, Plan]:
    """The central that the arguments name, and what it lacks of what they ask for and of what it names itself."""
    asked = reduce(or_, [wanted.store(id) for id in arguments.store], Wanted())
    asked = reduce(or_, [wanted.terminal(id) for id in arguments.terminal], asked)
    asked = reduce(or_, [wanted.office(id) for id in arguments.office], asked)
    server = Server(with_password(arguments.url), ca=arguments.ca)
    server.require_admin()
    known, notes = server.databases(), list[str]()
    renewed = set(arguments.new_password)
    there = wanted.named(server, known, notes)
    there |= wanted.accounts(server, renewed - {*asked.users, *there.users}, known)
    all = (asked | there).renewing(renewed)
    values = settings.wanted() if arguments.settings else None
    return server, plan(server, all, values=values, keeper=keeper, known=known, notes=notes)
