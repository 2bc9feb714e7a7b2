"""What is unzipped unfolds no further than it may."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.docs import attachments
from app.docs import gunzip as module
from app.docs.database import Database
from app.docs.errors import AttachmentTooLarge, BadRequest
from app.docs.gunzip import Unfit, Unfolds, gunzip


@given(st.lists(st.binary(max_size=2000), min_size=1, max_size=4))
def test_it_is_what_went_in_also_of_several_behind_one_another(parts: list[bytes]) -> None:
    assert gunzip(b"".join(gzip.compress(part) for part in parts), 8000) == b"".join(parts)


@pytest.mark.parametrize("most", [0, 1, 999])
def test_nothing_unfolds_beyond_its_limit(most: int) -> None:
    assert gunzip(gzip.compress(b"x" * most), most) == b"x" * most
    for parts in ([b"x" * (most + 1)], [b"x" * most, b"x"], [b"x" * 50_000_000]):
        with pytest.raises(Unfolds):
            gunzip(b"".join(gzip.compress(part) for part in parts), most)


def test_what_is_damaged_or_cut_short_is_told() -> None:
    data = gzip.compress(os.urandom(5000))
    for wrong in (b"", b"x", data[:-1], data[:100], data[:2000] + b"x" + data[2001:], data + b"more"):
        with pytest.raises(Unfit):
            gunzip(wrong)


def test_an_attachment_unfolds_no_further_than_a_body_may_be_and_nothing_of_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.gunzip, "__defaults__", (1000,))
    with Database(tmp_path / "store.db") as store:
        for data, error in ((gzip.compress(b"x" * 10_000), AttachmentTooLarge), (b"no gzip", BadRequest)):
            doc = {"_id": "a", "_attachments": {"f": {"data": data, "encoding": "gzip", "content_type": "a/b"}}}
            with pytest.raises(error):
                store.put(doc)
            assert store.read("a") is None
        with pytest.raises(AttachmentTooLarge):
            attachments.unpack(gzip.compress(b"x" * 1001))
