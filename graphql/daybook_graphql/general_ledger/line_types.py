"""The types of the dataset's lines, and what is read for their fields."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal as Exact
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from daybook.calendar import day_of
from daybook.gl.building.rate_sources import MANUAL, REFRESHED
from daybook.gl.dataset.lines import DatasetLine
from daybook.gl.rules.chart import AccountClass
from daybook.gl.rules.columns import AMOUNTS, DatasetColumn
from daybook.gl.rules.journal_types import ExposureKind, JournalType
from daybook_graphql.execution.selected import Selected
from daybook_graphql.general_ledger.enums import (
    GlAccountClass,
    GlExposureKind,
    GlJournalType,
    GlRateSource,
)
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.scalars import BigInt, CurrencyCode, Date, DateTime, Decimal

Column = DatasetColumn
field = strawberry.field


@strawberry.type(
    description="How many units of the reporting currency a unit of the base currency"
    " was worth."
)
class GlRate:
    source_currency: CurrencyCode = field(name="from", description="The base currency.")
    target_currency: CurrencyCode = field(
        name="to", description="The reporting currency."
    )
    value: Decimal = field(
        description="The rate, rounded to 8 decimals; amounts use the exact one."
    )
    day: Date = field(description="The day that it was asked for.")
    published_on: Date | None = field(
        description="The day that it is of; null if the currencies are the same."
    )
    source: GlRateSource | None = field(
        description="Where it comes from: `MANUAL` if one of its rates was entered;"
        " null if the currencies are the same."
    )
    rates_refresh: BigInt | None = field(
        description="The refresh of the ECB's rates that added it; null if it came with"
        " Daybook or was entered."
    )


@listed(
    "A line",
    "lines",
    page="A page of lines, by connection, day, type, journal and position.",
    name="GlJournalLine",
)
@strawberry.type(
    description="A line of a journal: the 32 documented columns, and how it was valued."
    " Texts are blank where there is nothing to say. Amounts are credit less debit:"
    " income is positive, expenses are negative."
)
class GlJournalLine:
    account_code: str = field(description="The account's code; blank for most banks.")
    account_name: str = field(
        description="The account's name; the main connection's where codes agree."
    )
    account_type: str = field(description="The account's type in Xero.")
    connection_name: str = field(description="Which connection it is of.")
    contact_id: str = field(description="The ID of the contact in Xero.")
    contact_name: str = field(description="The contact's name.")
    created: DateTime | None = field(description="When the journal was made.")
    credit: Decimal = field(description="The credit, in the base currency.")
    data_current_as_of: DateTime = field(
        description="Its connection is as the accounting system had it at this moment."
    )
    debit: Decimal = field(description="The debit, in the base currency.")
    description: str = field(description="What the line says.")
    gross_amount: Decimal = field(description="Net and tax, in the base currency.")
    gross_amount_rc: Decimal = field(
        description="Net and tax, in the reporting currency."
    )
    journal_currency: CurrencyCode = field(description="The base currency.")
    journal_date: Date = field(description="The journal's day.")
    journal_number: BigInt = field(
        description="The journal's number. Those of other types than `ACTUAL` are made"
        " anew by each refresh."
    )
    journal_type: GlJournalType = field(description="Where the journal comes from.")
    net_amount: Decimal = field(
        description="Credit less debit, in the base currency: a journal sums to 0."
    )
    net_amount_rc: Decimal = field(
        description="The same in the reporting currency: a journal sums to 0, too."
    )
    reference: str = field(description="The journal's reference.")
    reporting_currency: CurrencyCode = field(description="The reporting currency.")
    reporting_currency_rate: Decimal = field(
        description="The rate of the reporting currency, rounded to 8 decimals."
    )
    source_id: str = field(description="The ID of the document in Xero.")
    source_table: str = field(description="What kind of document that is.")
    source_type: str = field(description="The same as Xero calls it.")
    tax_amount: Decimal = field(description="The tax, in the base currency.")
    tax_amount_rc: Decimal = field(description="The tax, in the reporting currency.")
    tax_type: str = field(description="The type of tax in Xero.")
    tracking_category_0: str = field(description="The first tracking category.")
    tracking_category_1: str = field(description="The second tracking category.")
    tracking_option_0: str = field(
        description="The first category's option: `Region - North`."
    )
    tracking_option_1: str = field(description="The second category's option.")
    account_class: GlAccountClass | None = field(
        description="What its account is part of; null if the chart doesn't say."
    )
    kind: GlExposureKind | None = field(
        description="What it books; null for journals of other types than"
        " `FX_EXPOSURE`."
    )
    rate: GlRate = field(description="The rate of the reporting currency.")


def _exact(value: Exact) -> Decimal:
    return Decimal(f"{value:f}")


def _moment(text: str) -> DateTime | None:
    return DateTime(datetime.fromisoformat(text)) if text else None


def _day(text: str) -> Date:
    return Date(day_of(date.fromisoformat(text)))


def _type(label: str) -> GlJournalType:
    return GlJournalType[label.replace(" ", "_")]


def _name(column: DatasetColumn) -> str:
    """A column's attribute: `gross_amount_rc`."""
    return column.lower().replace("(", "").replace(")", "").replace(" ", "_")


