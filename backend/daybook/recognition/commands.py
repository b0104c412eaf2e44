"""The recognition run: schedules and credits of a recording become movements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from daybook.calendar import Day
from daybook.db.bulk import insert_rows
from daybook.db.engine import WriteSession
from daybook.ledger.commands import Posted, Posting, Superseded, post
from daybook.ledger.models import Ledger, Recording
from daybook.ledger.queries import StoredJournal
from daybook.ledger.rules import Movement, Role
from daybook.recognition.credit_notes import effective_day, replace_days, reverse
from daybook.recognition.models import Schedule
from daybook.recognition.rules import Method, Terms

SCHEDULE_COLUMNS = [column.name for column in Schedule.__table__.columns]

DEFERRAL = {Role.DEFERRED, Role.RECOGNIZED}
"""The pair of accounts whose days a credit changes."""


class Owner(NamedTuple):
    """Whose schedule it is: what a journal is made of, and how it is numbered."""

    document_id: int
    customer_id: int
    product_id: int
    source: int
    order: tuple[str, str, str, int]


class NewSchedule(NamedTuple):
    """A schedule to record, with the movements that its terms give."""

    id: int
    owner: Owner
    terms: Terms
    movements: list[Movement]


@dataclass(slots=True)
class CreditedSchedule:
    """A schedule that credits of this recording change, new or stored.

    `stored` are its movements that are in force, by where they stand; a schedule that
    is recorded only now has none, and its movements are in `planned` from the start.
    """

    id: int
    owner: Owner
    terms: Terms
    accounting_date: Day
    left: int
    stored: list[tuple[Superseded, Movement]] = field(default_factory=list)
    planned: list[Movement] = field(default_factory=list)
    kept: list[Movement] = field(default_factory=list)

    @classmethod
    def of_new(cls, schedule: NewSchedule, accounting_date: Day) -> "CreditedSchedule":
        """A schedule of this very recording: its days can still be planned freely."""
        planned = [one for one in schedule.movements if _is_deferral(one)]
        kept = [one for one in schedule.movements if not _is_deferral(one)]
        return cls(
            *(schedule.id, schedule.owner, schedule.terms, accounting_date),
            left=max(schedule.terms.amount, 0),
            planned=planned,
            kept=kept,
        )

    def take_stored(self, stored: list[tuple[Superseded, Movement]]) -> None:
        """Take over the schedule's own of `deferrals_of` its document's journals."""
        self.stored = stored
        self.planned = [one for _, one in stored]


class Credit(NamedTuple):
    """A credit note's line on an invoice's line: so much, from a day on."""

    schedule_id: int
    owner: Owner
    amount: int
    accounting_date: Day
    credited: CreditedSchedule


def deferrals_of(
    journals: Iterable[StoredJournal],
) -> dict[int, list[tuple[Superseded, Movement]]]:
    """What is moved out of Deferred at present, and back, by the schedules' ids."""
    found: dict[int, list[tuple[Superseded, Movement]]] = defaultdict(list)
    for journal in journals:
        for seq, (schedule_id, one) in journal.movements.items():
            if _is_deferral(one):
                found[schedule_id].append((Superseded(journal, seq), one))
    return found


def _is_deferral(one: Movement) -> bool:
    return {one.debit, one.credit} == DEFERRAL


async def run(  # noqa: PLR0913  (one recording's whole input, in one place)
    session: WriteSession,
    ledger: Ledger,
    recording: Recording,
    *,
    recorded_on: Day,
    schedules: Sequence[NewSchedule],
    credits_taken: Sequence[Credit],
    existing: Sequence[StoredJournal],
) -> Posted:
    """Record schedules and credits of one recording and post their movements.

    Credits take effect in the order given. Days after the day of recording are
    superseded and appended anew; up to it, differences are appended (domain rule 6).
    """
    ledger_id = ledger.id
    credit_rows, credit_postings = _take(ledger_id, credits_taken)
    await insert_rows(
        session,
        Schedule,
        SCHEDULE_COLUMNS,
        chain((_schedule_row(ledger_id, one) for one in schedules), credit_rows),
    )
    changed = {one.credited.id: one.credited for one in credits_taken}
    postings = [
        _posting(one.owner, one.id, one.terms, one.movements)
        for one in schedules
        if one.id not in changed
    ]
    superseded: list[Superseded] = []
    for one in changed.values():
        replacement = replace_days(one.stored, one.planned, recorded_on)
        superseded += replacement.superseded
        movements = [*one.kept, *replacement.appended]
        postings.append(_posting(one.owner, one.id, one.terms, movements))
    return await post(
        session,
        ledger,
        recording,
        [*postings, *credit_postings],
        existing=existing,
        superseded=superseded,
    )


def _take(
    ledger_id: int, credits_taken: Sequence[Credit]
) -> tuple[list[tuple[int | None, ...]], list[Posting]]:
    """Apply each credit to its schedule's plan; its own rows and movements."""
    rows, postings = [], []
    for credit in credits_taken:
        schedule = credit.credited
        assert credit.amount <= schedule.left, "the document's check lets no more pass"
        day = effective_day(credit.accounting_date, schedule.accounting_date)
        reversal = reverse(
            credit.amount,
            day,
            schedule.terms,
            schedule.accounting_date,
            schedule.planned,
        )
        schedule.planned = reversal.parent
        schedule.left -= credit.amount
        terms = Terms(
            -credit.amount,
            Method.POINT_IN_TIME,
            schedule.terms.timing,
            schedule.terms.strategy,
            recognized_on=day,
        )
        new = NewSchedule(credit.schedule_id, credit.owner, terms, reversal.own)
        rows.append(_schedule_row(ledger_id, new, credits_id=schedule.id))
        postings.append(_posting(new.owner, new.id, new.terms, new.movements))
    return rows, postings


def _posting(
    owner: Owner, schedule_id: int, terms: Terms, movements: list[Movement]
) -> Posting:
    return Posting(
        owner.document_id,
        owner.customer_id,
        owner.product_id,
        owner.source,
        schedule_id,
        int(terms.method),
        owner.order,
        movements,
    )


def _schedule_row(
    ledger_id: int, schedule: NewSchedule, credits_id: int | None = None
) -> tuple[int | None, ...]:
    terms = schedule.terms
    return (
        *(ledger_id, schedule.id, schedule.owner.document_id),
        *(schedule.owner.product_id, terms.amount, int(terms.method)),
        *(int(terms.timing), int(terms.strategy), terms.first_day, terms.last_day),
        *(terms.recognized_on, credits_id),
    )
