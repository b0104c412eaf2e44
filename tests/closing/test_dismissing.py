"""Failed imports that are dismissed, and the months that a failed one stands in."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from daybook.activity.models import Activity
from daybook.audit.models import AuditRecord
from daybook.calendar import parse_month
from daybook.closing.checklist import close_checklist
from daybook.closing.dismissals import dismissals_at
from daybook.closing.dismissing import Dismissed, dismiss_import
from daybook.closing.rules import CloseStep
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.errors import Rejected
from daybook_closing import TODAY
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    lock,
    pin,
    record,
)

pytestmark = pytest.mark.anyio

OCTOBER_FILE = "october.csv"


async def failed(database: Database, on: str, file: str = OCTOBER_FILE) -> int:
    """Import a credit of more than its invoice has; return the line of the log."""
    with pytest.raises(Rejected):
        await import_documents(
            database,
            ORGANISATION,
            [credit_note("cn_1", credited_line("9000.00"))],
            now=datetime.fromisoformat(f"{on}T12:00:00+00:00"),
            reason=f"import of {file}",
            file=file,
        )
    async with database.reads() as session:
        newest = await session.scalar(
            select(Activity.id).order_by(Activity.id.desc()).limit(1)
        )
    assert newest is not None
    return newest


async def dismiss(
    database: Database, run: int, on: str, reason: str = "a trial"
) -> Dismissed:
    return await dismiss_import(
        database,
        ORGANISATION,
        run,
        reason=reason,
        now=datetime.fromisoformat(f"{on}T13:00:00+00:00"),
        made_by="Ada",
    )


async def imports(
    database: Database,
    month: str = "2025-10",
    on: str = TODAY,
    as_of: str | None = None,
) -> CloseStep:
    """The first step of a month's close."""
    at = await pin(database, on=on, as_of=as_of)
    async with database.reads() as session:
        return (await close_checklist(session, at, parse_month(month)))[0]


async def records(database: Database) -> list[tuple[str, str, str | None]]:
    async with database.reads() as session:
        found = await session.execute(
            select(
                AuditRecord.subject_kind, AuditRecord.subject_id, AuditRecord.made_by
            ).where(AuditRecord.action == "DISMISS_IMPORT")
        )
        return [(kind, id_, made_by) for kind, id_, made_by in found]


async def test_a_dismissed_import_keeps_no_step_open(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-11-01")
    run = await failed(database, "2025-11-02")
    before = await imports(database)

    dismissed = await dismiss(database, run, "2025-11-03", " sent again otherwise ")
    again = await dismiss(database, run, "2025-11-04", "another reason")

    after = await imports(database)
    assert (before.state.name, before.count) == ("DUE", 1)
    assert (after.state.name, after.count) == ("DONE", 0)
    assert after.words == "last import on 1 Nov 2025"
    assert dismissed.is_new and not again.is_new
    assert dismissed.dismissal == again.dismissal
    assert dismissed.dismissal == (
        run,
        "october.csv",
        "Ada",
        datetime(2025, 11, 3, 13, tzinfo=UTC),
        "sent again otherwise",
    )
    assert await records(database) == [("IMPORT", str(run), "Ada")]
    # Of a past day, what wasn't known then isn't.
    past = await imports(database, as_of="2025-11-02")
    assert (past.state.name, past.count) == ("DUE", 1)


async def test_a_file_that_fails_again_waits_again(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-10-20")
    first = await failed(database, "2025-11-01")
    await dismiss(database, first, "2025-11-01")
    second = await failed(database, "2025-11-02")
    third = await failed(database, "2025-11-03")

    again = await imports(database)
    with pytest.raises(Rejected, match=f"failed again: dismiss line {third} instead"):
        await dismiss(database, second, "2025-11-03")
    await dismiss(database, third, "2025-11-03")

    assert again.count == 1
    assert (await imports(database)).count == 0


@pytest.mark.parametrize(
    ("reason", "message"), [(" ", "give a reason"), ("x" * 501, "at most 500")]
)
async def test_a_dismissal_needs_a_reason(
    database: Database, reason: str, message: str
) -> None:
    await record(database, invoice("inv_1"), on="2025-10-20")
    run = await failed(database, "2025-11-02")

    with pytest.raises(Rejected, match=message):
        await dismiss(database, run, "2025-11-03", reason)

    assert (await imports(database)).count == 1
    assert await records(database) == []


async def test_only_a_failed_import_that_waits_is_dismissed(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"), on="2025-10-20")
    run = await failed(database, "2025-11-01")
    await import_documents(
        database,
        ORGANISATION,
        [invoice("inv_2")],
        now=datetime(2025, 11, 2, tzinfo=UTC),
        reason=f"import of {OCTOBER_FILE}",
        file=OCTOBER_FILE,
    )

    with pytest.raises(
        Rejected, match=r"october\.csv waits for nothing: it was imported"
    ):
        await dismiss(database, run, "2025-11-03")
    for other in (1, 99):
        with pytest.raises(Rejected, match=f"line {other} .* is no failed import"):
            await dismiss(database, other, "2025-11-03")

    async with database.reads() as session:
        assert await dismissals_at(session, ORGANISATION) == []
    # The refused dismissals are lines of the log, but no imports that failed.
    assert (await imports(database)).count == 0


async def test_a_failed_import_stands_in_the_months_that_it_may_have(
    database: Database,
) -> None:
    """It failed on 3 Nov: October is being closed; September is locked, August not."""
    await record(database, invoice("inv_1"), on="2025-08-20")
    await failed(database, "2025-11-03")

    open_months = [
        (await imports(database, month)).count
        for month in ("2025-08", "2025-10", "2025-11", "2025-12")
    ]
    await lock(database, "2025-09-30", on="2025-11-04")
    locked = [
        (await imports(database, month)).count
        for month in ("2025-08", "2025-09", "2025-10", "2025-11")
    ]
    await lock(database, "2025-10-31", on="2025-11-04")

    assert open_months == [1, 1, 1, 0]
    assert locked == [0, 0, 1, 1]
    # A month that is locked still names what failed while it was being closed.
    assert (await imports(database)).count == 1
