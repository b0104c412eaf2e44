"""The table of the general ledger's balances: append-only."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, DayNumber, Number, PlainText, SmallNumber
from daybook.ledger.models import LEAN, Ledger


class StoredBalance(Base):
    """An account's balance in the general ledger at a day's end, on its normal side.

    It holds from its recording on, until a later one of the same account, day and
    label. Balances of one account and day with other labels sum up. Numbered by ledger.
    """

    __tablename__ = "gl_balances"
    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("role BETWEEN 1 AND 99", "role_is_known"),
        Index(None, "ledger_id", "role", "day"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    role: Mapped[int] = mapped_column(SmallNumber)
    day: Mapped[int] = mapped_column(DayNumber)
    label: Mapped[str] = mapped_column(PlainText)
    recorded_in: Mapped[int] = mapped_column(Number)
    balance: Mapped[int] = mapped_column(Number)
    note: Mapped[str] = mapped_column(PlainText)
