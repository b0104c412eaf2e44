"""Payments of several invoices: each part at its invoice's rate, the whole at a blend.

A line of the payment whose Net is a part's amount clears that invoice, and takes its
rate. Others, such as the bank's, take the parts' rates weighted by their amounts. So
receivables clear in the reporting currency, too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from daybook.calendar import day_of, day_text
from daybook.columnar.engine import create_table
from daybook.fx.rules import CrossRate, Rates, rate_text
from daybook.gl.building.pinned import Pinned
from daybook.gl.building.rate_sources import published_of, source_words
from daybook.gl.rules.journal_types import JournalType
from daybook.money import decimals_of, divide_half_up

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BLENDED = {
    "number": "BIGINT",
    "position": "INTEGER",
    "net_rc": "HUGEINT",
    "tax_rc": "HUGEINT",
    "rate_day": "DATE",
    "shown": "DECIMAL(28, 8)",
    "published": "DATE",
    "source": "VARCHAR",
}


class Part(NamedTuple):
    """What a payment pays of one invoice, in minor units of base, and its rate."""

    amount: int
    rate: CrossRate


class _Line(NamedTuple):
    """A line of such a payment's journal, in minor units of base."""

    number: int
    position: int
    net: int
    tax: int


def blend(connection: "DuckDBPyConnection", pinned: Pinned, rates: Rates) -> None:
    """Convert the lines in `converted` of payments of several days' invoices.

    Raises NoRate.
    """
    parts = _parts(connection, pinned, rates)
    rows: list[Sequence[object]] = []
    for source_id, lines in _lines(connection, parts, pinned).items():
        rows += _converted(lines, parts[source_id], pinned)
    if not rows:
        return
    create_table(connection, "blended", BLENDED, rows)
    taken = ", ".join(
        f"{name} = blended.{name}"
        for name in BLENDED
        if name not in {"number", "position"}
    )
    connection.execute(
        f"UPDATE converted SET {taken} FROM blended"  # noqa: S608  (our own names)
        f" WHERE converted.type = {JournalType.ACTUAL.value}"
        " AND converted.number = blended.number"
        " AND converted.position = blended.position"
    )


def _parts(
    connection: "DuckDBPyConnection", pinned: Pinned, rates: Rates
) -> Mapping[str, Sequence[Part]]:
    """The parts of each batch whose invoices are of several days, by its ID."""
    unit = 10 ** decimals_of(pinned.base_currency)
    rows = connection.execute(
        "SELECT batch_id, amount, payments.currency_rate, invoices.day FROM payments"
        " JOIN (SELECT id, any_value(day) AS day FROM invoices GROUP BY id) AS invoices"
        " ON invoices.id = payments.invoice_id"
        " WHERE batch_id <> '' ORDER BY batch_id, payments.id"
    ).fetchall()
    found: dict[str, list[Part]] = defaultdict(list)
    for batch_id, amount, currency_rate, day in rows:
        base = Fraction(amount) * unit / (Fraction(currency_rate or 0) or 1)
        minor = divide_half_up(base.numerator, base.denominator)
        rate = rates.rate(pinned.base_currency, pinned.reporting_currency, day_of(day))
        found[batch_id].append(Part(minor, rate))
    return {
        batch_id: parts
        for batch_id, parts in found.items()
        if len({part.rate.day for part in parts}) > 1
        and sum(part.amount for part in parts) != 0
    }


def _lines(
    connection: "DuckDBPyConnection", parts: Mapping[str, object], pinned: Pinned
) -> Mapping[str, Sequence[_Line]]:
    """The actual lines of these batches by their IDs, in their journals' order."""
    if not parts:
        return {}
    unit = 10 ** decimals_of(pinned.base_currency)
    rows = connection.execute(
        "SELECT source_id, number, position,"  # noqa: S608  (a number of ours)
        f" CAST(net * {unit} AS BIGINT), CAST(tax * {unit} AS BIGINT) FROM raw"
        f" WHERE type = {JournalType.ACTUAL.value} AND list_contains(?, source_id)"
        " ORDER BY number, position",
        [[*parts]],
    ).fetchall()
    found: dict[str, list[_Line]] = defaultdict(list)
    for source_id, *values in rows:
        found[source_id].append(_Line(*values))
    return found


def _converted(
    lines: Sequence[_Line], parts: Sequence[Part], pinned: Pinned
) -> list[Sequence[object]]:
    """The rows of `blended` for a batch's lines; each journal has all parts once."""
    total = sum(part.amount for part in parts)
    blended = sum((part.amount * part.rate.value for part in parts), Fraction()) / total
    rows: list[Sequence[object]] = []
    number, unused = 0, list(parts)
    for line in lines:
        if line.number != number:
            number, unused = line.number, list(parts)
        part = next((its for its in unused if its.amount == abs(line.net)), None)
        if part is not None:
            unused.remove(part)
        its = parts if part is None else [part]
        rate = blended if part is None else part.rate.value
        published = [rate_ for each in its for rate_ in published_of(each.rate)]
        day = max(each.rate.day for each in its)
        rows.append(
            (
                *(line.number, line.position),
                *(_minor(amount, rate, pinned) for amount in (line.net, line.tax)),
                *(day_text(day), rate_text(rate)),
                day_text(max((each.day for each in published), default=day)),
                source_words(published),
            )
        )
    return rows


def _minor(amount: int, rate: Fraction, pinned: Pinned) -> int:
    """An amount in minor units of the reporting currency, rounded half up once."""
    shift = decimals_of(pinned.reporting_currency) - decimals_of(pinned.base_currency)
    exact = amount * rate * Fraction(10) ** shift
    return divide_half_up(exact.numerator, exact.denominator)
