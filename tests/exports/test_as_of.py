"""As-of days: a report of a day that is over has the same bytes for ever."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from daybook.calendar import Day, parse_day
from daybook.configuration.commands import rename_account
from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading import rows as queries
from daybook.exports.rules import Granularity
from daybook.exports.writing.streaming import render_file
from daybook.ledger.models import Organisation
from daybook.ledger.pins import Pin
from daybook.ledger.queries import pin_ledgers
from daybook.ledger.rules import Role, SourceKind
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_factories import (
    ORGANISATION,
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    noon,
    prepayment_line,
    record,
    terms,
    usage_line,
    voided,
)

pytestmark = pytest.mark.anyio

QUARTER = ("2025-01-16", "2025-04-15")
YEAR = ("2025-01-01", "2025-12-31")
DAYS = [f"2025-{month:02}-20" for month in range(1, 11)]
"""The days on which something is recorded, and reports of them are made."""

SELECTIONS = [
    JournalFilter(),
    JournalFilter(include_scheduled=False),
    JournalFilter(search="acme"),
    JournalFilter(shifted=True),
    JournalFilter(excludes_recognized=True),
    JournalFilter(sources=(SourceKind.CREDIT_NOTE,)),
    JournalFilter(posted_from=parse_day("2025-02-10"), on=parse_day("2025-03-05")),
]


def of(document: Document, customer_name: str, number: str | None = None) -> Document:
    """The same document with its customer's present name, and a number."""
    customer = replace(
        document.customer, name=customer_name, legal_name=f"{customer_name} Ltd"
    )
    return replace(document, customer=customer, number=number or document.number)


async def history(database: Database) -> AsyncIterator[str]:
    """Do something on each of the days, and stop after it."""
    sold = invoice(
        "inv_1", line("1"), line("2", product="p2", its_terms=terms("90.00", QUARTER))
    )
    other = invoice("inv_2", customer="Zed", customer_name="Acme of the North")
    await record(database, sold, other, on=DAYS[0])
    yield DAYS[0]
    await record(
        database,
        billing_schedule(),
        invoice("inv_g", prepayment_line()),
        invoice("inv_m", milestone_line(("go-live", "600.00", "2025-02-14"))),
        on=DAYS[1],
    )
    yield DAYS[1]
    await lock(database, "2025-02-28", on=DAYS[2])
    bill = invoice(
        "inv_bs",
        line(its_terms=terms("620.00", ("2025-02-01", "2025-02-28"))),
        accounting_date="2025-03-01",
        billing_schedule_id="bs_1",
    )
    late = invoice("inv_late", line(its_terms=terms("365.00", YEAR)))
    await record(database, bill, late, on=DAYS[2])
    yield DAYS[2]
    renamed = of(invoice("inv_3", usage_line("u")), "Renamed")
    await record(database, renamed, on=DAYS[3])
    yield DAYS[3]
    note = credit_note(
        "cn_1", credited_line("300.00"), accounting_date="2025-04-01", customer="cus_1"
    )
    await record(database, of(note, "Renamed"), on=DAYS[4])
    yield DAYS[4]
    revised = replace(other, lines=(line(its_terms=terms("999.99", YEAR)),))
    await record(database, of(revised, "Acme of the North", "INV-2b"), on=DAYS[5])
    yield DAYS[5]
    await rename_account(
        database,
        ORGANISATION,
        "USD",
        role=Role.DEFERRED,
        scope="product:p2",
        name="Contract liabilities",
        code="2300",
        now=noon(parse_day(DAYS[6])),
        made_by="test",
    )
    yield DAYS[6]
    await record(database, voided(of(late, "Renamed")), on=DAYS[7])
    yield DAYS[7]
    await lock(database, "2025-08-31", on=DAYS[8])
    await record(database, of(voided(note), "Renamed again"), on=DAYS[8])
    yield DAYS[8]
    await record(database, of(invoice("inv_4"), "Once more"), on=DAYS[9])
    yield DAYS[9]


