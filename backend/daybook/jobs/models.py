"""What tables of jobs have in common, parts of jobs, turns; the runtime store."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from daybook.db.base import (
    Number,
    PlainText,
    RuntimeBase,
    SmallNumber,
    UtcDateTime,
)
from daybook.jobs.rules import JobId


class Job:
    """A requested job, numbered per organisation; its row is its only state.

    The request fixes its contents, so that it makes the same bytes whenever and
    wherever it runs. `worker` has it until `lease_until`, by the machines' clocks;
    all other moments are by the program's clock.
    """

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805  (SQLAlchemy's)
        """The constraint and the indexes of every kind's table."""
        return (
            CheckConstraint("status BETWEEN 1 AND 6", "status_is_known"),
            Index(None, "organisation_id", "idempotency_key", unique=True),
            Index(None, "status", "organisation_id", "created_at"),
            Index(None, "organisation_id", "changed_at"),
        )

    __tablename__: str

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    requested_by: Mapped[str] = mapped_column(PlainText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    idempotency_key: Mapped[str | None] = mapped_column(PlainText)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)

    status: Mapped[int] = mapped_column(SmallNumber)
    changes: Mapped[int] = mapped_column(Number)
    """How often this row was changed."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """By the machine's clock."""
    attempts: Mapped[int] = mapped_column(SmallNumber)
    lost_attempts: Mapped[str | None] = mapped_column(PlainText)
    """The ends of attempts without a result, in words: a JSON list."""
    worker: Mapped[str | None] = mapped_column(PlainText)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rows_total: Mapped[int] = mapped_column(Number)
    """0 until they are counted."""
    rows_done: Mapped[int] = mapped_column(Number)
    """It never decreases, even if the work begins again."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_logged: Mapped[bool] = mapped_column()
    """Whether its end is known to be in the activity log."""
    activity_number: Mapped[int | None] = mapped_column(Number)
    """The number of its line in the activity log, written or about to be written."""

    file_name: Mapped[str] = mapped_column(PlainText)
    file_bytes: Mapped[int | None] = mapped_column(Number)
    file_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure_code: Mapped[str | None] = mapped_column(PlainText)
    failure_message: Mapped[str | None] = mapped_column(PlainText)

    @property
    def job_id(self) -> JobId:
        """Its organisation and number."""
        return JobId(self.organisation_id, self.number)

    @property
    def live_key(self) -> str:
        """What its progress is told by, to all programs."""
        return f"{type(self).__tablename__}/{self.organisation_id}/{self.number}"

    @property
    def wake_name(self) -> str:
        """The wake-up for its present change; a later one wakes again."""
        return f"{self.live_key}/{self.changes}"

    @property
    def shown(self) -> tuple[int, int, int]:
        """What differs whenever something that is shown of it does."""
        return (self.changes, self.rows_total, self.rows_done)


class JobTurn(RuntimeBase):
    """When an organisation's last job of a kind was started, among all organisations.

    Turns of a kind are numbered.
    """

    __tablename__ = "job_turns"

    kind: Mapped[str] = mapped_column(PlainText, primary_key=True)
    """The kind's noun."""
    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    turn: Mapped[int] = mapped_column(Number)


class ChoreLease(RuntimeBase):
    """Which runner does a chore, and until when it has it, by the machines' clocks."""

    __tablename__ = "chore_leases"

    chore: Mapped[str] = mapped_column(PlainText, primary_key=True)
    runner: Mapped[str] = mapped_column(PlainText)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class JobPart(RuntimeBase):
    """A part of a running job that several workers render.

    A part is there as long as the lease for which it was cut: whatever ends that lease
    removes its parts in the same transaction. So a helper that finds its part works for
    a coordinator that still has the job.
    """

    __tablename__ = "job_parts"

    kind: Mapped[str] = mapped_column(PlainText, primary_key=True)
    """The table of the job."""
    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    index: Mapped[int] = mapped_column(Number, primary_key=True)
    """Its place in the file, from 0."""
    coordinator: Mapped[str] = mapped_column(PlainText)
    """The lease of the job (`Job.worker`)."""
    task: Mapped[str] = mapped_column(PlainText)
    """What is to be rendered, as the kind writes it: JSON."""
    helper: Mapped[str | None] = mapped_column(PlainText)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """By the machines' clocks."""
    attempts: Mapped[int] = mapped_column(SmallNumber)
    result: Mapped[str | None] = mapped_column(PlainText)
    """What a helper reported of it, as JSON; None until its piece is stored."""
