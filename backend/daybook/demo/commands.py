"""Filling an empty database with the demo company, month by month."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from daybook.calendar import (
    Day,
    Month,
    date_of,
    first_day_of,
    last_day_of,
    month_of,
    month_text,
    parse_day,
)
from daybook.clock import now, today
from daybook.configuration.commands import set_lock
from daybook.db.engine import Database
from daybook.demo.adjusting import Office
from daybook.demo.cases import Document
from daybook.demo.closing import PostedFile, post_months
from daybook.demo.exceptions import Case
from daybook.demo.filters import share_filter
from daybook.demo.late_file import fail_to_import
from daybook.demo.people import INES, PRIYA, welcome
from daybook.demo.rules import demo_documents
from daybook.demo.xero import connect_xero
from daybook.documents.commands import import_documents
from daybook.documents.reading import read_documents
from daybook.ledger.queries import time_zone_of
from daybook.ledger.rules import LockMethod
from daybook.settings import Settings

DEMO_DATABASE = "demo.db"
ORGANISATION_ID = 1
BILLING = "billing system"
"""Who imports, as the activity log names it."""
CURRENCIES = ("GBP", "USD")

MONTHS_OPEN = 2
"""How many months stay open: the present one, and the one that is being closed."""
XERO_SINCE = 4
"""How many months ago Xero was connected."""
FOUR_EYES_SINCE = 3
"""How many months ago four eyes was turned on, and support was first accrued."""
POSTED_SINCE = 1
"""How many months ago a file was posted for the first time, with all before it."""
MORNING = timedelta(hours=8)
"""The present day's work takes so long, or as long as the day has lasted."""


@dataclass(slots=True)
class Filled:
    """What was recorded of documents, and the files that were posted."""

    documents: int = 0
    journals: int = 0
    movements: int = 0
    posted: list[PostedFile] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """A line that counts documents, journals and movements."""
        return (
            f"{self.documents:,} documents, {self.journals:,} journals,"
            f" {self.movements:,} movements."
        )


async def fill(database: Database, settings: Settings) -> Filled:
    """Record the demo's documents as if each month's had arrived at its end.

    Credit notes and revisions therefore change earlier recordings, as in real life.
    After each month, the books are locked through the month before the last. On the
    present day people work on closing the month before: it has every kind of exception,
    and each step is left to do.
    """
    with _moments_in_the_past(database):
        return await _fill(database, settings)


async def _fill(database: Database, settings: Settings) -> Filled:
    async with database.reads() as session:
        zone = await time_zone_of(session, ORGANISATION_ID)
    last_day = today(settings, zone)
    this_month = month_of(last_day)
    morning = _morning(last_day, now(settings), zone)
    first = _evening_of(last_day_of(this_month - 12), zone)
    users = await welcome(database, ORGANISATION_ID, now=first, made_by=BILLING)
    office, filled = Office(database, ORGANISATION_ID, users), Filled()
    for month, of_month in groupby(
        demo_documents(last_day),
        key=lambda document: month_of(parse_day(document["issued_on"])),
    ):
        is_over = month < this_month
        moment = _evening_of(last_day_of(month), zone) if is_over else next(morning)
        await _import(database, list(of_month), month_text(month), moment, filled)
        await _lock(database, month - MONTHS_OPEN, moment)
        await _work(office, month, this_month - month, moment, filled)
    await _close(office, this_month - 1, morning, filled)
    priya = users[PRIYA.email]
    await share_filter(database, ORGANISATION_ID, priya, now=next(morning))
    return filled


async def _import(
    database: Database,
    documents: list[Document],
    name: str,
    moment: datetime,
    filled: Filled,
) -> None:
    """Import documents of a run of the billing system."""
    result = await import_documents(
        database,
        ORGANISATION_ID,
        read_documents(documents).documents,
        now=moment,
        reason=f"import of billing-{name}.jsonl",
        file=f"billing-{name}.jsonl",
        made_by=BILLING,
    )
    filled.documents += len(documents)
    filled.journals += result.journals
    filled.movements += result.movements


async def _lock(database: Database, month: Month, moment: datetime) -> None:
    """Lock both ledgers through a month."""
    for currency in CURRENCIES:
        await set_lock(
            database,
            ORGANISATION_ID,
            currency,
            method=LockMethod.CUSTOM_DATE,
            locked_through=last_day_of(month),
            now=moment,
            made_by=PRIYA.email,
        )


async def _work(
    office: Office, month: Month, ago: int, moment: datetime, filled: Filled
) -> None:
    """What people do at the end of a month, which is so many months ago."""
    if ago == XERO_SINCE:
        await connect_xero(*office.where, CURRENCIES, now=moment, made_by=INES.email)
    if ago == FOUR_EYES_SINCE:
        await office.begin_four_eyes(moment)
        await office.begin_recurring(month, moment)
    if ago <= FOUR_EYES_SINCE:
        await office.run_recurring(moment)
    if ago <= POSTED_SINCE:
        closed = month - MONTHS_OPEN
        filled.posted += await post_months(
            *office.where,
            first=None if ago == POSTED_SINCE else first_day_of(closed),
            last=last_day_of(closed),
            reference=f"CLOSE-{month_text(closed)}",
            now=moment,
            made_by=PRIYA.email,
        )


async def _close(
    office: Office, month: Month, morning: Iterator[datetime], filled: Filled
) -> None:
    """Begin to close a month, and leave each of its steps to be done."""
    cases = [Case(currency, month) for currency in CURRENCIES]
    late = [document for case in cases for document in case.documents()]
    corrected = [document for case in cases for document in case.corrections()]
    database, name = office.database, month_text(month)
    await _import(database, late, f"{name}-late", next(morning), filled)
    for case in cases:
        await office.write_journals(case, next(morning))
    await office.write_unfinished(cases[-1], next(morning))
    await office.ask_for_recurring(month, next(morning))
    await _import(database, corrected, f"{name}-corrected", next(morning), filled)
    await office.end_four_eyes(next(morning))
    await fail_to_import(*office.where, month, now=next(morning), made_by=BILLING)


@contextmanager
def _moments_in_the_past(database: Database) -> Iterator[None]:
    """Let people join a year ago, who would join at a fixed present otherwise."""
    clock = database.clock
    database.clock = replace(clock, fixed=None)
    try:
        yield
    finally:
        database.clock = clock


def _evening_of(day: Day, zone: str) -> datetime:
    evening = datetime.combine(date_of(day), time(22), ZoneInfo(zone))
    return evening.astimezone(UTC)


def _morning(day: Day, present: datetime, zone: str) -> Iterator[datetime]:
    """Moments of the present day up to the present, each after the one before."""
    midnight = datetime.combine(date_of(day), time(), ZoneInfo(zone)).astimezone(UTC)
    moment = max(midnight, present - MORNING)
    while True:
        yield moment
        moment += (present - moment) / 5
