"""The table of saved filters."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import Base, Number, PlainText, SmallNumber, UtcDateTime
from daybook.ledger.models import LEAN, Organisation


class SavedFilter(Base):
    """A filter of a page under a name; numbered per organisation.

    It holds nothing that a report reads: it only says what a page is asked for.
    """

    __tablename__ = "saved_filters"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id"], [Organisation.id]),
        CheckConstraint("page BETWEEN 1 AND 12", "page_is_known"),
        Index(None, "organisation_id", "owner", "page", "name", unique=True),
        LEAN,
    )

    organisation_id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Number, primary_key=True)
    """Never given again: an old request deletes nothing that was saved since."""
    owner: Mapped[int] = mapped_column(Number)
    """The user's id; 0 where the organisation shares it (`rules.SHARED`)."""
    page: Mapped[int] = mapped_column(SmallNumber)
    name: Mapped[str] = mapped_column(PlainText)
    query: Mapped[str] = mapped_column(PlainText)
    """The parameters of the page's address, in the order of their names."""
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
