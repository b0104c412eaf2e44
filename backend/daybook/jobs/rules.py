"""Jobs: their states, ends and limits. Pure."""

import signal
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from enum import IntEnum
from typing import NamedTuple

from daybook.numbers import counted


class JobStatus(IntEnum):
    """The state of a job; the number is stored."""

    QUEUED = 1
    RUNNING = 2
    READY = 3
    FAILED = 4
    CANCELLED = 5
    EXPIRED = 6


class FailureCode:
    """Why a job failed. Codes are only ever added: clients switch on them."""

    WORKER_LOST = "WORKER_LOST"
    """Its workers repeatedly ended without a result."""
    STORAGE_FAILED = "STORAGE_FAILED"
    """The file could not be written."""


UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)
"""States that work or cancelling may still change."""

ENDED_WITHOUT_FILE = (
    JobStatus.FAILED,
    JobStatus.CANCELLED,
    JobStatus.EXPIRED,
)
"""Ended states in which no file is kept."""
UNFINISHED_MAX = 100
"""How many jobs of a kind may wait or run for an organisation."""
RUNNING_MAX = 10
"""How many of them run at a time, unless a workplace says otherwise."""
ATTEMPTS_MAX = 3
"""After this many lost workers a job fails, since it may be what kills them."""

BEAT = timedelta(seconds=0.5)
"""How often a worker reports its progress, and checks that it still has the job."""
PART_MAX = timedelta(minutes=10)
"""How long a helper may work on a part, which takes seconds: the whole job would wait
for one that hangs, for example at a storage that doesn't answer."""
SWEEP = timedelta(seconds=5)
"""How often a runner looks for changes that it wasn't notified of."""
LITTER = timedelta(seconds=60)
"""How often a runner looks for files without a use."""
PREPARE = timedelta(seconds=5)
"""How long a runner leaves the processor to what begins with it, such as the first
pages, before it loads what processes of jobs import."""

SILENT = "its server (process {}) was killed, or was silent for {:g} s"
"""The end of an attempt whose lease ran out; the worker can't say more."""
REMOVED = "its file was removed before it was complete"


class JobId(NamedTuple):
    """The id of a job: its organisation, and its number there."""

    organisation_id: int
    number: int


class Chore(NamedTuple):
    """Recurring work of a feature, which one runner at a time does beside jobs."""

    name: str
    """Its name in the runtime store; no other chore has it."""
    every: timedelta
    work: Callable[[], Awaitable[None]]


def ending_of(exit_status: int | None, done: int, total: int) -> str:
    """How a process ended without a result, in words; a signal's status is negative.

    `done` and `total` are its rows, as far as it reported them.
    """
    how = f"its process ended with status {exit_status}"
    if exit_status is not None and exit_status < 0:
        how = f"its process was killed by {_signal_name(-exit_status)}"
    after = (
        f"after {done:,} of {counted(total, 'row')}"
        if total
        else "before it counted rows"
    )
    return f"{how} {after}"


def lost_message(endings: Sequence[str], attempts: int, *, noun: str, work: str) -> str:
    """Why a job failed after all its attempts, and what to do about it.

    `endings` has the ends of the last attempts; earlier versions stored none.
    """
    first = attempts - len(endings) + 1
    ends = "; ".join(
        f"attempt {number}: {ending}" for number, ending in enumerate(endings, first)
    )
    return (
        f"its {work} ended without a result {attempts} times and is not tried again"
        f" ({ends}): look into the server's log, and into the system's for a lack of"
        f" memory, which kills processes by SIGKILL; then request the {noun} again"
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
