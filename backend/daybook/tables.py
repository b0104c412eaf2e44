"""Every table on one metadata: import this before comparing or creating schemas."""

from daybook.activity import models as activity
from daybook.audit import models as audit
from daybook.db.base import Base
from daybook.documents import models as documents
from daybook.ledger import models as ledger
from daybook.recognition import models as recognition

__all__ = ["Base", "activity", "audit", "documents", "ledger", "recognition"]
