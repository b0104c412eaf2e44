"""Tables of integrations, mapped accounts and charts of accounts: append-only.

Each row holds from its recording on, until a later one of the same key.
"""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import (
    SPARSE,
    Base,
    DayNumber,
    Number,
    PlainText,
    SmallNumber,
)
from daybook.ledger.models import LEAN, Ledger


class StoredIntegration(Base):
    """Whether a system is enabled for a ledger, and how its files are written."""

    __tablename__ = "integrations"
    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("integration BETWEEN 1 AND 99", "integration_is_known"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    integration: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    is_enabled: Mapped[bool] = mapped_column()
    preset: Mapped[str | None] = mapped_column(PlainText)
    date_form: Mapped[str | None] = mapped_column(PlainText)
    closed_through: Mapped[int | None] = mapped_column(DayNumber)
    base_currency: Mapped[str | None] = mapped_column(PlainText, info=SPARSE)


class StoredMapping(Base):
    """What the lines of an account get in a system, for a scope as in `account_names`.

    `fields` is a JSON object of texts with its names in order; empty ends the mapping.
    """

    __tablename__ = "account_mappings"
    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("integration BETWEEN 1 AND 99", "integration_is_known"),
        CheckConstraint("role BETWEEN 1 AND 99", "role_is_known"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    integration: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    role: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    scope: Mapped[str] = mapped_column(PlainText, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    fields: Mapped[str] = mapped_column(PlainText)


class StoredTargetAccount(Base):
    """An account of a target's chart; `is_there` is false once the chart has it not."""

    __tablename__ = "target_accounts"
    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], [Ledger.id]),
        CheckConstraint("integration BETWEEN 1 AND 99", "integration_is_known"),
        LEAN,
    )

    ledger_id: Mapped[int] = mapped_column(Number, primary_key=True)
    integration: Mapped[int] = mapped_column(SmallNumber, primary_key=True)
    account: Mapped[str] = mapped_column(PlainText, primary_key=True)
    recorded_in: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(PlainText)
    type: Mapped[str] = mapped_column(PlainText)
    tax_rate: Mapped[str] = mapped_column(PlainText)
    is_there: Mapped[bool] = mapped_column()
