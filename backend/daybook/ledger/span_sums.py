"""SQL for readers of span totals: what movements sum to on given days.

Readers sum the rows of `spans_at` in one statement, however many movements there are:
`select(func.sum(change_on(Role.DEFERRED, span_part_until(on)))).where(*spans_at(pin))`.
"""

from sqlalchemy import ColumnElement, and_, case

from daybook.calendar import FIRST_DAY, Day
from daybook.ledger.amount_conditions import part_within
from daybook.ledger.models import SpanTotal
from daybook.ledger.pins import Pin
from daybook.ledger.rules import Role, SpanSide


def spans_at(
    pin: Pin, product_id: int | None = None, *, until: Day | None = None
) -> list[ColumnElement[bool]]:
    """The rows that a pin's recording shows, of a product where one is asked for.

    With `until`, rows of later days only are left out.
    """
    conditions: list[ColumnElement[bool]] = [
        SpanTotal.ledger_id == pin.ledger_id,
        SpanTotal.recorded_in <= pin.recording,
    ]
    if product_id is not None:
        conditions.append(SpanTotal.product_id == product_id)
    if until is not None:
        conditions.append(SpanTotal.first_day <= until)
    return conditions


def span_part_within(first: Day, last: Day) -> ColumnElement[int]:
    """The part of a row on `first … last`, as `amount_within` of a movement."""
    return part_within(SpanTotal, first, last)


def span_part_until(on: Day) -> ColumnElement[int]:
    """The part of a row up to a day."""
    return part_within(SpanTotal, FIRST_DAY, on)


def counts_once() -> ColumnElement[bool]:
    """Leaves out the second row of movements whose sides have different products.

    For sums by pairs of accounts, whichever product.
    """
    return SpanTotal.side != SpanSide.CREDITED.value


def change_on(role: Role, part: ColumnElement[int]) -> ColumnElement[int]:
    """What a row's part changes on an account, on its normal side.

    Only the side of the row's product counts, so that sums by product are right, and
    sums over all products, too.
    """
    sign = 1 if role.is_debit_normal else -1
    is_debited = and_(
        SpanTotal.debit_role == int(role), SpanTotal.side != SpanSide.CREDITED.value
    )
    is_credited = and_(
        SpanTotal.credit_role == int(role), SpanTotal.side != SpanSide.DEBITED.value
    )
    return case(
        (and_(is_debited, is_credited), 0),
        (is_debited, sign * part),
        (is_credited, -sign * part),
        else_=0,
    )
