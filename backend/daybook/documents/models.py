"""Tables of documents and their lines."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, DayNumber, Number, PlainText, SmallNumber
from daybook.ledger.models import LEAN, Ledger

IN_FORCE = "status <> 2"
"""Documents that are not void, and so keep their number in use."""
NUMBERS_INDEX = "ix_documents_ledger_id_kind_number"
"""The index of their numbers."""


class StoredDocument(Base):
    """An invoice, billing schedule, credit note or manual journal as it stands now.

    `external_id` is the sender's own id; `content_hash` shows whether a document that
    is sent again has changed. `parent_id` is a credit note's invoice, or an invoice's
    billing schedule. Only a manual journal may have no customer. `revised_in` is the
    last recording that revised or voided it; `document_versions` keeps what it was
    before.
    """

    __tablename__ = "documents"
    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("kind BETWEEN 1 AND 4", "kind_is_known"),
        CheckConstraint("status BETWEEN 1 AND 3", "status_is_known"),
        Index(None, "ledger_id", "kind", "external_id", unique=True),
        Index(
            None,
            "ledger_id",
            "parent_id",
            sqlite_where=text("parent_id IS NOT NULL"),
            postgresql_where=text("parent_id IS NOT NULL"),
        ),
        Index(
            NUMBERS_INDEX,
            *("ledger_id", "kind", "number"),
            sqlite_where=text(IN_FORCE),
            postgresql_where=text(IN_FORCE),
        ),
        Index(None, "ledger_id", "recorded_in"),
        Index(None, "ledger_id", "customer_id"),
        Index(
            None,
            "ledger_id",
            "revised_in",
            sqlite_where=text("revised_in IS NOT NULL"),
            postgresql_where=text("revised_in IS NOT NULL"),
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    kind: Mapped[int] = mapped_column(SmallNumber)
    external_id: Mapped[str] = mapped_column(PlainText)
    number: Mapped[str] = mapped_column(PlainText)
    customer_id: Mapped[int | None] = mapped_column(Number)
    issued_on: Mapped[int] = mapped_column(DayNumber)
    accounting_date: Mapped[int] = mapped_column(DayNumber)
    parent_id: Mapped[int | None] = mapped_column(Number)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_in: Mapped[int] = mapped_column(Number)
    status: Mapped[int] = mapped_column(SmallNumber, default=1, server_default="1")
    discount: Mapped[int] = mapped_column(Number, default=0, server_default="0")
    revised_in: Mapped[int | None] = mapped_column(Number)


class DocumentVersion(Base):
    """What a document was until a recording revised or voided it: append-only.

    `made_in` is the recording that made this version.
    """

    __tablename__ = "document_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "document_id"], [StoredDocument.ledger_id, StoredDocument.id]
        ),
        Index(None, "ledger_id", "made_in"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    document_id: Mapped[int] = mapped_column(Number, primary_key=True)
    until: Mapped[int] = mapped_column(Number, primary_key=True)
    made_in: Mapped[int] = mapped_column(Number)
    number: Mapped[str] = mapped_column(PlainText)
    issued_on: Mapped[int] = mapped_column(DayNumber)
    accounting_date: Mapped[int] = mapped_column(DayNumber)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(SmallNumber)
    discount: Mapped[int] = mapped_column(Number)
    parent_id: Mapped[int | None] = mapped_column(Number)
    """Empty in versions older than the column."""


class DocumentLine(Base):
    """A line item of a document, in the document's order.

    `description` is empty where it would repeat the product's name. `group_key` is the
    line whose schedule it shares, if it has none of its own. A revision ends all lines
    (`superseded_in`) and adds the new ones after them; `recorded_in` is empty in a
    document's first lines.
    """

    __tablename__ = "document_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "document_id"], [StoredDocument.ledger_id, StoredDocument.id]
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    document_id: Mapped[int] = mapped_column(Number, primary_key=True)
    position: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    external_id: Mapped[str] = mapped_column(PlainText)
    description: Mapped[str | None] = mapped_column(PlainText)
    amount: Mapped[int] = mapped_column(Number)
    schedule_id: Mapped[int] = mapped_column(Number)
    group_key: Mapped[str | None] = mapped_column(PlainText)
    recorded_in: Mapped[int | None] = mapped_column(Number)
    superseded_in: Mapped[int | None] = mapped_column(Number)
