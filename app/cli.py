"""The ``couchtill`` command: parses, calls, prints. Exit status 0 success, 1 failure, 2 usage.

Data goes to standard output, everything else to standard error; a password never goes anywhere.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import app

PASSWORD_BYTES = 12


def main(argv: Sequence[str] | None = None) -> int:
    """The command with ``argv``, or the process's own arguments; the exit status."""
    arguments = parser().parse_args(argv)
    from app.process import log_to_stderr
    from app.transfer import asking

    log_to_stderr(arguments.verbose)
    try:
        asking.complete(arguments)
        return int(arguments.run(arguments) or 0)
    except BrokenPipeError:
        # ``couchtill dump … | head``: nobody reads on. Python's own flush at the end would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from app.words import words

        said = words(error)
        if said is None:
            raise
        print(f"couchtill: {said}", file=sys.stderr)
        return 1


# -- servers -----------------------------------------------------------------------------------------------------------


def hub(arguments: argparse.Namespace) -> int:
    import secrets

    from app.node import Node
    from app.node.setup import prepare
    from app.process import run_node
    from app.web import users

    config = prepare(arguments.data, "hub", host=arguments.host, port=arguments.port)

    def admin(node: Node) -> None:
        if arguments.admin is not None:
            users.set_admin(node.path, *arguments.admin)
        elif not users.has_admin(node.path):
            password = secrets.token_urlsafe(PASSWORD_BYTES)
            users.set_admin(node.path, "admin", password)
            print(
                f"Admin of this hub: admin, password {password} (shown this once; --admin NAME:PASSWORD sets another)"
            )

    return run_node(Node(arguments.data, config), with_parent=arguments.with_parent, before=admin)


def terminal(arguments: argparse.Namespace) -> int:
    new = not (arguments.data / "node.toml").exists() and not arguments.data.is_file()
    if new and arguments.id is None and arguments.central is None:
        from app.transfer.enroll import serve

        made = serve(arguments.data, host=arguments.host, port=arguments.port, with_parent=arguments.with_parent)
        return 0 if made is None else _open(arguments, made)
    return _run(arguments, "terminal", id=arguments.id, store=arguments.store)


def enroll(arguments: argparse.Namespace) -> int:
    from app.transfer.enroll import run

    made = run(arguments.code, arguments.data, host=arguments.host, port=arguments.port)
    return 0 if arguments.no_start else _open(arguments, made)


def _open(arguments: argparse.Namespace, config: Any) -> int:
    """Opens the till of a machine that was enrolled just now."""
    from app.node import Node
    from app.process import run_node

    return run_node(Node(arguments.data, config), with_parent=arguments.with_parent)


def office(arguments: argparse.Namespace) -> int:
    return _run(arguments, "office", id=arguments.id, stores=arguments.stores)


def _run(arguments: argparse.Namespace, kind: str, **first: Any) -> int:
    from app.node import Node
    from app.node.config import read_secret
    from app.node.setup import prepare
    from app.process import run_node

    central = arguments.central
    known = (arguments.data / "node.toml").exists() or read_secret(arguments.data, "central") is not None
    if central is not None and not known:
        from app.transfer.asking import with_password

        central = with_password(central)
    config = prepare(arguments.data, kind, central=central, host=arguments.host, port=arguments.port, **first)
    node = Node(arguments.data, config.with_(demo_origin=arguments.demo_origin))
    return run_node(node, with_parent=arguments.with_parent)


def demo(arguments: argparse.Namespace) -> int:
    from app.demo.run import run

    return run(arguments.data, arguments.port, with_parent=arguments.with_parent)


# -- documents ---------------------------------------------------------------------------------------------------------


def replicate(arguments: argparse.Namespace) -> int:
    from app.transfer.replicate import run

    return run(
        arguments.source,
        arguments.target,
        continuous=arguments.continuous,
        create_target=arguments.create_target,
        json=arguments.json,
    )


