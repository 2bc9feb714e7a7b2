"""A small part of the replay: real receipts, real processes, lines cut and terminals killed."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from pathlib import Path

import pytest

from app.replay.__main__ import main
from app.replay.receipts import SAMPLE, Data

RECEIPTS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first receipts of the sample, with the products that they name and no more."""
    made = tmp_path_factory.mktemp("receipts")
    data = Data(SAMPLE)
    receipts = data.receipts[:RECEIPTS]
    skus = {row["product_id"] for receipt in receipts for row in receipt.rows}
    _copy("products.csv.gz", made, "product_id", skus)
    _copy("receipts.csv.gz", made, "basket_id", {receipt.basket for receipt in receipts})
    (made / "customers.csv").write_bytes((SAMPLE / "customers.csv").read_bytes())
    totals: dict[str, dict[str, int]] = {}
    for receipt in receipts:
        sums = totals.setdefault(receipt.store[1:], dict.fromkeys(receipt.totals._fields, 0))
        for name, value in receipt.totals._asdict().items():
            sums[name] += value
    (made / "totals.json").write_text(json.dumps(totals))
    return made


def _copy(name: str, folder: Path, column: str, wanted: set[str]) -> None:
    text = gzip.decompress((SAMPLE / name).read_bytes()).decode()
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row[column] in wanted]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (folder / name).write_bytes(gzip.compress(out.getvalue().encode()))


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_real_receipts_arrive_once_and_to_the_cent_through_cut_lines_and_killed_terminals(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COUCHDB_URL", raising=False)
    status = main(["--data", str(folder), "--seed", "7"])
    printed = capsys.readouterr().out
    assert status == 0, printed
    kills, cuts = re.search(r"(\d+) kills, (\d+) cuts", printed).groups()  # type: ignore[union-attr]
    assert int(kills) >= 3
    assert int(cuts) >= 3
    assert "couchtill verify: no findings on 8 nodes" in printed


def test_totals_that_the_receipts_do_not_add_up_to_are_a_failure(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COUCHDB_URL", raising=False)
    (tmp_path / "totals.json").write_text("{}")
    assert main(["--data", str(tmp_path)]) == 1
    assert "has no products.csv" in capsys.readouterr().err
