"""Tables of rates that were added to the shipped ones.

Those of the ECB belong to no organisation, those that it entered itself to one.
"""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
)
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


class RateRefresh(Base):
    """A file of the ECB's that added rates: append-only, numbered.

    `digest` covers the row, the rates that it added, and the digest of the refresh
    before (`daybook.fx.auditing`).
    """

    __tablename__ = "rate_refreshes"
    __table_args__ = (LEAN,)

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    refreshed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    file_name: Mapped[str] = mapped_column(PlainText)
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class ReferenceRate(Base):
    """A rate that a refresh added, `mantissa / 10**decimals` for a euro: append-only.

    The shipped rate of the same currency and day, if there is one, comes before it.
    """

    __tablename__ = "reference_rates"
    __table_args__ = (
        CheckConstraint("mantissa > 0", "mantissa_is_positive"),
        CheckConstraint("decimals BETWEEN 0 AND 8", "decimals_are_few"),
        LEAN,
    )

    currency: Mapped[str] = mapped_column(PlainText, primary_key=True)
    day: Mapped[int] = mapped_column(DayNumber, primary_key=True)
    mantissa: Mapped[int] = mapped_column(Number)
    decimals: Mapped[int] = mapped_column(SmallNumber)
    refresh: Mapped[int] = mapped_column(ForeignKey(RateRefresh.number))


class ManualRate(Base):
    """A rate that an organisation entered, `mantissa / 10**decimals` for a euro.

    Append-only and numbered by organisation: the last row of a currency and a day says
    which rate holds; without a mantissa, it was withdrawn.
    """

    __tablename__ = "manual_rates"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        CheckConstraint("mantissa > 0", "mantissa_is_positive"),
        CheckConstraint("decimals BETWEEN 0 AND 8", "decimals_are_few"),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    currency: Mapped[str] = mapped_column(PlainText)
    day: Mapped[int] = mapped_column(DayNumber)
    mantissa: Mapped[int | None] = mapped_column(Number)
    decimals: Mapped[int] = mapped_column(SmallNumber)
    reason: Mapped[str] = mapped_column(PlainText)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_by: Mapped[str | None] = mapped_column(PlainText)
