"""What the pages of imports show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, NamedTuple
from urllib.parse import urlencode

from daybook.calendar import Day, date_of
from daybook.documents.reading.csv_fields import (
    HEAD_FIELDS,
    LINE_FIELDS,
    REQUIRED_FIELDS,
)
from daybook_web.importing.control_totals import ControlTotal
from daybook_web.importing.results import (
    Effect,
    Fault,
    FaultyLine,
    ImportedDocument,
    ImportPage,
    KindCount,
    Notice,
    Preview,
    Run,
)
from daybook_web.kit.formats import count, days, file_size, sentence, source
from daybook_web.kit.forms import Problem
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Money
from daybook_web.kit.tokens import token_of
from daybook_web.kit.waiting_files import WaitingRow, WaitingUpload

PATH = "/documents/import"
ROWS_MAX = 100
"""How many problems are listed, how many notices, and how many changed names."""
BEFORE_MAX = 12
"""How many characters are shown before a faulty cell, so that it is in sight."""
WAITS = "The file waits for 24 hours."
LOST = (
    "The server stopped while this file was being imported: all of it is recorded, or"
    " nothing. What is still to be imported stands below."
)
EARLIER_VERSION = (
    "An earlier version of Daybook read this file. Check again to see its documents and"
    " what it renames."
)
JSON_ENDS = (".jsonl", ".json", ".ndjson")
UNNAMED = "Your file"
DOCUMENTS = ("document", "documents")
FURTHER_FIELDS = tuple(
    name for name in (*HEAD_FIELDS, *LINE_FIELDS) if name not in REQUIRED_FIELDS
)
"""The columns of a CSV file that only some documents need."""
KINDS = {
    "INVOICE": "invoices",
    "BILLING_SCHEDULE": "billing schedules",
    "CREDIT_NOTE": "credit notes",
}


class Upload(NamedTuple):
    """A file that was sent: its upload's key, and its name, which may be empty."""

    key: str
    name: str

    def url(self, form: str = "") -> str:
        """The address of its page, or of a form on that."""
        query = urlencode({"name": self.name}) if self.name else ""
        return f"{PATH}/{self.key}{form}{'?' * bool(query)}{query}"


@dataclass(frozen=True, slots=True)
class RunRow:
    """What an import did in a ledger."""

    at: datetime
    who: str
    message: str
    is_failed: bool
    counts: str

    @classmethod
    def of(cls, run: Run) -> "RunRow":
        """An import as the page lists it."""
        counted = (
            (run.document_count, *DOCUMENTS),
            (run.journal_count, "journal", "journals"),
            (run.problem_count, "problem", "problems"),
        )
        ledger = [run.ledger.currency] if run.ledger else []
        counts = [
            count(int(number), *words) for number, *words in counted if int(number)
        ]
        return cls(
            at=run.started_at,
            who=run.who,
            message=run.message,
            is_failed=run.is_failed,
            counts=", ".join(ledger + counts),
        )


@dataclass(frozen=True, slots=True)
class ImportStartView(View):
    """The form that sends a file, the files that wait, and the last imports."""

    page: ClassVar[str] = "importing/import.html"

    title: str
    done: str
    """What was done before, in words; empty if nothing was."""
    problems: Sequence[Problem]
    size_max: str
    bytes_max: int
    needed: Sequence[str]
    further: Sequence[str]
    waiting: Sequence[WaitingRow]
    runs: Sequence[RunRow]

    @classmethod
    def of(
        cls,
        found: ImportPage,
        bytes_max: int,
        *,
        done: str = "",
        problems: Sequence[Problem] = (),
    ) -> "ImportStartView":
        """The page; `bytes_max` is the size of the largest file."""
        return cls(
            title="Import documents",
            done=done,
            problems=problems,
            size_max=file_size(str(bytes_max)),
            bytes_max=bytes_max,
            needed=REQUIRED_FIELDS,
            further=FURTHER_FIELDS,
            waiting=[_waiting(upload) for upload in found.waiting_uploads],
            runs=[RunRow.of(run) for run in found.activity.nodes if run.is_listed],
        )


def _waiting(waiting: WaitingUpload) -> WaitingRow:
    upload = Upload(waiting.upload_id, waiting.file_name or "")
    return WaitingRow.of(
        waiting, open_url=upload.url(), discard_url=upload.url("/discard")
    )


