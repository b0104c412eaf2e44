"""The journal report: pages of journals and of daily entries, and their totals.

Everything is read at one recording (`Pin`), page by page from a key: what a page costs
does not grow with the ledger.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql._typing import _ColumnsClauseArgument

from daybook.calendar import Day, Month, first_day_of, last_day_of
from daybook.documents.models import StoredDocument
from daybook.ledger.filters import (
    JournalFilter,
    Pin,
    amount_within,
    has_movements,
    journal_conditions,
    movement_conditions,
)
from daybook.ledger.models import (
    Customer,
    Journal,
    JournalMovement,
    MonthTotal,
    Product,
    Recording,
)
from daybook.ledger.narratives import Subject, narrative
from daybook.ledger.queries import in_lists, value_of
from daybook.ledger.rules import Movement, Role, cut, shares
from daybook.recognition.models import Schedule
from daybook.reports.searching import contains

Item = TypeVar("Item")

AnySelect: TypeAlias = Select[*tuple[Any, ...]]

AccountPair = tuple[Role, Role]
"""A debit and a credit account."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """So many items after a key, or before one (`is_backward`): a keyset page."""

    size: int
    key: tuple[int, ...] | None = None
    is_backward: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items in the list's order, and whether there are more on either side.

    A side that wasn't looked at counts as having more if the request had a key there.
    """

    items: list[Item]
    has_next: bool
    has_previous: bool

    @classmethod
    def of(cls, found: list[Item], request: PageRequest) -> "Page[Item]":
        """Cut what was found in the request's direction, one more than asked for."""
        has_more, has_key = len(found) > request.size, request.key is not None
        items = found[: request.size]
        if request.is_backward:
            return cls(items[::-1], has_next=has_key, has_previous=has_more)
        return cls(items, has_next=has_more, has_previous=has_key)


class ListedJournal(NamedTuple):
    """A journal with what its report line names."""

    number: int
    month: Month
    source: int
    document_id: int
    document_external_id: str
    document_number: str
    customer_id: int
    customer_external_id: str
    customer_name: str
    product_id: int
    product_external_id: str
    product_name: str
    customer_legal_name: str
    product_category: str | None


class JournalMovementDetails(NamedTuple):
    """A movement in force within a journal, with its method, story and recording."""

    journal: int
    seq: int
    movement: Movement
    method: int
    service_from: Day | None
    service_to: Day | None
    narrative: str
    recorded_in: int


class Entry(NamedTuple):
    """One day of one movement: two lines, equal and opposite."""

    journal: int
    seq: int
    day: Day
    debit: Role
    credit: Role
    amount: int
    narrative: str
    is_posted: bool

    @property
    def key(self) -> tuple[int, int, int]:
        """Where it stands in the list: journal number, movement, date."""
        return self.journal, self.seq, self.day


async def find_journals(
    session: AsyncSession, pin: Pin, wanted: JournalFilter, request: PageRequest
) -> Page[ListedJournal]:
    """Journals with an amount on the selected days, by number; keyed by number."""
    statement = _listed(pin, wanted)
    number = Journal.number
    if request.key is not None:
        (key,) = request.key
        statement = statement.where(
            number < key if request.is_backward else number > key
        )
    statement = statement.order_by(number.desc() if request.is_backward else number)
    rows = await session.execute(statement.limit(request.size + 1))
    return Page.of([ListedJournal(*row) for row in rows], request)


async def get_journal(
    session: AsyncSession, pin: Pin, number: int
) -> ListedJournal | None:
    """One journal of the pinned ledger that has movements in force, or None."""
    found = await journals_by_number(session, pin, [number])
    return found[0] if found else None


