"""The journal report: pages of journals, and their movements.

Everything is read at one recording (`Pin`), page by page from a key, so the cost of a
page doesn't grow with the ledger.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import Day, Month
from daybook.db.fast.compiled import CompiledSelect, fetch_rows_in
from daybook.db.lists import in_lists, rows_in_lists, scalars_in_lists
from daybook.ledger.amount_conditions import amount_within, in_force
from daybook.ledger.models import (
    Journal,
    JournalMovement,
    Product,
    Recording,
)
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Movement
from daybook.paging import Page, PageRequest
from daybook.reports.changed import last_journals
from daybook.reports.documents import ListedDocument, document_columns
from daybook.reports.former_names import (
    document_is_revised,
    product_category,
    product_name,
)
from daybook.reports.journals.conditions import (
    MOVEMENT_ORDER,
    AnySelect,
    is_listed,
    is_open,
    join_movements,
    journal_conditions,
    movement_conditions,
    select_movements,
    was_recorded,
    with_names,
    with_search,
)
from daybook.reports.journals.entered import Entered
from daybook.reports.journals.filters import ChangedPart, JournalFilter
from daybook.reports.journals.narratives import Moved, Occasion, narrative
from daybook.reports.journals.stories import (
    Background,
    MovementRow,
    load_background,
    movement_columns,
    occasion_of,
)

__all__ = ["Page", "PageRequest"]


STATEMENTS_MAX = 64
"""How many statements of lists are cached, at about a tenth of a megabyte each."""


class ListColumns(NamedTuple):
    """What is read with journals, besides what names them.

    `has_all` and `has_posted` are the selected amount, and the posted of it. Without
    `has_state`, `is_revised` and the documents' dates, status and discount are None.
    """

    has_all: bool = False
    has_posted: bool = False
    has_state: bool = True


NO_AMOUNTS = ListColumns()


class ListedJournal(NamedTuple):
    """A journal with all that its report line names.

    `amount` and `posted` are the selected and the posted amount, in minor units, if
    requested. `is_revised` says whether its document was revised or voided. The last
    columns are those of its document, a `ListedDocument`.
    """

    number: int
    month: Month
    source: int
    customer_id: int | None
    product_id: int | None
    product_external_id: str | None
    product_name: str | None
    product_category: str | None
    amount: int | None
    posted: int | None
    is_revised: bool
    document_id: int
    document_kind: int
    document_external_id: str
    document_number: str
    issued_on: Day
    accounting_date: Day
    parent_id: int | None
    customer_external_id: str | None
    customer_name: str | None
    customer_legal_name: str | None
    document_status: int
    document_discount: int

    @property
    def document(self) -> ListedDocument:
        """The document that it came from."""
        columns: tuple[Any, ...] = self[DOCUMENT_STARTS:]
        return ListedDocument._make(columns)


DOCUMENT_STARTS = ListedJournal._fields.index("document_id")


class JournalMovementDetails(NamedTuple):
    """A movement within a journal, with its method, narrative and recording.

    A manual journal's has no method. `service_from … service_to` are the days that a
    lock moved, else those of the line. `entered` is the manual journal that it is of.
    """

    journal: int
    seq: int
    movement: Movement
    method: int | None
    service_from: Day | None
    service_to: Day | None
    narrative: str
    recorded_in: int
    superseded_in: int | None
    moved: Moved | None
    occasion: Occasion
    row: MovementRow
    entered: Entered | None


async def find_journals(
    session: AsyncSession,
    pin: Pin,
    journal_filter: JournalFilter,
    request: PageRequest,
    *,
    columns: ListColumns = NO_AMOUNTS,
) -> Page[ListedJournal]:
    """Journals with an amount on the selected days, by number; keyed by number.

    Of those that changed, also journals without one.
    """
    parameters = {} if request.key is None else {"key": request.key[0]}
    shape = _without_key(request)
    found: list[ListedJournal] = []
    for part in await _parts(session, pin, journal_filter, request):
        statement = _page(pin, part, columns, shape, *parameters)
        rows = await fetch_rows_in(session, statement, parameters)
        found += map(ListedJournal._make, rows)
        if len(found) > request.size:
            break
    return Page.of(found[: request.size + 1], request)


async def _parts(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter, request: PageRequest
) -> list[JournalFilter]:
    """A selection in parts that are read one after the other, in the page's order.

    Parts that lie before the request's key are left out.
    """
    after = journal_filter.changed_after
    if after is None:
        return [journal_filter]
    known, last = await last_journals(session, pin, after)
    has_known, has_new = known > 0, last > known
    if request.key is not None:
        number = request.key[0]
        if request.is_backward:
            has_new = has_new and number > known
        else:
            has_known = number <= known
    parts = [
        replace(journal_filter, changed_part=ChangedPart(is_new, known, last))
        for is_new, has_any in ((False, has_known), (True, has_new))
        if has_any
    ]
    return parts[::-1] if request.is_backward else parts


def _without_key(request: PageRequest) -> PageRequest:
    return PageRequest(request.size, None, request.is_backward)


# A list is read page by page and read again: building its statement takes longer than
# most databases take to answer it.
@lru_cache(maxsize=STATEMENTS_MAX)
def _page(
    pin: Pin,
    journal_filter: JournalFilter,
    columns: ListColumns,
    request: PageRequest,
    *keys: str,
) -> CompiledSelect:
    """The statement of a list's pages, beyond the value of `key` if there is one."""
    statement, number = _listed(pin, journal_filter, columns), Journal.number
    for name in keys:
        key: ColumnElement[int] = bindparam(name, type_=BigInteger, required=False)
        statement = statement.where(
            number < key if request.is_backward else number > key
        )
    order = number.desc() if request.is_backward else number.asc()
    # In the statement's text: PostgreSQL plans a statement with an unknown limit anew
    # each time, which takes longer than the answer.
    size: ColumnElement[int] = literal_column(str(request.size + 1))
    return CompiledSelect(statement.order_by(order).limit(size), is_short=True)


