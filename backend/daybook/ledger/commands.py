"""Writing to a ledger: its lock, the next recording, journals and their movements."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update

from daybook.calendar import Month, month_of
from daybook.db.bulk import insert_rows
from daybook.db.engine import WriteSession
from daybook.ledger.models import (
    Journal,
    JournalMovement,
    Ledger,
    MonthTotal,
    Organisation,
    Recording,
)
from daybook.ledger.queries import StoredJournal
from daybook.ledger.rules import Movement
from daybook.money import decimals_of

MOVEMENT_COLUMNS = [column.name for column in JournalMovement.__table__.columns]
JOURNAL_COLUMNS = [column.name for column in Journal.__table__.columns]
MONTH_TOTAL_COLUMNS = [column.name for column in MonthTotal.__table__.columns]


class Posting(NamedTuple):
    """Movements of one schedule that are to be posted into its document's journals.

    `order` is what journals of one recording and month are numbered by: the customer's
    and the product's own ids, then the document's own id and kind.
    """

    document_id: int
    customer_id: int
    product_id: int
    source: int
    schedule_id: int
    method: int
    order: tuple[str, str, str, int]
    movements: Sequence[Movement]


class Superseded(NamedTuple):
    """A stored movement that ends with this recording."""

    journal: StoredJournal
    seq: int


class Posted(NamedTuple):
    """How much a recording added."""

    journals: int
    movements: int


async def lock_organisation(
    session: WriteSession, organisation_id: int
) -> Organisation:
    """Lock the organisation's row: imports into it take turns.

    Customers, products and document ids belong to the organisation, so this comes
    before any ledger's lock, and no two writers can wait for each other.
    """
    return (
        await session.scalars(
            select(Organisation)
            .where(Organisation.id == organisation_id)
            .with_for_update()
        )
    ).one()


async def open_ledger(
    session: WriteSession, organisation: Organisation, currency: str
) -> Ledger:
    """The organisation's ledger of a currency, locked; made if there is none.

    The organisation must be locked. Raises KeyError for an unknown currency.
    """
    found = await session.scalars(
        select(Ledger)
        .where(Ledger.organisation_id == organisation.id, Ledger.currency == currency)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    ledger = found.one_or_none()
    if ledger is None:
        ledger = Ledger(
            organisation_id=organisation.id,
            currency=currency,
            decimals=decimals_of(currency),
            recordings=0,
            journals=0,
            documents=0,
            schedules=0,
        )
        session.add(ledger)
        await session.flush()
    return ledger


async def start_recording(
    session: WriteSession, ledger: Ledger, now: datetime, reason: str
) -> Recording:
    """Give the locked ledger its next recording, never earlier than the last one."""
    previous = await session.get(Recording, (ledger.id, ledger.recordings))
    ledger.recordings += 1
    recording = Recording(
        ledger_id=ledger.id,
        number=ledger.recordings,
        recorded_at=max(now, previous.recorded_at) if previous else now,
        reason=reason,
    )
    session.add(recording)
    await session.flush()
    return recording


async def post(  # noqa: PLR0913  (one recording's whole effect, in one place)
    session: WriteSession,
    ledger: Ledger,
    recording: Recording,
    postings: Sequence[Posting],
    *,
    existing: Iterable[StoredJournal] = (),
    superseded: Sequence[Superseded] = (),
) -> Posted:
    """Append movements to their journals, end the superseded ones, keep the totals.

    Journals get the ledger's next numbers, without a gap, ordered by month, customer,
    product and document; those of `existing` that a posting belongs to keep theirs.
    The ledger must be locked.
    """
    await _supersede(session, recording, superseded)
    journals = _by_journal(postings)
    stored = {one.key: one for one in existing}
    # The sort is stable: within a month the postings' order stays.
    new = sorted((key for key in journals if key not in stored), key=lambda key: key[2])
    numbers = {key: stored[key].number for key in journals if key in stored}
    numbers.update({key: at for at, key in enumerate(new, start=ledger.journals + 1)})
    ledger.journals += len(new)
    ledger_id = ledger.id
    await insert_rows(
        session,
        Journal,
        JOURNAL_COLUMNS,
        (_journal_row(ledger_id, numbers[key], journals[key][0]) for key in new),
    )
    places = {
        key: (ledger_id, numbers[key], stored[key].last_seq if key in stored else 0)
        for key in sorted(journals, key=numbers.__getitem__)
    }
    recorded_in = recording.number
    await insert_rows(
        session,
        JournalMovement,
        MOVEMENT_COLUMNS,
        (
            row
            for key, place in places.items()
            for row in _movement_rows(place, recorded_in, journals[key])
        ),
    )
    await _keep_totals(session, recording, postings, superseded)
    count = sum(len(movements) for movements in journals.values())
    return Posted(journals=len(new), movements=count)


def _movement_rows(
    place: tuple[int, int, int],
    recording: int,
    movements: Iterable[tuple[Posting, Movement]],
) -> Iterator[tuple[int | None, ...]]:
    """Rows after a journal's last one; `place` is ledger, journal and that seq."""
    ledger_id, number, seq = place
    for posting, (debit, credit, amount, daily, first_day, last_day) in movements:
        seq += 1
        yield (
            ledger_id,
            number,
            seq,
            posting.schedule_id,
            debit,
            credit,
            amount,
            daily,
            first_day,
            last_day,
            posting.method,
            recording,
            None,
        )


