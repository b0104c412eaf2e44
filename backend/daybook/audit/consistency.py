"""Whether stored rows agree with each other: totals, numbers, duplicated values.

Each check is one statement that finds the first wrong row and its expected value. The
checks run before the digests, which only show that something was changed.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    distinct,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.statements import MOVEMENT, is_same, table_of
from daybook.calendar import FIRST_DAY, LAST_DAY, day_text, month_text, range_words
from daybook.ledger.rules import Cause, SourceKind, SpanSide, stored_name, stored_role
from daybook.numbers import counted

Found: TypeAlias = Select[*tuple[Any, ...]]

LEDGER = "ledger_id"
SEPARATOR = ","


async def first_inconsistency(
    session: AsyncSession, ledger_id: int, currency: str
) -> str | None:
    """The first row of a ledger that contradicts other rows, in words.

    Raises OverflowError if amounts sum to more than the database can add.
    """
    for find, words in CHECKS:
        try:
            row = (await session.execute(find(ledger_id).limit(1))).first()
        except DBAPIError as failed:
            if "overflow" not in str(failed.orig):
                raise
            reason = "amounts sum to more than the database can add"
            raise OverflowError(f"{currency} ledger: {reason}") from failed
        if row is not None:
            return f"{currency} ledger: {words(*row)}"
    return None


async def wrong_day(session: AsyncSession) -> str | None:
    """The first day of the stored calendar that is wrong, in words."""
    calendar = table_of("calendar")
    days = select(calendar.c.day, calendar.c.date).order_by(calendar.c.day)
    if await _is_whole(session, days):
        return None
    stored = dict((await session.execute(days)).all())
    for day in range(FIRST_DAY, LAST_DAY + 1):
        date = stored.pop(day, None)
        if date != day_text(day):
            return f"calendar: day {day} is {date}, and should be {day_text(day)}"
    for day in stored:
        return f"calendar: there is a day {day}, outside the calendar's range"
    return None


async def _is_whole(session: AsyncSession, days: Select[Any]) -> bool:
    """Whether the calendar is right; quickly, since it nearly always is."""
    day, date = days.subquery().c
    found = await session.execute(
        select(
            *(func.count(day.distinct()), func.min(day), func.max(day)),
            # SQLite sorts what isn't text before or after all that is.
            *(func.count(date), func.min(date), func.max(date)),
            func.aggregate_strings(date, SEPARATOR),
        )
    )
    count, first, last = LAST_DAY - FIRST_DAY + 1, FIRST_DAY, LAST_DAY
    return tuple(found.one()) == (
        *(count, first, last),
        *(count, day_text(first), day_text(last)),
        _calendar_text(),
    )


@cache
def _calendar_text() -> str:
    return SEPARATOR.join(map(day_text, range(FIRST_DAY, LAST_DAY + 1)))


def _misnumbered(ledger_id: int) -> Found:
    """Journals whose number isn't their position: a number before them is missing."""
    journal = table_of("journals")
    place = func.row_number().over(order_by=journal.c.number).label("place")
    numbers = (
        select(journal.c.number, place)
        .where(journal.c.ledger_id == ledger_id)
        .subquery()
    )
    return (
        select(numbers.c.number, numbers.c.place)
        .where(numbers.c.number != numbers.c.place)
        .order_by(numbers.c.place)
    )


def _miscounted(ledger_id: int) -> Found:
    journal, ledger = table_of("journals"), table_of("ledgers")
    count = (
        select(func.count())
        .select_from(journal)
        .where(journal.c.ledger_id == ledger_id)
        .scalar_subquery()
    )
    return select(ledger.c.journals, count).where(
        ledger.c.id == ledger_id, ledger.c.journals != count
    )


def _of_another_document(ledger_id: int) -> Found:
    """Journals whose customer or source isn't their document's.

    The lines of a manual journal may name other customers than the journal as a whole.
    """
    journal, document = table_of("journals"), table_of("documents")
    ledger, customer = table_of("ledgers"), table_of("customers")
    other = customer.alias()
    is_its = is_same(journal, document, "ledger_id", document_id="id")

    def named(party: Any, of: Any) -> ColumnElement[bool]:
        is_known = is_same(party, ledger, "organisation_id")
        return and_(is_known, is_same(party, of, id="customer_id"))

    return (
        select(
            journal.c.number,
            other.c.external_id,
            journal.c.source,
            customer.c.external_id,
            document.c.kind,
        )
        .select_from(
            journal.join(document, is_its)
            .join(ledger, ledger.c.id == journal.c.ledger_id)
            .outerjoin(customer, named(customer, document))
            .outerjoin(other, named(other, journal))
        )
        .where(
            journal.c.ledger_id == ledger_id,
            or_(
                and_(
                    document.c.kind != int(SourceKind.STANDALONE),
                    journal.c.customer_id.is_distinct_from(document.c.customer_id),
                ),
                journal.c.source != document.c.kind,
            ),
        )
        .order_by(journal.c.number)
    )


