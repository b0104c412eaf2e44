"""The audit trail as tests need it: records to append, and rows to tamper with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Details, Subject, SubjectKind
from daybook.db.engine import Database
from daybook.ledger.commands import lock_organisation

ORGANISATION = 1
START = datetime(2025, 6, 15, 12, tzinfo=UTC)
LEDGER = Subject(SubjectKind.LEDGER, "USD")


async def append(  # noqa: PLR0913  (a record's fields, by their own names)
    database: Database,
    *,
    details: Details | None = None,
    action: Action = Action.SET_LOCK,
    subject: Subject = LEDGER,
    made_by: str | None = "a test",
    minutes: int = 0,
) -> int:
    """Append a record in a transaction of its own."""
    async with database.writes() as session:
        organisation = await lock_organisation(session, ORGANISATION)
        return await append_audit_record(
            session,
            organisation,
            now=START + timedelta(minutes=minutes),
            made_by=made_by,
            action=action,
            subject=subject,
            details={"n": minutes} if details is None else details,
        )


async def tamper(
    database: Database, statement: str, values: Mapping[str, Any] | None = None
) -> None:
    """Run a statement as somebody who switched the database's own guards off."""
    async with database.engine.begin() as connection:
        if database.is_sqlite:
            found = await connection.exec_driver_sql(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            )
            triggers = found.all()
            for trigger in triggers:
                await connection.exec_driver_sql(f"DROP TRIGGER {trigger.name}")
            await connection.execute(text(statement), dict(values or {}))
            for trigger in triggers:
                await connection.exec_driver_sql(trigger.sql)
        else:
            await connection.exec_driver_sql("SET session_replication_role = replica")
            await connection.execute(text(statement), dict(values or {}))
            await connection.exec_driver_sql("SET session_replication_role = DEFAULT")
