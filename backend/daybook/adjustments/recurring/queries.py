"""Reading recurrences: states, versions with their lines, steps, instances."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daybook.adjustments.queries import party_of
from daybook.adjustments.recurring.models import (
    Recurrence,
    RecurrenceAuthor,
    RecurrenceLine,
    RecurrenceStep,
    StoredRecurrenceVersion,
)
from daybook.adjustments.recurring.rules import (
    RecurrenceStatus,
    RecurrenceStepKind,
    Schedule,
)
from daybook.adjustments.recurring.versions import RecurrenceVersion
from daybook.adjustments.rules import AdjustmentKind
from daybook.adjustments.versions import Version, VersionLine
from daybook.calendar import Month
from daybook.db.keyset import count_rows, one_page
from daybook.db.lists import rows_in_lists
from daybook.ledger.models import Customer, Ledger, Product
from daybook.ledger.rules import Role
from daybook.paging import Page, PageRequest


class ListedRecurrence(NamedTuple):
    """A recurrence as it stands, with the version in force.

    `amount` is the sum of an instance's debits. `created_…` is about its first step,
    `changed_…` about its last.
    """

    number: int
    ledger_id: int
    currency: str
    decimals: int
    status: RecurrenceStatus
    version: int
    saved_in: int
    last_step: int
    kind: AdjustmentKind
    narrative: str
    schedule: Schedule
    amount: int
    created_at: datetime
    created_by: str | None
    changed_at: datetime
    changed_by: str | None


class RecurrenceFilter(NamedTuple):
    """Which recurrences a list has; `waiting_for` are those that a user may approve.

    Those that are `begun_by` a month have their first date in it or before.
    """

    statuses: Collection[RecurrenceStatus] = ()
    ledger_id: int | None = None
    waiting_for: int | None = None
    begun_by: Month | None = None


class RecurrenceMade(NamedTuple):
    """What somebody did with a recurrence, in order of `id`."""

    id: int
    number: int
    kind: RecurrenceStepKind
    version: int
    made_at: datetime
    made_by: str | None
    user_id: int | None
    reason: str | None


ALL_RECURRENCES = RecurrenceFilter()


async def find_recurrences(
    session: AsyncSession,
    organisation_id: int,
    recurrence_filter: RecurrenceFilter,
    request: PageRequest,
) -> Page[ListedRecurrence]:
    """A page of recurrences, newest first; the number is the key."""
    conditions = recurrence_conditions(organisation_id, recurrence_filter)
    statement = _recurrences().where(*conditions)
    rows = await session.execute(
        one_page(statement, Recurrence.number, request, is_descending=True)
    )
    return Page.of([_listed(row) for row in rows], request)


async def count_recurrences(
    session: AsyncSession, organisation_id: int, recurrence_filter: RecurrenceFilter
) -> int:
    """How many recurrences `find_recurrences` lists in all."""
    conditions = recurrence_conditions(organisation_id, recurrence_filter)
    return await count_rows(session, Recurrence, *conditions)


async def recurrences_by_number(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> list[ListedRecurrence]:
    """An organisation's recurrences with one of these numbers, by number."""
    its = Recurrence
    statement = _recurrences().where(its.organisation_id == organisation_id)
    rows = await rows_in_lists(session, statement, its.number.in_, numbers)
    return sorted((_listed(row) for row in rows), key=lambda listed: listed.number)


async def recurrence_versions(
    session: AsyncSession, organisation_id: int, steps: Collection[int]
) -> dict[int, RecurrenceVersion]:
    """Versions with their lines by the steps that saved them (`saved_in`)."""
    its, lines = StoredRecurrenceVersion, {step: list[VersionLine]() for step in steps}
    statement = _lines().where(RecurrenceLine.organisation_id == organisation_id)
    found = await rows_in_lists(session, statement, RecurrenceLine.step.in_, steps)
    for row in found:
        step, position, role, is_debit, amount, description, *parties = row
        lines[step].append(
            VersionLine(
                *(position, False, Role(role), is_debit, amount, description),
                party_of(*parties[:3]),
                party_of(*parties[3:]),
            )
        )
    statement = _versions().where(its.organisation_id == organisation_id)
    rows = await rows_in_lists(session, statement, its.step.in_, steps)
    return {row.step: _version_of(row, tuple(lines[row.step])) for row in rows}


