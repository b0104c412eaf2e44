"""Open milestones: those that aren't reached, of documents in force, as of a pin."""

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.documents.actions import complete_milestone
from daybook.ledger.pins import Pin
from daybook.paging import PageRequest
from daybook.reports.open_milestones import (
    Dated,
    count_open_milestones,
    find_open_milestones,
)
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    line,
    milestone_line,
    noon,
    pin,
    record,
    voided,
)

pytestmark = pytest.mark.anyio

FIRST_PAGE = PageRequest(50)


async def opened(
    database: Database, dated: Dated | None = None, *, at: Pin | None = None
) -> list[tuple[str, int]]:
    """The names and amounts of open milestones, which are as many as are counted."""
    its_pin = at or await pin(database, on="2025-11-01")
    days = dated or Dated()
    async with database.reads() as session:
        found = await find_open_milestones(session, its_pin, days, FIRST_PAGE)
        assert await count_open_milestones(session, its_pin, days) == len(found.items)
    return [(its.name, its.amount) for its in found.items]


async def complete(database: Database, milestone: str, day: str | None) -> None:
    await complete_milestone(
        database,
        ORGANISATION,
        "inv_1",
        "1",
        milestone,
        None if day is None else parse_day(day),
        now=noon(parse_day("2025-03-01")),
    )


@pytest.mark.either_database
async def test_those_that_are_not_reached_at_the_pin(database: Database) -> None:
    parts = (("design", "300.00", "2025-02-10"), ("live", "600.00", None))
    project = invoice("inv_1", milestone_line(*parts), line("2"))
    await record(database, project, on="2025-02-10")
    before = await pin(database, on="2025-02-10")

    assert await opened(database) == [("Live", 600_00)]
    await complete(database, "live", "2025-02-28")
    assert await opened(database) == []
    await complete(database, "design", None)

    assert await opened(database) == [("Design", 300_00)]
    assert await opened(database, at=before) == [("Live", 600_00)]


@pytest.mark.either_database
async def test_none_of_what_is_void_or_taken_back_whole(database: Database) -> None:
    def project(number: str) -> list[tuple[str, str, str | None]]:
        return [(f"live-{number}", "600.00", None)]

    invoices = [
        invoice(f"inv_{number}", milestone_line(*project(number)))
        for number in ("1", "2", "3")
    ]
    await record(database, *invoices, on="2025-02-10")
    await record(database, voided(invoices[0]), on="2025-02-11")
    notes = [
        credit_note(f"cn_{number}", credited_line(amount), invoice_id=f"inv_{number}")
        for number, amount in (("2", "600.00"), ("3", "100.00"))
    ]
    await record(database, *notes, on="2025-02-12")

    assert await opened(database) == [("Live-3", 600_00)]


@pytest.mark.either_database
async def test_those_are_open_again_whose_credit_is_void(database: Database) -> None:
    """Also of a credit that came with its invoice, which was settled from the start."""
    parts = (("a", "300.00", None), ("b", "600.00", None))
    note = credit_note("cn_1", credited_line("900.00"))
    await record(
        database, invoice("inv_1", milestone_line(*parts)), note, on="2025-02-10"
    )
    credited = await pin(database, on="2025-02-10")
    assert await opened(database) == []

    await record(database, voided(note), on="2025-02-11")

    assert await opened(database) == [("A", 300_00), ("B", 600_00)]
    assert await opened(database, at=credited) == []


async def test_dates_and_pages(database: Database) -> None:
    parts = (("first", "1.00", None), ("second", "2.00", None))
    invoices = [
        invoice("inv_1", milestone_line(*parts), accounting_date="2025-02-10"),
        invoice(
            "inv_2",
            milestone_line(("third", "3.00", None)),
            accounting_date="2025-03-10",
        ),
    ]
    await record(database, *invoices, on="2025-03-10")
    names = ["First", "Second", "Third"]

    march = Dated(parse_day("2025-03-01"), parse_day("2025-03-31"))
    by_february = Dated(until=parse_day("2025-02-28"))
    assert await opened(database, march) == [("Third", 3_00)]
    assert await opened(database, by_february) == [("First", 1_00), ("Second", 2_00)]

    at = await pin(database, on="2025-03-10")
    forward, backward = list[str](), list[str]()
    async with database.reads() as session:
        for is_backward, seen in ((False, forward), (True, backward)):
            key: tuple[int, int] | None = None
            while len(seen) < len(names):
                request = PageRequest(1, key, is_backward)
                page = await find_open_milestones(session, at, Dated(), request)
                (its,) = page.items
                key = its.schedule_id, its.position
                seen.append(its.name)
                more = page.has_previous if is_backward else page.has_next
                assert more == (len(seen) < len(names))
    assert (forward, backward) == (names, names[::-1])
