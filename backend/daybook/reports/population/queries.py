"""Pages, totals and ties of the population, at a pin."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    distinct,
    false,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.ledger.amount_conditions import (
    amount_within,
    journals_within,
    movements_within,
)
from daybook.ledger.models import Journal, JournalMovement, Product, Recording
from daybook.ledger.pins import Pin
from daybook.ledger.queries import ends_of_days
from daybook.ledger.rules import Movement, Role, Sides, net_change
from daybook.paging import Page, PageRequest
from daybook.reports.documents import ListedDocument, document_columns
from daybook.reports.former_names import product_name
from daybook.reports.journals.conditions import MOVEMENT_ORDER, with_names
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import count_journals, pair_totals
from daybook.reports.kept_totals import keep_totals
from daybook.reports.population.marks import Marks, load_marks
from daybook.reports.population.rules import PopulationFilter, PopulationFlag
from daybook.reports.revenue import Tie
from daybook.reports.revenue_sql import is_movement_of_journal, narrowing

AnySelect = Select[*tuple[Any, ...]]


class PopulationEntry(NamedTuple):
    """A recorded movement, also a superseded one, with who recorded it when and why.

    `author` is the stored name. `sides` are the products of a manual journal's sides
    where they aren't the journal's. `superseded_in` is empty if the entry was in force
    at the pin.
    """

    journal: int
    seq: int
    movement: Movement
    source: int
    recorded_in: int
    superseded_in: int | None
    author: str | None
    recorded_at: datetime
    reason: str
    customer_id: int | None
    product_id: int | None
    product_external_id: str | None
    product_name: str | None
    sides: Sides
    flags: frozenset[PopulationFlag]
    document: ListedDocument

    @property
    def key(self) -> tuple[int, int]:
        """Its place in the population."""
        return self.journal, self.seq


class PopulationTotal(NamedTuple):
    """How many entries have a flag, and what they debit; without a flag all entries."""

    flag: PopulationFlag | None
    entries: int
    amount: int


async def find_population(
    session: AsyncSession,
    pin: Pin,
    population_filter: PopulationFilter,
    request: PageRequest,
) -> Page[PopulationEntry]:
    """Entries by journal and number within it; keyed by `(journal, seq)`."""
    marks = await load_marks(session, pin)
    movement = JournalMovement
    statement: AnySelect = select(
        *(movement.journal, movement.seq, movement.debit_role, movement.credit_role),
        *(movement.amount, movement.daily, movement.first_day, movement.last_day),
        *(Journal.source, movement.recorded_in, movement.superseded_in),
        *(Recording.made_by, Recording.recorded_at, Recording.reason),
        *(Journal.customer_id, Journal.product_id),
        *(Product.external_id, product_name(pin)),
        *(movement.debit_product_id, movement.credit_product_id),
        *marks.columns,
        *document_columns(pin),
    )
    conditions = await _conditions(session, pin, population_filter, marks)
    statement = with_names(_joined(statement), pin).where(*conditions)
    place = tuple_(*MOVEMENT_ORDER)
    if request.key is not None:
        key = tuple_(*request.key)
        statement = statement.where(place < key if request.is_backward else place > key)
    order = [
        column.desc() if request.is_backward else column.asc()
        for column in MOVEMENT_ORDER
    ]
    rows = await session.execute(statement.order_by(*order).limit(request.size + 1))
    return Page.of([_entry(pin, row) for row in rows], request)


def _joined(statement: AnySelect) -> AnySelect:
    """Join entries with their journal and their recording."""
    movement = JournalMovement
    return (
        statement.select_from(movement)
        .join(Journal, is_movement_of_journal())
        .join(
            Recording,
            and_(
                Recording.ledger_id == movement.ledger_id,
                Recording.number == movement.recorded_in,
            ),
        )
    )


def _entry(pin: Pin, row: Any) -> PopulationEntry:
    journal, seq, debit, credit, *days = row[:8]
    source, recorded_in, superseded_in = row[8:11]
    author, recorded_at, reason, customer_id, *product = row[11:18]
    product_id, product_external_id, product_name_then = product
    has, document = row[20:26], row[26:]
    return PopulationEntry(
        journal=journal,
        seq=seq,
        movement=Movement(Role(debit), Role(credit), *days),
        source=source,
        recorded_in=recorded_in,
        superseded_in=(None if (superseded_in or 0) > pin.recording else superseded_in),
        author=author,
        recorded_at=recorded_at,
        reason=reason,
        customer_id=customer_id,
        product_id=product_id,
        product_external_id=product_external_id,
        product_name=product_name_then,
        sides=Sides(*row[18:20]),
        flags=frozenset(
            flag for flag, is_so in zip(PopulationFlag, has, strict=True) if is_so
        ),
        document=ListedDocument(*document),
    )


async def population_totals(
    session: AsyncSession, pin: Pin, population_filter: PopulationFilter
) -> list[PopulationTotal]:
    """All selected entries, and those with each flag, in the order of flags."""
    key = "population", pin.ledger_id, pin.recording, population_filter
    return await keep_totals(
        session, key, lambda: _read_totals(session, pin, population_filter)
    )


async def _read_totals(
    session: AsyncSession, pin: Pin, population_filter: PopulationFilter
) -> list[PopulationTotal]:
    marks = await load_marks(session, pin)
    flags = [*PopulationFlag]
    selected = _joined(select(JournalMovement.amount, *marks.columns)).where(
        *await _conditions(session, pin, population_filter, marks)
    )
    entries = selected.subquery()
    sums: list[ColumnElement[int]] = [func.count(), _total(entries.c.amount)]
    for flag in flags:
        is_so = entries.c[flag.name]
        sums += [
            func.count(case((is_so, 1))),
            _total(case((is_so, entries.c.amount))),
        ]
    row = (await session.execute(select(*sums))).one()
    return [
        PopulationTotal(flag, row[2 * place], int(row[2 * place + 1]))
        for place, flag in enumerate([None, *flags])
    ]


def _total(amount: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(amount), 0), BigInteger)


async def population_ties(
    session: AsyncSession, pin: Pin, population_filter: PopulationFilter
) -> list[Tie]:
    """The entries in force against the journal report of the same selection.

    Flags, authors and days of recording select among entries and not among journals, so
    that they are left out: the ties are of all entries that could have been selected.
    """
    in_report = _journal_filter(population_filter)
    first, last = population_filter.first_day, population_filter.last_day
    movement = JournalMovement
    pair = movement.debit_role, movement.credit_role
    entries = _with_journals(pin, population_filter).where(
        *movements_within(pin, first, last)
    )
    rows = await session.execute(
        entries.with_only_columns(*pair, _total(amount_within(first, last))).group_by(
            *pair
        )
    )
    sums = {(Role(debit), Role(credit)): int(total) for debit, credit, total in rows}
    listed = entries.with_only_columns(func.count(distinct(movement.journal)))
    journals = await session.scalar(listed) or 0
    reported = await pair_totals(session, pin, in_report)
    ties = [
        Tie(
            "journals_are_listed",
            journals,
            await count_journals(session, pin, in_report),
            "Journals with entries in force = journals of the journal report",
            is_count=True,
        ),
        Tie(
            "debits_are_reported",
            sum(sums.values()),
            sum(reported.values()),
            "Debits of entries in force = debits of the journal report",
        ),
    ]
    for role in Role:
        name = role.name.capitalize()
        words = f"{name} of entries in force = {name} in the journal report"
        nets = net_change(sums, role), net_change(reported, role)
        ties.append(Tie(f"{role.name.lower()}_is_reported", *nets, words))
    return ties


def _journal_filter(population_filter: PopulationFilter) -> JournalFilter:
    """The same journals in the journal report."""
    narrowed = population_filter.revenue
    return JournalFilter(
        posted_from=population_filter.posted_from,
        posted_to=population_filter.posted_to,
        customer_id=narrowed.customer_id,
        product_id=narrowed.product_id,
        document_id=narrowed.document_id,
    )


def _with_journals(pin: Pin, population_filter: PopulationFilter) -> AnySelect:
    """Entries and their journals, narrowed by what journals have."""
    first, last = population_filter.first_day, population_filter.last_day
    return (
        select(JournalMovement.journal)
        .join(Journal, is_movement_of_journal())
        .where(*journals_within(pin, first, last), *_of_journals(population_filter))
    )


def _of_journals(population_filter: PopulationFilter) -> list[ColumnElement[bool]]:
    narrowed = population_filter.revenue
    conditions = narrowing(narrowed)
    if narrowed.product_id is not None:
        conditions.append(Journal.product_id == narrowed.product_id)
    return conditions


async def _conditions(
    session: AsyncSession, pin: Pin, population_filter: PopulationFilter, marks: Marks
) -> list[ColumnElement[bool]]:
    """The conditions on entries, their journals and their recordings."""
    movement, first = JournalMovement, population_filter.first_day
    last = population_filter.last_day
    conditions = [
        movement.ledger_id == pin.ledger_id,
        movement.recorded_in <= pin.recording,
        *_of_journals(population_filter),
    ]
    if population_filter.posted_from is not None:
        conditions.append(movement.last_day >= first)
    if population_filter.posted_to is not None:
        conditions.append(movement.first_day <= last)
    if population_filter.author is not None:
        conditions.append(Recording.made_by == population_filter.author)
    if population_filter.flags:
        flags = dict.fromkeys(population_filter.flags)
        conditions.append(or_(*(marks.conditions[flag] for flag in flags)))
    conditions += await _recorded_within(session, pin, population_filter)
    return conditions


async def _recorded_within(
    session: AsyncSession, pin: Pin, population_filter: PopulationFilter
) -> list[ColumnElement[bool]]:
    """The recordings of the selected days, by their numbers: times never decrease."""
    since, until = population_filter.recorded_from, population_filter.recorded_to
    if since is None and until is None:
        return []
    ended = await ends_of_days(session, pin.organisation_id)
    number, at = Recording.number, Recording.recorded_at
    limits = [Recording.ledger_id == pin.ledger_id]
    if since is not None:
        limits.append(at >= ended(since - 1))
    if until is not None:
        limits.append(at < ended(until))
    ends = select(func.min(number), func.max(number)).where(*limits)
    first, last = (await session.execute(ends)).one()
    if first is None:
        return [false()]
    return [JournalMovement.recorded_in.between(first, last)]
