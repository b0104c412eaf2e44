"""The table of counted hits, in the runtime store."""

from datetime import datetime

from sqlalchemy import Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from daybook.db.base import PlainText, RuntimeBase, UtcDateTime


class Hit(RuntimeBase):
    """An action that counts for a while under a limit's key."""

    __tablename__ = "hits"
    __table_args__ = (Index(None, "key", "counted_at"), Index(None, "expires_at"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(PlainText)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