@dataclass(frozen=True, slots=True)
class Figure:
    """A number or an amount, and what it is of."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class LedgerPart:
    """What would be imported into a ledger."""

    currency: str
    documents: str
    invoiced: Money
    credited: Money
    """With a minus."""
    recognized: Money
    deferred: Money
    moved: Money
    moved_to: Link | None
    """The days that it is posted on, with the lock that moves it."""
    control: ControlTotal


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document that would be new, revised or voided."""

    words: str
    change: str
    customer: str
    dated: date
    currency: str
    before: Money | None
    """What it came to, where that is something else."""
    amount: Money

    @classmethod
    def of(cls, found: ImportedDocument) -> "DocumentRow":
        """A document as the page lists it."""
        change = "New" if found.before is None else "Revised"
        before = None if found.before == found.after else found.before
        amount = found.after
        if amount is None:
            change, before, amount = "Voided", None, found.before
        return cls(
            words=f"{source(found.kind)} {found.number}",
            change=change,
            customer=found.customer_name,
            dated=found.accounting_date,
            currency=found.currency,
            before=before,
            amount=amount or Money("0"),
        )


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A faulty cell, which may be empty, and what stands around it in its line."""

    before: str
    cell: str
    after: str

    @classmethod
    def of(cls, line: FaultyLine, path: Sequence[str]) -> "MarkedText | None":
        """The cell of the column that a path names; None if it isn't known."""
        for its in line.cells:
            if (its.column,) == tuple(path):
                before = line.text[: its.start]
                if len(before) > BEFORE_MAX:
                    before = f"…{before[-BEFORE_MAX:]}"
                return cls(before, line.text[its.start : its.end], line.text[its.end :])
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the file, and what is said of it."""

    line: str
    place: str
    message: str
    text: str = ""
    """The line itself; empty where it isn't known."""
    marked: "MarkedText | None" = None
    """The part of the line around its faulty cell, if that is known."""


class Look(NamedTuple):
    """When a file was looked at, and what became of importing it before that."""

    day: Day
    problem: str
    """Why it wasn't imported; empty if nothing was in the way."""
    is_lost: bool
    """Whether nobody knows what became of it."""


@dataclass(frozen=True, slots=True)
class ImportPreviewView(View):
    """What an upload would bring, with the forms that take and discard it."""

    page: ClassVar[str] = "importing/preview.html"

    title: str
    key: str
    path: str
    address: str
    discard_url: str
    problems: Sequence[Problem]
    news: str
    """What else happened to the file; empty if nothing did."""
    summary: str
    faults: Sequence[Place]
    is_sheet: bool
    """Whether its problems may be those of a spreadsheet's columns or cells."""
    needed: Sequence[str]
    further: Sequence[str]
    fault_count: int
    more_faults: int
    notices: Sequence[Place]
    notice_count: int
    more_notices: int
    documents: Sequence[DocumentRow]
    more_documents: int
    renamings: Sequence[str]
    renaming_count: int
    more_renamings: int
    figures: Sequence[Figure]
    ledgers: Sequence[LedgerPart]
    through: date
    """The last day of what the ledgers gain to date."""
    taking: int
    note: str
    seen: str
    expected: str
    size_max: str
    bytes_max: int

    @classmethod
    def of(
        cls,
        found: Preview,
        upload: Upload,
        bytes_max: int,
        typed: Mapping[str, str],
        look: Look,
    ) -> "ImportPreviewView":
        """What an upload would bring; `typed` are control totals."""
        faults, notices = found.user_errors[:ROWS_MAX], found.notices[:ROWS_MAX]
        renamings = found.renamings[:ROWS_MAX]
        lines = {faulty.line: faulty for faulty in found.faulty_lines}
        return cls(
            title=upload.name or UNNAMED,
            key=upload.key,
            path=f"{PATH}/{upload.key}",
            address=upload.url(),
            discard_url=upload.url("/discard"),
            problems=[Problem("", look.problem)] if look.problem else [],
            news=_news(found, look),
            summary=_summary(found),
            faults=[_fault(fault, lines) for fault in faults],
            is_sheet=not upload.name.removesuffix(".gz").endswith(JSON_ENDS),
            needed=REQUIRED_FIELDS,
            further=FURTHER_FIELDS,
            fault_count=found.user_error_count,
            more_faults=found.user_error_count - len(faults),
            notices=[_notice(notice) for notice in notices],
            notice_count=found.notice_count,
            more_notices=found.notice_count - len(notices),
            documents=[DocumentRow.of(its) for its in found.first_documents],
            more_documents=found.documents - len(found.first_documents),
            renamings=[sentence(its.message) for its in renamings],
            renaming_count=found.renaming_count,
            more_renamings=found.renaming_count - len(renamings),
            figures=list(_figures(found)),
            ledgers=[_ledger(effect, typed) for effect in found.effects],
            through=date_of(look.day),
            taking=found.documents,
            note=_note(found),
            seen=seen_of(found),
            expected=found.audit_record,
            size_max=file_size(str(bytes_max)),
            bytes_max=bytes_max,
        )


