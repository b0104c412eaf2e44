"""Families whose movements aren't what the rules plan: which, and by how much.

What an earlier version of the program recorded stays as it was recorded. Where that
version departed from the rules, Deferred or Unbilled may never reach zero.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.documents.queries import LoadedFamilies, load_families
from daybook.ledger.models import Ledger
from daybook.ledger.queries import Superseded
from daybook.ledger.rules import (
    LedgerSettings,
    LockMethod,
    Movement,
    Role,
    SourceKind,
    lock_of,
    net_by_day,
)
from daybook.recognition.families import Family, Member, planned_movements
from daybook.recognition.models import Schedule
from daybook.recognition.plans import Overdrawn
from daybook.recognition.replacing import Pair, early_rows, pair_of
from daybook.recognition.rules import Method, net_of

FAMILIES_AT_ONCE = 1_000
"""So many families are held in memory."""


class Fault(StrEnum):
    """What is wrong with a family; the text is for people."""

    DIFFERS = "differs from the rules"
    TOO_EARLY = "posts before its invoice"
    OVERDRAWN = "burns down more than was prepaid"


class Balances(NamedTuple):
    """What stays in Deferred and Unbilled in the end, each on its normal side."""

    deferred: int
    unbilled: int


class FaultyFamily(NamedTuple):
    """A family that departs from the rules, by the document that it is named after.

    `stored` is what its movements come to, `planned` what the rules have them come to.
    One that posts too early has the first such day and its invoice's in `early`.
    """

    id: int
    fault: Fault
    kind: SourceKind
    document: str
    customer: str
    product: str
    stored: Balances
    planned: Balances
    early: tuple[Day, Day] | None = None


async def faulty_families(
    session: AsyncSession, organisation_id: int, ledger: Ledger
) -> AsyncIterator[tuple[LoadedFamilies, list[FaultyFamily]]]:
    """A ledger's families that depart from the rules, some at a time, as loaded.

    Only those that can: a schedule alone is posted as its terms say.
    """
    ids = await _candidates(session, ledger.id)
    for at in range(0, len(ids), FAMILIES_AT_ONCE):
        some = ids[at : at + FAMILIES_AT_ONCE]
        loaded = await load_families(session, organisation_id, ledger, some)
        judged = (_judged(ledger, one) for one in loaded.families.values())
        yield loaded, [one for one in judged if one is not None]


async def _candidates(session: AsyncSession, ledger_id: int) -> list[int]:
    rows = await session.execute(
        select(Schedule.id, Schedule.family_id).where(
            Schedule.ledger_id == ledger_id,
            or_(
                Schedule.family_id.is_not(None),
                Schedule.method == int(Method.MILESTONE),
            ),
        )
    )
    return sorted({family_id or id_ for id_, family_id in rows})


def _judged(ledger: Ledger, family: Family[Superseded]) -> FaultyFamily | None:
    try:
        planned = planned_movements(family)
    except Overdrawn:
        return _faulty(family, Fault.OVERDRAWN, [])
    its = [one for some in planned.values() for one in some]
    for member in family.members.values():
        if _totals(_service(member)) != _totals(planned.get(member.id, [])):
            return _faulty(family, Fault.DIFFERS, its)
    early = first_early(ledger, family)
    return early and _faulty(family, Fault.TOO_EARLY, its)._replace(early=early)


def first_early(
    ledger: Ledger | LedgerSettings, family: Family[Superseded]
) -> tuple[Day, Day] | None:
    """The first open day on which a family posts before its invoice, and that one's."""
    found = (_early(ledger, family, one) for one in family.members.values())
    return min((one for one in found if one is not None), default=None)


def _early(
    ledger: Ledger | LedgerSettings,
    family: Family[Superseded],
    member: Member[Superseded],
) -> tuple[Day, Day] | None:
    first = family.first_posted_on(member)
    if first is None:
        return None
    method = LockMethod(ledger.lock_method)
    lock = lock_of(method, ledger.locked_through, member.accounting_date)
    posted = early_rows(member.stored, first, lock)
    days = [
        day
        for pair in set(map(pair_of, posted))
        for day, amount in net_by_day(
            (one for one in posted if pair_of(one) == pair), *pair
        ).items()
        if amount
    ]
    return (min(days), first) if days else None


def _service(member: Member[Superseded]) -> Iterable[Movement]:
    return (one for row in member.stored for one in row.service)


def _totals(movements: Iterable[Movement]) -> dict[Pair, int]:
    """What each pair of accounts exchanges; locks move days, and never an amount."""
    totals: Counter[Pair] = Counter()
    for one in movements:
        pair = pair_of(one)
        totals[pair] += one.amount if one.debit is pair[0] else -one.amount
    return {pair: amount for pair, amount in totals.items() if amount}


def _faulty(
    family: Family[Superseded], fault: Fault, planned: Iterable[Movement]
) -> FaultyFamily:
    owner = family.members[family.id].owner
    customer, product, document, kind = owner.order
    stored = (one for member in family.members.values() for one in _service(member))
    return FaultyFamily(
        *(family.id, fault, SourceKind(kind), document, customer, product),
        _balances(stored),
        _balances(planned),
    )


def _balances(movements: Iterable[Movement]) -> Balances:
    every = list(movements)
    return Balances(net_of(every, Role.DEFERRED), -net_of(every, Role.UNBILLED))
