"""The recurring chore for evidence: removing files that never became evidence."""

from daybook.db.engine import Database
from daybook.evidence.models import IncomingEvidence
from daybook.evidence.queries import is_attached
from daybook.evidence.rules import ABANDONED_AFTER
from daybook.jobs.incoming import IncomingKind, incoming_chore
from daybook.jobs.rules import Chore
from daybook.settings import Settings
from daybook.storage.places import evidence_storage

KIND = IncomingKind("evidence", IncomingEvidence, is_attached, ABANDONED_AFTER)


def evidence_chores(database: Database, settings: Settings) -> list[Chore]:
    """The chore that removes files whose sender died before they were attached."""
    return [incoming_chore(database, evidence_storage(database, settings), KIND)]
