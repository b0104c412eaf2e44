"""Documents without a rate are refused before anything is rendered."""

from collections import Counter

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.exports.conversion.rates import Exchanges, Unrated, find_unrated
from daybook.exports.conversion.reading import Conversion
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading.rows import stream_movements
from daybook.ledger.rules import Role
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    pin,
    record,
    revise,
)
from daybook_manual import Moved, record_manual

pytestmark = pytest.mark.anyio

TODAY = "2026-03-31"


async def unrated(
    database: Database, currency: str, wanted: JournalFilter | None = None
) -> Unrated:
    """The documents that keep a selection from being converted."""
    at = await pin(database, on=TODAY)
    async with database.reads() as session:
        exchanges = await Exchanges.of(session, at, currency)
        return await find_unrated(session, exchanges, wanted or JournalFilter())


async def record_after_the_rouble(database: Database) -> None:
    """Documents with dates after the ECB's last rate of the rouble, and before."""
    late = [
        invoice(f"inv_{day}", accounting_date=f"2022-04-0{day}") for day in (3, 1, 2)
    ]
    in_time = invoice("inv_0", accounting_date="2022-02-25")
    await record(database, in_time, *late, billing_schedule())
    moved = Moved(Role.DEFERRED, Role.RECOGNIZED, "10.00", "2024-01-01")
    await record_manual(database, "mj_1", moved)
    await record(
        database,
        credit_note("cn_1", credited_line(), invoice_id="inv_0"),
        revise(in_time, *in_time.lines, accounting_date="2023-01-01"),
        on="2025-10-01",
    )


async def test_documents_without_a_rate_are_counted_and_the_first_are_named(
    database: Database,
) -> None:
    await record_after_the_rouble(database)

    found = await unrated(database, "RUB")

    assert found.count == 5
    assert found.words == (
        "invoice INV_1 of 2022-04-01, invoice INV_2 of 2022-04-02, invoice INV_3 of"
        " 2022-04-03 and 2 more"
    )
    assert found.reason == (
        "there is no ECB rate of RUB for 2022-04-01 or the 7 days before: the ECB"
        " stopped quoting it on 2022-03-01"
    )


@pytest.mark.either_database
async def test_only_selected_documents_need_a_rate(database: Database) -> None:
    await record_after_the_rouble(database)
    same_month = invoice("inv_8", accounting_date="2022-03-01")
    later = invoice("inv_9", accounting_date="2022-03-20")
    await record(database, same_month, later, on="2025-10-02")
    before = JournalFilter(posted_to=parse_day("2022-03-05"))

    assert (await unrated(database, "RUB", before)).count == 0
    assert await exported(database, "RUB", before) == [(2, "INV_0"), (1, "INV_8")]
    assert (await unrated(database, "EUR")).count == 0
    assert (await unrated(database, "USD")).count == 0


@pytest.mark.either_database
async def test_a_document_waits_for_its_own_rate(database: Database) -> None:
    await record(
        database,
        invoice("friday", accounting_date="2026-03-27"),
        invoice("today", accounting_date=TODAY),
        invoice("tomorrow", accounting_date="2026-04-01"),
    )
    everything = JournalFilter(posted_to=parse_day("2027-12-31"))

    found = await unrated(database, "EUR", everything)

    assert (found.count, found.words) == (1, "invoice TOMORROW of 2026-04-01")
    assert found.reason == "the rate of 2026-04-01 is still to come"
    assert (await unrated(database, "USD", everything)).count == 0


async def exported(
    database: Database, currency: str, wanted: JournalFilter
) -> list[tuple[int, str]]:
    """How many movements each document has in an export in a currency."""
    at = await pin(database, on=TODAY)
    async with database.reads() as session:
        conversion = await Conversion.of(session, at, currency)
    found: Counter[str] = Counter()
    async for journals in stream_movements(
        database, FileSpec(at, wanted, Granularity.DAILY), conversion
    ):
        found.update(movement.document for movement in journals.movements)
    return [(count, document) for document, count in sorted(found.items())]


@pytest.mark.either_database
@pytest.mark.parametrize(
    ("currency", "message"),
    [
        ("AED", "the ECB publishes no rate of 'AED'"),
        ("HRK", "'HRK' is not a currency in use, so nothing can be converted"),
    ],
    ids=["never-quoted", "former"],
)
async def test_a_currency_without_rates_or_out_of_use_is_refused(
    database: Database, currency: str, message: str
) -> None:
    await record(database, invoice())

    with pytest.raises(Rejected) as refused:
        await unrated(database, currency)

    assert refused.value.problems[0].code is ProblemCode.UNKNOWN_CURRENCY
    assert refused.value.problems[0].message.startswith(message)
