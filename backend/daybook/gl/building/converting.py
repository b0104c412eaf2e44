"""Lines in the reporting currency: at exact rates, rounded once, in balance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from daybook.calendar import Day, day_of, day_text
from daybook.columnar.engine import create_table
from daybook.fx.rules import CrossRate, Rates
from daybook.gl.building.blending import blend
from daybook.gl.building.pinned import Pinned
from daybook.gl.building.rate_sources import published_of, source_words
from daybook.gl.rules.journal_types import JournalType
from daybook.money import decimals_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


RATES = {
    "rate_day": "DATE",
    "up": "HUGEINT",
    "down": "HUGEINT",
    "shown": "DECIMAL(28, 8)",
    "published": "DATE",
    "source": "VARCHAR",
}
"""The exact rate of a day, as a fraction and as it is shown, and where it is from."""


def create_converted(
    connection: "DuckDBPyConnection", pinned: Pinned, rates: Rates
) -> None:
    """A table `converted` of the lines in `raw`: Net and Tax in minor units, the rate.

    In a journal the line with the largest Net, the first of equals, takes what rounding
    left. Budget rows are single. Raises NoRate.
    """
    _create_rates(connection, pinned, rates)
    net, tax = (_minor(name, pinned) for name in ("net", "tax"))
    connection.execute(
        f"CREATE TABLE converted AS SELECT r.*, {net} AS net_rc, {tax} AS tax_rc,"  # noqa: S608
        " t.shown, t.published, t.source FROM raw AS r JOIN rates AS t USING (rate_day)"
    )
    if pinned.base_currency != pinned.reporting_currency:
        blend(connection, pinned, rates)
        connection.execute(
            "UPDATE converted SET net_rc = net_rc - lacking.amount FROM ("  # noqa: S608
            " SELECT type, number, sum(net_rc) AS amount,"
            " arg_min(position, (-abs(net), position)) AS position FROM converted"
            f" WHERE type <> {JournalType.FORECAST_BUDGET.value}"
            " GROUP BY type, number HAVING sum(net_rc) <> 0) AS lacking"
            " WHERE converted.type = lacking.type"
            " AND converted.number = lacking.number"
            " AND converted.position = lacking.position"
        )


def _create_rates(
    connection: "DuckDBPyConnection", pinned: Pinned, rates: Rates
) -> None:
    """The exact rate of each day that lines are converted at, and where it is from."""
    days = connection.execute("SELECT DISTINCT rate_day FROM raw ORDER BY 1").fetchall()
    found = [_row(_rate(day_of(day), pinned, rates)) for (day,) in days]
    create_table(connection, "rates", RATES, found)


def _rate(day: Day, pinned: Pinned, rates: Rates) -> CrossRate:
    return rates.rate(pinned.base_currency, pinned.reporting_currency, day)


def _row(rate: CrossRate) -> Sequence[str]:
    published = published_of(rate)
    return (
        day_text(rate.day),
        str(rate.value.numerator),
        str(rate.value.denominator),
        rate.text,
        day_text(max((its.day for its in published), default=rate.day)),
        source_words(published),
    )


def _minor(column: str, pinned: Pinned) -> str:
    """A column of `raw` in the reporting currency, as an expression: half up."""
    base = decimals_of(pinned.base_currency)
    shift = decimals_of(pinned.reporting_currency) - base
    up, down = 10 ** max(shift, 0), 10 ** max(-shift, 0)
    minor = f"CAST(r.{column} * {10**base} AS HUGEINT)"
    if pinned.base_currency == pinned.reporting_currency:
        return minor
    half_up = (
        f"(2 * abs({minor}) * t.up * {up} + t.down * {down}) // (2 * t.down * {down})"
    )
    return f"CAST(sign({minor}) AS HUGEINT) * ({half_up})"


def decimal_of(minor: str, currency: str) -> str:
    """Minor units as a decimal of their currency, as an expression: exactly."""
    decimals = decimals_of(currency)
    unit = f"0.{'0' * (decimals - 1)}1" if decimals else "1"
    exact = (
        f"CAST({minor} AS DECIMAL(18, 0)) * CAST('{unit}' AS DECIMAL(4, {decimals}))"
    )
    return f"CAST({exact} AS DECIMAL(18, {decimals}))"