CONVERTERS: Mapping[DatasetColumn, Callable[[Any], Any]] = {
    **dict.fromkeys(AMOUNTS, _exact),
    Column.CREATED: _moment,
    Column.CURRENT_AS_OF: _moment,
    Column.JOURNAL_DATE: _day,
    Column.JOURNAL_NUMBER: BigInt,
    Column.JOURNAL_TYPE: _type,
}
"""How the schema shows a column that isn't text."""
ATTRIBUTES = {_name(column): column for column in DatasetColumn}
FIELDS = {to_camel_case(name): name for name in ATTRIBUTES}
"""The attributes of the documented columns, by their fields."""
RATE = (
    *("_rate_day", "_rate_published", "_rate_source"),
    *(Column.JOURNAL_CURRENCY, Column.REPORTING_CURRENCY, Column.REPORTING_RATE),
)
OTHERS = {"accountClass": ("_account_class",), "kind": ("_kind",), "rate": RATE}
"""The columns that are read for the other fields."""


def columns_for(selected: Selected) -> frozenset[str]:
    """The columns that are read for the selected fields of lines."""
    found = {str(ATTRIBUTES[FIELDS[name]]) for name in selected if name in FIELDS}
    for name, columns in OTHERS.items():
        if name in selected:
            found.update(map(str, columns))
    return frozenset(found)


def line_of(line: DatasetLine) -> GlJournalLine:
    """A line with what was read of it; fields that aren't selected are None."""
    read = line.columns
    values: dict[str, Any] = {
        name: CONVERTERS.get(column, str)(read[column]) if column in read else None
        for name, column in ATTRIBUTES.items()
    }
    class_, kind = read.get("_account_class"), read.get("_kind")
    return GlJournalLine(
        **values,
        account_class=GlAccountClass(AccountClass(class_)) if class_ else None,
        kind=GlExposureKind(ExposureKind(kind)) if kind else None,
        rate=_rate_of(read) if "_rate_day" in read else None,  # type: ignore[arg-type]  # not selected
    )


def _rate_of(read: Mapping[str, Any]) -> GlRate:
    return rate_of(
        *(read[Column.JOURNAL_CURRENCY], read[Column.REPORTING_CURRENCY]),
        read[Column.REPORTING_RATE],
        *(read["_rate_day"], read["_rate_published"], read["_rate_source"]),
    )


def rate_of(
    base: str, reporting: str, value: Exact, day: date, published: date, source: str
) -> GlRate:
    """A rate of the dataset as the schema shows it."""
    its_source = None
    if source:
        its_source = GlRateSource.MANUAL if source == MANUAL else GlRateSource.ECB
    refresh = source.removeprefix(REFRESHED)
    return GlRate(
        source_currency=CurrencyCode(base),
        target_currency=CurrencyCode(reporting),
        value=_exact(value),
        day=Date(day_of(day)),
        published_on=Date(day_of(published)) if source else None,
        source=its_source,
        rates_refresh=BigInt(int(refresh)) if refresh.isdecimal() else None,
    )


def type_of(type_: JournalType) -> GlJournalType:
    """A type of journals as the schema names it."""
    return GlJournalType[type_.name]
