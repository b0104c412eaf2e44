"""Problems of a sheet with a mapping: they name its columns, lines and the way out."""

import io
import tomllib
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.documents.reading import Reading, read_stream
from daybook.documents.reading.mapping import Mapping
from daybook.documents.results import ImportResult
from daybook.errors import Problem, Rejected
from daybook_factories import ORGANISATION, noon

pytestmark = pytest.mark.anyio

MAPPING = """
    [columns]
    id = "Invoice No"
    issued_on = "Date"
    customer.id = "Customer"
    customer.name = "Customer"
    product.id = "Item"
    product.name = "Item"
    amount = "Net Amount"
    invoice_id = "Credits"
    type = { column = "Kind", values = { "Invoice" = "invoice", "CN" = "credit_note" } }
    status = { column = "State", values = { "Paid" = "FINAL", "Void" = "VOIDED" } }
    [defaults]
    currency = "EUR"
    method = "POINT_IN_TIME"
"""
CREDIT_NOTES = """
    [credit_note]
    negate = true
    invoice_line_id = "1"
    drop_terms = true
"""
HEADER = "Invoice No,Date,Kind,State,Customer,Item,Net Amount,Credits"
INVOICE = "R-1,2025-01-31,Invoice,Paid,Acme,Setup,100.00,"
CREDIT = "G-1,2025-02-28,CN,Paid,Acme,Setup,-20.00,R-1"


def read(*rows: str, mapping: str = MAPPING) -> Reading:
    text = "\n".join([HEADER, *rows]) + "\n"
    return read_stream(
        io.BytesIO(text.encode()),
        Mapping.model_validate(tomllib.loads(mapping)),
        bytes_max=10**6,
    )


def refused(*rows: str, mapping: str = MAPPING) -> dict[str, str]:
    """The messages of a file's problems, by line and column."""
    with pytest.raises(Rejected) as raised:
        read(*rows, mapping=mapping)
    return by_place(raised.value.problems)


def by_place(problems: Any) -> dict[str, str]:
    found: list[Problem] = list(problems)
    return {f"{each.line} {'.'.join(each.path)}": each.message for each in found}


async def send(database: Database, *rows: str) -> ImportResult:
    reading = read(*rows, mapping=MAPPING + CREDIT_NOTES)
    return await import_documents(
        database,
        ORGANISATION,
        reading.documents,
        now=noon(parse_day("2025-03-01")),
        reason="import of a.csv",
        columns=reading.columns,
    )


async def refused_at_recording(database: Database, *rows: str) -> dict[str, str]:
    with pytest.raises(Rejected) as raised:
        await send(database, *rows)
    return by_place(raised.value.problems)


@pytest.mark.parametrize(
    ("word", "other", "place", "told"),
    [
        (
            "Paid",
            "Bezahlt",
            "2 State",
            "what it stands for under [columns.status.values] in the mapping",
        ),
        (
            "Invoice",
            "Rechnung",
            "2 Kind",
            "what it stands for under [columns.type.values] in the mapping",
        ),
    ],
)
def test_words_that_nobody_knows_name_the_values_of_the_column(
    word: str, other: str, place: str, told: str
) -> None:
    problems = refused(INVOICE.replace(word, other))

    assert list(problems) == [place]
    assert problems[place].endswith(told)


def test_credit_notes_as_sheets_have_them_name_what_the_mapping_lacks() -> None:
    problems = refused(INVOICE, CREDIT)

    where = "under [credit_note] in the mapping"
    assert problems["3 invoice_line_id"].endswith(
        f'or say invoice_line_id = "1", the first line of each, {where}'
    )
    assert problems["3 Net Amount"].endswith(f"or say negate = true {where}")
    assert problems["3 Item"].endswith(f"or say drop_terms = true {where}")
    assert read(INVOICE, CREDIT, mapping=MAPPING + CREDIT_NOTES).count == 2


def test_terms_that_are_dropped_are_not_to_be_left_out() -> None:
    """The line is open alone: the product goes once the line is named."""
    without_line = CREDIT_NOTES.replace('    invoice_line_id = "1"\n', "")

    problems = refused(INVOICE, CREDIT, mapping=MAPPING + without_line)

    assert list(problems) == ["3 invoice_line_id"]


async def test_what_recording_refuses_names_column_and_line(database: Database) -> None:
    second = INVOICE.replace("Setup,100.00", "Support,10.00")
    by_second_line = CREDIT.replace("-20.00", "-10.00")
    too_large = "G-1,2025-02-28,CN,Paid,Acme,Setup,-99.00,R-1"

    problems = await refused_at_recording(
        database, INVOICE, second, by_second_line, too_large
    )

    assert list(problems) == ["5 Net Amount"]
    of_another = await refused_at_recording(
        database, INVOICE, CREDIT.replace("Acme", "Brio")
    )
    assert list(of_another) == ["3 Customer"]
    unknown = await refused_at_recording(database, CREDIT)
    assert list(unknown) == ["2 Credits"]


async def test_a_void_names_what_credits_it(database: Database) -> None:
    await send(database, INVOICE, CREDIT)

    problems = await refused_at_recording(
        database, INVOICE.replace("Paid", "Void"), CREDIT
    )

    assert problems == {
        "2 Invoice No": "invoice 'R-1' can't be voided while credit note 'G-1' credits"
        " it; void credit note 'G-1' first"
    }


async def test_notices_name_the_column(database: Database) -> None:
    result = await send(database, CREDIT.replace(",R-1", ","), INVOICE, INVOICE)

    assert {(notice.line, notice.path) for notice in result.notices} == {
        (2, ("Credits",)),
        (4, ()),
    }
