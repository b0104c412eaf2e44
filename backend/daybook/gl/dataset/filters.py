"""Which lines of the dataset a reader wants, as a condition."""

from collections.abc import Collection
from typing import NamedTuple

from daybook.calendar import Day, day_text
from daybook.columnar.engine import named
from daybook.gl.rules.columns import DatasetColumn as Column
from daybook.gl.rules.journal_types import ExposureKind, JournalType


class LineFilter(NamedTuple):
    """What all lines fulfil; what is None or blank leaves out nothing.

    `connections` are numbers. `account_codes` are codes, or names of accounts that have
    none, such as a bank's. `tracking` is an option as the dataset shows it, such as
    `Region - North`. `search` is part of a description, reference, contact's or
    account's name, in any case. Of FX journals `currency` is the document's, and
    `gains` are the kinds whose lines on the gains' accounts are wanted, which sum to
    what was gained.
    """

    connections: Collection[int] | None = None
    types: Collection[JournalType] | None = None
    first: Day | None = None
    last: Day | None = None
    account_codes: Collection[str] | None = None
    account_classes: Collection[str] | None = None
    contact_id: str = ""
    source_tables: Collection[str] | None = None
    tracking: str = ""
    search: str = ""
    currency: str = ""
    gains: Collection[ExposureKind] | None = None


class Condition(NamedTuple):
    """A condition on the columns of `lines`, or a statement, and its places' values."""

    text: str
    values: list[object]


SEARCHED = (
    Column.DESCRIPTION,
    Column.REFERENCE,
    Column.CONTACT_NAME,
    Column.ACCOUNT_NAME,
)


ACCOUNT = (
    f"CASE WHEN {named(Column.ACCOUNT_CODE)} = '' THEN {named(Column.ACCOUNT_NAME)}"
    f" ELSE {named(Column.ACCOUNT_CODE)} END"
)
"""An account's code, or the name of one that has none, as an expression."""
GAIN = "CASE WHEN _position % 2 = 1 THEN _kind END"
"""The kind of gain whose account a line is on: it is the second line of a pair."""


def condition_of(line_filter: LineFilter) -> Condition:
    """The filter as a condition; `true` if it leaves out nothing."""
    terms: list[str] = []
    values: list[object] = []

    def among(column: str, wanted: Collection[object] | None) -> None:
        if wanted is not None:
            terms.append(f"list_contains(?, {column})")
            values.append([*wanted])

    def compared(term: str, *wanted: object) -> None:
        terms.append(term)
        values.extend(wanted)

    types = line_filter.types
    among("_connection", line_filter.connections)
    among("_type", None if types is None else [its.value for its in types])
    if line_filter.first is not None:
        compared("_day >= CAST(? AS DATE)", day_text(line_filter.first))
    if line_filter.last is not None:
        compared("_day <= CAST(? AS DATE)", day_text(line_filter.last))
    among(ACCOUNT, line_filter.account_codes)
    among("_account_class", line_filter.account_classes)
    if line_filter.contact_id:
        compared(f"{named(Column.CONTACT_ID)} = ?", line_filter.contact_id)
    among(named(Column.SOURCE_TABLE), line_filter.source_tables)
    if line_filter.tracking:
        option = line_filter.tracking
        first, second = map(named, (Column.TRACKING_OPTION_0, Column.TRACKING_OPTION_1))
        compared(f"({first} = ? OR {second} = ?)", option, option)
    if line_filter.search:
        found = " OR ".join(f"contains(lower({named(its)}), ?)" for its in SEARCHED)
        compared(f"({found})", *[line_filter.search.lower()] * len(SEARCHED))
    if line_filter.currency:
        compared("_currency = ?", line_filter.currency)
    gains = line_filter.gains
    among(GAIN, None if gains is None else [its.value for its in gains])
    return Condition(" AND ".join(terms) or "true", values)