def _news(found: Preview, look: Look) -> str:
    """What else happened to the file."""
    if look.is_lost:
        return LOST
    return EARLIER_VERSION if found.is_of_an_earlier_version else ""


def seen_of(found: Preview) -> str:
    """A token of what a preview shows, whatever else was recorded meanwhile."""
    return token_of(replace(found, audit_record=""))


def _summary(found: Preview) -> str:
    """How many documents the file has, which isn't known with a problem in it."""
    if found.user_error_count:
        return ""
    in_file = found.documents + found.unchanged + found.unknown_voids + found.drafts
    return count(in_file, *DOCUMENTS)


def _figures(found: Preview) -> Iterator[Figure]:
    """What becomes of the file's documents, without what there is none of."""
    yield from _by_kind("New", found.recorded)
    yield from _by_kind("Revised", found.revised)
    yield from _by_kind("Voided", found.voided)
    numbers = (
        ("Recorded already, just so", found.unchanged),
        ("Void, and never recorded", found.unknown_voids),
        ("Drafts, which are not imported", found.drafts),
        ("Journals that come to be", found.journals),
        ("Movements that are added", found.movements),
    )
    for name, number in numbers:
        if number:
            yield Figure(name, f"{number:,}")


def _by_kind(what: str, counts: Iterable[KindCount]) -> Iterator[Figure]:
    for counted in counts:
        name = KINDS.get(counted.kind, counted.kind)
        yield Figure(f"{what} {name}", f"{counted.count:,}")


def _ledger(effect: Effect, typed: Mapping[str, str]) -> LedgerPart:
    return LedgerPart(
        currency=effect.currency,
        documents=f"{effect.documents:,}",
        invoiced=effect.invoiced,
        credited=Money.of(-effect.credited.minor, effect.credited.decimals),
        recognized=effect.recognized,
        deferred=effect.deferred,
        moved=effect.moved,
        moved_to=_moved_to(effect),
        control=ControlTotal.of(effect, typed),
    )


def _moved_to(effect: Effect) -> Link | None:
    if effect.moved_from is None or effect.moved_through is None:
        return None
    lock = f"/settings/locks?{urlencode({'currency': effect.currency})}"
    return Link(f"to {days(effect.moved_from, effect.moved_through)}", lock)


def _note(found: Preview) -> str:
    """What *Import* does, or what it waits for."""
    whole = "All of it, or nothing: one record in the audit trail."
    if found.user_error_count:
        waiting = count(found.user_error_count, "problem", "problems")
        return f"After {waiting}. {whole} {WAITS}"
    if not found.documents:
        return f"There is nothing to import: all of it is recorded already. {WAITS}"
    return f"{whole} {WAITS}"


def _fault(fault: Fault, lines: Mapping[int, FaultyLine]) -> Place:
    """A problem; a message that begins with its field's name needs no other place."""
    place = ".".join(fault.path)
    line = None if fault.line is None else lines.get(fault.line)
    return Place(
        line=_line(fault.line),
        place="" if fault.message.startswith(f"{place} ") else place,
        message=fault.message,
        text="" if line is None else line.text,
        marked=None if line is None else MarkedText.of(line, fault.path),
    )


def _notice(notice: Notice) -> Place:
    return Place(_line(notice.line), "", sentence(notice.message))


def _line(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
