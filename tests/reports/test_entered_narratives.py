"""Manual journals are told in the words of those who entered them."""

from collections.abc import Sequence

import pytest

from daybook.access.erasing import erase_person
from daybook.adjustments.deciding import approve
from daybook.adjustments.rules import AdjustmentMode
from daybook.db.engine import Database
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, SourceKind
from daybook.paging import PageRequest
from daybook.reports.journals.entries import find_entries
from daybook.reports.journals.explanation_facts import explanations_of
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.queries import find_journals, movements_of
from daybook_adjusting import (
    ADA,
    BOB,
    credit,
    debit,
    entered,
    four_eyes,
    moment,
    reversed_journal,
    submitted,
    two_people,
)
from daybook_factories import ORGANISATION, invoice, pin, record

pytestmark = pytest.mark.anyio

EVERY = JournalFilter(sources=(SourceKind.STANDALONE,), include_scheduled=True)
ALL = PageRequest(100)
USD_50 = (debit(Role.DEFERRED, "50.00"), credit(Role.RECOGNIZED, "50.00"))


@pytest.fixture(autouse=True)
async def ledger(database: Database) -> Database:
    """One invoice of 2025."""
    await record(database, invoice("inv_1"))
    return database


async def told(database: Database, at: Pin) -> Sequence[tuple[str, str]]:
    """Each movement's narrative and explanation, by journal."""
    async with database.reads() as session:
        page = await find_journals(session, at, EVERY, ALL)
        numbers = [journal.number for journal in page.items]
        found = await movements_of(session, at, numbers)
        details = [each for number in numbers for each in found[number]]
        explained = await explanations_of(session, at, details)
        entries = await find_entries(session, at, EVERY, ALL)
    assert [entry.narrative for entry in entries.items] == [
        each.narrative for each in details
    ]
    return [(each.narrative, explained[each.journal, each.seq]) for each in details]


async def test_who_wrote_and_approved_it_is_explained(database: Database) -> None:
    _, bob = await two_people(database)
    await four_eyes(database)
    journal = entered(
        *USD_50,
        day="2025-01-31",
        narrative="Audit fee, as agreed.",
        adjusts=1,
        mode=AdjustmentMode.DIFFERENCE,
        reverses_on="2025-04-01",
    )
    sent = await submitted(database, journal, on="2025-03-20")
    await approve(
        *(database, ORGANISATION, sent.number),
        version=sent.version,
        user_id=bob,
        now=moment("2025-03-21"),
    )

    whom = f"journal MJ-1 by {ADA}, approved by {BOB} on 21 Mar 2025"
    what = "Audit fee, as agreed; adjusts journal 1."
    assert await told(database, await pin(database, on="2025-06-30")) == [
        ("Audit fee, as agreed.", f"Manual {whom}: {what}"),
        (
            "Reversal of MJ-1: Audit fee, as agreed.",
            f"Reversal of manual {whom}: {what}",
        ),
    ]


async def test_who_undid_it_is_explained_from_then_on(database: Database) -> None:
    sent = await submitted(database, entered(*USD_50, narrative="Audit fee"))
    before = await pin(database, on="2025-06-30")
    await reversed_journal(database, sent.number, by=BOB, reason="Entered twice")

    posted = f"Manual journal MJ-1 by {ADA}, posted on 20 Mar 2025"
    original = ("Audit fee", f"{posted}: Audit fee.")
    assert await told(database, before) == [original]
    assert await told(database, await pin(database, on="2025-06-30")) == [
        original,
        (
            "MJ-1 undone: Audit fee",
            f"{posted}, undone by {BOB} on 25 Mar 2025 (Entered twice): Audit fee.",
        ),
    ]


async def test_an_erased_person_is_named_nowhere(database: Database) -> None:
    await submitted(database, entered(*USD_50), by="former@example.com")

    async def beside(_: str) -> None:
        """Nothing is kept elsewhere."""

    erased = await erase_person(
        *(database, ORGANISATION),
        email="former@example.com",
        now=moment("2025-04-01"),
        made_by=BOB,
        beside=beside,
    )

    ((_, explanation),) = await told(database, await pin(database, on="2025-06-30"))
    assert explanation.startswith(f"Manual journal MJ-1 by {erased}, posted on")
    assert "former" not in explanation
