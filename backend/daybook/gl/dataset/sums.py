"""What the dataset says in sums: profit and loss by month, exposure, rates used."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from daybook.calendar import Day, Month, day_of, day_text, month_of
from daybook.columnar.engine import named
from daybook.gl.building.rate_sources import MANUAL
from daybook.gl.dataset.filters import LineFilter, condition_of
from daybook.gl.dataset.lines import Part, lines_of, positions_of
from daybook.gl.rules.chart import AccountClass
from daybook.gl.rules.columns import DatasetColumn as Column
from daybook.gl.rules.journal_types import ExposureKind, JournalType

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

INCOME_AND_EXPENSE = (AccountClass.REVENUE, AccountClass.EXPENSE)


class ProfitCell(NamedTuple):
    """The Net (RC) of an account in a month, of one type of journals.

    `connections` are those that have it: an account of the same code is another one
    where its name or class differs.
    """

    account_class: str
    account_code: str
    account_name: str
    month: Month
    type: JournalType
    amount: Decimal
    connections: Sequence[int]


def profit_and_loss(
    connection: "DuckDBPyConnection", parts: Sequence[Part], line_filter: LineFilter
) -> list[ProfitCell]:
    """Income and expense by account, month and type, income first."""
    if not parts:
        return []
    wanted = line_filter._replace(account_classes=[*INCOME_AND_EXPENSE])
    condition = condition_of(wanted)
    code, name, net = map(
        named, (Column.ACCOUNT_CODE, Column.ACCOUNT_NAME, Column.NET_RC)
    )
    rows = connection.execute(
        f"SELECT _account_class, {code}, {name}, date_trunc('month', _day)::DATE,"  # noqa: S608
        f" _type, sum({net}), list_sort(list(DISTINCT _connection))"
        f" FROM {lines_of(parts)} WHERE {condition.text}"
        " GROUP BY ALL ORDER BY _account_class DESC, 2, 3, 4, 5",
        condition.values,
    ).fetchall()
    return [
        ProfitCell(
            account_class=class_,
            account_code=code,
            account_name=name,
            month=month_of(day_of(month)),
            type=JournalType(type_),
            amount=amount,
            connections=numbers,
        )
        for class_, code, name, month, type_, amount, numbers in rows
    ]


class Exposure(NamedTuple):
    """What is open in a currency on a day, and what a period gained by its rates.

    `open_amount` is in the currency. The others are in the base currency of the
    connection: a currency that two connections are exposed to has two of these.
    """

    connection: int
    currency: str
    base_currency: str
    open_amount: Decimal
    valuation: Decimal
    documents: int
    unrealised: Decimal
    realised: Decimal
    revaluation: Decimal


def exposure_on(
    connection: "DuckDBPyConnection",
    parts: Sequence[Part],
    on: Day,
    first: Day | None = None,
) -> list[Exposure]:
    """The exposure of each currency on a day; gains are those from `first` to it.

    Reversals count as unrealised.
    """
    if not parts:
        return []
    rows = connection.execute(
        "WITH held AS (SELECT _connection, currency, sum(open_amount) AS open_amount,"  # noqa: S608
        " sum(valuation) AS valuation, count(*) FILTER (open_amount <> 0) AS documents"
        " FROM (SELECT _connection, currency, document_id,"
        " arg_max(open_amount, day) AS open_amount,"
        " arg_max(valuation, day) AS valuation"
        f" FROM {positions_of(parts)} WHERE day <= CAST(? AS DATE) GROUP BY ALL)"
        " GROUP BY ALL),"
        " gained AS (SELECT _connection, _currency AS currency,"
        f" {_gain(ExposureKind.UNREALISED, ExposureKind.REVERSAL)} AS unrealised,"
        f" {_gain(ExposureKind.REALISED)} AS realised,"
        f" {_gain(ExposureKind.REVALUATION)} AS revaluation"
        f" FROM {lines_of(parts)} WHERE _type = {JournalType.FX_EXPOSURE.value}"
        " AND _day BETWEEN CAST(? AS DATE) AND CAST(? AS DATE) GROUP BY ALL),"
        f" bases AS (SELECT _connection, any_value({named(Column.JOURNAL_CURRENCY)})"
        f" AS base FROM {lines_of(parts)} GROUP BY ALL)"
        " SELECT _connection, currency, base, coalesce(open_amount, 0),"
        " coalesce(valuation, 0), coalesce(documents, 0), coalesce(unrealised, 0),"
        " coalesce(realised, 0), coalesce(revaluation, 0)"
        " FROM held FULL JOIN gained USING (_connection, currency)"
        " JOIN bases USING (_connection) ORDER BY currency, _connection",
        [day_text(on), day_text(first) if first else "0001-01-01", day_text(on)],
    ).fetchall()
    return [Exposure(*row) for row in rows]


class MonthGain(NamedTuple):
    """What rates gained in a month, in the reporting currency."""

    month: Month
    kind: ExposureKind
    amount: Decimal


def gains_by_month(
    connection: "DuckDBPyConnection", parts: Sequence[Part], first: Day, last: Day
) -> list[MonthGain]:
    """The gains of a period by month and kind, those of all currencies together."""
    if not parts:
        return []
    line_filter = LineFilter(
        types=[JournalType.FX_EXPOSURE], first=first, last=last, gains=[*ExposureKind]
    )
    condition = condition_of(line_filter)
    rows = connection.execute(
        f"SELECT date_trunc('month', _day)::DATE, _kind, sum({named(Column.NET_RC)})"  # noqa: S608
        f" FROM {lines_of(parts)} WHERE {condition.text} GROUP BY ALL ORDER BY 1, 2",
        condition.values,
    ).fetchall()
    return [
        MonthGain(month_of(day_of(month)), ExposureKind(kind), amount)
        for month, kind, amount in rows
    ]


def _gain(*kinds: ExposureKind) -> str:
    """The gains of some kinds: of each pair the second line, on the gains' account."""
    among = ", ".join(str(kind.value) for kind in kinds)
    is_gain = f"_kind IN ({among}) AND _position % 2 = 1"
    return f"sum({named(Column.NET)}) FILTER ({is_gain})"


