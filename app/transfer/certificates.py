"""`couchtill certificate …`: the company's authority, a node's request, its signature, and what comes of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.node import config
from app.node.config import NodeError


def add_commands(commands: Any, command: Any) -> None:
    """The sub-commands; `command(name, run, help, into)` makes one."""
    group = commands.add_parser("certificate", help="HTTPS by the company's own certificates")
    into = group.add_subparsers(metavar="COMMAND", required=True)

    made = command("authority", authority, "make the company's authority at head office", into)
    _data(made)
    made.add_argument("company", help="the company's name")

    made = command("request", request, "ask for this node's certificate: the request goes to head office", into)
    _data(made)
    made.add_argument("names", nargs="+", metavar="NAME", help="what browsers call this machine: names, addresses")

    made = command("sign", sign, "sign a node's request at head office", into)
    _data(made)
    made.add_argument("file", metavar="FILE", help="the request; - for standard input")

    made = command("install", install, "take the signed certificate: from then on this node speaks HTTPS", into)
    _data(made)
    made.add_argument("file", metavar="FILE", help="the certificate; - for standard input")

    made = command("list", list_, "what head office has signed, what ends first first", into)
    _data(made)


def authority(arguments: argparse.Namespace) -> int:
    from app.node import certificates

    _kind(arguments.data, "office")
    print(certificates.make_authority(arguments.data, arguments.company))
    print(
        "Give this file to tablets and tills to trust; ca.key beside it stays here, and in your backup.",
        file=sys.stderr,
    )
    return 0


def request(arguments: argparse.Namespace) -> int:
    from app.node import certificates

    node = config.read(arguments.data)
    sys.stdout.write(certificates.request(arguments.data, node.id, arguments.names).decode())
    return 0


def sign(arguments: argparse.Namespace) -> int:
    from app.node import certificates

    _kind(arguments.data, "office")
    sys.stdout.write(certificates.sign(arguments.data, _read(arguments.file)).decode())
    return 0


def install(arguments: argparse.Namespace) -> int:
    from app.node import certificates

    config.read(arguments.data)
    done = certificates.install(arguments.data, _read(arguments.file))
    print(f"For {', '.join(done.names)} until {done.ends:%Y-%m-%d}. A node that speaks HTTP yet must be started again.",
          file=sys.stderr)  # fmt: skip
    return 0


def list_(arguments: argparse.Namespace) -> int:
    from app.node import certificates

    _kind(arguments.data, "office")
    for one in certificates.issued(arguments.data):
        print(f"{one.ends:%Y-%m-%d}  {','.join(one.names)}  {one.serial}")
    return 0


def _data(made: argparse.ArgumentParser) -> None:
    made.add_argument("--data", type=Path, metavar="DIR", required=True, help="the node's directory")


def _kind(path: Path, kind: str) -> None:
    node = config.read(path)
    if node.kind != kind:
        raise NodeError(f"{path} is the directory of {node.id}. The authority is head office's.")


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(100_000)
    try:
        with open(file, "rb") as stream:
            return stream.read(100_000)
    except OSError as error:
        raise NodeError(f"{file} can't be read: {error.strerror}") from None
