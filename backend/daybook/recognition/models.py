"""The table of recognition schedules."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, DayNumber, Number, SmallNumber
from daybook.ledger.models import LEAN


class Schedule(Base):
    """One line of a document as recognition sees it: amount, method, period.

    A credit note's line has a negative amount, and names the schedule it credits.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "document_id"], ["documents.ledger_id", "documents.id"]
        ),
        CheckConstraint("method BETWEEN 1 AND 4", "method_is_known"),
        CheckConstraint("timing BETWEEN 1 AND 2", "timing_is_known"),
        CheckConstraint("strategy BETWEEN 1 AND 5", "strategy_is_known"),
        Index(None, "ledger_id", "document_id"),
        Index(
            None,
            "ledger_id",
            "credits_id",
            sqlite_where=text("credits_id IS NOT NULL"),
            postgresql_where=text("credits_id IS NOT NULL"),
        ),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    document_id: Mapped[int] = mapped_column(Number)
    product_id: Mapped[int] = mapped_column(Number)
    amount: Mapped[int] = mapped_column(Number)
    method: Mapped[int] = mapped_column(SmallNumber)
    timing: Mapped[int] = mapped_column(SmallNumber)
    strategy: Mapped[int] = mapped_column(SmallNumber)
    first_day: Mapped[int | None] = mapped_column(DayNumber)
    last_day: Mapped[int | None] = mapped_column(DayNumber)
    recognized_on: Mapped[int | None] = mapped_column(DayNumber)
    credits_id: Mapped[int | None] = mapped_column(Number)