class UsedRate(NamedTuple):
    """A rate to the reporting currency, and how many lines have it.

    It was asked for `day`, and is of `published`.
    """

    base_currency: str
    reporting_currency: str
    day: date
    rate: Decimal
    published: date
    source: str
    lines: int


class RateFilter(NamedTuple):
    """Which rates: of lines in a base currency, asked for some days, entered or not.

    What is None or blank leaves out nothing.
    """

    base_currency: str = ""
    first: Day | None = None
    last: Day | None = None
    is_manual: bool | None = None


def rates_used(
    connection: "DuckDBPyConnection",
    parts: Sequence[Part],
    rate_filter: RateFilter = RateFilter(),  # noqa: B008  (immutable)
) -> list[UsedRate]:
    """The rates that lines have, the newest day first; equal currencies need none."""
    if not parts:
        return []
    base, reporting, rate = map(
        named,
        (Column.JOURNAL_CURRENCY, Column.REPORTING_CURRENCY, Column.REPORTING_RATE),
    )
    terms, values = [f"{base} <> {reporting}"], list[object]()
    if rate_filter.base_currency:
        terms.append(f"{base} = ?")
        values.append(rate_filter.base_currency)
    if rate_filter.first is not None:
        terms.append("_rate_day >= CAST(? AS DATE)")
        values.append(day_text(rate_filter.first))
    if rate_filter.last is not None:
        terms.append("_rate_day <= CAST(? AS DATE)")
        values.append(day_text(rate_filter.last))
    if rate_filter.is_manual is not None:
        terms.append("(_rate_source = ?) = ?")
        values += [MANUAL, rate_filter.is_manual]
    rows = connection.execute(
        f"SELECT {base}, {reporting}, _rate_day, {rate}, _rate_published,"  # noqa: S608
        f" _rate_source, count(*) FROM {lines_of(parts)}"
        f" WHERE {' AND '.join(terms)}"
        " GROUP BY ALL ORDER BY _rate_day DESC, 1, 2, _rate_source, 4",
        values,
    ).fetchall()
    return [UsedRate(*row) for row in rows]
