"""Products and customers from CSV files, checked row by row."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from app.docs.database import Database
from app.shop import schemas
from app.shop.importing import ImportRefused, import_customers, import_products
from tests.shop.conftest import Shop

HEADER = "product_id,name,size,category,department,brand,manufacturer_id,sold_by,price_cents\n"


@pytest.fixture
def company(shop: Shop) -> Database:
    return shop.company


def write(tmp_path: Path, text: str | bytes, name: str = "in.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_columns_of_the_complete_journey_become_products_and_categories(company: Database, tmp_path: Path) -> None:
    rows = (
        "25671,ICE - CRUSHED/CUBED,22 LB,FRZN ICE,GROCERY,National,2,unit,349\n"
        "202291,GASOLINE-REG UNLEADED,,COUPON/MISC ITEMS,FUEL,Private,69,volume,242\n"
        "744587,,,COUPONS/STORE & MFG,COUPON,National,2745,unit,\n"
        "900000,,,,,,,,100\n"
    )
    report = import_products(write(tmp_path, HEADER + rows), company)
    assert (report.rows, report.created, report.rejected, report.reject_path) == (4, 4, 0, None)
    ice, fuel, open_price, bare = (company.get(f"product:{sku}") for sku in ("25671", "202291", "744587", "900000"))
    assert (ice["barcodes"], ice["category"], ice["price"]) == (
        ["25671"],
        "category:frzn-ice",
        {"amount": 349, "per": 1000},
    )
    assert (fuel["sold_by"], fuel["unit"], fuel["price"]) == ("measure", "gal", {"amount": 242, "per": 1000})
    assert (open_price["name"], open_price["price"]) == ("COUPONS/STORE & MFG", None)
    assert (bare["name"], bare["category"], bare["sold_by"]) == ("900000", None, "unit")
    assert company.get("category:frzn-ice")["name"] == "FRZN ICE"
    for record in [*company.each("product"), *company.each("category")]:
        assert schemas.check(record.full()) == [] or record.id in ("product:gift",)


def test_importing_twice_writes_nothing_and_a_changed_row_changes_only_its_fields(
    company: Database, tmp_path: Path
) -> None:
    path = write(tmp_path, HEADER + "1,Bread,,FOOD,,,,unit,100\n2,Jam,,FOOD,,,,unit,200\n")
    import_products(path, company)
    company.put({**company.get("product:1"), "picture": "image:bread", "taxes": ["tax:vat"]})
    before = company.last_n
    report = import_products(path, company)
    assert (report.created, report.updated, report.unchanged) == (0, 0, 2)
    assert company.last_n == before
    write(tmp_path, HEADER + "1,Bread,,FOOD,,,,unit,120\n2,Jam,,FOOD,,,,unit,200\n")
    report = import_products(path, company)
    assert (report.created, report.updated, report.unchanged) == (0, 1, 1)
    bread = company.get("product:1")
    assert (bread["price"]["amount"], bread["picture"], bread["taxes"]) == (120, "image:bread", ["tax:vat"])
    assert bread["updated_by"] == "import"


def test_bad_rows_go_to_the_reject_file_with_line_and_reason_and_the_others_come_in(
    company: Database, tmp_path: Path
) -> None:
    rows = [
        "1,Bread,,,,,,unit,100",
        ",Nameless,,,,,,unit,100",
        "2,Jam,,,,,,unit,1.99",
        "3,Jam,,,,,,unit,-5",
        "4,Jam,,,,,,unit,1000000000000000",
        "5,Jam,,,,,,dozen,5",
        "1,Bread again,,,,,,unit,100",
        "6,too,few",
        f"7,{'x' * 300},,,,,,unit,5",
        "a b,Jam,,,,,,unit,5",
        "8,Tea,,,,,,unit,5",
    ]
    rejects = tmp_path / "rejects.csv"
    report = import_products(write(tmp_path, HEADER + "\n".join(rows) + "\n"), company, rejects)
    assert (report.rows, report.created, report.rejected) == (11, 2, 9)
    with rejects.open(newline="", encoding="utf-8-sig") as file:
        found = [(row["product_id"], row["line"], row["column"], row["reason"]) for row in csv.DictReader(file)]
    assert found == [
        ("", "3", "product_id", "The number of the product is missing."),
        ("2", "4", "price_cents", "“1.99” is no whole number of cents."),
        ("3", "5", "price_cents", "“-5” is no whole number of cents."),
        ("4", "6", "price_cents", "The price is too large."),
        ("5", "7", "sold_by", "“dozen” is not how something is sold; known are: unit, volume, weight, measure."),
        ("1", "8", "product_id", "This product stands on line 2 already."),
        ("6", "9", "", "The row has 3 columns, the first line names 9."),
        ("7", "10", "name", "The name is too long, the most is 200 characters."),
        ("a b", "11", "product_id", "The number must have 60 characters at most, and no spaces."),
    ]
    assert report.reasons[0] == "Line 3, product_id: The number of the product is missing."


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfproduct_id,name,price_cents\r\n1,K\xc3\xa4se,100\r\n",
        "product_id;name;price_cents\n1;Käse;100\n".encode(),
        "product_id\tname\tprice_cents\n1\tKäse\t100\n".encode("utf-16"),
        gzip.compress("Product_ID, NAME ,price_cents\n1, Käse ,100\n\n".encode(), mtime=0),
        'product_id|name|price_cents\n"1"|"Käse"|100'.encode(),
    ],
)
def test_a_file_may_have_a_bom_another_delimiter_utf_16_or_be_compressed(
    company: Database, tmp_path: Path, data: bytes
) -> None:
    report = import_products(write(tmp_path, data), company)
    assert (report.created, report.rejected) == (1, 0)
    assert company.get("product:1")["name"] == "Käse"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "in.csv is empty."),
        (b"\n\n", "in.csv is empty."),
        (b"article_name,name\n1,x\n", "has no column “product_id”."),
        (HEADER.replace("size", "sise").encode(), "has unknown columns “sise”"),
        (b"product_id,name,name,price_cents\n", "has the column “name” twice"),
        (b"product_id,name,price_cents\n1,caf\xe9,3\n", "is not UTF-8 (line 2)"),
        (b"product_id,name,price_cents\n1,a\x00b,3\n", "is not a text file (line 2)"),
        (gzip.compress(b"product_id,name,price_cents\n1,a,3\n", mtime=0)[:-9], "is a damaged gzip file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words_and_nothing_is_written(
    company: Database, tmp_path: Path, data: bytes, words: str
) -> None:
    before = company.last_n
    with pytest.raises(ImportRefused) as caught:
        import_products(write(tmp_path, data), company)
    assert words in str(caught.value)
    assert company.last_n == before


def test_a_file_that_is_not_there_is_told_in_words(company: Database, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="No such file"):
        import_products(tmp_path / "nothing.csv", company)


def test_an_unclosed_quote_refuses_its_row_only(company: Database, tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + '1,Bread,,,,,,unit,100\n2,"Jam,,,,,,unit,100\n')
    report = import_products(path, company, tmp_path / "rejects.csv")
    assert (report.created, report.rejected) == (1, 1)
    assert "A quote in this row is not closed" in report.reasons[0]


def test_customers_come_with_what_little_is_known_of_them(company: Database, tmp_path: Path) -> None:
    path = write(tmp_path, "household_id,age,income,household_size\n14,,,\n40,45-54,Under 15K,2\n")
    assert import_customers(path, company).created == 2
    assert import_customers(path, company).unchanged == 2
    assert company.get("customer:14")["name"] == "Household 14"
    assert company.get("customer:40")["attributes"] == {"age": "45-54", "income": "Under 15K", "household_size": "2"}
    with pytest.raises(ImportRefused, match="customer_id"):
        import_customers(write(tmp_path, "name\nAnn\n"), company)
