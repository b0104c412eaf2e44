"""Dismissing a failed import: the month is complete without its file."""

from datetime import datetime
from typing import NamedTuple

from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.closing.dismissals import Dismissal, dismissals_of
from daybook.closing.failed_imports import open_failures
from daybook.configuration.changing import SettingChange, setting_change
from daybook.configuration.rules import checked_reason
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected


class Dismissed(NamedTuple):
    """A failed import that is dismissed; `is_new` if it was not before."""

    dismissal: Dismissal
    is_new: bool


async def dismiss_import(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    run: int,
    *,
    reason: str,
    now: datetime,
    made_by: str | None,
) -> Dismissed:
    """Dismiss a failed import by its line in the activity log, in one transaction.

    What is dismissed already stays as it is: no audit record, no line in the log.
    Raises Rejected without a reason, for what is no failed import, and for one that
    waits for nothing: its file was imported since, or failed again.
    """
    async with setting_change(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    ) as change:
        reason = checked_reason(reason)
        file = await _failed_file(change, run)
        known = await dismissals_of(change.session, organisation_id, [run])
        if run in known:
            return Dismissed(known[run], is_new=False)
        await _check_open(change, run, file)
        await change.log(
            Action.DISMISS_IMPORT,
            Subject(SubjectKind.IMPORT, str(run)),
            {"run": run, "file": file, "reason": reason},
            message=f"failed import {run}{_of(file)} dismissed: {reason}",
        )
        at = await change.time()
        return Dismissed(Dismissal(run, file, made_by, at, reason), is_new=True)


async def _failed_file(change: SettingChange, run: int) -> str:
    """The file of a failed import; empty if it has none."""
    line = await change.session.get(Activity, (change.organisation.id, run))
    is_import = line is not None and line.kind == int(ActivityKind.IMPORT)
    if line is None or not is_import or not line.is_failed:
        message = f"line {run} of the activity log is no failed import"
        raise _refused(ProblemCode.NOT_FOUND, message)
    return line.file or ""


async def _check_open(change: SettingChange, run: int, file: str) -> None:
    waiting = await open_failures(change.session, change.organisation.id, run)
    if run in {its.number for its in waiting}:
        return
    again = next((its.number for its in waiting if its.file == file), None)
    message = f"import {run}{_of(file)} waits for nothing: it was imported since"
    if again is not None:
        message = f"import {run}{_of(file)} failed again: dismiss line {again} instead"
    raise _refused(ProblemCode.INVALID_VALUE, message)


def _of(file: str) -> str:
    return f" of {file}" if file else ""


def _refused(code: ProblemCode, message: str) -> Rejected:
    return Rejected([Problem(code, message, ("number",))])
