"""Files of products: looked through before anything is written, applied in batches, exported so that they come back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import schemas
from app.shop.csvfile import ImportRefused, guarded, unguarded
from app.shop.indexes import indexes_for
from app.shop.range.importing import Looked, ProductFile, export_context, exported, faults_csv

HEADER = "product_id,name,price,barcode,category\n"
CP1252 = {"encoding": "windows-1252"}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "company.db", name="company", indexes=indexes_for("company"))
    database.put({"_id": "tax:vat", "type": "tax", "schema": 1, "name": "VAT", "rate": 190_000})
    database.put({"_id": "category:food", "type": "category", "schema": 1, "name": "Food"})
    yield database
    database.close()


def product(sku: str, **more: Any) -> dict[str, Any]:
    usual = {"_id": f"product:{sku}", "type": "product", "schema": 1, "sku": sku, "name": f"P {sku}", "barcodes": []}
    return {**usual, "category": None, "sold_by": "unit", "price": {"amount": 100, "per": 1000}, **more}


def read(company: Database, text: str | bytes, **how: Any) -> ProductFile:
    return ProductFile(text if isinstance(text, bytes) else text.encode(), "in.csv", company, 2, **how)


def look(company: Database, text: str | bytes, **how: Any) -> Looked:
    return read(company, text, **how).look()


def export(company: Database, *, guard: bool = True, decimal: str = ".", delimiter: str = ",") -> bytes:
    context = export_context(company, 2, decimal)
    return b"".join(exported(company.each("product"), context, guard=guard, delimiter=delimiter))


def test_new_changed_unchanged_and_wrong_rows_are_told_and_nothing_is_written(company: Database) -> None:
    company.put(product("1", name="Bread", barcodes=["111"], category="category:food"))
    company.put(product("2", name="Jam", price={"amount": 250, "per": 1000}, barcodes=["222"]))
    last = company.last_n
    looked = look(company, HEADER + "1,Bread,1.00,111,Food\n2,Jam,2.60,222,\n3,Tea,3.5,333,Hot drinks\n4,,1,,\n")
    assert (looked.rows, looked.new, looked.changed, looked.unchanged) == (4, 1, 1, 1)
    assert [(f.line, f.column, f.reason) for f in looked.faults] == [(5, "name", "The name is missing.")]
    assert looked.shown[0]["changes"] == [["price", "2.50", "2.60"]]
    assert looked.categories == {"category:hot-drinks": "Hot drinks"}
    assert company.last_n == last


def test_apply_writes_what_was_looked_through_and_twice_is_harmless(company: Database) -> None:
    file = read(company, HEADER + "3,Tea,3.5,333 334,Hot drinks\n4,Bun,,,Food\n")
    assert file.apply(file.look(), by="ann", on="office") == {"written": 2, "left": [], "stopped": False}
    tea = company.get("product:3")
    assert (tea["price"], tea["barcodes"], tea["category"]) == (
        {"amount": 350, "per": 1000},
        ["333", "334"],
        "category:hot-drinks",
    )
    assert company.get("category:hot-drinks")["name"] == "Hot drinks"
    assert (company.get("product:4")["price"], tea["updated_by"]) == (None, "ann")
    last = company.last_n
    looked = look(company, HEADER + "3,Tea,3.5,333 334,Hot drinks\n4,Bun,,,Food\n")
    assert (looked.new, looked.changed, looked.unchanged) == (0, 0, 2)
    assert file.apply(file.look(), by="ann", on="office")["written"] == 0
    assert company.last_n == last


def test_what_the_file_does_not_speak_of_stays(company: Database) -> None:
    company.put(product("1", picture="picture:1", taxes=["tax:vat"], inactive=True, units=[], attributes={"a": "b"}))
    file = read(company, "product_id,price\n1,1.50\n")
    file.apply(file.look(), by=None, on="office")
    doc = company.get("product:1")
    assert (doc["price"]["amount"], doc["picture"], doc["taxes"], doc["inactive"]) == (
        150,
        "picture:1",
        ["tax:vat"],
        True,
    )
    assert doc["priced_at"]


def test_a_product_that_somebody_changed_after_the_look_is_left_out(company: Database) -> None:
    rev = company.put(product("1"))
    company.put(product("2"))
    file = read(company, "product_id,price\n1,1.50\n2,1.50\n")
    looked = file.look()
    company.put({**product("1", name="Theirs"), "_rev": rev})
    assert file.apply(looked, by=None, on="office") == {"written": 1, "left": ["1"], "stopped": False}
    assert (company.get("product:1")["name"], company.get("product:1")["price"]["amount"]) == ("Theirs", 100)


def test_it_can_be_called_off_between_two_batches_and_the_file_again_writes_the_rest(company: Database) -> None:
    text = "product_id,name,price\n" + "".join(f"{n},P{n},1\n" for n in range(250))
    file = read(company, text)
    looked = file.look()
    assert file.apply(looked, by=None, on="office", progress=lambda done: done < 100) == {
        "written": 100,
        "left": [],
        "stopped": True,
    }
    again = read(company, text)
    assert again.look().new == 150
    assert again.apply(again.look(), by=None, on="office")["written"] == 150


@pytest.mark.parametrize(
    ("data", "how", "encoding", "delimiter", "decimal"),
    [
        ("\ufeffproduct_id;name;price\n1;Käse;1.234,50\n".encode(), {}, "utf-8", ";", ","),
        ("product_id;name;price\n1;Käse;1234,5\n".encode("cp1252"), {}, "windows-1252", ";", ","),
        ("product_id\tname\tprice\n1\tKäse\t1,234.50\n".encode("utf-16"), {}, "utf-16", "\t", "."),
        ("product_id,name,price\n1,奶酪,1234.5\n".encode("gb18030"), {}, "gb18030", ",", "."),
        ('product_id,name,price\r\n1,"Käse","1 234,50"\r\n'.encode(), {}, "utf-8", ",", ","),
        ('sku,name,price\n1,Käse,"1.234,50"\n'.encode("cp1252"), CP1252, "windows-1252", ",", ","),
        (b"SKU,Name,Price\n1,K\xc3\xa4se,1234.50\n", {}, "utf-8", ",", "."),
    ],
)  # fmt: skip
def test_encoding_delimiter_and_decimal_sign_are_found_out(
    company: Database, data: bytes, how: dict[str, str], encoding: str, delimiter: str, decimal: str
) -> None:
    file = read(company, data, **how)
    assert (file.file.encoding, file.file.delimiter, file.context.decimal) == (encoding, delimiter, decimal)
    looked = file.look()
    assert looked.faults == [] and looked.new == 1
    file.apply(looked, by=None, on="office")
    doc = company.get("product:1")
    assert (doc["name"] in ("Käse", "奶酪"), doc["price"]["amount"]) == (True, 123450)


SHORTENED = "A spreadsheet has shortened “4.00638E+12”: make the column text, and fill it in anew."
WRONG = {
    ",Nameless,1,,": ("product_id", "The number of the product is missing."),
    "a b,Space,1,,": ("product_id", "The number must have 60 characters at most, and no spaces."),
    "ok,Twice,1,,": ("product_id", "This product stands on line 2 already."),
    "4.00638E+12,Short,1,,": ("product_id", SHORTENED),
    "w1,,1,,": ("name", "The name is missing."),
    f"w2,{'x' * 201},1,,": ("name", "The name is too long, the most is 200 characters."),
    "w3,P,one,,": ("price", "“one” is no amount."),
    "w4,P,-1,,": ("price", "The price must not be negative."),
    "w5,P,1.999,,": ("price", "“1.999” has more decimals than the currency."),
    "w6,P,99999999999999999999,,": ("price", "The price is too large."),
    "w7,P,1,4.00638E+12,": ("barcode", SHORTENED),
    "w8,P,1,0 0,": ("barcode", "The same barcode stands there twice."),
    "w9,P,1,taken,": ("barcode", "The barcode taken belongs to product owner."),
    "w10,P,1,first,": ("barcode", "The barcode first belongs to product ok."),
    "w11,P,1,ä,": ("barcode", "“ä” is no barcode."),
    "w12,P,1,,category:none": ("category", "There is no category “category:none”."),
    "w13,P,1": ("", "The row has 3 columns, the first line names 5."),
    'w14,"P,1,,': ("", "A quote in this row is not closed, or stands where none may."),
}  # fmt: skip


def test_each_way_to_be_wrong_is_told_with_its_line_its_column_and_the_reason(company: Database) -> None:
    company.put(product("owner", barcodes=["taken"]))
    rows = ["ok,Fine,1,first,", *WRONG, "last,Fine,2,,"]
    looked = look(company, HEADER + "\n".join(rows) + "\n")
    found = {f.line: (f.column, str(f.reason)) for f in looked.faults}
    assert found == dict(zip(range(3, len(WRONG) + 3), WRONG.values(), strict=True))
    assert looked.new == 2 and looked.rows == len(WRONG) + 2


def test_the_wrong_rows_are_a_file_of_their_own(company: Database) -> None:
    file = read(company, HEADER + "=1+1,Formula,x,,\n1,Good,1,,\n")
    written = b"".join(faults_csv(file.look().faults, file.file.columns, str)).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(written))
    assert row["product_id"] == "'=1+1" and (row["line"], row["column"]) == ("2", "price")
    assert row["reason"] == "“x” is no amount."


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("taxes", "nowhere", "There is no tax “nowhere”."),
        ("stores", "nowhere", "There is no store “nowhere”."),
        ("deposit", "nowhere", "There is no product “nowhere”, neither here nor in the file."),
        ("variant_of", "1", "A product can't name itself here."),
        ("age", "old", "“old” is no whole number."),
        ("age", "200", "The age is too large, the most is 150."),
        ("inactive", "perhaps", "“perhaps” must be yes or no."),
        ("sold_by", "dozen", "“dozen” is not how something is sold; known are: unit, volume, weight, measure."),
        ("packings", "{", "“{” is no JSON that can be read."),
        ("packings", '"[{""name"": ""box""}]"', "Unit 1: the quantity of the unit is missing."),
        ("price_per", "some", "“some” must be a whole number of thousandths."),
        ("price_cents", "1.5", "“1.5” is no whole number of cents."),
    ],
)
def test_what_else_may_be_wrong(company: Database, column: str, cell: str, reason: str) -> None:
    head = "" if column == "price_cents" else ",price"
    text = f"product_id,name{head},{column}\n1,Bread{',1' if head else ''},{cell}\n"
    looked = look(company, text)
    assert [str(fault.reason) for fault in looked.faults] == [reason]


def test_a_file_that_is_none_is_refused_in_one_sentence(company: Database) -> None:
    for data in (b"", b"\x00\x01\x02", b"name,price\n", b"product_id\n1\n", b"product_id,price,price_cents\n"):
        with pytest.raises(ImportRefused) as refused:
            read(company, data)
        assert str(refused.value).startswith(("in.csv ", "There is"))


def test_columns_that_are_not_known_are_left_alone_and_named(company: Database) -> None:
    file = read(company, "product_id,name,shelf\n1,Bread,A7\n")
    assert file.file.strange == ["shelf"] and file.look().new == 1


RICH = [
    product("plain", name="Plain", category="category:food"),
    product("=2+3", name="=HYPERLINK(1)", description="@home\n-5 %", brand="'quoted", size="+1"),
    product("00042", barcodes=["0012345678905", "a b%20c", "1E5"], price=None, taxes=[], stores=["store:s1"]),
    product("fuel", price={"amount": 2199, "per": 10_000}, sold_by="measure", unit="l", decimals=2),
    product("box", units=[{"name": "box", "quantity": 6000, "barcodes": ["x1"], "price": {"amount": 65, "per": 1000}}]),
    product("set", bundle=[{"product": "product:plain", "quantity": 2000}], inactive=True, sort=-3, min_age=18),
    product("red", variant_of="product:plain", variant="red", deposit="product:box", taxes=["tax:vat"]),
    product("odd", category="category:drinks2", attributes={"k": "v"}, name=" spaced ", picture="picture:x"),
]


@pytest.mark.parametrize("how", [{}, {"guard": False}, {"decimal": ",", "delimiter": ";"}])
def test_an_export_that_comes_back_changes_nothing(company: Database, how: dict[str, Any]) -> None:
    company.put(
        {"_id": "store:s1", "type": "store", "schema": 1, "id": "s1", "name": "S", "currency": "EUR", "digits": 2}
    )
    for id in ("drinks1", "drinks2"):  # of one name: told apart by their ids
        company.put({"_id": f"category:{id}", "type": "category", "schema": 1, "name": "Drinks"})
    for doc in RICH:
        assert schemas.check(doc) == []
        company.put(doc)
    looked = look(company, export(company, **how))
    assert [(f.line, f.column, f.reason) for f in looked.faults] == []
    assert (looked.new, looked.changed, looked.unchanged) == (0, 0, len(RICH))


def test_an_export_into_an_empty_company_makes_the_same_products(company: Database, tmp_path: Path) -> None:
    company.put(
        {"_id": "store:s1", "type": "store", "schema": 1, "id": "s1", "name": "S", "currency": "EUR", "digits": 2}
    )
    for doc in RICH[:-1]:
        company.put(doc)
    text = export(company)
    other = Database(tmp_path / "other.db", name="company", indexes=indexes_for("company"))
    try:
        for id in ("store:s1", "tax:vat", "category:food"):
            other.put({k: v for k, v in company.get(id).items() if k != "_rev"})
        file = ProductFile(text, "in.csv", other, 2)
        looked = file.look()
        assert looked.faults == [] and looked.new == len(RICH) - 1
        file.apply(looked, by=None, on="office")
        assert export(other) == text
    finally:
        other.close()


def test_no_cell_of_an_export_is_a_formula_and_long_numbers_stay_text(company: Database) -> None:
    company.put(product("=cmd|' /C calc'!A0", name="+SUM(1)", brand="@x", size="-1", barcodes=["4006381333931"]))
    rows = list(csv.reader(io.StringIO(export(company).decode("utf-8-sig"))))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in rows[1])
    assert "'4006381333931" in rows[1]


@pytest.mark.parametrize(
    "text", ["", "plain", "=1", "'", "''", "'=1", "007", "'80s", "1-2", "3/4/2026", "12E5", "0", "12.50", "-"]
)
def test_a_guarded_cell_comes_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@"))
