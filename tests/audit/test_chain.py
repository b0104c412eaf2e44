"""The chain of the audit trail: whatever is changed in it is found, and named."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from daybook.activity.commands import log_failed_run
from daybook.activity.rules import ActivityKind, Started
from daybook.audit.commands import append_audit_record
from daybook.audit.persons import load_persons
from daybook.audit.rules import (
    Action,
    Mismatch,
    Record,
    Subject,
    SubjectKind,
    Verification,
    hash_of,
)
from daybook.db.engine import Database
from daybook.ledger.commands import lock_organisation
from daybook.reports.audit import verify
from daybook_services.database import NewDatabase
from daybook_trail import LEDGER, ORGANISATION, START, append, tamper

pytestmark = pytest.mark.anyio

# ruff: noqa: S608  (what is changed is listed below)

CHAIN = "does not hold the hash of the record before it"
CHANGES = {
    "organisation_id": "organisation_id = 2",
    "recorded_at": "recorded_at = '2025-06-15T12:02:00.000001+00:00'",
    "made_by": "made_by = 'another'",
    "made_by nobody": "made_by = NULL",
    "action": "action = 'UPDATE_SETTINGS'",
    "subject_kind": "subject_kind = 'INVOICE'",
    "subject_id": "subject_id = 'EUR'",
    "details": "details = '{\"n\": 3}'",
    "details spelled otherwise": "details = ' ' || details",
}


async def append_some(database: Database, count: int = 5) -> None:
    for number in range(1, count + 1):
        assert await append(database, minutes=number) == number


async def misfit_of(database: Database) -> Mismatch:
    found = (await verify(database, ORGANISATION)).mismatch
    assert found is not None
    return found


@pytest.mark.either_database
async def test_an_empty_chain_holds(database: Database) -> None:
    assert await verify(database, ORGANISATION) == Verification(0)


@pytest.mark.either_database
async def test_a_chain_holds_longer_than_one_reading_of_it(database: Database) -> None:
    # More than SLICE records, in one transaction for the sake of time.
    async with database.writes() as session:
        organisation = await lock_organisation(session, ORGANISATION)
        for number in range(1_001):
            await append_audit_record(
                session,
                organisation,
                now=START,
                made_by=None,
                action=Action.SET_LOCK,
                subject=LEDGER,
                details={"n": number},
            )

    assert await verify(database, ORGANISATION) == Verification(1_001)


async def test_details_are_stored_in_one_spelling(database: Database) -> None:
    await append(database, details={"b": [1, None], "a": {"y": "é\x00", "x": True}})

    async with database.reads() as session:
        stored = await session.scalar(text("SELECT details FROM audit_records"))

    assert stored == '{"a":{"x":true,"y":"\\u00e9\\u0000"},"b":[1,null]}'
    assert await verify(database, ORGANISATION) == Verification(1)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.either_database
async def test_a_changed_record_is_named(database: Database, change: str) -> None:
    await append_some(database)
    await tamper(
        database,
        "INSERT INTO organisations (id, name, time_zone, customers, products)"
        " VALUES (2, 'Other', 'UTC', 0, 0)",
    )

    await tamper(database, f"UPDATE audit_records SET {change} WHERE number = 3")

    expected = "is missing" if "organisation" in change else "was changed"
    mismatch = await misfit_of(database)
    assert mismatch.number == 3 and mismatch.reason.startswith(expected)


@pytest.mark.either_database
async def test_a_changed_link_is_named(database: Database) -> None:
    await append_some(database)

    await tamper(
        database, "UPDATE audit_records SET previous_hash = hash WHERE number = 3"
    )

    mismatch = await misfit_of(database)
    assert mismatch.number == 3 and mismatch.reason.startswith(CHAIN)


@pytest.mark.either_database
async def test_a_changed_hash_is_named(database: Database) -> None:
    await append_some(database)

    await tamper(
        database, "UPDATE audit_records SET hash = previous_hash WHERE number = 3"
    )

    assert await misfit_of(database) == (3, "was changed: its hash doesn't match")


@pytest.mark.parametrize(("number", "named"), [(3, 4), (5, 5)])
@pytest.mark.either_database
async def test_a_record_with_a_hash_made_anew_is_found(
    database: Database, number: int, named: int
) -> None:
    # By the next one, or by the organisation's row where it is the last.
    await append_some(database)
    await rewrite(database, number, "another")

    mismatch = await misfit_of(database)

    assert mismatch.number == named


async def rewrite(database: Database, number: int, made_by: str) -> None:
    """Change a record and its hash, as one who knows how it is made."""
    async with database.reads() as session:
        row = await session.execute(
            text("SELECT * FROM audit_records WHERE number = :number"),
            {"number": number},
        )
        record = Record(**row.mappings().one())
        persons = await load_persons(session, ORGANISATION)
    changed = record._replace(made_by=made_by)
    await tamper(
        database,
        "UPDATE audit_records SET made_by = :made_by, hash = :hash"
        " WHERE number = :number",
        {"made_by": made_by, "hash": hash_of(changed, persons.hash), "number": number},
    )


@pytest.mark.parametrize(
    ("gone", "named"), [("= 1", 1), ("= 3", 3), ("= 5", 5), ("> 3", 4), ("> 0", 1)]
)
@pytest.mark.either_database
async def test_missing_records_are_named_also_the_newest(
    database: Database, gone: str, named: int
) -> None:
    await append_some(database)

    await tamper(database, f"DELETE FROM audit_records WHERE number {gone}")

    mismatch = await misfit_of(database)
    assert mismatch.number == named and mismatch.reason.startswith("is missing")


@pytest.mark.either_database
async def test_a_record_too_many_is_named(database: Database) -> None:
    await append_some(database)
    await tamper(database, "UPDATE organisations SET audit_records = 4")

    message = "is one too many: there should be 4 records"
    assert await misfit_of(database) == (5, message)


async def test_a_changed_head_is_found(database: Database) -> None:
    await append_some(database)
    await tamper(database, "UPDATE organisations SET audit_hash = NULL")

    assert await misfit_of(database) == (
        5,
        "is not the record that was written last",
    )


@pytest.mark.either_database
async def test_exchanged_records_are_found(database: Database) -> None:
    await append_some(database)
    for before, after in ((2, 9), (3, 2), (9, 3)):
        await tamper(
            database,
            f"UPDATE audit_records SET number = {after} WHERE number = {before}",
        )

    mismatch = await misfit_of(database)
    assert mismatch.number == 2 and mismatch.reason.startswith(CHAIN)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_records SET made_by = made_by",
        "DELETE FROM audit_records",
        "UPDATE activities SET message = message",
        "DELETE FROM activities",
    ],
)
async def test_the_database_refuses_to_change_a_record(
    database: Database, change: str
) -> None:
    await append_some(database, 1)
    await log_failed_run(
        database,
        ORGANISATION,
        kind=ActivityKind.IMPORT,
        started=Started(START),
        message="",
        made_by=None,
        problems=1,
    )

    with pytest.raises(DBAPIError, match=r"rows (never change|are never deleted)"):
        async with database.writes() as session:
            await session.execute(text(change))


async def test_appenders_at_the_same_time_make_one_chain(
    new_database: NewDatabase,
) -> None:
    url = new_database()
    databases = [Database(url) for _ in range(4)]

    async def several(database: Database) -> list[int]:
        # Nobody's clock may be five minutes behind another's.
        return [await append(database, minutes=number // 2) for number in range(10)]

    numbers = await asyncio.gather(*(several(database) for database in databases))

    assert sorted(number for some in numbers for number in some) == [*range(1, 41)]
    assert await verify(databases[0], ORGANISATION) == Verification(40)
    await asyncio.gather(*(database.close() for database in databases))


async def test_a_transaction_that_fails_leaves_no_record(database: Database) -> None:
    await append_some(database, 2)

    with pytest.raises(ZeroDivisionError):
        await append_and_fail(database)

    assert await verify(database, ORGANISATION) == Verification(2)
    assert await append(database) == 3
    assert await verify(database, ORGANISATION) == Verification(3)


async def append_and_fail(database: Database) -> None:
    async with database.writes() as session:
        organisation = await lock_organisation(session, ORGANISATION)
        await append_audit_record(
            session,
            organisation,
            now=START,
            made_by=None,
            action=Action.SET_LOCK,
            subject=Subject(SubjectKind.ORGANISATION, ""),
            details={},
        )
        raise ZeroDivisionError


async def test_chains_of_organisations_are_their_own(database: Database) -> None:
    await append_some(database, 2)
    await tamper(
        database,
        "INSERT INTO organisations (id, name, time_zone, customers, products)"
        " VALUES (2, 'Other', 'UTC', 0, 0)",
    )
    await tamper(database, "UPDATE audit_records SET made_by = 'another'")

    assert await verify(database, 2) == Verification(0)
    assert await misfit_of(database) == (1, "was changed: its hash doesn't match")
