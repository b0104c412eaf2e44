"""Writing to a ledger: its lock, the next recording, journals and their movements."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update

from daybook.calendar import LAST_DAY, Day, day_text
from daybook.db.digests import ENDED_MOVEMENTS, written
from daybook.db.engine import WriteSession, take_turn, waiting
from daybook.db.fast.bulk import insert_rows, table_rows
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.after_close import first_closed_change
from daybook.ledger.clocks import next_time
from daybook.ledger.models import (
    ChangeAfterClose,
    JournalMovement,
    Ledger,
    Organisation,
    Recording,
)
from daybook.ledger.posting import PlannedJournals, PostingStart
from daybook.ledger.queries import MovementKey, closed_by, next_audit_record
from daybook.ledger.rules import RULES_VERSION
from daybook.money import decimals_of


async def lock_organisation(
    session: WriteSession, organisation_id: int
) -> Organisation:
    """Lock the organisation's row: imports into it take turns.

    Customers, products and document ids belong to the organisation, so this comes
    before any ledger's lock, and no two writers can wait for each other.
    """
    statement = (
        select(Organisation).where(Organisation.id == organisation_id).with_for_update()
    )
    with waiting(session):
        await take_turn(session, organisation_id)
        found = await session.scalars(statement)
    return found.one()


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


def check_open_day(ledger: Ledger) -> None:
    """Raise Rejected where no day of the calendar is open to post on.

    A lock can't be set that late any more, but an earlier version allowed it.
    """
    locked = ledger.locked_through
    if locked is not None and locked >= LAST_DAY:
        message = (
            f"the {ledger.currency} ledger is locked through {day_text(locked)}, the"
            " calendar's last day, so nothing can be posted: move the lock back first"
        )
        raise Rejected([Problem(ProblemCode.INVALID_VALUE, message, ("currency",))])


async def start_recording(  # noqa: PLR0913  (who, why and when are its own)
    session: WriteSession,
    organisation: Organisation,
    ledger: Ledger,
    *,
    now: datetime,
    reason: str,
    made_by: str | None = None,
) -> Recording:
    """Start the locked ledger's next recording, never earlier than its last one.

    Raises ClockRefused where the clock can't be right.
    """
    recorded_at = await next_time(session, organisation, now)
    ledger.recordings += 1
    recording = Recording(
        ledger_id=ledger.id,
        number=ledger.recordings,
        recorded_at=recorded_at,
        reason=reason,
        made_by=made_by,
        renamings=organisation.renamings,
        rules=RULES_VERSION,
    )
    session.add(recording)
    await session.flush()
    return recording


async def write_journals(session: WriteSession, planned: PlannedJournals) -> None:
    """Append planned movements to their journals, and end those that they supersede.

    A change of a closed day is noted (`daybook.ledger.after_close`).
    """
    ledger_id, recording, _ = planned.start
    closed = await closed_by(session, ledger_id, recording)
    changed = None if closed is None else first_closed_change(planned, closed)
    await _supersede(session, planned.start, planned.superseded)
    digests = written(session)
    ended = [(movement.journal.number, movement.seq) for movement in planned.superseded]
    digests.note_ended(ledger_id, recording, ENDED_MOVEMENTS, ended)
    async with digests.noting(ledger_id, recording, *planned.tables):
        await insert_rows(session, *planned.tables, planned.spans)
    if changed is not None:
        await note_after_close(session, ledger_id, recording, changed)


async def note_after_close(
    session: WriteSession, ledger_id: int, recording: int, first_day: Day
) -> None:
    """Note that a recording changes closed days, or opens them, from a day on."""
    record = await next_audit_record(session, ledger_id)
    rows = table_rows(ChangeAfterClose, [(ledger_id, recording, record, first_day)])
    async with written(session).noting(ledger_id, recording, rows):
        await insert_rows(session, rows)


async def _supersede(
    session: WriteSession, start: PostingStart, superseded: Sequence[MovementKey]
) -> None:
    """End stored movements with this recording; the database allows each end once."""
    if not superseded:
        return
    statement = (
        update(JournalMovement.__table__)  # type: ignore[arg-type]  # a mapped class has a Table
        .where(
            JournalMovement.ledger_id == start.ledger_id,
            JournalMovement.journal == bindparam("ended_journal"),
            JournalMovement.seq == bindparam("ended_seq"),
        )
        .values(superseded_in=start.recording)
    )
    connection = await session.connection()
    await connection.execute(
        statement,
        [
            {"ended_journal": movement.journal.number, "ended_seq": movement.seq}
            for movement in superseded
        ],
    )
