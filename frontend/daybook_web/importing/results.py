"""The results of the operations of imports."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from daybook_web.kit.results import Money, Result
from daybook_web.kit.waiting_files import WaitingUpload

OF_THE_UPLOAD = {"NOT_FOUND", "UPLOAD_SPENT", "IN_USE"}
"""The codes of what is wrong with an upload, and not with the file in it."""


@dataclass(frozen=True, slots=True)
class RunLedger(Result):
    """The ledger that an import recorded in."""

    currency: str


@dataclass(frozen=True, slots=True)
class Run(Result):
    """What an import did in a ledger, or that it failed; its counts are text."""

    started_at: datetime
    is_failed: bool
    message: str
    who: str
    ledger: RunLedger | None
    document_count: str
    journal_count: str
    problem_count: str

    @property
    def is_listed(self) -> bool:
        """Whether it brought its ledger something, or failed, or is of no ledger.

        A file that names a customer anew is recorded in every ledger.
        """
        counts = (self.document_count, self.journal_count)
        return self.ledger is None or self.is_failed or any(map(int, counts))


@dataclass(frozen=True, slots=True)
class Runs(Result):
    """The last imports, newest first."""

    nodes: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class ImportPage(Result):
    """What the page loads that a file is sent from."""

    waiting_uploads: tuple[WaitingUpload, ...]
    activity: Runs


@dataclass(frozen=True, slots=True)
class KindCount(Result):
    """How many documents of a kind there are."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Notice(Result):
    """Something to look at, though nothing is refused for it."""

    message: str
    line: int | None


@dataclass(frozen=True, slots=True)
class ImportedDocument(Result):
    """A document that is new, revised or voided, with its totals before and after."""

    kind: str
    number: str
    customer_name: str
    currency: str
    accounting_date: date
    before: Money | None
    after: Money | None


@dataclass(frozen=True, slots=True)
class Renaming(Result):
    """A customer or a product that gets another name or category."""

    message: str


@dataclass(frozen=True, slots=True)
class Fault(Result):
    """A problem of the file, or of the upload."""

    code: str
    message: str
    path: tuple[str, ...]
    line: int | None

    @property
    def is_of_the_upload(self) -> bool:
        """Whether there is no file to read, instead of a problem in it."""
        return self.path == ("uploadId",) and self.code in OF_THE_UPLOAD


@dataclass(frozen=True, slots=True)
class FaultyCell(Result):
    """A faulty cell of a line, by the characters of the line's text."""

    column: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FaultyLine(Result):
    """A line of the file as it stands there."""

    line: int
    text: str
    cells: tuple[FaultyCell, ...]


@dataclass(frozen=True, slots=True)
class Effect(Result):
    """What the documents bring to a ledger."""

    currency: str
    documents: int
    invoiced: Money
    credited: Money
    recognized: Money
    deferred: Money
    moved: Money
    file_total: Money
    moved_from: date | None = None
    moved_through: date | None = None


@dataclass(frozen=True, slots=True)
class Counts(Result):
    """How many documents an import records, and what they add."""

    recorded: tuple[KindCount, ...]
    revised: tuple[KindCount, ...]
    voided: tuple[KindCount, ...]
    journals: int
    movements: int

    @property
    def documents(self) -> int:
        """How many documents are new, revised or voided."""
        return total_of(chain(self.recorded, self.revised, self.voided))


@dataclass(frozen=True, slots=True)
class Preview(Counts):
    """What an upload would bring, or why it can't be imported.

    What has a default may be missing in a result that an earlier version kept.
    """

    unchanged: int
    unknown_voids: int
    drafts: int
    effects: tuple[Effect, ...]
    audit_record: str
    notice_count: int
    notices: tuple[Notice, ...]
    user_error_count: int
    user_errors: tuple[Fault, ...]
    faulty_lines: tuple[FaultyLine, ...]
    first_documents: tuple[ImportedDocument, ...] = ()
    renaming_count: int = 0
    renamings: tuple[Renaming, ...] = ()

    @property
    def is_of_an_earlier_version(self) -> bool:
        """Whether it lacks the documents that it counts."""
        return bool(self.documents) and not self.first_documents


@dataclass(frozen=True, slots=True)
class PreviewImport(Result):
    """The payload of an import that records nothing."""

    import_documents: Preview


@dataclass(frozen=True, slots=True)
class Taken(Result):
    """What taking a file recorded."""

    documents: int
    journals: int


@dataclass(frozen=True, slots=True)
class Answer(Result):
    """What a run found or did, as it is kept: one of `preview`, `taken` and `fault`.

    A preview with a `problem` is shown instead of taking the file. It is still true
    while `mark` is the last audit record, on its `day`.
    """

    preview: Preview | None = None
    mark: int = 0
    day: int = 0
    problem: str = ""
    taken: Taken | None = None
    fault: Fault | None = None
    """What is wrong with the upload."""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class UploadRun(Result):
    """The last run of an upload: it goes on, or is lost, or has its answer.

    `work` is LOOK or TAKE, `stage` READING or CHECKING; a `total` of 0 isn't known yet.
    """

    number: int
    work: str
    stage: str
    done: int
    total: int
    is_running: bool
    follows_lost: bool
    answer: Answer | None

    @property
    def is_lost(self) -> bool:
        """Whether it ended without an answer."""
        return not self.is_running and self.answer is None


@dataclass(frozen=True, slots=True)
class UploadState(Result):
    """Why an upload can't be taken, if it can't, and its last run."""

    problem: Fault | None
    run: UploadRun | None


@dataclass(frozen=True, slots=True)
class UploadPage(Result):
    """What the page of an upload loads."""

    upload: UploadState


def total_of(counts: Iterable[KindCount]) -> int:
    """How many documents there are of all kinds."""
    return sum(counted.count for counted in counts)