async def journals_by_number(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> list[ListedJournal]:
    """Those of these journals that have movements in force, by number."""
    found: list[ListedJournal] = []
    for some in in_lists(sorted(set(numbers))):
        statement = _listed(pin, JournalFilter()).where(Journal.number.in_(some))
        rows = await session.execute(statement.order_by(Journal.number))
        found += [ListedJournal(*row) for row in rows]
    return found


async def count_journals(session: AsyncSession, pin: Pin, wanted: JournalFilter) -> int:
    """How many journals `find_journals` lists in all."""
    listed = _listed(pin, wanted).with_only_columns(func.count())
    return await session.scalar(listed) or 0


def _listed(pin: Pin, wanted: JournalFilter) -> AnySelect:
    statement: AnySelect = select(
        Journal.number,
        Journal.month,
        Journal.source,
        Journal.document_id,
        StoredDocument.external_id,
        StoredDocument.number,
        Journal.customer_id,
        Customer.external_id,
        Customer.name,
        Journal.product_id,
        Product.external_id,
        Product.name,
        Customer.legal_name,
        Product.category,
    ).where(*journal_conditions(pin, wanted), has_movements(pin, wanted))
    return _with_search(_with_names(statement, pin), wanted)


def _with_names(statement: AnySelect, pin: Pin) -> AnySelect:
    """Join what a journal refers to: its document, customer and product."""
    return (
        statement.join(
            StoredDocument,
            and_(
                StoredDocument.ledger_id == Journal.ledger_id,
                StoredDocument.id == Journal.document_id,
            ),
        )
        .join(
            Customer,
            and_(
                Customer.organisation_id == pin.organisation_id,
                Customer.id == Journal.customer_id,
            ),
        )
        .join(
            Product,
            and_(
                Product.organisation_id == pin.organisation_id,
                Product.id == Journal.product_id,
            ),
        )
    )


def _with_search(statement: AnySelect, wanted: JournalFilter) -> AnySelect:
    """Narrow to journals whose number is the text, or whose names contain it."""
    text = (wanted.search or "").strip()
    if not text:
        return statement
    names = (
        Customer.name,
        Customer.external_id,
        Product.name,
        Product.external_id,
        StoredDocument.number,
        StoredDocument.external_id,
    )
    matches = [contains(name, text) for name in names]
    if text.isascii() and text.isdigit() and len(text) <= 18:
        matches.append(Journal.number == int(text))
    return statement.where(or_(*matches))


async def movements_of(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, list[JournalMovementDetails]]:
    """The movements in force of some journals, in their order, by journal number."""
    found: dict[int, list[JournalMovementDetails]] = defaultdict(list)
    for some in in_lists(sorted(set(numbers))):
        statement = _described(pin, JournalFilter()).where(
            JournalMovement.journal.in_(some)
        )
        rows = await session.execute(statement.order_by(*MOVEMENT_ORDER))
        for row in rows:
            details = _details(*row)
            found[details.journal].append(details)
    return found


MOVEMENT_ORDER = (JournalMovement.journal, JournalMovement.seq)
"""The order of movements everywhere: journal number, then place in the journal."""


def select_movements(
    pin: Pin, wanted: JournalFilter, *columns: _ColumnsClauseArgument[Any]
) -> AnySelect:
    """Columns of the selected movements in force, and of all that they refer to.

    Joined are the journal, its document, customer and product, and the schedule.
    """
    statement = (
        select(*columns)
        .join_from(
            Journal,
            JournalMovement,
            and_(
                JournalMovement.ledger_id == Journal.ledger_id,
                JournalMovement.journal == Journal.number,
            ),
        )
        .join(
            Schedule,
            and_(
                Schedule.ledger_id == JournalMovement.ledger_id,
                Schedule.id == JournalMovement.schedule_id,
            ),
        )
        .where(*journal_conditions(pin, wanted), *movement_conditions(pin, wanted))
    )
    return _with_search(_with_names(statement, pin), wanted)


async def journal_numbers(
    session: AsyncSession, pin: Pin, wanted: JournalFilter, request: PageRequest
) -> list[int]:
    """Numbers of journals that the filter lets pass, in the request's direction.

    From the request's key on, itself included, as many as asked for. Whether a journal
    has an amount on the selected days is left to the caller: two narrow statements,
    this one and one that names the journals, cost the same on any ledger, while the
    planner of one wide statement may sort all that is left to read.
    """
    number = Journal.number
    statement = select(number).where(*journal_conditions(pin, wanted))
    if wanted.search:
        statement = _with_search(_with_names(statement, pin), wanted)
    if request.key is not None:
        first = request.key[0]
        statement = statement.where(
            number <= first if request.is_backward else number >= first
        )
    order = number.desc() if request.is_backward else number.asc()
    return list(await session.scalars(statement.order_by(order).limit(request.size)))


def _described(pin: Pin, wanted: JournalFilter) -> AnySelect:
    return select_movements(
        pin,
        wanted,
        JournalMovement,
        Product.name,
        StoredDocument.number,
        Schedule.first_day,
        Schedule.last_day,
        Schedule.recognized_on,
    )


def _details(  # noqa: PLR0913, PLR0917  (the columns of `_described`)
    row: JournalMovement,
    product: str,
    document: str,
    first_day: Day | None,
    last_day: Day | None,
    recognized_on: Day | None,
) -> JournalMovementDetails:
    one = value_of(row)
    start = recognized_on if recognized_on is not None else first_day
    end = recognized_on if recognized_on is not None else last_day
    subject = Subject(product, document, start, end)
    text = narrative(one.debit, one.credit, subject)
    return JournalMovementDetails(
        *(row.journal, row.seq, one, row.method),
        *(start, end, text, row.recorded_in),
    )


async def find_entries(
    session: AsyncSession, pin: Pin, wanted: JournalFilter, request: PageRequest
) -> Page[Entry]:
    """Daily entries by journal number, movement and date; keyed by these three.

    They are computed from the movements of the journals that this page shows.
    """
    found: list[Entry] = []
    ahead = replace(request, size=request.size + 2)
    while len(found) <= request.size:
        numbers = await journal_numbers(session, pin, wanted, ahead)
        found += await _entries_of(session, pin, wanted, numbers, request)
        if len(numbers) < ahead.size:
            break
        beyond = numbers[-1] - 1 if request.is_backward else numbers[-1] + 1
        ahead = replace(ahead, key=(beyond,))
    return Page.of(found, request)


async def _entries_of(
    session: AsyncSession,
    pin: Pin,
    wanted: JournalFilter,
    numbers: list[int],
    request: PageRequest,
) -> list[Entry]:
    """Entries of some journals beyond the request's key, in its direction."""
    found: list[Entry] = []
    for some in in_lists(numbers):
        statement = _described(pin, wanted).where(JournalMovement.journal.in_(some))
        rows = await session.execute(statement.order_by(*MOVEMENT_ORDER))
        for row in rows:
            found += _entries(pin, wanted, _details(*row))
    if request.is_backward:
        found.reverse()
    return [one for one in found if _is_beyond(one.key, request)]


def _is_beyond(key: tuple[int, ...], request: PageRequest) -> bool:
    if request.key is None:
        return True
    return key < request.key if request.is_backward else key > request.key


def _entries(
    pin: Pin, wanted: JournalFilter, details: JournalMovementDetails
) -> list[Entry]:
    one = cut(details.movement, wanted.first_day(), wanted.last_day(pin))
    if one is None:
        return []
    divide = wanted.divides_on(pin)
    return [
        Entry(
            *(details.journal, details.seq, day, one.debit, one.credit),
            *(amount, details.narrative, day <= divide),
        )
        for day, amount in shares(one)
    ]


async def count_entries(session: AsyncSession, pin: Pin, wanted: JournalFilter) -> int:
    """How many entries `find_entries` lists in all, from the movements alone."""
    one, first, last = JournalMovement, wanted.first_day(), wanted.last_day(pin)
    start = case((one.first_day > first, one.first_day), else_=first)
    daily = case((one.daily > 0, 1), else_=0)
    last_share = one.amount - one.daily * (one.last_day - one.first_day)
    count = case(
        (one.last_day > last, daily * (last - start + 1)),
        else_=daily * (one.last_day - start) + case((last_share > 0, 1), else_=0),
    )
    return int(
        await session.scalar(select_movements(pin, wanted, func.sum(count))) or 0
    )


async def totals_by_month(
    session: AsyncSession, pin: Pin, wanted: JournalFilter
) -> dict[Month, dict[AccountPair, int]]:
    """What went from each account to each other on the selected days of each month.

    Whole months of all customers come from the rollup that each recording keeps.
    """
    statement: AnySelect
    pair = (MonthTotal.debit_role, MonthTotal.credit_role)
    if wanted.is_whole_months(pin) and not wanted.narrows_journals():
        statement = select(MonthTotal.month, *pair, func.sum(MonthTotal.change)).where(
            MonthTotal.ledger_id == pin.ledger_id,
            MonthTotal.month.between(*wanted.months(pin)),
            MonthTotal.recorded_in <= pin.recording,
        )
        if wanted.sources is not None:
            statement = statement.where(MonthTotal.source.in_(wanted.sources))
        statement = statement.group_by(MonthTotal.month, *pair)
    else:
        pair = (JournalMovement.debit_role, JournalMovement.credit_role)
        amount = func.sum(amount_within(wanted.first_day(), wanted.last_day(pin)))
        statement = select_movements(pin, wanted, Journal.month, *pair, amount)
        statement = statement.group_by(Journal.month, *pair)
    totals: dict[Month, dict[AccountPair, int]] = defaultdict(dict)
    for month, debit, credit, total in await session.execute(statement):
        if total:
            totals[month][Role(debit), Role(credit)] = int(total)
    return totals


async def pair_totals(
    session: AsyncSession, pin: Pin, wanted: JournalFilter
) -> dict[AccountPair, int]:
    """What went from each account to each other on the selected days."""
    totals: dict[AccountPair, int] = defaultdict(int)
    for pairs in (await totals_by_month(session, pin, wanted)).values():
        for pair, amount in pairs.items():
            totals[pair] += amount
    return totals


async def recognized_by_month(
    session: AsyncSession, pin: Pin, first: Month, last: Month
) -> dict[Month, int]:
    """Recognized Revenue, credits less debits, of each month that has any."""
    wanted = JournalFilter(posted_from=first_day_of(first), posted_to=last_day_of(last))
    return {
        month: net_change(pairs, Role.RECOGNIZED)
        for month, pairs in (await totals_by_month(session, pin, wanted)).items()
    }


def net_change(pairs: Mapping[AccountPair, int], role: Role) -> int:
    """How much an account grew, on its normal side."""
    debit = sum(amount for pair, amount in pairs.items() if pair[0] is role)
    credit = sum(amount for pair, amount in pairs.items() if pair[1] is role)
    return debit - credit if role.is_debit_normal else credit - debit


async def months_with_journals(
    session: AsyncSession, pin: Pin
) -> tuple[Month, Month] | None:
    """The ledger's first and last month with movements, or None if it is empty."""
    row = (
        await session.execute(
            select(func.min(MonthTotal.month), func.max(MonthTotal.month)).where(
                MonthTotal.ledger_id == pin.ledger_id,
                MonthTotal.recorded_in <= pin.recording,
            )
        )
    ).one()
    return None if row[0] is None else (row[0], row[1])


async def recordings_of(
    session: AsyncSession, ledger_id: int, numbers: Iterable[int]
) -> dict[int, Recording]:
    """Recordings of a ledger by their numbers."""
    found: dict[int, Recording] = {}
    for some in in_lists(sorted(set(numbers))):
        rows = await session.scalars(
            select(Recording).where(
                Recording.ledger_id == ledger_id, Recording.number.in_(some)
            )
        )
        found.update((row.number, row) for row in rows)
    return found
