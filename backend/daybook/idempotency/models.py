"""The table of requests with an idempotency key."""

from sqlalchemy import ForeignKeyConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, Number, PlainText
from daybook.ledger.models import LEAN, Organisation


class KeyedRequest(Base):
    """A request with an idempotency key, as a hash, and what it created."""

    __tablename__ = "keyed_requests"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    key: Mapped[str] = mapped_column(PlainText, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_id: Mapped[int] = mapped_column(Number)
