"""Writing to a ledger: its lock, the next recording, journals and their movements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from sqlalchemy import bindparam, select, update

from daybook.calendar import Month, month_of
from daybook.db.bulk import insert_rows
from daybook.db.engine import WriteSession
from daybook.ledger.models import CatchUp as StoredCatchUp
from daybook.ledger.models import (
    CatchUpPart,
    Journal,
    JournalMovement,
    Ledger,
    MonthCount,
    MonthTotal,
    Organisation,
    Recording,
)
from daybook.ledger.queries import StoredJournal, Superseded
from daybook.ledger.rules import CatchUp, Movement
from daybook.money import decimals_of

MOVEMENT_COLUMNS = [column.name for column in JournalMovement.__table__.columns]
JOURNAL_COLUMNS = [column.name for column in Journal.__table__.columns]
CATCH_UP_COLUMNS = [column.name for column in StoredCatchUp.__table__.columns]
CATCH_UP_PART_COLUMNS = [column.name for column in CatchUpPart.__table__.columns]
MONTH_TOTAL_COLUMNS = [column.name for column in MonthTotal.__table__.columns]
MONTH_COUNT_COLUMNS = [column.name for column in MonthCount.__table__.columns]


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
    catch_ups: Sequence[CatchUp] = ()


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


async def start_recording(  # noqa: PLR0913  (who, why and when are its own)
    session: WriteSession,
    organisation: Organisation,
    ledger: Ledger,
    *,
    now: datetime,
    reason: str,
    made_by: str | None = None,
) -> Recording:
    """Give the locked ledger its next recording, never earlier than the last one."""
    previous = await session.get(Recording, (ledger.id, ledger.recordings))
    ledger.recordings += 1
    recording = Recording(
        ledger_id=ledger.id,
        number=ledger.recordings,
        recorded_at=max(now, previous.recorded_at) if previous else now,
        reason=reason,
        made_by=made_by,
        renamings=organisation.renamings,
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
    existing: Sequence[StoredJournal] = (),
    superseded: Sequence[Superseded] = (),
) -> Posted:
    """Append movements to their journals, end the superseded ones, keep the totals.

    Journals get the ledger's next numbers, without a gap, ordered by month, customer,
    product and document; those of `existing` that a posting belongs to keep theirs.
    The ledger must be locked.
    """
    await _supersede(session, recording, superseded)
    rows = _rows(ledger, recording.number, _by_month(postings), existing)
    ledger.journals += len(rows.journals)
    await insert_rows(session, Journal, JOURNAL_COLUMNS, rows.journals)
    await insert_rows(session, JournalMovement, MOVEMENT_COLUMNS, rows.movements)
    if rows.catch_ups:
        await insert_rows(session, StoredCatchUp, CATCH_UP_COLUMNS, rows.catch_ups)
        await insert_rows(session, CatchUpPart, CATCH_UP_PART_COLUMNS, rows.parts)
    await _keep_totals(session, recording, rows.changes, superseded)
    await _keep_counts(session, recording, rows, existing, superseded)
    return Posted(journals=len(rows.journals), movements=len(rows.movements))


_Dated: TypeAlias = tuple[Posting, Movement | CatchUp]
"""A movement, or what a lock moved, with what it belongs to."""

_TotalKey: TypeAlias = tuple[Month, int, int, int]
"""A month, a debit and a credit account, and a source."""


def _by_month(postings: Iterable[Posting]) -> dict[Month, list[_Dated]]:
    """All movements by month, and then as journals are numbered."""
    months: dict[Month, list[_Dated]] = defaultdict(list)
    for posting in sorted(postings, key=attrgetter("order")):
        for one in posting.movements:
            months[month_of(one.first_day)].append((posting, one))
        for moved in posting.catch_ups:
            months[month_of(moved.movement.first_day)].append((posting, moved))
    return months


@dataclass(slots=True)
class _Rows:
    """What one recording appends: rows by table, and how months' totals change."""

    journals: list[tuple[int, ...]] = field(default_factory=list)
    movements: list[tuple[int | None, ...]] = field(default_factory=list)
    catch_ups: list[tuple[int, ...]] = field(default_factory=list)
    parts: list[tuple[int, ...]] = field(default_factory=list)
    changes: dict[_TotalKey, int] = field(default_factory=lambda: defaultdict(int))
    shown: dict[tuple[Month, int], int] = field(
        default_factory=lambda: defaultdict(int)
    )
    """How many journals come to be, by month and source."""


