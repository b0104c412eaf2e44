"""`python -m benchmarks.trail_rows URL N`: a database with N audit records.

The records are made up and verify against nothing: only reading them is measured. Most
are one program's imports into one ledger; one person and one ledger are rare.
"""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, make_url, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from daybook.audit.models import AuditedRecording, AuditRecord
from daybook.db.engine import Database
from daybook.db.migrate import upgrade
from daybook.ledger.models import ChangeAfterClose, Ledger, Organisation, Recording

START = datetime(2020, 1, 1, tzinfo=UTC)
AT_ONCE = 10_000
LEDGERS = {1: "USD", 2: "EUR", 3: "JPY"}
RARE = 50_000
"""One in so many records is the rare person's, and one is about the rare ledger."""
LATE = 100
"""One in so many records changed a closed day."""
ACTIONS = (
    *[("IMPORT", "LEDGER", "USD")] * 14,
    *[("IMPORT", "LEDGER", "EUR")] * 2,
    ("EXPORT", "EXPORT", "1"),
    ("SET_ROLE", "USER", "ada@example.com"),
    ("VOID_DOCUMENT", "INVOICE", "inv_1"),
    ("SET_LOCK", "LEDGER", "USD"),
)


def record(number: int) -> dict[str, Any]:
    """The record with a number."""
    action, kind, id_ = ACTIONS[number % len(ACTIONS)]
    if kind == "INVOICE":
        id_ = f"inv_{number}"
    who = "warehouse" if number % 10 else f"person-{number // 10 % 20}@example.com"
    if number % RARE == RARE // 2:
        who, action, kind, id_ = "rare@example.com", "IMPORT", "LEDGER", "JPY"
    at = START + timedelta(minutes=number)
    return {
        "organisation_id": 1,
        "number": number,
        "recorded_at": at.isoformat(timespec="microseconds"),
        "made_by": who,
        "action": action,
        "subject_kind": kind,
        "subject_id": id_,
        "details": '{"recorded":{"INVOICE":1}}',
        "previous_hash": bytes(32),
        "hash": number.to_bytes(32, "big"),
        "digest": bytes(32),
    }


def runs(records: int) -> Iterator[dict[str, Any]]:
    """The recordings of records that have some, each one recording."""
    counts = dict.fromkeys(LEDGERS, 0)
    by_currency = {currency: id_ for id_, currency in LEDGERS.items()}
    for number in range(1, records + 1):
        its = record(number)
        ledger_id = by_currency.get(its["subject_id"], 1)
        if its["action"] in {"IMPORT", "SET_LOCK", "VOID_DOCUMENT"}:
            counts[ledger_id] += 1
            yield {
                "ledger_id": ledger_id,
                "recording": counts[ledger_id],
                "record": number,
            }


def recordings(records: int) -> Iterator[dict[str, Any]]:
    """The recordings themselves."""
    for run in runs(records):
        yield {
            "ledger_id": run["ledger_id"],
            "number": run["recording"],
            "recorded_at": START + timedelta(minutes=run["record"]),
            "reason": "bench",
        }


def late(records: int) -> Iterator[dict[str, Any]]:
    """The changes after close among these recordings."""
    for run in runs(records):
        if run["record"] % LATE == 0:
            ledger_id, recording = run["ledger_id"], run["recording"]
            yield {
                "ledger_id": ledger_id,
                "recorded_in": recording,
                "record": run["record"],
                "first_day": 18_000,
            }


async def fill(url: str, records: int) -> None:
    """Make the database."""
    database = Database(make_url(url))
    await upgrade(database)
    async with database.writes() as session:
        session.add_all(
            Ledger(id=id_, organisation_id=1, currency=currency, decimals=2)
            for id_, currency in LEDGERS.items()
        )
    async with database.engine.begin() as connection:
        await _without_guards(connection)
        await _insert(connection, AuditRecord, map(record, range(1, records + 1)))
        await _insert(connection, Recording, recordings(records))
        await _insert(connection, AuditedRecording, runs(records))
        await _insert(connection, ChangeAfterClose, late(records))
        await connection.execute(
            update(Organisation).values(audit_records=records, audit_hash=bytes(32))
        )
        counts = dict.fromkeys(LEDGERS, 0)
        for run in runs(records):
            counts[run["ledger_id"]] = run["recording"]
        for id_, count in counts.items():
            its = update(Ledger).where(Ledger.id == id_)
            await connection.execute(its.values(recordings=count))
    async with database.engine.connect() as connection:
        await connection.execute(text("ANALYZE"))
        await connection.commit()
    await database.close()


async def _without_guards(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET session_replication_role = replica"))
        return
    found = await connection.execute(
        text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    )
    for (name,) in found.all():
        await connection.exec_driver_sql(f"DROP TRIGGER {name}")


async def _insert(
    connection: AsyncConnection,
    model: type[DeclarativeBase],
    rows: Iterator[dict[str, Any]],
) -> None:
    waiting: list[dict[str, Any]] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == AT_ONCE:
            await connection.execute(insert(model), waiting)
            waiting = []
    if waiting:
        await connection.execute(insert(model), waiting)


if __name__ == "__main__":
    asyncio.run(fill(sys.argv[1], int(sys.argv[2])))
