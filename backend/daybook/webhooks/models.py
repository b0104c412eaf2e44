"""Tables of webhooks: audited endpoints; deliveries, in the runtime store."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import (
    Base,
    Number,
    PlainText,
    RuntimeBase,
    SmallNumber,
    UtcDateTime,
)
from daybook.ledger.models import LEAN, Organisation


class WebhookEndpoint(Base):
    """An address that receives an organisation's events; deleted ones keep their row.

    The secrets are encrypted (`daybook.secrets`), and empty once it is deleted.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    url: Mapped[str] = mapped_column(PlainText)
    description: Mapped[str] = mapped_column(PlainText)
    events: Mapped[int] = mapped_column(SmallNumber)
    """The sum of the kinds that it receives (`daybook.webhooks.rules.Events`)."""
    enabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None while it is disabled."""
    disabled_because: Mapped[str | None] = mapped_column(PlainText)
    """Why Daybook disabled it, in words; None if a person did."""
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    secret_version: Mapped[int] = mapped_column(SmallNumber)
    """How many secrets it has had."""
    former_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Those before it with spaces between, newest first; more than one if it was
    rotated again within a day."""
    former_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """How long they sign too."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str | None] = mapped_column(PlainText)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookDelivery(RuntimeBase):
    """A message for an endpoint; numbered per organisation."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state BETWEEN 1 AND 3", "state_is_known"),
        Index(None, "state", "next_attempt_at"),
        Index(None, "organisation_id", "endpoint", "number"),
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    endpoint: Mapped[int] = mapped_column(Number)
    message_id: Mapped[str] = mapped_column(PlainText)
    """The `webhook-id`: the same at each attempt and replay, so that a receiver can
    recognise copies."""
    kind: Mapped[int] = mapped_column(SmallNumber)
    body: Mapped[str] = mapped_column(PlainText)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[int] = mapped_column(SmallNumber)
    failed_attempts: Mapped[int] = mapped_column(SmallNumber)
    """Attempts that failed since the delivery was made or replayed."""
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None once it has ended."""
    worker: Mapped[str | None] = mapped_column(PlainText)
    """A name for the attempt under way; another may begin after `lease_until`."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookAttempt(RuntimeBase):
    """An attempt to deliver a message; of the answer only the status is kept."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index(None, "organisation_id", "endpoint", "made_at"),)

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    delivery: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    endpoint: Mapped[int] = mapped_column(Number)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    took_ms: Mapped[int] = mapped_column(Number)
    is_success: Mapped[bool] = mapped_column()
    status: Mapped[int | None] = mapped_column(SmallNumber)
    """The status of the answer; None if there was none."""
    failure: Mapped[str | None] = mapped_column(PlainText)
    """What went wrong, in words."""
