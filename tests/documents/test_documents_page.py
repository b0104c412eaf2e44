"""The examples of `docs/documents.md` are taken as they stand there."""

import io
import json
import re
from pathlib import Path

from daybook.documents.reading import read_documents, read_stream
from daybook.documents.reading.csv_columns import COLUMNS_MAX
from daybook.documents.reading.json_form import (
    LINES_MAX,
    PARTS_MAX,
    BillingScheduleForm,
    CreditNoteForm,
    InvoiceForm,
    SoldLineForm,
)
from daybook.documents.reading.mapping import HEAD_FIELDS, LINE_FIELDS, load_mapping
from daybook.documents.reading.problems import KEPT_MAX
from daybook.errors import NoticeCode, ProblemCode
from daybook.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "documents.md").read_text("utf-8")


TYPES = ("invoice", "credit_note", "billing_schedule")


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_json_examples_are_taken() -> None:
    values = [json.loads(one) for one in examples("json")]

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
    (text,) = examples("toml")
    file = tmp_path / "example.toml"
    file.write_text(text, encoding="utf-8")
    rows = (
        "InvoiceNo;Date;Customer;Country;Code;Text;Quantity;UnitPrice\n"
        "1;31.01.2025;17.0;UK;MUG;A mug;2;1.50\n"
        "C2;31.01.2025;17.0;UK;MUG;;-1;1.50\n"
        "3;31.01.2025;;UK;MUG;;1;0.00\n"
    )

    reading = read_stream(
        io.BytesIO(rows.encode()), load_mapping(file), bytes_max=10**6
    )

    assert [document.id for document in reading.documents] == ["1", "C2"]
    assert reading.left_out == {"nothing to pay": 1}


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
