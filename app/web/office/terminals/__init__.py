"""The terminals of all stores at head office: `/terminals`, `/certificates` and their API. What is done stands in
`app.node.issuing` and `app.node.certifying`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.web.office.terminals import api, certificates, pages


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""
    api.register(blueprint, node)
    certificates.register(blueprint, node)
    pages.register(blueprint, node)
