"""What holds of converted movements, whatever happened to their documents."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from daybook.calendar import Day, day_text, parse_day
from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.exports.conversion.exchange import Exchange
from daybook.exports.conversion.movements import Amounts
from daybook.exports.conversion.reading import Conversion
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading import rows as export_rows
from daybook.exports.reading.rows import stream_movements
from daybook.exports.rules import ExportMovement
from daybook.fx.queries import load_rates
from daybook.fx.rules import convert
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Movement, Role, SourceKind, shares
from daybook.recognition.rules import with_amount
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity
from daybook_choosing import Drawn
from daybook_converted import (
    SCOPE,
    TODAY,
    converted,
    growing_history,
    read_books,
    record_history,
)
from daybook_drawing_lines import LineDrawing
from daybook_factories import invoice, record
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_services.faults import examples

pytestmark = pytest.mark.hypothesis

CURRENCIES = st.sampled_from(["EUR", "JPY", "KRW"])
"""Their units are about as large as a cent, two thirds of it, and a fourteenth."""
ENOUGH = 5_000
ROUNDED_MOST = 100
OTHERS = tuple(kind for kind in SourceKind if kind is not SourceKind.INVOICE)


def few(number: int) -> settings:
    return settings(
        max_examples=examples(number),
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        # To make a history smaller takes minutes.
        phases=(Phase.reuse, Phase.generate),
    )


def with_database(
    new_database: NewDatabase, work: Callable[[Database], Awaitable[None]]
) -> None:
    async def run() -> None:
        database = Database(new_database(), AT_ANY_TIME)
        try:
            await work(database)
        finally:
            await database.close()

    asyncio.run(run())


@few(4)
@given(data=st.data(), currency=CURRENCIES)
def test_what_is_cleared_in_the_ledger_s_currency_is_cleared_in_the_other(
    new_sqlite: NewDatabase, data: st.DataObject, currency: str
) -> None:
    async def work(database: Database) -> None:
        books = await record_history(database, Drawn(data.draw), 4)
        for recording in range(1, books.pin.recording + 1):
            amounts = await converted(database, books, books.at(recording), currency)
            in_force = books.in_force(recording)
            nets = books.nets(in_force, amounts)
            left = {
                account: nets[account]
                for account, net in books.nets(in_force).items()
                if net == 0 and nets[account]
            }
            assert left == {}

    with_database(new_sqlite, work)


@few(3)
@given(data=st.data(), currency=CURRENCIES)
def test_every_movement_is_converted_and_keeps_its_direction_and_its_days(
    new_sqlite: NewDatabase, data: st.DataObject, currency: str
) -> None:
    async def work(database: Database) -> None:
        books = await record_history(database, Drawn(data.draw), 4)
        in_force = books.in_force(books.pin.recording)

        amounts = await converted(database, books, books.pin, currency)

        assert amounts.keys() == {(stored.journal, stored.seq) for stored in in_force}
        for stored in in_force:
            amount, daily = amounts[stored.journal, stored.seq]
            days = stored.movement.last_day - stored.movement.first_day
            assert 0 <= daily * days <= amount

    with_database(new_sqlite, work)


@few(3)
@given(data=st.data(), rate=st.sampled_from([Fraction(1, 151), Fraction(151)]))
def test_a_movement_differs_from_its_own_amount_by_rounding_only(
    new_sqlite: NewDatabase, data: st.DataObject, rate: Fraction
) -> None:
    exchange = Exchange.at(rate, 2, 2)

    async def work(database: Database) -> None:
        books = await record_history(database, Drawn(data.draw), 4)

        amounts = await converted(database, books, books.pin, "EUR", exchange)

        for stored in books.in_force(books.pin.recording):
            amount, _ = amounts[stored.journal, stored.seq]
            # A schedule's shares differ by half a unit each, in both currencies.
            assert exchange.is_near(stored.movement.amount, amount, ROUNDED_MOST)

    with_database(new_sqlite, work)


@few(3)
@given(data=st.data())
def test_a_movement_that_stands_keeps_its_amount_whatever_is_recorded_later(
    new_sqlite: NewDatabase, data: st.DataObject
) -> None:
    async def work(database: Database) -> None:
        before: dict[tuple[int, int], tuple[int, int]] = {}
        then: dict[int, Amounts] = {}
        async for books in growing_history(database, Drawn(data.draw), 4):
            amounts = await converted(database, books, books.pin, "EUR")
            standing = before.keys() & amounts.keys()
            assert {key: amounts[key] for key in standing} == {
                key: before[key] for key in standing
            }
            then[books.pin.recording] = before = amounts

        for recording, amounts in then.items():
            at = books.at(recording)
            assert await converted(database, books, at, "EUR") == amounts

    with_database(new_sqlite, work)


@few(3)
@given(data=st.data())
def test_into_the_ledger_s_own_currency_nothing_changes(
    new_sqlite: NewDatabase, data: st.DataObject
) -> None:
    async def work(database: Database) -> None:
        books = await record_history(database, Drawn(data.draw), 4)

        amounts = await converted(database, books, books.pin, books.pin.currency)

        in_force = books.in_force(books.pin.recording)
        assert {key: amount for key, (amount, _) in amounts.items()} == {
            (stored.journal, stored.seq): stored.movement.amount for stored in in_force
        }
        for stored in in_force:
            _, daily = amounts[stored.journal, stored.seq]
            assert daily == stored.movement.daily or stored.movement.days == 1

    with_database(new_sqlite, work)


@few(8)
@given(data=st.data(), currency=CURRENCIES)
def test_a_schedule_is_what_is_planned_of_its_converted_total(
    new_sqlite: NewDatabase, data: st.DataObject, currency: str
) -> None:
    async def work(database: Database) -> None:
        drawing = LineDrawing(Drawn(data.draw), SCOPE)
        drawn = [drawing.line(str(at), f"p{at}") for at in range(3)]
        # With less, shares of nothing have no movement to be converted.
        lines = [line for line in drawn if abs(line.amount) >= ENOUGH]
        sold = invoice("inv", *lines, accounting_date=day_text(drawing.day()))
        await record(database, sold)
        await record(database, await in_currency(database, sold, currency))
        books = await read_books(database)
        planned = await read_books(database, currency)

        amounts = await converted(database, books, books.pin, currency)

        found = Counter(
            (row.product, _measured(row.movement._replace(amount=amount, daily=daily)))
            for row in books.stored
            for amount, daily in [amounts[row.journal, row.seq]]
            if amount
        )
        assert found == Counter(
            (row.product, _measured(row.movement)) for row in planned.stored
        )

    with_database(new_sqlite, work)


async def in_currency(database: Database, sold: Document, currency: str) -> Document:
    """The document with its lines' totals converted at its accounting date's rate."""
    async with database.reads() as session:
        rates = await load_rates(session, ["USD", currency], today=parse_day(TODAY))
    rate = rates.rate("USD", currency, sold.accounting_date).value
    lines = []
    for line in sold.lines:
        assert line.terms is not None
        total = convert(line.amount, "USD", currency, rate)
        terms = with_amount(line.terms, total)
        milestones = tuple(
            milestone._replace(amount=part.amount)
            for milestone, part in zip(
                line.milestones, terms.parts[: len(line.milestones)], strict=True
            )
        )
        lines.append(replace(line, amount=total, terms=terms, milestones=milestones))
    return replace(sold, id=currency, currency=currency, lines=tuple(lines))


def _measured(movement: Movement) -> Movement:
    """The movement; of a single day, the daily amount says nothing."""
    if movement.days > 1:
        return movement
    return movement._replace(daily=movement.amount)


@few(4)
@given(data=st.data(), currency=CURRENCIES)
def test_any_days_filters_and_slices_give_the_amounts_of_the_whole(
    new_sqlite: NewDatabase, data: st.DataObject, currency: str
) -> None:
    async def work(database: Database) -> None:
        books = await record_history(database, Drawn(data.draw), 3)
        amounts = await converted(database, books, books.pin, currency)
        whole = by_day(
            stored.movement._replace(amount=amount, daily=daily)
            for stored in books.in_force(books.pin.recording)
            for amount, daily in [amounts[stored.journal, stored.seq]]
        )
        cuts = data.draw(st.lists(st.integers(SCOPE.first, SCOPE.last), max_size=3))
        ends = [*sorted(set(cuts)), None]
        start = None
        found: Counter[tuple[Day, Role, Role]] = Counter()
        for end in ends:
            for sources in ((SourceKind.INVOICE,), OTHERS):
                wanted = JournalFilter(
                    posted_from=start, posted_to=end, sources=sources
                )
                slices = await exported(database, books.pin, wanted, currency)
                found += by_day(map(movement_of, slices))
            start = None if end is None else end + 1

        assert found == whole

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(export_rows, "SLICE", data.draw(st.sampled_from([1, 3, 5_000])))
        with_database(new_sqlite, work)


async def exported(
    database: Database, at: Pin, wanted: JournalFilter, currency: str
) -> list[ExportMovement]:
    """The movements of an export in a currency."""
    async with database.reads() as session:
        conversion = await Conversion.of(session, at, currency)
    slices = stream_movements(
        database, FileSpec(at, wanted, Granularity.DAILY), conversion
    )
    return [movement async for found in slices for movement in found.movements]


def movement_of(row: ExportMovement) -> Movement:
    return Movement(
        *(row.debit, row.credit, row.amount, row.daily, row.first_day, row.last_day)
    )


def by_day(movements: Iterable[Movement]) -> Counter[tuple[Day, Role, Role]]:
    """What each day has between each two accounts."""
    found: Counter[tuple[Day, Role, Role]] = Counter()
    for movement in movements:
        for day, amount in shares(movement):
            found[day, movement.debit, movement.credit] += amount
    return found
