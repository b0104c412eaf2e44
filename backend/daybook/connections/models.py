"""Tables of connections and of the dataset that they make together."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import (
    Base,
    DayNumber,
    Number,
    PlainText,
    SmallNumber,
    UtcDateTime,
)
from daybook.ledger.models import LEAN, Organisation


class GlConnection(Base):
    """An organisation of an accounting system; one that was removed keeps its row.

    Numbered by organisation. Its columns are those of `ConnectionSettings`.
    """

    __tablename__ = "gl_connections"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        CheckConstraint("system BETWEEN 1 AND 99", "system_is_known"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(PlainText)
    system: Mapped[int] = mapped_column(SmallNumber)
    base_currency: Mapped[str] = mapped_column(PlainText)
    """It never changes: what came in is in it."""
    year_end_month: Mapped[int] = mapped_column(SmallNumber)
    year_end_day: Mapped[int] = mapped_column(SmallNumber)
    period_lock: Mapped[int | None] = mapped_column(DayNumber)
    year_lock: Mapped[int | None] = mapped_column(DayNumber)
    is_main: Mapped[bool] = mapped_column()
    """Whether its names of accounts stand where codes agree."""
    takes_exports: Mapped[str] = mapped_column(PlainText)
    """A JSON list of currencies."""
    accounts: Mapped[str] = mapped_column(PlainText)
    """A JSON object: IDs of accounts by roles."""
    budget_id: Mapped[str | None] = mapped_column(PlainText)
    counts_forecasts: Mapped[bool] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str | None] = mapped_column(PlainText)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GlSettings(Base):
    """Settings of an organisation's dataset; it has no row before the first change."""

    __tablename__ = "gl_settings"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(
        Number, primary_key=True, autoincrement=False
    )
    reporting_currency: Mapped[str | None] = mapped_column(PlainText)
    """None for the main connection's base currency."""
