"""`python -m app.replay`: sells real receipts in bad weather, proves that all arrived once, prints a table."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.node import NodeError
from app.replay import proof
from app.replay.company import Company
from app.replay.receipts import SAMPLE, Data, Receipt
from app.replay.selling import Cashier
from app.shop.money import show
from app.shop.totals import Totals

TERMINALS = (2, 3, 2)  # of the first store, the second …


@dataclass(frozen=True)
class Options:
    data: Path
    receipts: int | None
    seed: int
    folder: Path
    couchdb: str | None


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0 when all adds up, 1 when anything doesn't."""
    parser = argparse.ArgumentParser(prog="python -m app.replay", description=__doc__)
    parser.add_argument("--data", type=Path, default=SAMPLE, metavar="DIR", help="receipts in the form of the sample")
    parser.add_argument("--receipts", type=int, metavar="N", help="only the first N")
    parser.add_argument("--seed", type=int, default=1, help="of the faults")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="an empty directory for the nodes, kept afterwards")
    arguments = parser.parse_args(argv)
    couchdb = os.environ.get("COUCHDB_URL") or None
    try:
        if arguments.keep is not None:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            return run(Options(arguments.data, arguments.receipts, arguments.seed, arguments.keep, couchdb))
        with tempfile.TemporaryDirectory(prefix="couchtill-replay-") as folder:
            return run(Options(arguments.data, arguments.receipts, arguments.seed, Path(folder), couchdb))
    except (NodeError, OSError) as error:
        print(f"replay: {error}", file=sys.stderr)
        return 1


def run(options: Options) -> int:
    """One replay. Prints as it goes."""
    began = time.monotonic()
    data = Data(options.data)
    receipts = data.receipts[: options.receipts]
    stores = sorted({receipt.store for receipt in receipts})
    expected = {store: _sum([r for r in receipts if r.store == store]) for store in stores}
    wrong = [
        f"{store}: the receipts add up to {expected[store]}, totals.json says {data.totals.get(store)}."
        for store in stores
        if options.receipts is None and expected[store] != data.totals.get(store)
    ]
    counts = [TERMINALS[i % len(TERMINALS)] for i in range(len(stores))]
    company = Company(options.folder, stores, counts, options.couchdb)
    try:
        say(f"{'CouchDB' if options.couchdb else 'Hub'} and {len(company.terminals)} terminals of {len(stores)} stores")
        say(company.stock(data.products, data.customers))
        company.open()
        wrong += proof.wait_for_stillness(company)
        say(f"catalogue on every terminal after {time.monotonic() - began:.0f} s; selling {len(receipts)} receipts")
        cashiers = sell(company, receipts, data, options.seed)
        selling = time.monotonic()
        for cashier in cashiers:
            cashier.join()
        for terminal in company.terminals:
            terminal.rest()
        sold = [cashier.sold for cashier in cashiers]
        wrong += [words for one in sold for words in one.wrong]
        say(
            f"sold in {time.monotonic() - selling:.0f} s: {sum(t.kills for t in company.terminals)} kills, "
            f"{sum(t.cuts for t in company.terminals)} cuts, {sum(one.again for one in sold)} requests without an "
            f"answer sent again, {sum(one.repeated for one in sold)} answered ones too"
        )
        wrong += proof.wait_for_stillness(company)
        say(f"all still after {time.monotonic() - began:.0f} s")
        proofs = [prove(company, store, expected[store]) for store in stores]
        wrong += proof.every_sale_once(company, sold, len(receipts))
    finally:
        company.stop()
    for one in proofs:
        for terminal in company.of(one.store):
            found = proof.terminal_totals(terminal)
            if found != one.expected:
                one.wrong.append(f"{terminal.id} adds up to {found}.")
        wrong += one.wrong
    paths = [terminal.path for terminal in company.terminals]
    findings = proof.verify([company.central.path, *paths] if company.central.path else paths)
    wrong += findings
    table(proofs)
    say(
        f"couchtill verify: {len(findings) or 'no'} findings on {len(paths) + (company.central.path is not None)} nodes"
    )
    for words in wrong[:50]:
        say(f"WRONG  {words}")
    say(f"{'NOT the same' if wrong else 'All the same'}, {time.monotonic() - began:.0f} s, seed {options.seed}")
    return 1 if wrong else 0


def sell(company: Company, receipts: Sequence[Receipt], data: Data, seed: int) -> list[Cashier]:
    """Starts a cashier at every terminal, each with his share of the store's receipts."""
    cashiers = []
    for store in company.stores:
        terminals = company.of(store)
        mine: list[list[Receipt]] = [[] for _ in terminals]
        share = random.Random(f"{seed} {store}")
        for receipt in receipts:
            if receipt.store == store:
                mine[share.randrange(len(terminals))].append(receipt)
        for terminal, part in zip(terminals, mine, strict=True):
            cashiers.append(Cashier(terminal, part, data.catalogue, f"{seed} {terminal.id}"))
    for cashier in cashiers:
        cashier.start()
    return cashiers


def prove(company: Company, store: str, expected: Totals) -> proof.StoreProof:
    wrong, documents, series = proof.same_documents(company, store)
    found = proof.central_totals(company, store)
    if found != expected:
        wrong.append(f"{store}: the central adds up to {found}, it should be {expected}.")
    return proof.StoreProof(store, expected, found, len(company.of(store)) + 1, documents, series, wrong)


def table(proofs: Sequence[proof.StoreProof]) -> None:
    """The sums that were found beside those that should be."""
    print(
        f"\n{'store':<8}{'nodes':>6}{'series':>8}{'documents':>11}{'receipts':>14}{'lines':>16}{'sales':>26}{'coupons':>20}"
    )
    for one in proofs:
        found, should = one.found, one.expected
        cells = [
            _pair(str(found.receipts), str(should.receipts), 14),
            _pair(str(found.lines), str(should.lines), 16),
            _pair(show(found.sales_cents), show(should.sales_cents), 26),
            _pair(show(found.coupon_cents), show(should.coupon_cents), 20),
        ]
        print(f"{one.store:<8}{one.nodes:>6}{one.series:>8}{one.documents:>11}{''.join(cells)}")
    print()


def _pair(found: str, should: str, width: int) -> str:
    return f"{found} {'=' if found == should else '≠'} {should}".rjust(width)


def _sum(receipts: Sequence[Receipt]) -> Totals:
    return Totals(*map(sum, zip(*(receipt.totals for receipt in receipts), strict=True)))


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