async def recurrence_steps(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> list[RecurrenceMade]:
    """All steps of recurrences in their order."""
    its = RecurrenceStep
    statement = select(
        *(its.id, its.number, its.kind, its.version),
        *(its.made_at, its.made_by, its.user_id, its.reason),
    ).where(its.organisation_id == organisation_id)
    rows = await rows_in_lists(session, statement, its.number.in_, numbers)
    steps = [RecurrenceMade._make(row) for row in rows]
    steps = [step._replace(kind=RecurrenceStepKind(step.kind)) for step in steps]
    return sorted(steps, key=lambda step: step.id)


async def last_recurrence_step_of(session: AsyncSession, organisation_id: int) -> int:
    """The number of the organisation's last step of any; 0 before the first one."""
    its = RecurrenceStep
    last = await session.scalar(
        select(func.max(its.id)).where(its.organisation_id == organisation_id)
    )
    return last or 0


async def recurrence_authors(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> dict[int, set[int]]:
    """The ids of all users who saved or submitted recurrences."""
    its = RecurrenceAuthor
    statement = select(its.number, its.user_id).where(
        its.organisation_id == organisation_id
    )
    found: dict[int, set[int]] = {number: set() for number in numbers}
    rows = await rows_in_lists(session, statement, its.number.in_, numbers)
    for number, user_id in rows:
        found[number].add(user_id)
    return found


def _recurrences() -> Select[*tuple[Any, ...]]:
    its, version = Recurrence, StoredRecurrenceVersion
    first, last, other = (aliased(RecurrenceStep) for _ in range(3))
    is_debit = and_(
        RecurrenceLine.organisation_id == its.organisation_id,
        RecurrenceLine.step == its.saved_in,
        RecurrenceLine.is_debit,
    )
    amount = select(func.sum(RecurrenceLine.amount)).where(is_debit).scalar_subquery()
    first_id = (
        select(func.min(other.id))
        .where(other.organisation_id == its.organisation_id, other.number == its.number)
        .scalar_subquery()
    )
    return (
        select(
            *(its.number, its.ledger_id, Ledger.currency, Ledger.decimals),
            *(its.status, its.version, its.saved_in, its.last_step),
            *(version.kind, version.narrative, version.day_of_month),
            *(version.first_month, version.until_month, version.reverses),
            func.coalesce(amount, 0).label("amount"),
            *(first.made_at, first.made_by, last.made_at, last.made_by),
        )
        .join(Ledger, Ledger.id == its.ledger_id)
        .join(version, _is_step(version.organisation_id, version.step, its.saved_in))
        .join(first, _is_step(first.organisation_id, first.id, first_id))
        .join(last, _is_step(last.organisation_id, last.id, its.last_step))
    )


def _is_step(organisation: Any, step: Any, id_: Any) -> ColumnElement[bool]:
    return and_(organisation == Recurrence.organisation_id, step == id_)


def _listed(row: Any) -> ListedRecurrence:
    values = tuple(row)
    return ListedRecurrence._make(
        (
            *(*values[:4], RecurrenceStatus(row.status), *values[5:8]),
            *(AdjustmentKind(row.kind), row.narrative, Schedule(*values[10:14])),
            *(int(row.amount), *values[15:]),
        )
    )


def recurrence_conditions(
    organisation_id: int, recurrence_filter: RecurrenceFilter
) -> Sequence[ColumnElement[bool]]:
    """The conditions on recurrences that a filter lets pass."""
    its, author = Recurrence, RecurrenceAuthor
    statuses, ledger_id, user_id, begun_by = recurrence_filter
    conditions = [its.organisation_id == organisation_id]
    if statuses:
        conditions.append(its.status.in_(sorted(map(int, statuses))))
    if ledger_id is not None:
        conditions.append(its.ledger_id == ledger_id)
    if user_id is not None:
        is_its = exists().where(
            author.organisation_id == its.organisation_id,
            author.number == its.number,
            author.user_id == user_id,
        )
        conditions += [its.status == int(RecurrenceStatus.SUBMITTED), ~is_its]
    if begun_by is not None:
        version = aliased(StoredRecurrenceVersion)
        conditions.append(
            exists().where(
                version.organisation_id == its.organisation_id,
                version.step == its.saved_in,
                version.first_month <= begun_by,
            )
        )
    return conditions


def _versions() -> Select[*tuple[Any, ...]]:
    its, step, customer, product = (
        StoredRecurrenceVersion,
        RecurrenceStep,
        Customer,
        Product,
    )
    is_its = and_(step.organisation_id == its.organisation_id, step.id == its.step)
    return (
        select(
            *(its.number, its.version, its.step, its.ledger_id, Ledger.currency),
            *(its.kind, its.narrative),
            *(its.customer_id, customer.external_id, customer.name),
            *(its.product_id, product.external_id, product.name, product.category),
            *(its.day_of_month, its.first_month, its.until_month, its.reverses),
            *(step.made_at, step.made_by),
        )
        .join(Ledger, Ledger.id == its.ledger_id)
        .join(step, is_its)
        .outerjoin(customer, _is_party(customer, its, its.customer_id))
        .outerjoin(product, _is_party(product, its, its.product_id))
    )


def _lines() -> Select[*tuple[Any, ...]]:
    its, customer, product = RecurrenceLine, Customer, Product
    return (
        select(
            *(its.step, its.position, its.role, its.is_debit),
            *(its.amount, its.description),
            *(its.customer_id, customer.external_id, customer.name),
            *(its.product_id, product.external_id, product.name, product.category),
        )
        .outerjoin(customer, _is_party(customer, its, its.customer_id))
        .outerjoin(product, _is_party(product, its, its.product_id))
        .order_by(its.step, its.position)
    )


def _is_party(
    party: type[Customer | Product], its: Any, number: Any
) -> ColumnElement[bool]:
    return and_(party.organisation_id == its.organisation_id, party.id == number)


def _version_of(row: Any, lines: tuple[VersionLine, ...]) -> RecurrenceVersion:
    values = tuple(row)
    schedule = Schedule(*values[14:18])
    month = schedule.first_month
    template = Version._make(
        (
            *(*values[:5], AdjustmentKind(row.kind), schedule.day_in(month)),
            *(row.narrative, party_of(*values[7:10]), party_of(*values[10:14])),
            *(None, None, schedule.reversal_in(month), row.made_at, row.made_by),
            lines,
        )
    )
    return RecurrenceVersion(schedule, template)
