"""What the import page shows: the form, and what files would bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple
from urllib.parse import urlencode

from daybook.gl.kinds import Kind
from daybook_web.general_ledger.import_results import (
    Brought,
    Fault,
    GlImportPage,
    ImportedKind,
    Into,
    Run,
)
from daybook_web.kit.formats import count, file_size
from daybook_web.kit.forms import Choice, Problem
from daybook_web.kit.rendering import View
from daybook_web.kit.waiting_files import WaitingRow, WaitingUpload

PATH = "/general-ledger/import"
FILES = f"{PATH}/files"
DISCARD = f"{FILES}/discard"
KINDS = [
    Choice(kind.name, kind.words.capitalize())
    for kind in sorted(Kind, key=lambda kind: kind.words)
]


class Files(NamedTuple):
    """Files that were sent, by the keys of their uploads, and what they are.

    Without a `kind`, each says itself what it has; `connection` is an id.
    """

    connection: str
    kind: str
    keys: Sequence[str]
    mapping: str = ""

    def url(self, path: str = FILES) -> str:
        """The address of their page, or of a form on it."""
        query = [
            ("connection", self.connection),
            *([("kind", self.kind)] if self.kind else []),
            *(("upload", key) for key in self.keys),
            *([("mapping", self.mapping)] if self.mapping else []),
        ]
        return f"{path}?{urlencode(query)}"

    @property
    def variables(self) -> dict[str, object]:
        """The input of the import."""
        return {
            "connectionId": self.connection,
            "kind": self.kind or None,
            "uploadIds": list(self.keys),
            "mappingUploadId": self.mapping or None,
        }


@dataclass(frozen=True, slots=True)
class RunRow:
    """An import, or one that failed."""

    at: datetime
    who: str
    message: str
    is_failed: bool
    counts: str

    @classmethod
    def of(cls, run: Run) -> "RunRow":
        """An import as the page lists it."""
        problems = int(run.problem_count)
        return cls(
            run.started_at,
            run.who,
            run.message,
            run.is_failed,
            count(problems, "problem", "problems") if problems else "",
        )


@dataclass(frozen=True, slots=True)
class SendForm:
    """The form that sends files, with what was chosen in it."""

    connections: Sequence[Into]
    kinds: Sequence[Choice]
    connection: str
    kind: str
    size_max: str
    bytes_max: int

    @classmethod
    def of(
        cls, connections: Sequence[Into], bytes_max: int, connection: str, kind: str
    ) -> "SendForm":
        """The form; files have `bytes_max` together."""
        return cls(
            connections,
            KINDS,
            connection,
            kind,
            file_size(str(bytes_max)),
            bytes_max,
        )


@dataclass(frozen=True, slots=True)
class GlImportView(View):
    """The form that sends files, the files that wait, and the last imports.

    `done` is what was done before, in words; `done_in` is the connection of that.
    """

    page: ClassVar[str] = "general_ledger/import.html"

    title: str
    form: SendForm
    done: str
    done_in: Into | None
    problems: Sequence[Problem]
    waiting: Sequence[WaitingRow]
    runs: Sequence[RunRow]

    @classmethod
    def of(
        cls,
        found: GlImportPage,
        form: SendForm,
        *,
        done: str,
        done_in: Into | None,
        problems: Sequence[Problem],
    ) -> "GlImportView":
        """The page as it is now."""
        return cls(
            title="Import from Xero",
            form=form,
            done=done,
            done_in=done_in,
            problems=problems,
            waiting=[_waiting(its, form) for its in found.waiting_uploads],
            runs=[RunRow.of(run) for run in found.activity.nodes],
        )


@dataclass(frozen=True, slots=True)
class GlPreviewView(View):
    """What files would bring, or what is wrong with them, and the forms for both."""

    page: ClassVar[str] = "general_ledger/preview.html"

    title: str
    form: SendForm
    address: str
    discard_url: str
    expected: str
    replaces: str
    """The keys of the uploads that other files take the place of."""
    into: Into | None
    problems: Sequence[Problem]
    faults: Sequence[Fault]
    fault_count: int
    more_faults: int
    kinds: Sequence[ImportedKind]
    left_out: Sequence[str]
    taking: int

    @classmethod
    def of(
        cls,
        found: Brought,
        files: Files,
        form: SendForm,
        *,
        into: Into | None,
        problem: str,
    ) -> "GlPreviewView":
        """The page of files; `problem` says why they weren't imported before."""
        return cls(
            title=count(len(files.keys), "file", "files"),
            form=form,
            address=files.url(),
            discard_url=files.url(DISCARD),
            expected=found.audit_record,
            replaces=" ".join(filter(None, (*files.keys, files.mapping))),
            into=into,
            problems=[Problem("", problem)] if problem else [],
            faults=found.user_errors,
            fault_count=found.user_error_count,
            more_faults=found.user_error_count - len(found.user_errors),
            kinds=found.kinds,
            left_out=found.left_out,
            taking=found.documents,
        )


def _waiting(waiting: WaitingUpload, form: SendForm) -> WaitingRow:
    """A file that waits: opened as one that says itself what it has."""
    files = Files(form.connection, "", [waiting.upload_id])
    return WaitingRow.of(waiting, open_url=files.url(), discard_url=files.url(DISCARD))
