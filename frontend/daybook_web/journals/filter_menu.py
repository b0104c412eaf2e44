"""The menu of the report's filters: fields by their names, with their values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from daybook.reports.journals.filter_kinds import YesOrNo
from daybook.reports.journals.filters import FILTERS, Filter
from daybook_web.journals.chips import Names, value_words
from daybook_web.journals.parameters import BY_NUMBER, SORTS
from daybook_web.journals.query import ReportQuery
from daybook_web.kit.forms import Choice

_PARTS: Sequence[tuple[str, Sequence[str | tuple[str, ...]]]] = (
    ("Who and what", ("customer", "product")),
    ("Document", ("source", "invoice", "credit_note", "billing_schedule")),
    ("Days", (("from", "to"), "on", "as_of", "include_scheduled")),
    (
        "What differs",
        (
            *("shifted", "revised", "voided", "partly_scheduled", "type"),
            "exclude_fully_recognized",
        ),
    ),
    (
        "Accounts",
        ("account", "column", "against", "deferred_on", "unscheduled", "changed_after"),
    ),
)
_BY_NAME = {declared.name: declared for declared in FILTERS}
_NAMES: Mapping[tuple[str, ...], str] = {("from", "to"): "Posted between"}
"""Names of entries with several fields."""
_SORT_WORDS = {
    "number": ("No., first to last", "No., last to first"),
    "customer": ("Customer, A to Z", "Customer, Z to A"),
    "document": ("Document, A to Z", "Document, Z to A"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu, with the fields that it opens; `value` if they are set."""

    words: str
    value: str
    fields: Sequence[Filter]


@dataclass(frozen=True, slots=True)
class Part:
    """Entries of a kind."""

    words: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Rows:
    """A choice of what the rows of the list are, by its parameter."""

    name: str
    words: str
    choices: Sequence[Choice]


def _sorts() -> Iterator[Choice]:
    for name in SORTS:
        by = name.removeprefix("-")
        words = _SORT_WORDS.get(by) or (
            f"{by.title()}, smallest first",
            f"{by.title()}, largest first",
        )
        value = "" if name == BY_NUMBER else name
        yield Choice(value, words[name.startswith("-")])


ROWS = (
    Rows("sort", "Sorted by", tuple(_sorts())),
    Rows(
        "group_by",
        "Grouped by",
        (
            Choice("", "Nothing: journals"),
            Choice("none", "Period only"),
            Choice("customer", "Customer"),
            Choice("product", "Product"),
            Choice("document", "Document"),
            Choice("customer,product", "Customer and product"),
            Choice("customer,document", "Customer and document"),
            Choice("product,document", "Product and document"),
            Choice("customer,product,document", "Customer, product and document"),
        ),
    ),
    Rows(
        "granularity",
        "Groups of",
        (
            Choice("", "Months"),
            Choice("daily", "Days"),
            Choice("total", "All days"),
        ),
    ),
)
"""What the rows of the list can be."""


def parts_of(query: ReportQuery, found: Names) -> list[Part]:
    """All filters but the search, which has a place of its own.

    Those that only links give are there if they are given.
    """
    return [
        Part(
            words,
            [
                _entry(names, query, found)
                for names in map(_as_tuple, entries)
                if any(_is_offered(name, query) for name in names)
            ],
        )
        for words, entries in _PARTS
    ]


def _as_tuple(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


def _is_offered(name: str, query: ReportQuery) -> bool:
    declared = _BY_NAME[name]
    return declared.is_offered or bool(query.values(declared))


def _entry(
    names: tuple[str, ...],
    query: ReportQuery,
    found: Names,
) -> Entry:
    fields = [_BY_NAME[name] for name in names]
    first = fields[0]
    words = _NAMES.get(names, first.label)
    if isinstance(first.kind, YesOrNo) and first.is_switch:
        words = first.kind.yes
    values = [
        value_words(declared, text, found)
        for declared in fields
        for text in query.values(declared)
    ]
    return Entry(words, ", ".join(values), fields)
