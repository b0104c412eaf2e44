"""Every table on the metadata of its store: import this before comparing schemas."""

from daybook.access import models as access
from daybook.activity import models as activity
from daybook.audit import models as audit
from daybook.db.base import Base, RuntimeBase
from daybook.db.engine import History
from daybook.documents import models as documents
from daybook.exports import models as exports
from daybook.idempotency import models as idempotency
from daybook.ledger import models as ledger
from daybook.limiting import models as limiting
from daybook.recognition import models as recognition
from daybook.uploads import models as uploads

METADATA = {History.LEDGER: Base.metadata, History.RUNTIME: RuntimeBase.metadata}

__all__ = [
    "METADATA",
    "Base",
    "RuntimeBase",
    "access",
    "activity",
    "audit",
    "documents",
    "exports",
    "idempotency",
    "ledger",
    "limiting",
    "recognition",
    "uploads",
]