def _rows(
    ledger: Ledger,
    recording: int,
    months: Mapping[Month, Iterable[_Dated]],
    existing: Iterable[StoredJournal],
) -> _Rows:
    """Give each movement its journal and place; those of a journal stand together.

    One loop over all of them: it runs for each movement of an import.
    """
    stored = {one.key: one for one in existing}
    rows = _Rows()
    ledger_id, number, seq, last_number = ledger.id, 0, 0, ledger.journals
    journal, changes, append = None, rows.changes, rows.movements.append
    for month in sorted(months):
        for posting, one in months[month]:
            document_id, customer_id, product_id, source, schedule_id, method, *_ = (
                posting
            )
            key = (document_id, product_id, month)
            if key != journal:
                journal = key
                before = stored.get(key)
                if before is None:
                    last_number += 1
                    number, seq = last_number, 0
                    parties = (document_id, customer_id, product_id)
                    rows.journals.append((ledger_id, number, month, *parties, source))
                    rows.shown[month, source] += 1
                else:
                    number, seq = before.number, before.last_seq
            seq += 1
            if isinstance(one, CatchUp):
                _add_catch_up(rows, (ledger_id, number, seq), one)
                one = one.movement  # noqa: PLW2901  (what is posted of it)
            debit, credit, amount, daily, first_day, last_day = one
            # Plain integers: the driver looks for adapters of all other types.
            debit_role, credit_role = int(debit), int(credit)
            changes[month, debit_role, credit_role, source] += amount
            # fmt: off
            append((
                ledger_id, number, seq, schedule_id, debit_role, credit_role, amount,
                daily, first_day, last_day, method, recording, None,
            ))
            # fmt: on
    return rows


def _add_catch_up(rows: _Rows, key: tuple[int, int, int], one: CatchUp) -> None:
    """Which service days a movement stands for that a lock moved."""
    rows.catch_ups.append((*key, one.first_day, one.last_day, one.locked_through))
    for position, part in enumerate(one.parts):
        sign = 1 if part.debit is one.movement.debit else -1
        its_days = (part.first_day, part.last_day)
        rows.parts.append(
            (*key, position, sign * part.amount, sign * part.daily, *its_days)
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
    changes: dict[_TotalKey, int],
    superseded: Iterable[Superseded],
) -> None:
    """Record how this recording changes each month's totals."""
    for journal, seq in superseded:
        one = journal.movements[seq].movement
        changes[journal.month, int(one.debit), int(one.credit), journal.source] -= (
            one.amount
        )
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


async def _keep_counts(
    session: WriteSession,
    recording: Recording,
    rows: _Rows,
    existing: Sequence[StoredJournal],
    superseded: Iterable[Superseded],
) -> None:
    """Record how this recording changes how many journals have movements in force."""
    changes = rows.shown
    if existing:
        left = {one.number: len(one.movements) for one in existing}
        for row in rows.movements:
            if (number := row[1]) in left:
                left[number] += 1
        for one, _ in superseded:
            left[one.number] -= 1
        for one in existing:
            is_shown, was_shown = left[one.number] > 0, bool(one.movements)
            changes[one.month, one.source] += is_shown - was_shown
    await insert_rows(
        session,
        MonthCount,
        MONTH_COUNT_COLUMNS,
        [
            (recording.ledger_id, *key, recording.number, change)
            for key, change in sorted(changes.items())
            if change
        ],
    )
