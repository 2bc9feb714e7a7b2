"""What a revision that a person writes has besides its members: who and when, and its files; and which values a
resolution repeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.docs import merge
from app.docs.merge import MISSING, STAMPS
from app.shop import schemas
from app.shop.actor import Actor
from app.shop.schemas.cart import plain
from app.shop.schemas.resolution import LARGEST

Body = Mapping[str, Any]


def stamps(body: Body, like: Iterable[Body], actor: Actor, on: str, now: str) -> dict[str, Any]:
    """`{"updated_at", "updated_by", "updated_on"}` for a body whose type has them; for one of a type that isn't known
    where any of `like`, the bodies that it was made of, has some."""
    schema = schemas.schema_of(body)
    if "updated_at" in schema.fields if schema else any(name in one for one in like for name in STAMPS):
        return {"updated_at": now, "updated_by": actor.staff, "updated_on": on}
    return {}


def same_files(names: Iterable[str]) -> dict[str, Any]:
    """`{"_attachments": …}` that keeps these files of the revision before."""
    return {"_attachments": {name: {"stub": True} for name in names}}


def files_of(doc: Body) -> dict[str, Any]:
    """`{"_attachments": …}` with the bytes of the files of `doc`, which was read with them."""
    kept = ("content_type", "data")
    return {"_attachments": {name: {key: file[key] for key in kept} for name, file in doc["_attachments"].items()}}


def is_told(value: Any) -> bool:
    """Whether a resolution repeats this value: not one that isn't there, is no plain JSON, or is too large."""
    return value is not MISSING and plain(value) and len(merge.canonical(value)) <= LARGEST