async def pin_at(database: Database, as_of: str, today: Day) -> Pin:
    """The ledger of dollars at the end of a day."""
    async with database.reads() as session:
        (found,) = await pin_ledgers(session, ORGANISATION, today, parse_day(as_of))
    return found


async def reports(database: Database, at: Pin) -> list[bytes]:
    """Every kind of file of everything, and a file of every other selection."""
    groupings = (None, (), (Grouping.CUSTOMER,), tuple(Grouping))
    wanted_files = [
        *((SELECTIONS[0], each, by) for by in groupings for each in Granularity),
        *((wanted, Granularity.DAILY, None) for wanted in SELECTIONS[1:]),
    ]
    files = []
    for wanted, granularity, by in wanted_files:
        pieces = render_file(database, FileSpec(at, wanted, granularity, by))
        files.append(b"".join([piece async for piece in pieces]))
    return files


@pytest.mark.either_database
async def test_a_report_of_a_day_is_the_same_whenever_it_is_made(
    database: Database,
) -> None:
    made: dict[str, list[bytes]] = {}
    async for day in history(database):
        if day not in DAYS[::2]:
            continue
        # On the day after, when the day is over.
        at = await pin_at(database, day, parse_day(day) + 1)
        made[day] = await reports(database, at)

    for day, before in made.items():
        at = await pin_at(database, day, parse_day("2026-03-01"))
        assert await reports(database, at) == before, day
    assert len({files[0] for files in made.values()}) == len(DAYS[::2])


async def test_what_was_called_otherwise_then_is_called_so_again(
    database: Database,
) -> None:
    async for _ in history(database):
        pass
    today = parse_day("2026-03-01")
    every, wanted = Granularity.DAILY, JournalFilter()

    def named(name: str) -> list[bool]:
        return [name in text for text in texts]

    texts = []
    for day in (DAYS[2], DAYS[3], DAYS[5], DAYS[6], DAYS[9]):
        at = await pin_at(database, day, today)
        pieces = render_file(database, FileSpec(at, wanted, every))
        texts.append(b"".join([piece async for piece in pieces]).decode())

    assert named(",Acme Ltd,") == [True, False, False, False, False]
    assert named(",Renamed Ltd,") == [False, True, True, True, False]
    assert named(",Once more Ltd,") == [False, False, False, False, True]
    assert named(",INV-2b") == [False, False, True, True, True]
    assert named(",Contract liabilities,") == [False, False, False, True, True]
    assert named("period locked through 28 Feb 2025") == [True] * 5


async def test_a_renaming_during_an_export_does_not_show(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(database, invoice(), on=DAYS[0])
    at = await pin_at(database, DAYS[0], parse_day(DAYS[0]))
    assert not at.is_renamed
    spec = FileSpec(at, JournalFilter(), Granularity.MONTHLY)
    pieces = render_file(database, spec)
    whole = b"".join([piece async for piece in pieces])
    monkeypatch.setattr(queries, "SLICE", 1)
    for by in (None, (Grouping.CUSTOMER,)):
        pieces = render_file(database, replace(spec, by=by))
        text = b"".join([await anext(pieces), await anext(pieces)])
        await record(database, of(invoice("inv_9"), f"New {by}"), on=DAYS[1])

        text += b"".join([piece async for piece in pieces])

        assert b"New" not in text
        assert by is not None or text == whole


async def test_days_end_where_the_organisation_is(database: Database) -> None:
    await record(database, invoice(), on="2025-01-20")  # at noon, UTC
    today = parse_day("2025-03-01")

    before = await pin_at(database, "2025-01-19", today)
    after = await pin_at(database, "2025-01-20", today)
    async with database.writes() as session:
        organisation = await session.get_one(Organisation, ORGANISATION)
        organisation.time_zone = "Pacific/Kiritimati"  # where it was the 21st already
    there = await pin_at(database, "2025-01-20", today)

    assert (before.recording, after.recording, there.recording) == (0, 1, 0)
    assert before.today == parse_day("2025-01-19")
    assert {file.count(b"\n") for file in await reports(database, there)} == {1}
