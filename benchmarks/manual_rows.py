"""Manual journals of a filled ledger, by the commands that people and programs use.

Nine in ten are posted, the others are submitted or drafts; most come by imports of ten
people, and some one by one, as in the pages.
"""

import asyncio
import csv
import io
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import make_url

from benchmarks.ledger_rows import CUSTOMERS, PRODUCTS
from daybook.access.rules import MemberRole
from daybook.adjustments.commands import JournalState, save_draft, submit
from daybook.adjustments.csv_files import ImportedJournal, read_journals
from daybook.adjustments.deciding import approve
from daybook.adjustments.importing import import_journals
from daybook.calendar import day_text, parse_day
from daybook.db.engine import Database
from daybook.decisions.commands import set_four_eyes
from daybook_people import member

AUTHORS = 10
CONTROLLER = "controller@example.com"
ONE_BY_ONE = 100
"""One in so many is saved, submitted and approved by commands of its own."""
OPEN = 10
"""One in so many waits for approval, or is a draft, half of them each."""
RARE = 1_000
"""One in so many narratives has a word of its own."""
FIRST_DAY = parse_day("2025-01-01")
DAYS = 365
STARTED = datetime(2025, 6, 1, 12, tzinfo=UTC)
COLUMNS = (
    *("journal", "date", "kind", "narrative", "account", "debit", "credit"),
    *("customer", "product"),
)


def author(number: int) -> str:
    """The address of somebody who writes manual journals; they count from 1."""
    return f"author-{number}@example.com"


def main() -> None:
    """`python -m benchmarks.manual_rows URL JOURNALS`."""
    url, journals = sys.argv[1], int(sys.argv[2])
    asyncio.run(_fill(Database(make_url(url)), journals))


async def _fill(database: Database, journals: int) -> None:
    alone = max(journals // ONE_BY_ONE, 1)
    waiting = max(journals // (2 * OPEN), 1)
    posted = journals - alone - 2 * waiting
    for number in range(1, AUTHORS + 1):
        await _person(database, author(number), MemberRole.ACCOUNTANT)
    controller = await _person(database, CONTROLLER, MemberRole.CONTROLLER)
    for number in range(AUTHORS):
        keys = range(number, posted, AUTHORS)
        await _import(
            database, keys, now=STARTED, made_by=author(number + 1), is_submitted=True
        )
    later = STARTED + timedelta(hours=1)
    await set_four_eyes(database, 1, is_on=True, now=later, made_by=CONTROLLER)
    sent, kept = posted + waiting, posted + 2 * waiting
    for keys, is_submitted in ((range(posted, sent), True), (range(sent, kept), False)):
        await _import(
            *(database, keys),
            now=later,
            made_by=author(1),
            is_submitted=is_submitted,
        )
    for journal in _read(range(kept, journals)):
        await _write_alone(database, journal, controller)
    await database.close()


async def _person(database: Database, email: str, role: MemberRole) -> int:
    return await member(database, email=email, role=role, password=None, now=STARTED)


async def _import(
    database: Database,
    keys: Iterable[int],
    *,
    now: datetime,
    made_by: str,
    is_submitted: bool,
) -> None:
    if journals := _read(keys):
        await import_journals(
            *(database, 1, journals),
            source="benchmark.csv",
            is_submitted=is_submitted,
            now=now,
            made_by=made_by,
        )


async def _write_alone(
    database: Database, journal: ImportedJournal, controller: int
) -> JournalState:
    now = STARTED + timedelta(hours=2)
    where = (database, 1)
    draft = await save_draft(*where, journal.entered, now=now, made_by=author(3))
    sent = await submit(
        *where, draft.number, version=draft.version, now=now, made_by=author(3)
    )
    return await approve(
        *where, sent.number, version=sent.version, user_id=controller, now=now
    )


def _read(keys: Iterable[int]) -> list[ImportedJournal]:
    """Journals by numbers of the benchmark's own, as a file has them."""
    numbers = list(keys)
    if not numbers:
        return []
    file = io.StringIO(newline="")
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    for number in numbers:
        day = day_text(FIRST_DAY + number % DAYS)
        word = "warranty" if number % RARE == 0 else "usage"
        of = (f"cus_{number % CUSTOMERS + 1}", f"prod_{number % PRODUCTS + 1}")
        its = (number, day, "CORRECTION", f"Correction {number} of {word}")
        rows.writerow((*its, "DEFERRED", "1.00", "", *of))
        rows.writerow((number, "", "", "", "RECOGNIZED", "", "1.00", *of))
    return read_journals(file.getvalue(), "USD")


if __name__ == "__main__":
    main()