async def get_journal(
    session: AsyncSession, pin: Pin, number: int
) -> ListedJournal | None:
    """One journal of the pinned ledger, or None."""
    found = await journals_by_number(session, pin, [number])
    return found[0] if found else None


async def journals_by_number(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> list[ListedJournal]:
    """The journals with these numbers, by number, also if all was superseded."""
    statement = _journals(pin, JournalFilter(), NO_AMOUNTS).where(
        Journal.ledger_id == pin.ledger_id, was_recorded(pin)
    )
    statement = statement.order_by(Journal.number)
    rows = await rows_in_lists(session, statement, Journal.number.in_, numbers)
    return [ListedJournal(*row) for row in rows]


def _listed(pin: Pin, journal_filter: JournalFilter, columns: ListColumns) -> AnySelect:
    """A list's journals, without an order."""
    statement = _journals(pin, journal_filter, columns).where(
        *journal_conditions(pin, journal_filter), is_listed(pin, journal_filter)
    )
    return with_search(statement, pin, journal_filter)


def _journals(
    pin: Pin, journal_filter: JournalFilter, columns: ListColumns
) -> AnySelect:
    """The columns of listed journals, of every journal that there is."""
    last_posted = min(journal_filter.last_day(pin), journal_filter.divides_on(pin))
    posted = replace(journal_filter, posted_to=last_posted)
    statement: AnySelect = select(
        *(Journal.number, Journal.month, Journal.source),
        *(Journal.customer_id, Journal.product_id),
        *(Product.external_id, product_name(pin), product_category(pin)),
        _amount(pin, journal_filter) if columns.has_all else null(),
        _amount(pin, posted) if columns.has_posted else null(),
        document_is_revised(pin) if columns.has_state else null(),
        *document_columns(pin, has_state=columns.has_state),
    )
    return with_names(statement, pin)


def _amount(pin: Pin, journal_filter: JournalFilter) -> ColumnElement[int]:
    """The selected amount of a journal, in minor units."""
    amount = amount_within(journal_filter.first_day(), journal_filter.last_day(pin))
    return (
        select(cast(func.coalesce(func.sum(amount), 0), BigInteger))
        .where(
            JournalMovement.journal == Journal.number,
            *movement_conditions(pin, journal_filter),
        )
        .correlate(Journal)
        .scalar_subquery()
    )


async def movements_of(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, list[JournalMovementDetails]]:
    """The movements in force of journals, in their order, by journal number."""
    found: dict[int, list[JournalMovementDetails]] = defaultdict(list)
    every = JournalFilter()
    for slice_ in in_lists(sorted(set(numbers))):
        for details in await described_movements(session, pin, every, slice_):
            found[details.journal].append(details)
    return found


async def recorded_movements(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> list[JournalMovementDetails]:
    """All recorded movements of journals, including superseded ones."""
    found: list[JournalMovementDetails] = []
    for slice_ in in_lists(sorted(set(numbers))):
        statement = join_movements(pin, *movement_columns(pin)).where(
            JournalMovement.ledger_id == pin.ledger_id,
            JournalMovement.journal.in_(slice_),
            JournalMovement.recorded_in <= pin.recording,
        )
        found += await _described(session, pin, statement)
    return found


async def stories_of(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[tuple[int, int], tuple[str, Occasion]]:
    """Narratives and occasions of movements in force, by journal and `seq`."""
    found = await movements_of(session, pin, numbers)
    return {
        (details.journal, details.seq): (details.narrative, details.occasion)
        for movements in found.values()
        for details in movements
    }


class Superseded(NamedTuple):
    """How many of a journal's movements were superseded, the last by which."""

    movements: int
    last_in: int


async def superseded_of(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> dict[int, Superseded]:
    """Superseded movements up to the pin, by journal; others are absent."""
    statement = (
        select(
            JournalMovement.journal,
            func.count(),
            func.max(JournalMovement.superseded_in),
        )
        .where(
            JournalMovement.ledger_id == pin.ledger_id,
            JournalMovement.superseded_in <= pin.recording,
        )
        .group_by(JournalMovement.journal)
    )
    found: dict[int, Superseded] = {}
    for row in await rows_in_lists(
        session, statement, JournalMovement.journal.in_, numbers
    ):
        number, count, last_in = row
        assert last_in is not None, "only what was superseded is counted"
        found[number] = Superseded(count, last_in)
    return found


async def journals_in_force(
    session: AsyncSession, pin: Pin, numbers: Iterable[int]
) -> set[int]:
    """The journals with these numbers that have a movement in force at the pin."""
    journal = JournalMovement.journal
    statement = (
        select(journal)
        .where(JournalMovement.ledger_id == pin.ledger_id, in_force(pin.recording))
        .distinct()
    )
    return set(await scalars_in_lists(session, statement, journal.in_, numbers))


async def open_journals(
    session: AsyncSession, pin: Pin, on: Day, numbers: Iterable[int]
) -> set[int]:
    """The journals with these numbers that aren't fully recognized on a day."""
    number = Journal.number
    statement = select(number).where(
        Journal.ledger_id == pin.ledger_id, is_open(pin, on)
    )
    return set(await scalars_in_lists(session, statement, number.in_, numbers))


async def journal_numbers(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter, request: PageRequest
) -> list[int]:
    """Up to `request.size` numbers of journals, from the request's key on, included.

    The filter's conditions on journals apply; whether a journal has an amount on the
    selected days is left to the caller. Two narrow statements, this one and one that
    names the journals, cost the same on any ledger, while the planner may sort all the
    rest of the ledger for a single wide one.
    """
    connection = await session.connection()  # rows, without the entities' cost
    found: list[int] = []
    for part in await _parts(session, pin, journal_filter, request):
        found += await connection.scalars(_numbers(pin, part, request))
        if len(found) >= request.size:
            break
    return found[: request.size]


async def journal_range(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter, request: PageRequest
) -> Sequence[int]:
    """As `journal_numbers`, but a range if no number is left out, to read faster."""
    number = _numbers(pin, journal_filter, request).subquery().c.number
    ends = select(func.count(), func.min(number), func.max(number))
    connection = await session.connection()
    count, first, last = (await connection.execute(ends)).one()
    if count == 0:
        return ()
    if count == last - first + 1:
        return range(first, last + 1)
    return await journal_numbers(session, pin, journal_filter, request)


def _numbers(
    pin: Pin, journal_filter: JournalFilter, request: PageRequest
) -> Select[int]:
    number = Journal.number
    statement = select(number).where(*journal_conditions(pin, journal_filter))
    if journal_filter.search:
        statement = with_search(with_names(statement, pin), pin, journal_filter)
    if request.key is not None:
        first = request.key[0]
        statement = statement.where(
            number <= first if request.is_backward else number >= first
        )
    order = number.desc() if request.is_backward else number.asc()
    return statement.order_by(order).limit(request.size)


async def described_movements(
    session: AsyncSession, pin: Pin, journal_filter: JournalFilter, numbers: list[int]
) -> list[JournalMovementDetails]:
    """The selected movements of journals, in their order."""
    statement = select_movements(pin, journal_filter, *movement_columns(pin)).where(
        JournalMovement.journal.in_(numbers)
    )
    return await _described(session, pin, statement)


async def _described(
    session: AsyncSession, pin: Pin, statement: AnySelect
) -> list[JournalMovementDetails]:
    """A statement's movements in their order, with their narratives."""
    found = await session.execute(statement.order_by(*MOVEMENT_ORDER))
    rows = [MovementRow(*row) for row in found]
    background = await load_background(session, pin, rows)
    return [_details(pin, row, background) for row in rows]


def _details(
    pin: Pin, row: MovementRow, background: Background
) -> JournalMovementDetails:
    movement, subject = row.movement, background.subject(row)
    start = end = row.recognized_on
    if start is None:
        start, end = row.service_from, row.service_to
    if (moved := subject.moved) is not None:
        start, end = moved.first_day, moved.last_day
    is_known_later = (row.superseded_in or 0) > pin.recording
    return JournalMovementDetails(
        journal=row.journal,
        seq=row.seq,
        movement=movement,
        method=row.method,
        service_from=start,
        service_to=end,
        narrative=narrative(movement.debit, movement.credit, subject),
        recorded_in=row.recorded_in,
        superseded_in=None if is_known_later else row.superseded_in,
        moved=moved,
        occasion=occasion_of(row, subject),
        row=row,
        entered=background.entered.get(row.document_id),
    )


async def recordings_of(
    session: AsyncSession, ledger_id: int, numbers: Iterable[int]
) -> dict[int, Recording]:
    """Recordings of a ledger by their numbers."""
    statement = select(Recording).where(Recording.ledger_id == ledger_id)
    number_in = Recording.number.in_
    rows = await scalars_in_lists(session, statement, number_in, numbers)
    return {row.number: row for row in rows}
