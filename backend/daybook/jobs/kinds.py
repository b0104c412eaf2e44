"""What a feature says of its jobs, and where they are worked at."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeAlias, TypeVar

from daybook.activity.rules import ActivityKind
from daybook.db.engine import WriteSession
from daybook.jobs.models import Job
from daybook.jobs.rules import JobId
from daybook.ledger.models import Organisation
from daybook.storage.rules import Storage, StorageKey

AnyJob = TypeVar("AnyJob", bound=Job)

Told: TypeAlias = Mapping[str, Any]
"""What a process tells of the file that it made."""


async def nothing_more(
    session: WriteSession, organisation: Organisation, job: Job, now: datetime
) -> None:
    """Write nothing but the line of the activity log."""


@dataclass(frozen=True, slots=True)
class JobKind(Generic[AnyJob]):
    """A kind of jobs: their table, the process that works at one, and their words."""

    model: type[AnyJob]
    module: str
    """`python -m` this works at one job (`daybook.jobs.process`)."""
    activity: ActivityKind
    noun: str
    """`export`: what somebody asks for."""
    work: str
    """`rendering`: what a process does for it."""
    name: Callable[[AnyJob], str]
    """A job in the activity log; no other job's begins with it and a colon."""
    keep: Callable[[AnyJob, Told], None] = lambda _job, _told: None
    """Takes over what a process told of the file, into the kind's own columns."""
    record: Callable[
        [WriteSession, Organisation, AnyJob, datetime], Awaitable[None]
    ] = nothing_more
    """Writes of a job that made a file, once, with its line of the activity log."""


@dataclass(frozen=True, slots=True)
class Workplace(Generic[AnyJob]):
    """Where a runner works at jobs of a kind, and how many of them at a time."""

    kind: JobKind[AnyJob]
    storage: Storage
    at_once: int
    lease: timedelta
    """How long a worker may be silent before another takes its job."""
    life: timedelta
    """How long a file is kept."""


def file_key(job_id: JobId, file_name: str) -> StorageKey:
    """Where a job's file lies in its kind's storage."""
    return (*folder_key(job_id), file_name)


def folder_key(job_id: JobId) -> StorageKey:
    """Where all of a job's files lie."""
    return (str(job_id.organisation_id), str(job_id.number))


def job_of(key: StorageKey) -> JobId | None:
    """Whose file or folder lies there; None for what no job made."""
    if len(key) < 2 or not (key[0].isdecimal() and key[1].isdecimal()):
        return None
    return JobId(int(key[0]), int(key[1]))