def load(arguments: argparse.Namespace) -> int:
    from app.transfer.load import load as run

    result = run(arguments.db, arguments.file)
    for problem in result.problems:
        print(problem, file=sys.stderr)
    print(f"{result.written} written, {result.unchanged} there already, {result.refused} refused")
    return 1 if result.refused else 0


def dump(arguments: argparse.Namespace) -> int:
    from app.transfer.dump import dump as run

    for line in run(arguments.db):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return 0


def import_(arguments: argparse.Namespace) -> int:
    from app.transfer.importing import run

    result = run(arguments.what, arguments.file, arguments.db, rejects=arguments.rejects)
    print(result.summary())
    for line in result.first_problems():
        print(line, file=sys.stderr)
    return 1 if result.rejected else 0


def verify(arguments: argparse.Namespace) -> int:
    from app.transfer.verify import run

    report = run(arguments.dir)
    for finding in report.findings:
        print(finding)
    print(report.summary())
    return 1 if report.findings else 0


def link_accept(arguments: argparse.Namespace) -> int:
    from app.node.accept import accept

    print(accept(arguments.data, arguments.db))
    return 0


def journal(arguments: argparse.Namespace) -> int:
    from app.transfer.journal import run, usual

    first, last = usual()
    low = arguments.from_ or arguments.to or first
    high = arguments.to or (arguments.from_ and low) or last
    result = run(arguments.data, low, high, arguments.store, unclosed=arguments.open)
    for line in result.refused:
        print(line, file=sys.stderr)
    print(f"{len(result.booked)} booked now, {len(result.refused)} not", file=sys.stderr)
    if arguments.output is not None:
        arguments.output.write_bytes(result.csv)
    else:
        sys.stdout.buffer.write(result.csv)
        sys.stdout.buffer.flush()
    return 1 if result.refused else 0


# -- who may ----------------------------------------------------------------------------------------------------------


def staff_key(arguments: argparse.Namespace) -> int:
    from app.node import config
    from app.node.pin_keys import PinKeys

    node = config.read(arguments.data)  # a node's directory, or an error that says so
    keys = PinKeys(arguments.data)
    if node.kind == "office":
        from app.node.pin_carrying import keys_of

        if arguments.store is None:
            raise config.NodeError("Head office has a key for each store: name the store with --store.")
        keys = keys_of(arguments.data, arguments.store)
    if arguments.set is not None:
        keys.add(arguments.set)
        print("Tills that are enrolled from now on take the PINs of that key." if node.kind == "office"
              else "This till takes the PINs of that key now.", file=sys.stderr)  # fmt: skip
        return 0
    known = keys.known()
    if not known:
        print("couchtill: There is no key yet: it is made with the first PIN.", file=sys.stderr)
        return 1
    print(known[0])
    return 0


def keys_add(arguments: argparse.Namespace) -> int:
    print(_key_ring(arguments.data).add(arguments.name, arguments.rights))
    print("This key is shown this once. Send it as “Authorization: Bearer KEY”.", file=sys.stderr)
    return 0


def keys_list(arguments: argparse.Namespace) -> int:
    for key in _key_ring(arguments.data).all():
        print(f"{key.name}  {','.join(sorted(key.rights)) or '-'}  {key.made}")
    return 0


def keys_revoke(arguments: argparse.Namespace) -> int:
    _key_ring(arguments.data).revoke(arguments.name)
    print(f"The key {arguments.name} opens nothing any more.", file=sys.stderr)
    return 0


def _key_ring(path: Path) -> Any:
    from app.node import config
    from app.web.keys import KeyRing

    config.read(path)
    return KeyRing(path)


# -- settings ----------------------------------------------------------------------------------------------------------


def settings_get(arguments: argparse.Namespace) -> int:
    from app.docs import json
    from app.transfer.settings import read

    for name, value in read(arguments.data, arguments.name, arguments.scope).items():
        print(f"{name} = {json.dumps(value).decode()}" if arguments.name is None else json.dumps(value).decode())
    return 0


def settings_set(arguments: argparse.Namespace) -> int:
    from app.transfer.settings import write

    print(write(arguments.data, arguments.name, arguments.value, arguments.scope), file=sys.stderr)
    return 0


