"""A document that is void here and sent as FINAL: left as it is, with a notice."""

from dataclasses import replace

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.documents.actions import void_document
from daybook.documents.notices.wording import notices_in_lines
from daybook.documents.results import ImportResult
from daybook.errors import Notice, NoticeCode
from daybook.ledger.rules import SourceKind
from daybook_factories import ORGANISATION, invoice, noon, record, voided

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

IN_1, IN_2 = replace(invoice("in_1"), line=1), replace(invoice("in_2"), line=2)


async def void_in_daybook(database: Database, id_: str) -> ImportResult:
    return await void_document(
        database,
        ORGANISATION,
        SourceKind.INVOICE,
        id_,
        now=noon(parse_day("2025-01-01")),
    )


async def test_each_import_of_it_has_the_notice(database: Database) -> None:
    await record(database, IN_1, IN_2)
    await void_in_daybook(database, "in_2")

    nights = [await record(database, IN_1, IN_2) for _ in range(2)]

    expected = Notice(
        NoticeCode.VOID_HERE,
        "invoice 'in_2' is void here and FINAL in the file, and stays void; void it"
        " where it comes from too, or send it under another id if it was voided by"
        " mistake",
        ("status",),
        2,
        is_taken=False,
    )
    for night in nights:
        assert (night.unchanged, night.notices) == (2, [expected])
        assert night.notices_total == 1
        assert str(night.notices[0]).endswith("by mistake [VOID_HERE]")


async def test_it_is_said_beside_what_is_recorded(database: Database) -> None:
    await record(database, IN_2)
    await void_in_daybook(database, "in_2")

    night = await record(database, IN_1, IN_2)

    assert (night.recorded.total(), night.unchanged) == (1, 1)
    assert night.details()["notices"] == {"VOID_HERE": 1}
    assert night.in_ledgers("import") == {
        "USD": "import; 1 notice: 1 document void here only"
    }


async def test_both_ways_out_end_it(database: Database) -> None:
    await record(database, IN_1, IN_2)
    await void_in_daybook(database, "in_1")
    await void_in_daybook(database, "in_2")

    night = await record(
        database, voided(IN_1), replace(IN_2, id="in_2b"), is_dry_run=False
    )

    assert (night.recorded.total(), night.unchanged, night.notices) == (1, 1, [])


async def test_many_of_them_are_one_line(database: Database) -> None:
    invoices = [replace(invoice(f"in_{at}"), line=at) for at in range(1, 6)]
    await record(database, *invoices)
    for each in invoices:
        await void_in_daybook(database, each.id)

    night = await record(database, *invoices)

    assert notices_in_lines(
        *(night.notices, night.notice_counts, night.revenue_taken), is_dry_run=False
    ) == [
        (
            "5 times (lines 1, 2, 3, …): document 'in_1', 'in_2', 'in_3', … is void"
            " here and FINAL in the file, and stays void; void it where it comes from"
            " too, or send it under another id if it was voided by mistake [VOID_HERE]"
        )
    ]
