"""What voiding a document would post and drop, planned without writing anything."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month, month_of
from daybook.clock import day_at
from daybook.db.digests import CAUSED_MOVEMENTS
from daybook.documents.actions import (
    changed_batch,
    check_can_be_voided,
    find_recorded,
    put_void,
)
from daybook.ledger.commands import check_open_day
from daybook.ledger.models import Ledger, Organisation
from daybook.ledger.posting import PlannedJournals, PostingStart
from daybook.ledger.rules import (
    AccountPair,
    Cause,
    Movement,
    Role,
    SourceKind,
    SpanSide,
    shares,
)
from daybook.recognition.planning import plan_run
from daybook.recognition.replacing import pair_of

_ByDay: TypeAlias = Mapping[AccountPair, Mapping[Day, int]]
"""Amounts that go from the second account of a pair to the first, by day."""


class VoidAmount(NamedTuple):
    """What a void changes between two accounts on some days of one posting month.

    In minor units, the net of these days.
    """

    first_day: Day
    last_day: Day
    debit: Role
    credit: Role
    amount: int


class VoidPreview(NamedTuple):
    """What a void does to its ledger, by posting month and accounts.

    Nothing, for a document that is void. `posted` is what it posts: each amount is
    positive. `scheduled` is what it changes of later days: an amount is negative where
    it drops more than it schedules anew.
    """

    currency: str
    posted: tuple[VoidAmount, ...]
    scheduled: tuple[VoidAmount, ...]

    @property
    def posted_pairs(self) -> dict[AccountPair, int]:
        """What it posts between each two accounts, over all days."""
        pairs: dict[AccountPair, int] = defaultdict(int)
        for posted in self.posted:
            pairs[posted.debit, posted.credit] += posted.amount
        return pairs


async def preview_void(
    session: AsyncSession,
    organisation_id: int,
    kind: SourceKind,
    external_id: str,
    *,
    now: datetime,
) -> VoidPreview:
    """What `void_document` would do now; it plans the same and writes nothing.

    Raises Rejected where `void_document` does.
    """
    check_can_be_voided(kind, external_id)
    organisation = await session.get_one(Organisation, organisation_id)
    before = await find_recorded(session, organisation, (kind, external_id))
    if before.is_void:
        return VoidPreview(before.currency, (), ())
    ledger = await session.get_one(Ledger, before.ledger_id)
    batch = await changed_batch(session, organisation, ledger, before, put_void)
    check_open_day(ledger)
    start = PostingStart(ledger.id, ledger.recordings + 1, ledger.journals)
    recorded_on = day_at(now, organisation.time_zone)
    planned = plan_run(start, batch.changes, recorded_on=recorded_on).journals
    return _preview(ledger.currency, planned)


def _preview(currency: str, planned: PlannedJournals) -> VoidPreview:
    posted = _by_day(_posted(planned))
    later = _by_day(_all_changes(planned))
    for pair, days in posted.items():
        for day, amount in days.items():
            later[pair][day] -= amount
    return VoidPreview(
        currency,
        tuple(_turned(amount) for amount in _amounts(posted)),
        tuple(_amounts(later)),
    )


def _posted(planned: PlannedJournals) -> Iterator[Movement]:
    """The movements that a void is the cause of: they mirror what was posted."""
    for table in planned.tables:
        if table.name == CAUSED_MOVEMENTS:
            for row in table:
                _, _, _, _, debit, credit, amount, daily, first, last, *_, cause = row
                if cause == Cause.VOID:
                    yield Movement(
                        Role(debit), Role(credit), amount, daily, first, last
                    )


def _all_changes(planned: PlannedJournals) -> Iterator[Movement]:
    """All that the plan appends less all that it supersedes, summed by their days."""
    for row in planned.spans:
        _, first, last, _, debit, credit, _, _, side, _, amount, daily = row
        if side != SpanSide.CREDITED:  # the same by their other side's product
            yield Movement(Role(debit), Role(credit), amount, daily, first, last)


def _by_day(movements: Iterable[Movement]) -> dict[AccountPair, dict[Day, int]]:
    found: dict[AccountPair, dict[Day, int]] = defaultdict(lambda: defaultdict(int))
    for movement in movements:
        pair = pair_of(movement)
        sign = 1 if movement.debit is pair[0] else -1
        for day, amount in shares(movement):
            found[pair][day] += sign * amount
    return found


def _amounts(by_day: _ByDay) -> Iterator[VoidAmount]:
    """The net of each month and pair of accounts, in the order of months."""
    months: dict[tuple[Month, AccountPair], dict[Day, int]] = defaultdict(dict)
    for pair, days in by_day.items():
        for day, amount in days.items():
            if amount:
                months[month_of(day), pair][day] = amount
    for (_, pair), days in sorted(months.items()):
        if net := sum(days.values()):
            yield VoidAmount(min(days), max(days), *pair, net)


def _turned(amount: VoidAmount) -> VoidAmount:
    """The same with its accounts exchanged where it is negative."""
    if amount.amount > 0:
        return amount
    return amount._replace(
        debit=amount.credit, credit=amount.debit, amount=-amount.amount
    )
