"""What the list of exports shows, made from the result of its operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from daybook.reports.trail.names import person_name
from daybook_web.exports.job_rows import JobRow, job_rows, page_of_record
from daybook_web.exports.list_query import FILES_AFTER, POSTED, ExportsQuery
from daybook_web.exports.results import ExportsPage, FileOfCommand
from daybook_web.exports.words import FORMAT_NAMES, STATES
from daybook_web.journals.chips import Chip
from daybook_web.kit.formats import count
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.links import Link, Pager
from daybook_web.kit.rendering import View
from daybook_web.kit.results import CurrencyAmount, FilePosting
from daybook_web.kit.saved import SavedFilters

LABELS = {
    "ledger": "Ledger",
    "state": "State",
    "format": "Format",
    "by": "By",
    "posted": "Only",
}
"""What chips call the filters."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that a command made."""

    page: Link
    currency: str
    rows: str
    total: CurrencyAmount
    sha256: str
    by: str
    at: datetime
    posting: FilePosting | None

    @classmethod
    def of(cls, file: FileOfCommand) -> "FileRow":
        """The row of a record."""
        return cls(
            page=Link(file.filename, page_of_record(file.number)),
            currency=file.currency,
            rows=f"{file.rows:,}",
            total=file.debit_total,
            sha256=file.sha256,
            by=person_name(file.made_by),
            at=file.made_at,
            posting=file.posting,
        )


@dataclass(frozen=True, slots=True)
class ExportsView(View):
    """The exports that fit the filters, and the files of commands."""

    page: ClassVar[str] = "exports/exports.html"
    fragment: ClassVar[str] = "exports/_list.html"

    title: str
    status: str
    query: ExportsQuery
    address: str
    key: str
    ledgers: Sequence[Choice]
    states: Sequence[Choice]
    formats: Sequence[Choice]
    posted: Sequence[Choice]
    persons: Sequence[str]
    chips: Sequence[Chip]
    saved: SavedFilters
    jobs: Sequence[JobRow]
    is_awaited: bool
    pager: Pager | None
    files: Sequence[FileRow]
    newest_files: str
    older_files: str
    problems: Sequence[Problem]

    @classmethod
    def of(
        cls,
        found: ExportsPage,
        query: ExportsQuery,
        *,
        key: str,
        problems: Sequence[Problem] = (),
    ) -> "ExportsView":
        """The list; without rows where the operation was asked for none."""
        jobs, files = found.export_jobs, found.export_records
        rows = job_rows(jobs.nodes) if jobs else []
        older = ""
        if files and files.page_info.has_next_page:
            older = query.url(**{FILES_AFTER: files.page_info.end_cursor or ""})
        shows_files = files is not None and not query.is_filtered
        return cls(
            title="Exports",
            status=count(jobs.total_count, "export", "exports") if jobs else "",
            query=query,
            address=query.here(),
            key=key,
            ledgers=[
                Choice("", "All ledgers"),
                *(Choice(its.currency, its.currency) for its in found.ledgers),
            ],
            states=_choices("All states", STATES),
            formats=_choices(
                "All formats",
                {name: words for name, (words, _) in FORMAT_NAMES.items()},
            ),
            posted=_choices("All files", POSTED),
            persons=found.audit_choices.persons,
            chips=chips_of(query),
            saved=SavedFilters.of(
                found.saved_filters, query.kept, is_valid=not problems
            ),
            jobs=rows,
            is_awaited=any(row.is_awaited for row in rows),
            pager=Pager.of(jobs.page_info, query.url) if jobs else None,
            files=[FileRow.of(file) for file in files.nodes]
            if files and shows_files
            else [],
            newest_files=query.url() if FILES_AFTER in query.pages else "",
            older_files=older,
            problems=problems,
        )


def _choices(every: str, words: Mapping[str, str]) -> list[Choice]:
    return [Choice("", every), *(Choice(value, text) for value, text in words.items())]


def chips_of(query: ExportsQuery) -> list[Chip]:
    """The filters that are set, each with the list without it."""
    known = {
        **STATES,
        **POSTED,
        **{name: its for name, (its, _) in FORMAT_NAMES.items()},
    }
    return [
        Chip(LABELS[name], _chip_text(name, text, known), query.url(**{name: ""}))
        for name, text in query.texts.items()
        if text
    ]


def _chip_text(name: str, text: str, known: Mapping[str, str]) -> str:
    return person_name(text) if name == "by" else known.get(text, text)
