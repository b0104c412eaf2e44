"""What a job is, and what may become of it. Pure."""

import signal
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from enum import IntEnum
from typing import NamedTuple


class JobStatus(IntEnum):
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
    """Whoever worked at it ended without a result, time and again."""
    STORAGE_FAILED = "STORAGE_FAILED"
    """The file could not be written."""


UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)
"""What may still change by work or by cancelling."""

ENDED_WITHOUT_FILE = (
    JobStatus.FAILED,
    JobStatus.CANCELLED,
    JobStatus.EXPIRED,
)
"""What no file is kept for."""
UNFINISHED_MAX = 100
"""So many jobs of a kind may wait or run for an organisation."""
ATTEMPTS_MAX = 3
"""A job whose worker was lost so often fails: it may be what kills them."""

BEAT = timedelta(seconds=0.5)
"""How often a worker says how far it is, and asks whether the job still is its own."""
SWEEP = timedelta(seconds=5)
"""How often it is looked for what the bus didn't tell."""
LITTER = timedelta(seconds=60)
"""How often it is looked for files that nobody will ask for."""

SILENT = "its server (process {}) was killed, or was silent for {:g} s"
"""How an attempt ended whose lease ran out: nobody is left to say more."""
REMOVED = "its file was removed before it was whole"


class JobId(NamedTuple):
    """A job, by its number in its organisation."""

    organisation_id: int
    number: int


class Chore(NamedTuple):
    """What a feature wants to have done again and again, by one runner or another."""

    every: timedelta
    work: Callable[[], Awaitable[None]]


def ending_of(exit_status: int | None, done: int, total: int) -> str:
    """How a process ended without a result; a signal's status is below 0.

    `done` and `total` are its rows, as far as it told of them.
    """
    how = f"its process ended with status {exit_status}"
    if exit_status is not None and exit_status < 0:
        how = f"its process was killed by {_signal_name(-exit_status)}"
    after = f"after {done:,} of {total:,} rows" if total else "before it counted rows"
    return f"{how} {after}"


def lost_message(endings: Sequence[str], attempts: int, *, noun: str, work: str) -> str:
    """Why a job failed whose attempts all came to nothing, and what to do about it.

    `endings` are those of the last attempts: an earlier version kept none.
    """
    first = attempts - len(endings) + 1
    told = "; ".join(
        f"attempt {number}: {ending}" for number, ending in enumerate(endings, first)
    )
    return (
        f"its {work} ended without a result {attempts} times and is not tried again"
        f" ({told}): look into the server's log, and into the system's for memory that"
        f" ran out, which ends processes by SIGKILL; then ask for the {noun} again"
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
