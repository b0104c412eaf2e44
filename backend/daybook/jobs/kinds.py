"""Kinds of jobs, as their features declare them, and their workplaces."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from daybook.activity.rules import ActivityKind
from daybook.db.engine import WriteSession
from daybook.jobs.models import Job
from daybook.jobs.rules import RUNNING_MAX, JobId, JobStatus
from daybook.ledger.models import Organisation
from daybook.storage.rules import Storage, StorageKey

AnyJob = TypeVar("AnyJob", bound=Job)

Report: TypeAlias = Mapping[str, Any]
"""A process's report about its finished file."""


async def nothing_more(
    session: WriteSession, organisation: Organisation, job: Job, now: datetime
) -> None:
    """Record nothing beside the line of the activity log."""


async def nothing_announced(session: WriteSession, job: Job, status: JobStatus) -> None:
    """Announce no end of a job."""


@dataclass(frozen=True, slots=True)
class JobKind(Generic[AnyJob]):
    """A kind of jobs: their table, the process that works on one, and their words."""

    model: type[AnyJob]
    module: str
    """The module whose `main` works on a job as a process (`daybook.jobs.process`)."""
    activity: ActivityKind
    noun: str
    """What is requested, such as `export`."""
    work: str
    """What a process does for it, such as `rendering`."""
    name: Callable[[AnyJob], str]
    """A job's name in the activity log; no other name begins with it and a colon."""
    keep: Callable[[AnyJob, Report], None] = lambda _job, _report: None
    """Stores what a process reported about the file in the kind's own columns."""
    record: Callable[
        [WriteSession, Organisation, AnyJob, datetime], Awaitable[None]
    ] = nothing_more
    """Records a job that made a file, in the transaction of its activity log line."""
    announce: Callable[[WriteSession, Job, JobStatus], Awaitable[None]] = (
        nothing_announced
    )
    """Writes what others are told of a job that is ready, failed or expired.

    It is called in the transaction that changed the job's status, of the runtime store.
    """
    several: str = ""
    """More than one of them, where that isn't the noun with an s."""
    part_module: str | None = None
    """The module whose `main` renders parts of jobs as a process
    (`daybook.jobs.part_process`); None if the kind's jobs have none."""

    @property
    def nouns(self) -> str:
        """More than one of what is requested, such as `exports`."""
        return self.several or f"{self.noun}s"


class Sharing(NamedTuple):
    """How jobs are shared with other workers."""

    helpers: int
    """How many processes render parts in the place of one job."""
    rows_min: int
    """A job with fewer rows isn't shared."""
    part_rows: int
    """About how many rows a part has."""
    by_cores: bool = False
    """Whether the workers of a machine together help with no more processes than it has
    cores."""


@dataclass(frozen=True, slots=True)
class Workplace(Generic[AnyJob]):
    """Where a runner works on jobs of a kind, and how many of them at a time."""

    kind: JobKind[AnyJob]
    storage: Storage
    at_once: int
    lease: timedelta
    """How long a worker may be silent before another takes its job."""
    retention: timedelta
    """How long a file is kept."""
    running_max: int = RUNNING_MAX
    """How many jobs of an organisation run at a time, on all machines together."""
    sharing: Sharing | None = None
    """How its jobs are shared, and others' parts rendered; None for neither."""
    inputs: Storage | None = None
    """Another storage, from which its processes read; None if they need none."""

    @property
    def modules(self) -> list[str]:
        """The modules of all processes that work here."""
        of_parts = None if self.sharing is None else self.kind.part_module
        return [self.kind.module, *([of_parts] if of_parts else [])]


def file_key(job_id: JobId, file_name: str) -> StorageKey:
    """The key of a job's file in its kind's storage."""
    return (*folder_key(job_id), file_name)


def folder_key(job_id: JobId) -> StorageKey:
    """The key of the folder with all of a job's files."""
    return (str(job_id.organisation_id), str(job_id.number))


def job_of(key: StorageKey) -> JobId | None:
    """The job of a file or folder; None if no job made it."""
    if len(key) < 2 or not (key[0].isdecimal() and key[1].isdecimal()):
        return None
    return JobId(int(key[0]), int(key[1]))
