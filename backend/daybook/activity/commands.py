"""Writing lines of the activity log: with a successful run, or after a failed one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind, Run, RunCounts, Started, storable
from daybook.db.engine import Database, WriteSession
from daybook.errors import Rejected
from daybook.ledger.commands import lock_organisation
from daybook.ledger.models import Organisation

MESSAGE_MAX = 1_000
"""How many characters of a message are kept."""
PROBLEMS_NAMED = 3
"""How many problems of a failed run its message names; all are counted."""
NOTHING_ADDED = RunCounts()


async def write_activity(  # noqa: PLR0913  (keyword-only, each has its meaning)
    session: WriteSession,
    organisation: Organisation,
    *,
    kind: ActivityKind,
    started: Started,
    message: str,
    made_by: str | None,
    run: Run | None = None,
    counts: RunCounts = NOTHING_ADDED,
    is_failed: bool = False,
    file: str | None = None,
) -> int:
    """Write the line of a run that ended; return its number.

    The caller has locked the organisation and owns the transaction: the line is
    committed with the run's changes. `run` has its recordings, if it is about a ledger;
    `file` is the name of the file that an import was of.
    """
    line = _append(session, organisation, kind, started, message, made_by, file)
    if run is not None:
        line.ledger_id, line.first_recording, line.last_recording = run
    line.documents, line.journals, line.movements = counts
    line.problems, line.is_failed = int(is_failed), is_failed
    await session.flush()
    return line.id


async def log_failed_run(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    kind: ActivityKind,
    started: Started,
    message: str,
    made_by: str | None,
    problems: int,
    ledger_id: int | None = None,
    file: str | None = None,
) -> int:
    """Write the line of a run that failed, in a transaction of its own."""
    async with database.writes() as session:
        organisation = await lock_organisation(session, organisation_id)
        line = _append(session, organisation, kind, started, message, made_by, file)
        line.ledger_id, line.problems, line.is_failed = ledger_id, problems, True
    return line.id


def _append(  # noqa: PLR0913, PLR0917  (what every line has)
    session: WriteSession,
    organisation: Organisation,
    kind: ActivityKind,
    started: Started,
    message: str,
    made_by: str | None,
    file: str | None,
) -> Activity:
    """Add the organisation's next line, of a successful run that added nothing."""
    organisation.activities += 1
    line = Activity(
        organisation_id=organisation.id,
        id=organisation.activities,
        started_at=started.at,
        duration_ms=started.milliseconds(),
        kind=int(kind),
        documents=0,
        journals=0,
        movements=0,
        problems=0,
        is_failed=False,
        message=_stored(message),
        made_by=made_by,
        file=None if file is None else storable(file),
    )
    session.add(line)
    return line


@asynccontextmanager
async def failures_logged(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    *,
    kind: ActivityKind,
    started: Started,
    made_by: str | None,
    what: str,
    file: str | None = None,
) -> AsyncIterator[None]:
    """Log a Rejected that is raised inside, and raise it again; `what` names the run.

    `file` is the name of the file that an import was of. Wrap the run's transaction in
    it: the failure is written after that has ended.
    """
    try:
        yield
    except Rejected as rejected:
        first = rejected.problems[:PROBLEMS_NAMED]
        named = "; ".join(problem.message for problem in first)
        await log_failed_run(
            database,
            organisation_id,
            kind=kind,
            started=started,
            message=f"{what}: {named}",
            made_by=made_by,
            problems=rejected.total,
            file=file,
        )
        raise


def _stored(message: str) -> str:
    """A message as both databases can store it, cut where it is too long."""
    clean = storable(message)
    if len(clean) <= MESSAGE_MAX:
        return clean
    return clean[: MESSAGE_MAX - 1] + "…"