# -- the arguments -----------------------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    from app.transfer import central_commands, certificates, conflict_commands, copy_commands

    top = _Parser(
        prog="couchtill",
        description="A till that sells without the network, and replicates like CouchDB when it is back.",
        epilog="DB is a file (DIR/company.db) or a URL (http://user@host:5984/company; "
        "the password in it, in COUCHTILL_CENTRAL_PASSWORD, or asked for).",
    )
    top.add_argument("--version", action="version", version=f"CouchTill {app.__version__}")
    top.add_argument("-v", "--verbose", action="store_true", help="log more, to standard error")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Any, help: str, into: Any = commands) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = into.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        made.set_defaults(run=run)
        return made

    def server(made: argparse.ArgumentParser, port: int, data: Path | None = None) -> None:
        made.add_argument("--data", type=Path, metavar="DIR", required=data is None, default=data, help="its directory")
        made.add_argument("--port", type=_port, default=None, help=f"default {port}; 0 takes a free one")
        made.add_argument("--with-parent", action="store_true", help="end when standard input ends")

    def node(made: argparse.ArgumentParser, port: int) -> None:
        server(made, port)
        made.add_argument("--host", default=None, help="address to listen on, default 127.0.0.1")
        made.add_argument("--id", help="who it is, at the first start")
        made.add_argument("--central", metavar="URL", help="http://user@host:5984; kept, with the password")
        made.add_argument("--demo-origin", metavar="ORIGIN", help=argparse.SUPPRESS)

    made = command("demo", demo, "a whole shop on this machine, on one page; Ctrl-C ends it")
    server(made, 8000, Path("demo-data"))

    made = command("hub", hub, "the embedded central")
    server(made, 5984)
    made.add_argument("--host", default=None, help="address to listen on, default 127.0.0.1")
    made.add_argument("--admin", type=_admin, metavar="NAME:PASSWORD", help="its admin, made or changed")

    made = command("terminal", terminal, "a terminal: a till in a store")
    node(made, 8080)
    made.add_argument("--store", help="its store, at the first start; told by the id (s1-t1: s1) when left out")

    made = command("enroll", enroll, "makes this machine a terminal by head office's code, and opens the till")
    made.add_argument("code", metavar="CODE", nargs="?", help="- for standard input; none: asked for, or as before")
    server(made, 8080)
    made.add_argument("--host", default=None, help="address to listen on, default 127.0.0.1")
    made.add_argument("--no-start", action="store_true", help="only enrol; “couchtill terminal” opens the till")

    made = command("office", office, "head office: links every store")
    node(made, 8090)
    made.add_argument("--stores", type=_list, default=[], metavar="S1,S2", help="stores, besides those it learns of")

    made = command("replicate", replicate, "replicates SOURCE to TARGET, each a file or a URL")
    made.add_argument("source", metavar="SOURCE")
    made.add_argument("target", metavar="TARGET")
    made.add_argument("--continuous", action="store_true", help="go on until Ctrl-C")
    made.add_argument("--create-target", action="store_true", help="make the target when it is not there")
    made.add_argument("--json", action="store_true", help="print the result as one line of JSON")

    made = command("load", load, "documents in: a JSON object a line")
    made.add_argument("db", metavar="DB")
    made.add_argument("file", metavar="FILE.jsonl", help="- for standard input")

    made = command("dump", dump, "documents out, a JSON object a line")
    made.add_argument("db", metavar="DB")

    made = command("import", import_, "products or customers from a CSV file, checked row by row")
    made.add_argument("what", choices=("products", "customers"))
    made.add_argument("file", type=Path, metavar="FILE.csv")
    made.add_argument("--db", required=True, metavar="DB")
    made.add_argument("--rejects", type=Path, metavar="FILE", help="where bad rows go, default FILE.rejects.csv")

    made = command("verify", verify, "checks files, trees, chains, number series and sums of a node's directory")
    made.add_argument("dir", type=Path, metavar="DIR")

    made = command("journal", journal, "books the closed days of a range, and prints them as CSV for bookkeeping")
    made.add_argument("--data", type=Path, required=True, metavar="DIR", help="head office's directory, or a till's")
    made.add_argument("--from", dest="from_", metavar="DATE", help="the first business date; yesterday, when left out")
    made.add_argument("--to", metavar="DATE", help="the last one; the first, when left out")
    made.add_argument("--store", metavar="STORE", help="only this store")
    made.add_argument("--open", action="store_true", help="also days that are not closed; what comes is a correction")
    made.add_argument("--output", type=Path, metavar="FILE", help="instead of standard output")

    made = command("link", None, "answers a link that asks")
    made = command(
        "accept",
        link_accept,
        "takes the central as it is now for the one that this node replicates DB with",
        made.add_subparsers(metavar="accept", required=True),
    )
    made.add_argument("db", metavar="DB", help="the database's name, as in company")
    made.add_argument("--data", type=Path, required=True, metavar="DIR")

    staff = command("staff", None, "what the tills of a store share about their people").add_subparsers(
        metavar="key", required=True
    )
    made = command("key", staff_key, "prints the key of a store's PINs, or takes it from another till", staff)
    made.add_argument("--data", type=Path, required=True, metavar="DIR")
    made.add_argument("--set", metavar="KEY", help="as the other till prints it")
    made.add_argument("--store", metavar="ID", help="at head office: which store's")

    keys = command("keys", None, "keys with rights, for programs").add_subparsers(
        metavar="add|list|revoke", required=True
    )
    made = command("add", keys_add, "makes a key, and prints it this once", keys)
    made.add_argument("name", metavar="NAME")
    made.add_argument("--rights", type=_list, default=[], metavar="R1,R2", help="as in sell,report_x; none: reads")
    made.add_argument("--data", type=Path, required=True, metavar="DIR")
    made = command("list", keys_list, "the keys that there are, with their rights", keys)
    made.add_argument("--data", type=Path, required=True, metavar="DIR")
    made = command("revoke", keys_revoke, "takes a key away", keys)
    made.add_argument("name", metavar="NAME")
    made.add_argument("--data", type=Path, required=True, metavar="DIR")

    settings = command("settings", None, "what is set for a till, its store, or all").add_subparsers(
        metavar="get|set", required=True
    )
    scopes = ("all", "store", "terminal")
    made = command("get", settings_get, "prints a setting as it holds at this node, or all of them", settings)
    made.add_argument("name", metavar="NAME", nargs="?")
    made.add_argument("--data", type=Path, required=True, metavar="DIR")
    made.add_argument("--scope", choices=scopes, help="only what is set there")
    made = command("set", settings_set, "sets a setting; it replicates, and holds where it arrives", settings)
    made.add_argument("name", metavar="NAME")
    made.add_argument("value", metavar="VALUE", help="JSON, or a plain word; “default” takes the setting away")
    made.add_argument("--data", type=Path, required=True, metavar="DIR")
    made.add_argument("--scope", choices=scopes, default="terminal", help="default terminal")

    central = command("central", None, "the company's central: prepared, saved, checked, put back")
    group = central.add_subparsers(metavar="plan|apply|backup|restore|check", required=True)
    central_commands.add(group, command)
    copy_commands.add(group, command)

    disputes = command("conflicts", None, "documents that two places changed: what to decide, and deciding it")
    certificates.add_commands(commands, command)
    conflict_commands.add(disputes.add_subparsers(metavar="list|show|history|resolve", required=True), command)
    return top


class _Parser(argparse.ArgumentParser):
    """One whose complaints repeat no password of a URL."""

    def error(self, message: str) -> NoReturn:
        from app.words import hide

        super().error(hide(message))


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 0 to 65535")
    return int(text)


def _admin(text: str) -> tuple[str, str]:
    name, colon, password = text.partition(":")
    if not name or not colon or not password:
        raise argparse.ArgumentTypeError("NAME:PASSWORD, neither of them empty")
    return name, password


def _list(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


if __name__ == "__main__":
    sys.exit(main())
