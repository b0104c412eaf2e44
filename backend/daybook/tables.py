"""Every table on one metadata: import this before comparing or creating schemas."""

from daybook.db.base import Base
from daybook.documents import models as documents
from daybook.ledger import models as ledger
from daybook.recognition import models as recognition

__all__ = ["Base", "documents", "ledger", "recognition"]
