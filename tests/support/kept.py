"""What comes out the same every time, and is worked out once a process: what Jinja makes of a template, and werkzeug
of a rule. A node is ready in a third of the time, and a run of the tests starts two thousand; what they answer is the
same. Whoever is forked has it from whom it was forked from (`prepare`).
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Hashable
from pathlib import Path
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class Templates(BytecodeCache):
    """The compiled templates of this process, each for as long as its source is the same."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


def keep() -> None:
    """From now on, in this process."""
    if "bytecode_cache" in Flask.jinja_options:
        return
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Templates()}
    if hasattr(Rule, "_compile_builder"):
        Rule._compile_builder = _once(Rule._compile_builder)  # type: ignore[method-assign]


def _once(compiles: Callable[..., Any]) -> Callable[..., Any]:
    """The function that builds a rule's URLs is told its rule when it is called: of two rules that were read the same
    way it is the same function."""
    known: dict[Hashable, Any] = {}

    @functools.wraps(compiles)
    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compiles(rule, append_unknown)
        read = (rule.rule, tuple(rule._trace), append_unknown)
        if read not in known:
            known[read] = compiles(rule, append_unknown)
        return known[read]

    return compiled


def prepare() -> None:
    """Makes every kind of node once, and its pages, for those who are forked from here."""
    from app.node import Node, NodeConfig
    from app.web import create_app
    from app.web.users import api_key

    keep()
    with tempfile.TemporaryDirectory(prefix="prepared-") as folder:
        for kind, more in (("hub", {}), ("terminal", {"store": "s1"}), ("office", {})):
            node = Node(Path(folder) / kind, NodeConfig(kind=kind, id=f"{kind}-1", **more)).start(links=False)
            try:
                app = create_app(node)
                if kind == "hub":
                    continue
                with app.test_client() as client:
                    for language in ("en", "zh"):
                        told = {"Authorization": f"Bearer {api_key(node.path)}", "Accept-Language": language}
                        client.get("/", headers=told).close()
                for template in app.jinja_env.list_templates(extensions=["html"]):
                    app.jinja_env.get_template(template)
            finally:
                node.stop()
