"""``couchtill link accept``: a person says that the central which is there now is the right one."""

from __future__ import annotations

from pathlib import Path

from app.node import config as node_config
from app.node.config import NodeError
from app.node.state import NodeState

#: The setting in which the links of a database keep the identity of their central (``LinkRunner.identity_key``).
KEY = "central:{}"


def accept(path: Path, database: str) -> str:
    """Forgets the identity that the links of ``database`` knew; the next contact takes the one it finds. In words.

    The node may run: its link looks again within a minute. NodeError when there is no such node or link.
    """
    config = node_config.read(path)
    if config.central_url is None:
        raise NodeError(f"{config.id} has no central, so no link waits for an answer.")
    database = database.removesuffix(".db").rpartition("/")[2]
    if not (path / f"{database.replace('/', '%2F')}.db").exists():
        raise NodeError(f"{config.id} has no database {database}.")
    state = NodeState(path)
    try:
        key = KEY.format(database)
        known = state.get(key) is not None
        state.remove(key)
    finally:
        state.close()
    if not known:
        return f"{database}: no central was known yet; the next one is taken."
    return f"{database}: the central that {config.id} finds at {config.central_url} is taken for the right one now."