def _is_its(movement: FromClause, journal: FromClause) -> ColumnElement[bool]:
    """Whether a movement is a journal's."""
    return is_same(movement, journal, "ledger_id", journal="number")


def _mistotalled(ledger_id: int) -> Found:
    """Month totals that differ from the sum of a recording's movements."""
    total, movement, journal = map(table_of, ("month_totals", "movements", "journals"))

    def posted(recording: ColumnElement[Any], sign: int) -> Found:
        roles = movement.c.debit_role, movement.c.credit_role
        key = journal.c.month, *roles, journal.c.source, recording.label("recorded_in")
        return (
            select(
                *key,
                literal(0).label("stored"),
                func.sum(sign * movement.c.amount).label("due"),
            )
            .select_from(movement.join(journal, _is_its(movement, journal)))
            .where(movement.c.ledger_id == ledger_id, recording.is_not(None))
            .group_by(*key[:-1], recording)
        )

    columns = ("month", "debit_role", "credit_role", "source", "recorded_in")
    stored = select(
        *(total.c[name] for name in columns), total.c.change, literal(0).label("due")
    ).where(total.c.ledger_id == ledger_id)
    every = union_all(
        posted(movement.c.recorded_in, 1), posted(movement.c.superseded_in, -1), stored
    ).subquery()
    key = [every.c[name] for name in columns]
    sums = func.sum(every.c.stored), func.sum(every.c.due)
    return select(*key, *sums).group_by(*key).having(sums[0] != sums[1]).order_by(*key)


def _missummed(ledger_id: int) -> Found:
    """Span totals that differ from the sums of a recording's movements."""
    total, movement, journal = map(table_of, ("span_totals", "movements", "journals"))
    columns = [column.name for column in total.primary_key if column.name != LEDGER]
    products = [
        func.coalesce(movement.c[name], journal.c.product_id, 0)
        for name in ("debit_product_id", "credit_product_id")
    ]
    is_of_one = products[0] == products[1]

    def moved(
        recording: ColumnElement[Any], sign: int, product: ColumnElement[Any], side: Any
    ) -> Found:
        values: dict[str, ColumnElement[Any]] = {
            **{name: movement.c[name] for name in columns if name in movement.c},
            "product_id": product,
            "source": journal.c.source,
            "cause": func.coalesce(movement.c.cause, 0),
            "side": side,
            "recorded_in": recording,
        }
        return (
            select(
                *(values[name].label(name) for name in columns),
                literal(0).label("stored"),
                literal(0).label("stored_daily"),
                (sign * movement.c.amount).label("due"),
                (sign * movement.c.daily).label("due_daily"),
            )
            .select_from(movement.join(journal, _is_its(movement, journal)))
            .where(movement.c.ledger_id == ledger_id, recording.is_not(None))
        )

    stored = select(
        *(total.c[name] for name in columns),
        *(total.c.amount, total.c.daily, literal(0), literal(0)),
    ).where(total.c.ledger_id == ledger_id)
    debited = case((is_of_one, SpanSide.BOTH.value), else_=SpanSide.DEBITED.value)
    credited = literal(SpanSide.CREDITED.value)
    every = union_all(
        *(
            found
            for recording, sign in (
                (movement.c.recorded_in, 1),
                (movement.c.superseded_in, -1),
            )
            for found in (
                moved(recording, sign, products[0], debited),
                moved(recording, sign, products[1], credited).where(~is_of_one),
            )
        ),
        stored,
    ).subquery()
    key = [every.c[name] for name in columns]
    sums = [func.sum(column) for column in every.c[-4:]]
    wrong = (
        select(*key, *(total.label(f"sum_{at}") for at, total in enumerate(sums)))
        .group_by(*key)
        .having(or_(sums[0] != sums[2], sums[1] != sums[3]))
        .subquery()
    )
    ledger, product = table_of("ledgers"), table_of("products")
    is_product = is_same(product, ledger, "organisation_id") & (
        product.c.id == wrong.c.product_id
    )
    return (
        select(product.c.external_id, *wrong.c)
        .select_from(
            wrong.join(ledger, ledger.c.id == ledger_id).outerjoin(product, is_product)
        )
        .order_by(*(wrong.c[name] for name in columns))
    )


def _miscounted_months(ledger_id: int) -> Found:
    """Months whose stored count isn't the number of journals in force."""
    count, movement, journal = map(table_of, ("month_counts", "movements", "journals"))
    key = journal.c.month, journal.c.source
    shown = (
        select(
            *key,
            literal(0).label("stored"),
            func.count(distinct(journal.c.number)).label("due"),
        )
        .select_from(movement.join(journal, _is_its(movement, journal)))
        .where(movement.c.ledger_id == ledger_id, movement.c.superseded_in.is_(None))
        .group_by(*key)
    )
    stored = select(
        count.c.month, count.c.source, count.c.change, literal(0).label("due")
    ).where(count.c.ledger_id == ledger_id)
    every = union_all(shown, stored).subquery()
    by = every.c.month, every.c.source
    sums = func.sum(every.c.stored), func.sum(every.c.due)
    return select(*by, *sums).group_by(*by).having(sums[0] != sums[1]).order_by(*by)


