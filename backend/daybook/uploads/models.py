"""The tables of uploads and their runs, in the runtime store."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Number, PlainText, RuntimeBase, SmallNumber, UtcDateTime


class Upload(RuntimeBase):
    """A file that was sent to be imported. All moments are by machines' clocks.

    The import `taken_by` has it until `taken_until`, and extends that while it runs.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("status BETWEEN 1 AND 3", "status_is_known"),
        Index(None, "expires_at"),
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    key: Mapped[str] = mapped_column(PlainText, primary_key=True)
    """Random, so that nobody finds other uploads by counting."""
    status: Mapped[int] = mapped_column(SmallNumber)
    made_by: Mapped[str] = mapped_column(PlainText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    file_name: Mapped[str | None] = mapped_column(PlainText)
    """As a browser told it; None of a program's file."""
    file_bytes: Mapped[int] = mapped_column(Number)
    """While it is being received: its maximum."""
    file_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    taken_by: Mapped[str | None] = mapped_column(PlainText)
    taken_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    spent_words: Mapped[str | None] = mapped_column(PlainText)
    """The recordings that imported it, in words."""


class ImportRun(RuntimeBase):
    """The last run of an upload, with its answer; see `runs`.

    The server whose `runner` has it keeps it until `kept_until`, again and again.
    """

    __tablename__ = "import_runs"
    __table_args__ = (
        CheckConstraint("work BETWEEN 1 AND 2", "work_is_known"),
        CheckConstraint("stage BETWEEN 1 AND 2", "stage_is_known"),
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    key: Mapped[str] = mapped_column(PlainText, primary_key=True)
    """The upload's."""
    number: Mapped[int] = mapped_column(Number)
    """Counts the upload's runs."""
    work: Mapped[int] = mapped_column(SmallNumber)
    stage: Mapped[int] = mapped_column(SmallNumber)
    done: Mapped[int] = mapped_column(Number)
    total: Mapped[int] = mapped_column(Number)
    """Of lines or documents; 0 until it is known."""
    runner: Mapped[str | None] = mapped_column(PlainText)
    kept_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    follows_lost: Mapped[bool] = mapped_column()
    """Whether the run before it was lost while it took the file."""
    answer: Mapped[str | None] = mapped_column(PlainText)
    """What it found or did, as JSON; None while it runs, and if it is lost."""
