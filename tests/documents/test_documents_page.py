"""The examples of `docs/documents.md` are taken as they stand there."""

import io
import json
import re
from pathlib import Path

from daybook.documents.reading import read_documents, read_stream
from daybook.documents.reading.csv_columns import COLUMNS_MAX
from daybook.documents.reading.csv_fields import HEAD_FIELDS, LINE_FIELDS
from daybook.documents.reading.json_form import (
    LINES_MAX,
    PARTS_MAX,
    BillingScheduleForm,
    CreditNoteForm,
    InvoiceForm,
    SoldLineForm,
)
from daybook.documents.reading.mapping import load_mapping
from daybook.documents.reading.problems import KEPT_MAX
from daybook.errors import NoticeCode, ProblemCode
from daybook.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "documents.md").read_text("utf-8")


TYPES = ("invoice", "credit_note", "billing_schedule")


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_json_examples_are_taken() -> None:
    values = [json.loads(example) for example in examples("json")]

    reading = read_documents(values)

    assert reading.count == len(values)
    assert {value["type"] for value in values} == {*TYPES}


def test_the_csv_examples_are_taken() -> None:
    ordinary, usage = (
        read_stream(io.BytesIO(text.encode()), None, bytes_max=10**6).documents
        for text in examples("csv")
    )

    assert [line.amount for line in ordinary[0].lines] == [120_000, 30_000]
    assert [line.amount for line in usage[0].lines] == [500]


def test_the_mapping_example_is_taken(tmp_path: Path) -> None:
    text, _, _ = examples("toml")
    file = tmp_path / "example.toml"
    file.write_text(text, encoding="utf-8")
    rows = (
        "InvoiceNo;Date;Customer;Country;Code;Text;State;Quantity;UnitPrice\n"
        "1;31.01.2025;17.0;UK;MUG;Größe M;paid;2;1.000,50\n"
        "C2;31.01.2025;17.0;UK;MUG;;;-1;1,50\n"
        "3;31.01.2025;;UK;MUG;;Void;1;0,00\n"
    )

    reading = read_stream(
        io.BytesIO(rows.encode("cp1252")), load_mapping(file), bytes_max=10**6
    )

    invoice, credit = reading.documents
    assert (invoice.id, credit.id) == ("1", "C2")
    assert invoice.lines[0].amount == 200_100
    assert invoice.lines[0].product is not None
    assert invoice.lines[0].product.name == "Größe M"
    assert reading.left_out == {"nothing to pay": 1}


def test_the_mapping_of_several_forms_is_taken(tmp_path: Path) -> None:
    _, text, _ = examples("toml")
    file = tmp_path / "example.toml"
    file.write_text(text, encoding="utf-8")
    rows = (
        "type,id,status,currency,customer.id,customer.name,Date,product.id,"
        "product.name,method,amount\n"
        'invoice,1,FINAL,EUR,c,C,31.01.2025,p,P,POINT_IN_TIME,"1.200,50"\n'
        'invoice,2,FINAL,EUR,c,C,1/31/2025,p,P,POINT_IN_TIME,"1,200.50"\n'
    )

    first, second = read_stream(
        io.BytesIO(rows.encode()), load_mapping(file), bytes_max=10**6
    ).documents

    assert first.issued_on == second.issued_on
    assert first.lines[0].amount == second.lines[0].amount == 120_050


def test_the_mapping_of_credit_notes_is_taken(tmp_path: Path) -> None:
    _, _, text = examples("toml")
    file = tmp_path / "example.toml"
    file.write_text(text, encoding="utf-8")
    rows = (
        "Type,id,status,currency,customer.id,customer.name,issued_on,product.id,"
        "product.name,amount,Credits invoice\n"
        "Invoice,1,FINAL,EUR,c,C,2025-01-31,p,P,10.00,\n"
        "Credit note,2,FINAL,EUR,c,C,2025-01-31,p,P,-4.00,1\n"
    )

    reading = read_stream(
        io.BytesIO(rows.encode()), load_mapping(file), bytes_max=10**6
    )

    credit = reading.documents[1]
    assert (credit.invoice_id, credit.lines[0].invoice_line_id) == ("1", "1")
    assert credit.lines[0].amount == 400


def test_every_field_is_told() -> None:
    forms = (InvoiceForm, CreditNoteForm, BillingScheduleForm, SoldLineForm)
    fields = {name for form in forms for name in form.model_fields}

    assert {name for name in fields if f"`{name}`" not in PAGE} == set()
    assert "UNSUPPORTED" not in PAGE.partition("\n## Codes\n")[0]


def test_every_column_and_limit_is_told() -> None:
    mebibytes = Settings.model_fields["import_bytes_max"].default // 2**20

    assert all(f"`{name}`" in PAGE for name in (*HEAD_FIELDS, *LINE_FIELDS))
    assert f"{mebibytes} MiB; `DAYBOOK_IMPORT_BYTES_MAX`" in PAGE
    for limit in (COLUMNS_MAX, LINES_MAX, PARTS_MAX, KEPT_MAX):
        assert f"| {limit:,}" in PAGE


def test_every_code_is_listed() -> None:
    codes = PAGE.partition("\n## Codes\n")[2]
    listed = re.findall(r"^\| `([A-Z_]+)` \|", codes, re.MULTILINE)

    assert sorted(listed) == sorted(ProblemCode)
    assert all(f"`{code}`" in PAGE for code in NoticeCode)
