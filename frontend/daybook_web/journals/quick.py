"""Quick filters: what deserves a second look, each with its count. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from daybook.ledger.rules import SourceKind
from daybook.reports.journals.selection import read_selection, sources_of
from daybook_web.journals.parameters import YES
from daybook_web.journals.query import ReportQuery
from daybook_web.journals.results import JournalCounts


class Marked(NamedTuple):
    """A mark by the field that counts it, with its words, and the filter that it is.

    One of a kind of document is also on where other filters leave that kind alone.
    """

    counted: str
    words: str
    parameter: str
    value: str = YES
    kind: SourceKind | None = None


MARKED = (
    Marked("moved", "Moved by lock", "shifted"),
    Marked(
        *("credit_notes", "Credit note", "source", "CREDIT_NOTE"),
        SourceKind.CREDIT_NOTE,
    ),
    Marked("revised", "Revised", "revised"),
    Marked("voided", "Voided", "voided"),
    Marked("partly_scheduled", "Partly scheduled", "partly_scheduled"),
    Marked("manual", "Manual", "type", "MANUAL", SourceKind.STANDALONE),
)
OF_KINDS = ("source", "type")
"""The filters that select kinds of documents, which are one selection."""


@dataclass(frozen=True, slots=True)
class Quick:
    """A quick filter; `count` is empty until it is known.

    The link of one that `is_on` leads to the report without it.
    """

    name: str
    words: str
    count: str
    url: str
    is_on: bool


def mark_of(query: ReportQuery) -> Marked | None:
    """The quick filter that is on, unless several filters of marks are."""
    on = _marks_of(query)
    return on[0] if len(on) == 1 else None


def set_by(query: ReportQuery, marked: Marked) -> tuple[str, ...]:
    """The parameters that set a mark which is on."""
    if marked.kind is None:
        return (marked.parameter,)
    return tuple(name for name in OF_KINDS if name in query.parameters)


def without_marks(query: ReportQuery) -> ReportQuery:
    """The query without what quick filters set, from its first page."""
    names = {marked.parameter for marked in MARKED if marked.kind is None}
    for marked in _marks_of(query):
        names |= {*set_by(query, marked)}
    return query.restarted(**dict.fromkeys(names, ""))


def quick_filters(query: ReportQuery, counts: JournalCounts) -> list[Quick]:
    """The filters that select something, after a link to all journals; one at a time.

    There are none where nothing is marked.
    """
    on, everything = mark_of(query), without_marks(query)
    found = list(_marked(everything, counts, on))
    if not found:
        return []
    is_all = everything == query.restarted()
    its = _words_of(counts.all)
    return [Quick("all", "All", its, everything.url(), is_on=is_all), *found]


def has_uncounted(counts: JournalCounts) -> bool:
    """Whether some aren't counted, since that takes long."""
    return None in (counts.all, *_counts_of(counts).values())


def _marks_of(query: ReportQuery) -> list[Marked]:
    kinds = sources_of(read_selection(query.parameters)[0])
    return [
        marked
        for marked in MARKED
        if (
            query.parameters.get(marked.parameter) == (marked.value,)
            if marked.kind is None
            else kinds == (marked.kind,)
        )
    ]


def _marked(
    everything: ReportQuery, counts: JournalCounts, on: Marked | None
) -> Iterator[Quick]:
    by_name = _counts_of(counts)
    for marked in MARKED:
        count = by_name[marked.counted]
        if count == 0 and marked is not on:
            continue
        its = everything.restarted(**{marked.parameter: marked.value})
        yield Quick(
            marked.parameter,
            marked.words,
            _words_of(count),
            (everything if marked is on else its).url(),
            is_on=marked is on,
        )


def _counts_of(counts: JournalCounts) -> Mapping[str, int | None]:
    return {
        "moved": counts.moved,
        "credit_notes": counts.credit_notes,
        "revised": counts.revised,
        "voided": counts.voided,
        "partly_scheduled": counts.partly_scheduled,
        "manual": counts.manual,
    }


def _words_of(count: int | None) -> str:
    return "" if count is None else f"{count:,}"
