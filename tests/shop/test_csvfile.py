"""Files that somebody made, read within bounds."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from app.shop import csvfile


def test_a_zipped_file_that_unfolds_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csvfile, "MOST_BYTES", 1_000_000)
    file = tmp_path / "products.csv.gz"
    file.write_bytes(gzip.compress(b"product_id,name,price_cents\n" + b"1,a,3\n" * 10_000_000))
    with pytest.raises(csvfile.ImportRefused, match="unfolds to more than 1000000 bytes"):
        csvfile.CsvFile(file, ["product_id", "name", "price_cents"], [])
