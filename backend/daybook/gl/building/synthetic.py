"""A connection's synthetic journals, made by the rules from its inputs."""

import csv
import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from daybook.calendar import Day, day_text, month_of
from daybook.connections.rules import AccountRole
from daybook.fx.rules import Rates
from daybook.gl.building.accounts import read_accounts
from daybook.gl.building.pinned import Pinned
from daybook.gl.building.reading import (
    read_actuals,
    read_banks,
    read_booked_payments,
    read_budget,
    read_categories,
    read_documents,
    read_repeating,
)
from daybook.gl.kinds import Kind
from daybook.gl.rules.basis import Basis
from daybook.gl.rules.budgets import budget_lines
from daybook.gl.rules.chart import Chart
from daybook.gl.rules.documents import Payment
from daybook.gl.rules.drafts import DRAFT, draft_lines
from daybook.gl.rules.exposure import OPEN_OR_PAID, Position, exposure_lines
from daybook.gl.rules.forecasts import forecast_lines
from daybook.gl.rules.journal_types import JournalType
from daybook.gl.rules.lines import SyntheticLine, numbered
from daybook.gl.rules.revaluation import revaluation_lines
from daybook.gl.rules.source_tables import BUDGETS, source_table
from daybook.gl.rules.tracking import Category, Tagged, slots
from daybook.money import amount_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINES_FILE, POSITIONS_FILE = "synthetic.csv", "positions.csv"


class Synthetic(NamedTuple):
    """The files of lines and of positions."""

    lines: Path
    positions: Path


def make_synthetic(
    connection: "DuckDBPyConnection", pinned: Pinned, rates: Rates, folder: Path
) -> Synthetic:
    """Make all synthetic lines, and the open positions behind the FX journals.

    Raises NoRate for a currency and day without a rate.
    """
    chart = Chart(read_accounts(connection), pinned.roles)
    base = pinned.base_currency
    basis = Basis(
        chart,
        base,
        pinned.today,
        lambda currency, day: rates.rate(currency, base, day).value,
        _RateDays(rates, base),
    )
    categories = read_categories(connection)
    positions: list[Position] = []
    lines = [*_lines(connection, pinned, basis, positions)]
    lines_path, positions_path = folder / LINES_FILE, folder / POSITIONS_FILE
    with lines_path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        for number, position, line in numbered(lines):
            writer.writerow(_row(number, position, line, base, categories))
    with positions_path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            (
                its.document_id,
                its.currency,
                day_text(its.day),
                amount_text(its.open_amount, its.currency),
                amount_text(its.valuation, base),
                amount_text(its.gain, base),
            )
            for its in positions
        )
    return Synthetic(lines_path, positions_path)


class _RateDays:
    """The days on which a currency or base has a new rate."""

    def __init__(self, rates: Rates, base: str) -> None:
        self._rates = rates
        self._base = base

    def __call__(self, currency: str, first: Day, last: Day) -> Sequence[Day]:
        found = {
            day
            for code in (currency, self._base)
            if (series := self._rates.series.get(code)) is not None
            for day in series.days[
                bisect_left(series.days, first) : bisect_right(series.days, last)
            ]
        }
        return sorted(found)


def _lines(
    connection: "DuckDBPyConnection",
    pinned: Pinned,
    basis: Basis,
    positions: list[Position],
) -> Iterator[SyntheticLine]:
    forecast: list[SyntheticLine] = []
    for kind in (Kind.INVOICES, Kind.CREDIT_NOTES):
        drafts = read_documents(connection, kind, f"status = '{DRAFT}'")
        forecast += draft_lines(drafts, basis)
    forecast += forecast_lines(read_repeating(connection), basis)
    yield from forecast
    is_booked = _Booked(connection, basis)
    statuses = ", ".join(f"'{status}'" for status in sorted(OPEN_OR_PAID))
    is_foreign = f"status IN ({statuses}) AND currency <> '{basis.base}'"
    for kind in (Kind.INVOICES, Kind.CREDIT_NOTES):
        documents = read_documents(connection, kind, is_foreign)
        for row in exposure_lines(documents, basis, is_booked):
            if isinstance(row, Position):
                positions.append(row)
            else:
                yield row
    yield from revaluation_lines(read_banks(connection, basis.base), basis)
    budget = read_budget(connection, pinned)
    if budget is not None:
        actuals = Counter(read_actuals(connection, basis.base))
        if pinned.counts_forecasts:
            for line in forecast:
                actuals[line.account_id, month_of(line.day)] += line.net
        yield from budget_lines(budget, actuals, basis)


class _Booked:
    """Whether the accounting system booked a payment's gain itself.

    Where no journal names the payment, it is taken to do so if it does for any.
    """

    def __init__(self, connection: "DuckDBPyConnection", basis: Basis) -> None:
        realised = basis.chart.of_role(AccountRole.REALISED)
        self._booked, self._any = read_booked_payments(connection, realised)
        self._connection = connection

    @cached_property
    def _named(self) -> frozenset[str]:
        """What journals name: read if anything foreign was paid, since it is much."""
        found = self._connection.cursor().execute(
            "SELECT DISTINCT source_id FROM journals WHERE source_id <> ''"
        )
        return frozenset(source_id for (source_id,) in found.fetchall())

    def __call__(self, payment: Payment) -> bool:
        if payment.id in self._named:
            return payment.id in self._booked
        return self._any


def _row(
    number: int,
    position: int,
    line: SyntheticLine,
    base: str,
    categories: Sequence[Category],
) -> Sequence[object]:
    """A line as a row of the file, in the order of `segment.SYNTHETIC`."""
    (category_0, option_0), (category_1, option_1) = slots(
        (Tagged(*tag) for tag in json.loads(line.tracking or "[]")), categories
    )
    is_budget = line.type is JournalType.FORECAST_BUDGET
    table = BUDGETS if is_budget else source_table(line.source_type)
    return (
        line.type.value,
        line.kind.value if line.kind else 0,
        day_text(line.day),
        number,
        position,
        line.account_id,
        line.account_code,
        amount_text(line.net, base),
        amount_text(line.gross, base),
        amount_text(line.tax, base),
        line.tax_type,
        line.description,
        line.reference,
        line.source_id,
        table,
        line.source_type,
        line.contact_id,
        line.contact_name,
        category_0,
        option_0,
        category_1,
        option_1,
        day_text(line.rate_day),
        line.currency,
    )
