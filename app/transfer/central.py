"""What a central lacks for a company, as the command line asks for it: the admin's password comes from somewhere, and
those that are made go somewhere."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from functools import reduce
from operator import or_
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from app.node import NodeError
from app.web.users import write_secret
from couch import settings, wanted
from couch.plan import Plan, plan
from couch.server import CentralError, Server, shown
from couch.wanted import Wanted

#: Where a password comes from that the URL doesn't have and nobody can be asked for.
PASSWORD = "COUCHTILL_CENTRAL_PASSWORD"


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
    server = Server(_with_password(arguments.url), ca=arguments.ca)
    server.require_admin()
    known, notes = server.databases(), list[str]()
    renewed = set(arguments.new_password)
    there = wanted.named(server, known, notes)
    there |= wanted.accounts(server, renewed - {*asked.users, *there.users}, known)
    all = (asked | there).renewing(renewed)
    values = settings.wanted() if arguments.settings else None
    return server, plan(server, all, values=values, keeper=keeper, known=known, notes=notes)


def _with_password(url: str) -> str:
    """`url` with the password that it lacks where it has a name: from the environment, or asked for."""
    parts = urlsplit(url)
    if parts.username is None or parts.password is not None:
        return url
    password = os.environ.get(PASSWORD)
    if password is None:
        if not sys.stdin.isatty():
            raise CentralError(f"{shown(url)} needs a password: in the URL, or in {PASSWORD}.")
        password = getpass.getpass(f"Password of {parts.username} at {shown(url)}: ")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{quote(password, safe='')}@{host}"))