def _by_journal(
    postings: Iterable[Posting],
) -> dict[tuple[int, int, Month], list[tuple[Posting, Movement]]]:
    """Movements by their journal's document, product and month, in numbering order."""
    journals: dict[tuple[int, int, Month], list[tuple[Posting, Movement]]] = {}
    for posting in sorted(postings, key=lambda one: one.order):
        document_id, product_id = posting.document_id, posting.product_id
        for one in posting.movements:
            key = (document_id, product_id, month_of(one.first_day))
            if key in journals:
                journals[key].append((posting, one))
            else:
                journals[key] = [(posting, one)]
    return journals


def _journal_row(
    ledger_id: int, number: int, first: tuple[Posting, Movement]
) -> tuple[int, ...]:
    posting, one = first
    return (
        *(ledger_id, number, month_of(one.first_day), posting.document_id),
        *(posting.customer_id, posting.product_id, posting.source),
    )


async def _supersede(
    session: WriteSession, recording: Recording, superseded: Sequence[Superseded]
) -> None:
    """End stored movements with this recording; the database lets each end once."""
    if not superseded:
        return
    statement = (
        update(JournalMovement.__table__)  # type: ignore[arg-type]
        .where(
            JournalMovement.ledger_id == recording.ledger_id,
            JournalMovement.journal == bindparam("ended_journal"),
            JournalMovement.seq == bindparam("ended_seq"),
        )
        .values(superseded_in=recording.number)
    )
    connection = await session.connection()
    await connection.execute(
        statement,
        [
            {"ended_journal": one.journal.number, "ended_seq": one.seq}
            for one in superseded
        ],
    )


async def _keep_totals(
    session: WriteSession,
    recording: Recording,
    postings: Iterable[Posting],
    superseded: Iterable[Superseded],
) -> None:
    """Record how this recording changes each month's totals."""
    changes: Counter[tuple[Month, int, int, int]] = Counter()
    for posting in postings:
        source = posting.source
        for one in posting.movements:
            key = (month_of(one.first_day), int(one.debit), int(one.credit), source)
            changes[key] += one.amount
    for journal, seq in superseded:
        one = journal.movements[seq].movement
        key = (journal.month, int(one.debit), int(one.credit), journal.source)
        changes[key] -= one.amount
    await insert_rows(
        session,
        MonthTotal,
        MONTH_TOTAL_COLUMNS,
        [
            (recording.ledger_id, *key, recording.number, change)
            for key, change in sorted(changes.items())
            if change
        ],
    )
