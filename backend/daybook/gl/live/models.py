"""Tables of the live connection, in the runtime store.

Moments are by the machines' clocks, even if `DAYBOOK_NOW` is set: Xero's are.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Number, PlainText, RuntimeBase, SmallNumber, UtcDateTime


class ConnectionTokens(RuntimeBase):
    """What Xero gave for a connection, encrypted, and the organisation that it is."""

    __tablename__ = "connection_tokens"

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    connection: Mapped[int] = mapped_column(Number, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The access token and the refresh token: JSON, as `daybook.gl.live.tokens`
    writes it."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the access token ends."""
    refreshed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scopes: Mapped[str] = mapped_column(PlainText)
    tenant: Mapped[str] = mapped_column(PlainText)
    """The ID of the organisation in Xero."""
    tenant_name: Mapped[str] = mapped_column(PlainText)
    requested_by: Mapped[str] = mapped_column(PlainText)
    """Who connected it."""
    connected_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lost: Mapped[str | None] = mapped_column(PlainText)
    """Why it has to be connected again; None while it is connected."""


class ConnectionSignIn(RuntimeBase):
    """An admin on their way to Xero and back, by the hash of their state."""

    __tablename__ = "connection_sign_ins"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Number)
    connection: Mapped[int] = mapped_column(Number)
    verifier: Mapped[str] = mapped_column(PlainText)
    redirect_uri: Mapped[str] = mapped_column(PlainText)
    requested_by: Mapped[str] = mapped_column(PlainText)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GlSync(RuntimeBase):
    """A connection's last sync, and how far it is: the next one takes its place.

    `worker` has it until `lease_until`.
    """

    __tablename__ = "gl_syncs"
    __table_args__ = (
        CheckConstraint("status BETWEEN 1 AND 4", "status_is_known"),
        Index(None, "status"),
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    connection: Mapped[int] = mapped_column(Number, primary_key=True)
    requested_by: Mapped[str] = mapped_column(PlainText)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[int] = mapped_column(SmallNumber)
    """As in `daybook.gl.live.rules.SyncStatus`."""
    course: Mapped[str] = mapped_column(PlainText)
    """How far each kind is: JSON, as `daybook.gl.live.rules.Course` writes it."""
    pages: Mapped[int] = mapped_column(Number)
    """How many pages it has imported."""
    documents: Mapped[int] = mapped_column(Number)
    """How many of their documents were new, or changed."""
    ahead_pages: Mapped[int] = mapped_column(Number, default=0, server_default="0")
    """How many pages it has fetched since its last import."""
    ahead_documents: Mapped[int] = mapped_column(Number, default=0, server_default="0")
    """How many documents these have."""
    failures: Mapped[int] = mapped_column(SmallNumber)
    """How often in a row Xero couldn't be reached, since the last page."""
    message: Mapped[str | None] = mapped_column(PlainText)
    """What it waits for, why it failed, or what it couldn't read."""
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it goes on, if it waits."""
    worker: Mapped[str | None] = mapped_column(PlainText)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changes: Mapped[int] = mapped_column(Number)
    """How often this row was changed."""
