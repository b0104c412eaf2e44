"""The table of export jobs, in the runtime store."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import (
    DayNumber,
    Number,
    PlainText,
    RuntimeBase,
    SmallNumber,
    UtcDateTime,
)


class ExportJob(RuntimeBase):
    """An export that was asked for, numbered by organisation: the row is the truth.

    What it renders is fixed when it is made (ledger, recording, selection), so that it
    renders the same bytes whenever and wherever it runs. `worker` has it until
    `lease_until`, by the machines' clocks; all other moments are the program's.
    """

    __tablename__ = "export_jobs"
    __table_args__ = (
        CheckConstraint("status BETWEEN 1 AND 6", "status_is_known"),
        Index(None, "organisation_id", "idempotency_key", unique=True),
        Index(None, "status"),
        Index(None, "organisation_id", "changed_at"),
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    requested_by: Mapped[str] = mapped_column(PlainText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    idempotency_key: Mapped[str | None] = mapped_column(PlainText)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)

    format: Mapped[int] = mapped_column(SmallNumber)
    granularity: Mapped[str] = mapped_column(PlainText)
    group_by: Mapped[str | None] = mapped_column(PlainText)
    """What rows are groups by, with commas between; None for journals."""
    ledger_id: Mapped[int] = mapped_column(Number)
    currency: Mapped[str] = mapped_column(PlainText)
    recording: Mapped[int] = mapped_column(Number)
    today: Mapped[int] = mapped_column(DayNumber)
    """The day that divides posted from scheduled where the selection doesn't say."""
    renamings: Mapped[int] = mapped_column(Number)
    """How many customers and products had been renamed at the recording."""
    audit_record: Mapped[int | None] = mapped_column(Number)
    """The last audit record when the job was made, where there was one."""
    audit_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    selection: Mapped[str] = mapped_column(PlainText)
    """The filter as JSON, with Daybook's own numbers in the place of names."""

    status: Mapped[int] = mapped_column(SmallNumber)
    changes: Mapped[int] = mapped_column(Number)
    """Counts how often this row changed."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """By the machine's clock."""
    attempts: Mapped[int] = mapped_column(SmallNumber)
    lost_attempts: Mapped[str | None] = mapped_column(PlainText)
    """How each attempt ended that came to nothing: a JSON list of texts."""
    worker: Mapped[str | None] = mapped_column(PlainText)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    renderer: Mapped[int | None] = mapped_column(SmallNumber)
    """The version of the renderer that made the file."""
    rows_total: Mapped[int] = mapped_column(Number)
    """Lines below the header; 0 until they are counted."""
    rows_done: Mapped[int] = mapped_column(Number)
    """Never goes back, also where rendering begins again."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_logged: Mapped[bool] = mapped_column()
    """Whether the activity log is known to tell of its end."""
    activity_number: Mapped[int | None] = mapped_column(Number)
    """The line of the activity log that tells of it, or was about to be written."""

    file_name: Mapped[str] = mapped_column(PlainText)
    file_bytes: Mapped[int | None] = mapped_column(Number)
    file_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    debit_total: Mapped[int | None] = mapped_column(Number)
    credit_total: Mapped[int | None] = mapped_column(Number)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure_code: Mapped[str | None] = mapped_column(PlainText)
    failure_message: Mapped[str | None] = mapped_column(PlainText)
