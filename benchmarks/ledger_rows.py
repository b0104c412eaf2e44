"""A ledger of any number of journals, inserted row by row without any import.

Annual invoices of a year, each with a journal a month: what they would be if they had
come by a hundred imports.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import make_url

from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.calendar import first_day_of, last_day_of, month_of, parse_day
from daybook.db.base import Base
from daybook.db.engine import Database
from daybook.db.fast.bulk import insert_rows, table_rows
from daybook.db.migrate import upgrade
from daybook.db.statistics import refresh_statistics
from daybook.documents.models import StoredDocument
from daybook.ledger.commands import lock_organisation
from daybook.ledger.models import (
    Customer,
    Journal,
    JournalMovement,
    Ledger,
    MonthCount,
    MonthTotal,
    Product,
    Recording,
    SpanTotal,
)
from daybook.ledger.rules import Role, SourceKind
from daybook.recognition.models import Schedule

CUSTOMERS = 300
PRODUCTS = 5
RECORDINGS = 100
MONTHS = 12
AT_ONCE = 100_000
"""So many rows are in memory."""
SHARE = 100_00
"""What each invoice recognizes in each month."""
FIRST = month_of(parse_day("2025-01-01"))
STARTED = datetime(2025, 1, 1, 12, tzinfo=UTC)


def main() -> None:
    """`python -m benchmarks.ledger_rows URL JOURNALS`."""
    url, journals = sys.argv[1], int(sys.argv[2])
    asyncio.run(_fill(Database(make_url(url)), journals // MONTHS))


async def _fill(database: Database, invoices: int) -> None:
    await upgrade(database)
    each = max(invoices // RECORDINGS, 1)
    async with database.writes() as session:
        ledger = Ledger(
            organisation_id=1,
            currency="USD",
            decimals=2,
            recordings=RECORDINGS,
        )
        session.add(ledger)
        await session.flush()
        for number in range(1, RECORDINGS + 1):
            moment = STARTED + timedelta(hours=number)
            session.add(
                Recording(
                    ledger_id=ledger.id,
                    number=number,
                    recorded_at=moment,
                    reason="benchmark",
                )
            )
        await session.flush()
        sizes: Counter[type[Base]] = Counter()
        for model, rows in _rows(ledger.id, invoices, each):
            while some := list(islice(rows, AT_ONCE)):
                await insert_rows(session, table_rows(model, some))
                sizes[model] += len(some)
        ledger.journals = invoices * MONTHS
        ledger.documents = ledger.schedules = invoices
        await append_audit_record(
            session,
            await lock_organisation(session, 1),
            now=STARTED + timedelta(hours=RECORDINGS),
            made_by=None,
            action=Action.PUT_FAMILIES_RIGHT,
            subject=Subject(SubjectKind.LEDGER, "USD"),
            details={"recordings": {}},
            recordings=((ledger.id, number) for number in range(1, RECORDINGS + 1)),
        )
        await refresh_statistics(session, sizes)
    await database.close()


def _rows(
    ledger_id: int, invoices: int, each: int
) -> Iterator[tuple[type[Base], Iterator[tuple[Any, ...]]]]:
    numbers = range(1, invoices + 1)

    def recording(number: int) -> int:
        return min((number - 1) // each + 1, RECORDINGS)

    start, end = first_day_of(FIRST), last_day_of(FIRST + MONTHS - 1)
    yield (
        Customer,
        (
            (1, at, f"cus_{at}", f"Customer {at}", f"Customer {at} Ltd")
            for at in range(1, CUSTOMERS + 1)
        ),
    )
    yield (
        Product,
        (
            (1, at, f"prod_{at}", f"Product {at}", None, None)
            for at in range(1, PRODUCTS + 1)
        ),
    )
    invoice = int(SourceKind.INVOICE)
    yield (
        StoredDocument,
        (
            (
                *(ledger_id, at, invoice, f"inv_{at}", f"INV-{at}"),
                *(at % CUSTOMERS + 1, start, start, None, b"", recording(at)),
                *(1, 0, None),
            )
            for at in numbers
        ),
    )
    yield (
        Schedule,
        (
            (
                *(ledger_id, at, at, at % PRODUCTS + 1, MONTHS * SHARE, 1, 1, 1),
                *(start, end, None, None, 1, None, None, None, None, None, None, end),
            )
            for at in numbers
        ),
    )
    yield Journal, _journals(ledger_id, invoices, each)
    yield JournalMovement, _movements(ledger_id, invoices, each)
    months = range(FIRST, FIRST + MONTHS)
    counts = [0] * (RECORDINGS + 1)
    for at in numbers:
        counts[recording(at)] += 1
    recordings = [at for at in range(1, RECORDINGS + 1) if counts[at]]
    yield (
        MonthTotal,
        (
            (ledger_id, month, *pair, invoice, at, counts[at] * amount)
            for month in months
            for pair, amount in _pairs(month)
            for at in recordings
        ),
    )
    yield SpanTotal, _spans(ledger_id, numbers, recording)
    yield (
        MonthCount,
        (
            (ledger_id, month, invoice, at, counts[at])
            for month in months
            for at in recordings
        ),
    )


def _spans(
    ledger_id: int, numbers: Iterable[int], recording: Callable[[int], int]
) -> Iterator[tuple[int, ...]]:
    """Sums of movements by their days, as imports would have kept them."""
    invoice = int(SourceKind.INVOICE)
    counts = Counter((at % PRODUCTS + 1, recording(at)) for at in numbers)
    for month in range(FIRST, FIRST + MONTHS):
        for pair, amount in _pairs(month):
            days, daily = _days(month, pair, amount)
            for (product, number), count in sorted(counts.items()):
                sums = (count * amount, count * daily)
                yield (
                    *(ledger_id, *days, product, *pair, invoice, 0, 0, number),
                    *sums,
                )


def _days(
    month: int, pair: tuple[int, int], amount: int
) -> tuple[tuple[int, int], int]:
    """The first and last day of a movement, and its daily amount."""
    first, last = first_day_of(month), last_day_of(month)
    if pair[0] == int(Role.BILLED):
        return (first, first), amount
    return (first, last), amount // (last - first + 1)


def _pairs(month: int) -> list[tuple[tuple[int, int], int]]:
    """What moves in a month of an invoice: all is billed in the first."""
    billed = ((int(Role.BILLED), int(Role.DEFERRED)), MONTHS * SHARE)
    recognized = ((int(Role.DEFERRED), int(Role.RECOGNIZED)), SHARE)
    return [billed, recognized] if month == FIRST else [recognized]


def _journals(ledger_id: int, invoices: int, each: int) -> Iterator[tuple[int, ...]]:
    """Numbers go by recording, month and invoice."""
    number = 0
    for first in range(1, invoices + 1, each):
        for month in range(FIRST, FIRST + MONTHS):
            for at in range(first, min(first + each, invoices + 1)):
                number += 1
                parties = (at, at % CUSTOMERS + 1, at % PRODUCTS + 1)
                yield (ledger_id, number, month, *parties, int(SourceKind.INVOICE))


def _movements(
    ledger_id: int, invoices: int, each: int
) -> Iterator[tuple[int | None, ...]]:
    for _, number, month, at, *_ in _journals(ledger_id, invoices, each):
        recording = min((at - 1) // each + 1, RECORDINGS)
        for seq, (pair, amount) in enumerate(_pairs(month), start=1):
            days, daily = _days(month, pair, amount)
            row = (ledger_id, number, seq, at, *pair, amount, daily, *days)
            yield (*row, 1, recording, None)


if __name__ == "__main__":
    main()
