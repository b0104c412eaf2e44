"""`daybook audit verify`: the trail against the stored rows, and a line in the log."""

from collections.abc import Iterator
from contextlib import contextmanager

from daybook.activity.commands import log_failed_run, write_activity
from daybook.activity.rules import ActivityKind, Started
from daybook.audit.rules import Anchor, Mismatch, Verification
from daybook.cli.deep_verification import MISMATCH, Mismatched, verify_deep
from daybook.cli.organisations import every_organisation
from daybook.cli.running import (
    MADE_BY,
    Failed,
    complain,
    err,
    out,
    progress_bar,
    with_database,
)
from daybook.clock import now
from daybook.db.engine import Database
from daybook.evidence.auditing import check_files
from daybook.gl.auditing import check_inputs, check_segments
from daybook.ledger.commands import lock_organisation
from daybook.numbers import counted
from daybook.reports.audit import verify as verify_trail
from daybook.settings import Settings
from daybook.storage.places import (
    evidence_storage,
    gl_inputs_storage,
    gl_segments_storage,
)

WHAT = "audit trail verified"


def verify_logged(settings: Settings, anchor: Anchor | None, *, is_deep: bool) -> None:
    """Verify the trail and tell the result, also in the activity log.

    A database that may only be read gets no line. Raises Mismatched.
    """
    with _logged(settings) as result:
        result.append(_verify(settings, anchor, is_deep=is_deep))


def verify_all(settings: Settings, *, is_deep: bool) -> None:
    """Verify the trail of every organisation, and tell each result in a line.

    Raises Mismatched, after all of them, if one doesn't match.
    """
    wrong = []
    organisations = every_organisation(settings)
    for number, name in organisations:
        its = settings.model_copy(update={"organisation": number})
        named = f"Organisation {number} ({name})"
        try:
            with _logged(its) as result:
                result.append(_verify(its, None, is_deep=is_deep, is_told=False))
        except Failed as failed:
            if failed.status != MISMATCH:
                raise
            complain(f"{named}: {failed}")
            wrong.append(str(number))
        else:
            out.print(f"{named}: the audit trail holds: {result[0]}.", markup=False)
    if wrong:
        raise Mismatched(
            f"{len(wrong)} of {counted(len(organisations), 'organisation')} failed:"
            f" {', '.join(wrong)}"
        )


@contextmanager
def _logged(settings: Settings) -> Iterator[list[str]]:
    """Log the result that is appended inside, or the mismatch that is raised."""
    started, result = Started(now(settings)), list[str]()
    try:
        yield result
    except Failed as failed:
        if failed.status == MISMATCH:
            _log(settings, started, str(failed), is_failed=True)
        raise
    _log(settings, started, *result)


def _print_waiting() -> None:
    err.print(
        "The result is final; its line in the activity log waits for another program"
        " that writes into the database …"
    )


def _log(
    settings: Settings, started: Started, words: str, *, is_failed: bool = False
) -> None:
    async def work(database: Database) -> None:
        if database.is_read_only:
            return
        database.on_waiting = _print_waiting
        if is_failed:
            await log_failed_run(
                database,
                settings.organisation,
                kind=ActivityKind.VERIFICATION,
                started=started,
                message=f"{WHAT}: {words}",
                made_by=MADE_BY,
                problems=1,
            )
            return
        async with database.writes() as session:
            await write_activity(
                session,
                await lock_organisation(session, settings.organisation),
                kind=ActivityKind.VERIFICATION,
                started=started,
                message=f"{WHAT}: {words}",
                made_by=MADE_BY,
            )

    try:
        with_database(settings, work, needs_organisation=False)
    except Failed as failed:
        # What was found matters more than its line. An outage that kept both from being
        # done is named once.
        if str(failed) != words:
            complain(f"the activity log has no line of this verification: {failed}")


async def _verify_files(
    database: Database, settings: Settings
) -> tuple[str, Mismatch | None]:
    """How many stored files hold, in words, and the first that doesn't."""
    words = ""
    for noun, of, check, storage in (
        ("file", "of evidence", check_files, evidence_storage),
        ("input", "of the general ledger", check_inputs, gl_inputs_storage),
        ("part", "of its dataset", check_segments, gl_segments_storage),
    ):
        stored = storage(database, settings)
        count, mismatch = await check(database, stored, settings.organisation)
        if mismatch is not None:
            return words, mismatch
        if count:
            words += f", {counted(count, noun)} {of}"
    return words, None


def _verify(
    settings: Settings,
    anchor: Anchor | None,
    *,
    is_deep: bool,
    is_told: bool = True,
) -> str:
    """Verify the trail; return what was found in words, which are also printed."""
    rows = 0

    async def work(database: Database) -> tuple[Verification, str]:
        with progress_bar() as bar:
            task = bar.add_task("Verifying", total=None)

            def progress(done: int, total: int) -> None:
                nonlocal rows
                rows += done
                bar.update(task, advance=done, total=total)

            found = await verify_trail(
                database, settings.organisation, anchor=anchor, progress=progress
            )
            if found.mismatch is not None:
                return found, ""
            bar.update(task, description="Verifying files", total=None)
            files, mismatch = await _verify_files(database, settings)
            return found._replace(mismatch=mismatch), files

    found, files = with_database(settings, work, needs_organisation=is_told)
    if found.mismatch is not None:
        if is_deep:  # its mismatch comes first if there is one: it has expected values
            complain(str(found.mismatch))
            verify_deep(settings, is_told=is_told)
        raise Mismatched(str(found.mismatch))
    if not found.records:
        nothing = "there is no audit record yet: nothing was verified"
        raise Mismatched(nothing)
    anchored = ""
    if anchor is not None:
        anchored = f", and contains record {found.anchored_at}, {anchor.hash.hex()}"
    counts = f"{counted(found.records, 'record')}, {counted(rows, 'row')}{files}"
    words = f"{counts}{anchored}"
    if is_told:
        out.print(f"The audit trail holds: {words}.")
    if not is_deep:
        return words
    return f"{words}; planned again: {verify_deep(settings, is_told=is_told)}"
