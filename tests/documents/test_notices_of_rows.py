"""A row of a sheet that is there twice: taken as two line items, with a notice."""

import io

import pytest

from daybook.db.engine import Database
from daybook.documents.reading import read_stream
from daybook.documents.rules import Document
from daybook.errors import NoticeCode
from daybook_factories import record

pytestmark = pytest.mark.anyio

HEADER = (
    "type,id,status,currency,customer.id,customer.name,issued_on,product.id,"
    "product.name,amount,method"
)
ROW = "invoice,R-1,FINAL,USD,cus_1,Acme,2025-01-01,prod_1,Setup,300.00,POINT_IN_TIME"


def read(*rows: str, header: str = HEADER) -> list[Document]:
    text = "\n".join([header, *rows]) + "\n"
    return read_stream(io.BytesIO(text.encode()), None, bytes_max=10**6).documents


@pytest.mark.either_database
async def test_a_row_that_was_pasted_twice_is_told(database: Database) -> None:
    result = await record(database, *read(ROW, ROW.replace("R-1", "R-2"), ROW))

    (notice,) = result.notices
    assert (notice.code, notice.line) == (NoticeCode.REPEATED_ROW, 4)
    assert notice.message == (
        "invoice 'R-1' has the same row on lines 2 and 4, and each counts; if a row was"
        " pasted twice, remove it and send the file again"
    )


async def test_what_the_message_says_takes_the_second_row_back(
    database: Database,
) -> None:
    await record(database, *read(ROW, ROW))

    result = await record(database, *read(ROW))

    assert result.revised.total() == 1
    assert result.notices == []


async def test_what_is_sent_again_or_void_has_none(database: Database) -> None:
    await record(database, *read(ROW, ROW))

    again = await record(database, *read(ROW, ROW))
    void = await record(database, *read(*[ROW.replace("FINAL", "VOIDED")] * 2))

    assert again.notices == void.notices == []
    assert void.voided.total() == 1


async def test_rows_that_differ_in_any_cell_are_not_the_same(
    database: Database,
) -> None:
    result = await record(
        database,
        *read(f"{ROW},hosting", f"{ROW},backup", header=f"{HEADER},description"),
    )

    assert result.notices == []


async def test_several_rows_of_a_document_are_one_notice(database: Database) -> None:
    other = ROW.replace("300.00", "200.00")

    result = await record(database, *read(*[ROW] * 7, other, other))

    (notice,) = result.notices
    assert notice.message.startswith(
        "invoice 'R-1' has the same row on lines 2, 3, 4, 5, 6 and 2 more (and 1 other"
        " row twice), and each counts"
    )