SETTINGS = (
    "lock_method",
    "locked_through",
    "method",
    "strategy",
    "breakage",
    "undated_lines",
)


def _unrecorded_settings(ledger_id: int) -> Found:
    """A ledger whose settings differ from the last recorded ones."""
    ledger, kept = table_of("ledgers"), table_of("ledger_settings")
    last = (
        select(func.max(kept.c.recorded_in))
        .where(kept.c.ledger_id == ledger_id)
        .scalar_subquery()
    )
    pairs = [(ledger.c[name], kept.c[name]) for name in SETTINGS]
    return (
        select(*(column for pair in pairs for column in pair))
        .select_from(ledger.join(kept, kept.c.ledger_id == ledger.c.id))
        .where(
            ledger.c.id == ledger_id,
            kept.c.recorded_in == last,
            or_(*(now.is_distinct_from(then) for now, then in pairs)),
        )
    )


def _unbalanced_catch_ups(ledger_id: int) -> Found:
    """Catch-ups whose service days don't sum to the posted amount."""
    part, movement = table_of("catch_up_parts"), table_of("movements")
    key = part.c.journal, part.c.seq
    total = func.sum(part.c.amount)
    return (
        select(*key, total, movement.c.amount)
        .select_from(part.join(movement, is_same(part, movement, *MOVEMENT)))
        .where(part.c.ledger_id == ledger_id)
        .group_by(*key, movement.c.amount)
        .having(total != movement.c.amount)
        .order_by(*key)
    )


def _source(number: int) -> str:
    return stored_name(SourceKind, number)


def _journal_words(
    number: int,
    customer: str | None,
    source: int,
    document_customer: str | None,
    document_kind: int,
) -> str:
    return (
        f"journal {number} has {_customer(customer)} and source {_source(source)}, but"
        f" its document has {_customer(document_customer)} and"
        f" {_source(document_kind)}"
    )


def _customer(external_id: str | None) -> str:
    return "no customer" if external_id is None else f"customer {external_id}"


def _total_words(  # noqa: PLR0913, PLR0917  (a row)
    month: int, debit: int, credit: int, source: int, recording: int, has: int, due: int
) -> str:
    return (
        f"month total of {month_text(month)}, Dr {stored_role(debit)},"
        f" Cr {stored_role(credit)}, {_source(source)}, recording {recording}:"
        f" {has}, but its movements sum to {due} minor units"
    )


def _span_words(product: str | None, *row: int) -> str:
    first, last, _, debit, credit, source, cause, side, recording, *sums = row
    stored, stored_daily, due, due_daily = sums
    parts = (
        _days(first, last),
        "no product" if product is None else f"product {product}",
        *([f"side {stored_name(SpanSide, side)}"] if side else []),
        f"Dr {stored_role(debit)}",
        f"Cr {stored_role(credit)}",
        _source(source),
        *([stored_name(Cause, cause)] if cause else []),
        f"recording {recording}",
    )
    return (
        f"sum of {', '.join(parts)}: {stored}, and {stored_daily} a day, but its"
        f" movements sum to {due} minor units, and {due_daily} a day"
    )


def _days(first: int, last: int) -> str:
    is_known = FIRST_DAY <= first <= last <= LAST_DAY
    return range_words(first, last) if is_known else f"days {first} to {last}"


def _settings_words(*values: object) -> str:
    differing = (
        f"{name} is {now}, but {then} was recorded last"
        for name, now, then in zip(SETTINGS, values[::2], values[1::2], strict=True)
        if now != then
    )
    return f"settings: {', '.join(differing)}"


CHECKS: tuple[tuple[Callable[[int], Found], Callable[..., str]], ...] = (
    (
        _misnumbered,
        lambda has, due: f"there is a journal {has} where number {due} should be",
    ),
    (
        _miscounted,
        lambda has, due: (
            f"it counts {counted(has, 'journal')}, but there should be {due:,}"
        ),
    ),
    (_of_another_document, _journal_words),
    (_mistotalled, _total_words),
    (_missummed, _span_words),
    (
        _miscounted_months,
        lambda month, source, has, due: (
            f"{month_text(month)} counts {counted(has, 'journal')} of source"
            f" {_source(source)},"
            f" but {due:,} are in force"
        ),
    ),
    (_unrecorded_settings, _settings_words),
    (
        _unbalanced_catch_ups,
        lambda journal, seq, has, due: (
            f"service days of movement {seq} of journal {journal} sum to {has}, but"
            f" {due} minor units were posted"
        ),
    ),
)
