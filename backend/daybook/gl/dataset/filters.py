"""Which lines of the dataset a reader wants, as a condition."""

from collections.abc import Collection
from typing import NamedTuple

from daybook.calendar import Day, day_text
from daybook.columnar.engine import named
from daybook.gl.rules.columns import DatasetColumn as Column
from daybook.gl.rules.journal_types import JournalType


class LineFilter(NamedTuple):
    """What all lines fulfil; what is None or blank leaves out nothing.

    `connections` are numbers. `tracking` is an option as the dataset shows it, such as
    `Region - North`. `search` is part of a description, reference, contact's or
    account's name, in any case.
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
    among(named(Column.ACCOUNT_CODE), line_filter.account_codes)
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
    return Condition(" AND ".join(terms) or "true", values)
