"""What the operations of the import page answer."""

from dataclasses import dataclass
from datetime import datetime

from daybook_web.general_ledger.refresh_results import CONNECTIONS
from daybook_web.kit.results import Result
from daybook_web.kit.waiting_files import WaitingUpload

OF_UPLOADS = {"NOT_FOUND", "UPLOAD_SPENT", "IN_USE"}
"""The codes of what is wrong with an upload, and not with the file in it."""


@dataclass(frozen=True, slots=True)
class Into(Result):
    """A connection that files may be imported into."""

    id: str
    number: int
    name: str
    base_currency: str
    is_main: bool

    @property
    def page_url(self) -> str:
        """The address of its page."""
        return f"{CONNECTIONS}/{self.number}"


@dataclass(frozen=True, slots=True)
class Run(Result):
    """An import, or one that failed."""

    started_at: datetime
    is_failed: bool
    message: str
    who: str
    problem_count: str


@dataclass(frozen=True, slots=True)
class Runs(Result):
    """The last imports, newest first."""

    nodes: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class GlImportPage(Result):
    """What the page loads that files are sent from."""

    gl_connections: tuple[Into, ...]
    waiting_uploads: tuple[WaitingUpload, ...]
    activity: Runs


@dataclass(frozen=True, slots=True)
class Fault(Result):
    """What is wrong with the files, or with what was asked for."""

    code: str
    message: str
    path: tuple[str, ...]
    line: int | None

    @property
    def is_of_an_upload(self) -> bool:
        """Whether there is no file to read, instead of a problem in it."""
        return self.path[:1] in {("uploadIds",), ("mappingUploadId",)} and (
            self.code in OF_UPLOADS
        )


@dataclass(frozen=True, slots=True)
class ImportedKind(Result):
    """What files bring of a kind; numbers of journals are text."""

    kind: str
    documents: int
    rows: int
    unchanged: int
    first_number: str | None
    last_number: str | None
    data_time: datetime | None

    @property
    def words(self) -> str:
        """The kind for people: `Bank transactions`."""
        return self.kind.replace("_", " ").capitalize()

    @property
    def numbers(self) -> str:
        """The first and the last number of new journals; empty for other kinds."""
        if self.first_number is None or self.last_number is None:
            return ""
        if self.first_number == self.last_number:
            return self.first_number
        return f"{self.first_number}–{self.last_number}"


@dataclass(frozen=True, slots=True)
class Brought(Result):
    """What files brought, or would bring."""

    kinds: tuple[ImportedKind, ...]
    left_out: tuple[str, ...]
    audit_record: str
    documents: int
    user_error_count: int
    user_errors: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class PreviewGlImport(Result):
    """The result of an import that only looks."""

    import_gl: Brought
