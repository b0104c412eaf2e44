"""What an export job is, and what may become of it. Pure."""

from datetime import timedelta
from enum import IntEnum
from typing import NamedTuple


class ExportStatus(IntEnum):
    """Where a job stands; the number is what is stored."""

    QUEUED = 1
    RUNNING = 2
    READY = 3
    FAILED = 4
    CANCELLED = 5
    EXPIRED = 6


class FailureCode:
    """Why a job failed. Codes are only ever added: clients switch on them."""

    WORKER_LOST = "WORKER_LOST"
    """Whoever rendered it ended without a result, time and again."""
    STORAGE_FAILED = "STORAGE_FAILED"
    """The file could not be written."""
    TOTALS_DIFFER = "TOTALS_DIFFER"
    """What was rendered isn't what the ledger says: it must not be used."""


UNFINISHED = (ExportStatus.QUEUED, ExportStatus.RUNNING)
"""What may still change by rendering or by cancelling."""

ENDED_WITHOUT_FILE = (
    ExportStatus.FAILED,
    ExportStatus.CANCELLED,
    ExportStatus.EXPIRED,
)
"""What no file is kept for."""
UNFINISHED_MAX = 100
"""So many jobs of an organisation may wait or run."""
ATTEMPTS_MAX = 3
"""A job whose worker was lost so often fails: it may be what kills them."""

BEAT = timedelta(seconds=0.5)
"""How often a worker says how far it is, and asks whether the job still is its own."""
SWEEP = timedelta(seconds=5)
"""How often it is looked for what the bus didn't tell."""


class JobId(NamedTuple):
    """A job, by its number in its organisation."""

    organisation_id: int
    number: int
