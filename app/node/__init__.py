"""One running node: its databases, its till, its links with the central. No Flask, no HTTP of its own.

``Node.load(path).start()`` is a node at work; ``app.web`` gives it pages and an API, ``app.cli`` a process.
"""

from __future__ import annotations

from app.node.config import LinkConfig, NodeConfig, NodeError
from app.node.node import Node

__all__ = ["LinkConfig", "Node", "NodeConfig", "NodeError"]
