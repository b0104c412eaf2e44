"""What the page of an export shows, or that of a file which a command made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from daybook.exports.manifests.manifest import MEMBER
from daybook.reports.trail.names import person_name
from daybook_web.exports.export_facts import Fact, facts_of_job, facts_of_record
from daybook_web.exports.export_results import FileRecord, MarkedPosting, WholeJob
from daybook_web.exports.job_rows import (
    JobRow,
    difference_url,
    page_of,
    page_of_record,
    record_name,
)
from daybook_web.exports.manifest_sums import ManifestSums
from daybook_web.exports.words import file_title
from daybook_web.kit.formats import day, file_size, money
from daybook_web.kit.forms import Problem
from daybook_web.kit.rendering import View
from daybook_web.kit.results import CurrencyAmount
from daybook_web.kit.times import moment

CANCELLED, POSTED, UNDONE = "cancelled", "posted", "undone"
"""What the address says was just done."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file comes to, and what tells that a file is the one."""

    name: str
    rows: str
    debits: CurrencyAmount
    credits: CurrencyAmount
    size: str
    sha256: str
    manifest_url: str
    sums: ManifestSums


@dataclass(frozen=True, slots=True)
class PostingRow:
    """A posting, and how it was undone, if it was."""

    words: str
    marked: str
    undone: str
    reason: str


@dataclass(frozen=True, slots=True)
class PostingForm:
    """What was typed into the forms of a posting, and what is wrong with it.

    It `asks_to_confirm` where marking was refused for entries that another posted file
    has, too.
    """

    reference: str
    posted_on: str
    reason: str
    asks_to_confirm: bool
    problems: Sequence[Problem]

    @classmethod
    def of(
        cls,
        form: Mapping[str, str],
        problems: Sequence[Problem] = (),
        *,
        asks_to_confirm: bool = False,
    ) -> "PostingForm":
        """What a form sent."""
        return cls(
            reference=form.get("reference", ""),
            posted_on=form.get("posted_on", ""),
            reason=form.get("reason", ""),
            asks_to_confirm=asks_to_confirm,
            problems=problems,
        )


@dataclass(frozen=True, slots=True)
class ExportView(View):
    """An export or a file of a command; `record_id` is empty without a record."""

    page: ClassVar[str] = "exports/export.html"
    fragment: ClassVar[str] = "exports/_swap.html"

    title: str
    words: str
    done: str
    address: str
    key: str
    job: JobRow | None
    is_awaited: bool
    file: FileFacts | None
    facts: Sequence[Fact]
    record_id: str
    posting: PostingRow | None
    past: Sequence[PostingRow]
    difference: str
    form: PostingForm

    @classmethod
    def of_job(
        cls, job: WholeJob, form: PostingForm, *, key: str, done: str
    ) -> "ExportView":
        """The page of an export."""
        row, record = JobRow.of(job), job.record
        manifest = f"{page_of(job.number)}/{MEMBER}"
        return cls(
            title=row.name,
            words=row.title,
            done=_done(done, record),
            address=page_of(job.number),
            key=key,
            job=row,
            is_awaited=row.is_awaited,
            file=_file(record, manifest) if record else None,
            facts=facts_of_job(job),
            record_id=record.id if record else "",
            posting=_posting(record),
            past=_past(record),
            difference=row.difference_url,
            form=form,
        )

    @classmethod
    def of_record(
        cls, record: FileRecord, form: PostingForm, *, key: str, done: str
    ) -> "ExportView":
        """The page of a file's record."""
        its = (record.currency, record.filters, record.format, record.granularity)
        return cls(
            title=record_name(record.number),
            words=file_title(*its),
            done=_done(done, record),
            address=page_of_record(record.number),
            key=key,
            job=None,
            is_awaited=False,
            file=_file(record),
            facts=facts_of_record(record),
            record_id=record.id,
            posting=_posting(record),
            past=_past(record),
            difference=difference_url(record.currency, record),
            form=form,
        )


def _done(done: str, record: FileRecord | None) -> str:
    """Says what was just done, and how much it was; empty for anything else."""
    if done == CANCELLED:
        return "The export is cancelled."
    if record is None:
        return ""
    total = record.debit_total
    its = f"{record_name(record.number)} of {money(total)} {total.currency}"
    if done == POSTED and record.posting is not None:
        return f"{its} is marked as posted as {record.posting.reference}."
    if done == UNDONE and record.posting is None:
        return f"{its} is no longer marked as posted."
    return ""


def _file(record: FileRecord, manifest_url: str = "") -> FileFacts:
    return FileFacts(
        name=record.filename,
        rows=f"{record.rows:,}",
        debits=record.debit_total,
        credits=record.credit_total,
        size=file_size(record.bytes),
        sha256=record.sha256,
        manifest_url=manifest_url if record.manifest else "",
        sums=ManifestSums.of(record.manifest),
    )


def _posting(record: FileRecord | None) -> PostingRow | None:
    """The posting that holds."""
    if record is None or record.posting is None:
        return None
    return PostingRow(*_words(record.posting), "", "")


def _past(record: FileRecord | None) -> list[PostingRow]:
    """The postings that were undone, newest first."""
    postings = record.postings if record else ()
    return [
        PostingRow(
            *_words(posting),
            Markup("Undone by {by}, {at}").format(
                by=person_name(posting.undoing.undone_by),
                at=moment(posting.undoing.undone_at),
            ),
            posting.undoing.reason,
        )
        for posting in reversed(postings)
        if posting.undoing is not None
    ]


def _words(posting: MarkedPosting) -> tuple[str, str]:
    """What a file was posted as, and who marked it."""
    return (
        f"Posted {day(posting.posted_on)}, {posting.reference}",
        Markup("Marked by {by}, {at}").format(
            by=person_name(posting.marked_by), at=moment(posting.marked_at)
        ),
    )
