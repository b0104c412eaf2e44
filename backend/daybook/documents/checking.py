"""Finds families whose movements differ from what the rules plan, and by how much.

What an earlier version of Daybook recorded stays as it is. Where that version departed
from the rules, Deferred or Unbilled may never reach zero.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day
from daybook.documents.queries import LoadedFamilies, load_families
from daybook.ledger.models import Ledger
from daybook.ledger.queries import MovementKey
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
"""How many families are held in memory at a time."""


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
    """A family that departs from the rules, with the document of its first member.

    `stored` are the balances of its movements, `planned` those by the rules. `early` is
    the first day that posts too early, and its invoice's first posting.
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
    """A ledger's families that depart from the rules, in slices as they are loaded.

    Schedules that are alone in their family can't depart, so they aren't read.
    """
    ids = await _candidates(session, ledger.id)
    for start in range(0, len(ids), FAMILIES_AT_ONCE):
        slice_ids = ids[start : start + FAMILIES_AT_ONCE]
        loaded = await load_families(session, organisation_id, ledger, slice_ids)
        judged = (_judged(ledger, family) for family in loaded.families.values())
        yield loaded, [faulty for faulty in judged if faulty is not None]


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


def _judged(ledger: Ledger, family: Family[MovementKey]) -> FaultyFamily | None:
    try:
        planned = planned_movements(family)
    except Overdrawn:
        return _faulty(family, Fault.OVERDRAWN, [])
    movements = list(chain.from_iterable(planned.values()))
    for member in family.members.values():
        if _totals(_service(member)) != _totals(planned.get(member.id, [])):
            return _faulty(family, Fault.DIFFERS, movements)
    early = first_early(ledger, family)
    return early and _faulty(family, Fault.TOO_EARLY, movements)._replace(early=early)


def first_early(
    ledger: Ledger | LedgerSettings, family: Family[MovementKey]
) -> tuple[Day, Day] | None:
    """The first open day posted before the invoice, and the invoice's first posting."""
    found = (_early(ledger, family, member) for member in family.members.values())
    return min((early for early in found if early is not None), default=None)


def _early(
    ledger: Ledger | LedgerSettings,
    family: Family[MovementKey],
    member: Member[MovementKey],
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
            (movement for movement in posted if pair_of(movement) == pair), *pair
        ).items()
        if amount
    ]
    return (min(days), first) if days else None


def _service(member: Member[MovementKey]) -> Iterable[Movement]:
    return (movement for row in member.stored for movement in row.service)


def _totals(movements: Iterable[Movement]) -> dict[Pair, int]:
    """The net amount between each pair of accounts, which no lock changes."""
    totals: Counter[Pair] = Counter()
    for movement in movements:
        pair = pair_of(movement)
        totals[pair] += (
            movement.amount if movement.debit is pair[0] else -movement.amount
        )
    return {pair: amount for pair, amount in totals.items() if amount}


def _faulty(
    family: Family[MovementKey], fault: Fault, planned: Iterable[Movement]
) -> FaultyFamily:
    owner = family.members[family.id].owner
    customer, product, document, kind = owner.order
    stored = (
        movement for member in family.members.values() for movement in _service(member)
    )
    return FaultyFamily(
        id=family.id,
        fault=fault,
        kind=SourceKind(kind),
        document=document,
        customer=customer,
        product=product,
        stored=_balances(stored),
        planned=_balances(planned),
    )


def _balances(movements: Iterable[Movement]) -> Balances:
    every = list(movements)
    return Balances(net_of(every, Role.DEFERRED), -net_of(every, Role.UNBILLED))
