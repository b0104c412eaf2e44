"""A person is erased, and the audit trail holds."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from daybook.access.commands import set_role
from daybook.access.erasing import erase_person
from daybook.access.rules import OPERATOR
from daybook.adjustments.commands import save_draft
from daybook.audit.persons import load_persons
from daybook.audit.rules import ERASED
from daybook.calendar import parse_day
from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database
from daybook.decisions.commands import approve_change, set_four_eyes
from daybook.errors import Rejected
from daybook.exports.file_spec import FileSpec
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import Totals
from daybook.four_eyes.rules import ApprovalPending
from daybook.fx.entering import RateDay, enter_rate
from daybook.jobs.commands import rename_requester
from daybook.reports.audit import verify
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity
from daybook.saved_filters.rules import FilteredPage, pairs_of
from daybook_adjusting import entered
from daybook_evidence import attached, removed
from daybook_factories import invoice, pin, record
from daybook_filled import filled
from daybook_gl_imports import imported, journal, page
from daybook_gl_refreshes import refreshed
from daybook_hooks import an_endpoint
from daybook_jobs import ask, job_of
from daybook_people import EMAIL, NOON, key_of, member
from daybook_posted import mark, undo
from daybook_saved import saved, seen
from daybook_trail import ORGANISATION, tamper

pytestmark = pytest.mark.anyio

LATER = NOON + timedelta(days=2)
NAMED = """
SELECT made_by FROM recordings UNION ALL SELECT made_by FROM audit_records
UNION ALL SELECT subject_id FROM audit_records
UNION ALL SELECT details FROM audit_records
UNION ALL SELECT made_by FROM activities UNION ALL SELECT created_by FROM api_keys
UNION ALL SELECT made_by FROM export_records
UNION ALL SELECT marked_by FROM export_postings
UNION ALL SELECT undone_by FROM undone_postings
UNION ALL SELECT attached_by FROM attachments
UNION ALL SELECT removed_by FROM removed_attachments
UNION ALL SELECT requested_by FROM change_requests
UNION ALL SELECT decided_by FROM change_decisions
UNION ALL SELECT set_by FROM four_eyes_settings
UNION ALL SELECT made_by FROM manual_steps
UNION ALL SELECT created_by FROM webhook_endpoints
UNION ALL SELECT created_by FROM gl_connections
UNION ALL SELECT entered_by FROM manual_rates
UNION ALL SELECT imported_by FROM gl_imports
UNION ALL SELECT made_by FROM gl_segments
UNION ALL SELECT query FROM saved_filters
UNION ALL SELECT message FROM activities
UNION ALL SELECT name FROM persons UNION ALL SELECT email FROM users
UNION ALL SELECT name FROM users
"""


async def a_person_who_left(database: Database) -> None:
    """A member who recorded, posted, attached, adjusted and requested, and left."""
    admin = await member(database, email="admin@example.com")
    await member(database)
    await key_of(database)
    await record(database, invoice("inv_1"), on="2025-10-16", made_by=EMAIL)
    spec = FileSpec(await pin(database), JournalFilter(), Granularity.DAILY)
    await record_file(
        database,
        MadeFile(spec, "all.csv", 9, bytes(32), Totals(2, 10_00, 10_00)),
        now=NOON + timedelta(days=1),
        made_by=EMAIL,
    )
    who: dict[str, Any] = {"now": NOON + timedelta(days=1), "made_by": EMAIL}
    await mark(database, 1, **who)
    await undo(database, 1, **who)
    with TemporaryDirectory() as folder:
        await attached(database, Path(folder), **who)
    await removed(database, 1, **who)
    await save_draft(database, ORGANISATION, entered(), **who)
    await an_endpoint(
        database, "https://hooks.example.com/", now=NOON + timedelta(days=1)
    )
    connector = Author(ORGANISATION, EMAIL, who["now"])
    uk = ConnectionSettings("UK")
    await add_connection(database, connector, uk, base_currency="GBP")
    with TemporaryDirectory() as folder:
        first = page(Path(folder), "Journals", journal(1, "1", "-1"))
        await imported(database, Path(folder), first, **who)
        await refreshed(database, Path(folder), by=EMAIL, now=who["now"])
    day = parse_day("2025-09-30")
    given = {**who, "reason": "Central bank", "today": day}
    await enter_rate(database, ORGANISATION, RateDay("KES", day), "151.2", **given)
    by_ada = f"who={EMAIL.title()}&kind=EXPORT"
    audit = FilteredPage.AUDIT_TRAIL
    await saved(
        database, "Hers", page=audit, query=by_ada, is_shared=True, now=who["now"]
    )
    await set_four_eyes(database, ORGANISATION, is_on=True, **who)
    with pytest.raises(ApprovalPending):
        await set_four_eyes(database, ORGANISATION, is_on=False, **who)
    await approve_change(
        *(database, ORGANISATION, 1), user_id=admin, now=NOON + timedelta(days=1)
    )
    await set_role(
        database,
        ORGANISATION,
        email=EMAIL,
        role=None,
        authority=OPERATOR,
        now=NOON + timedelta(days=1),
        made_by="admin@example.com",
    )


async def erase(database: Database) -> str:
    async def beside(erased: str) -> None:
        await rename_requester(database.runtime, ORGANISATION, EMAIL, erased)

    return await erase_person(
        database,
        ORGANISATION,
        email=EMAIL,
        now=LATER,
        made_by="admin@example.com",
        beside=beside,
    )


async def test_a_filter_that_names_somebody_of_a_longer_address_stays(
    database: Database,
) -> None:
    await a_person_who_left(database)
    kept = [f"who=jo{EMAIL}", f"who={EMAIL}.au", f"who=x-{EMAIL}"]
    for number, query in enumerate(kept):
        await saved(
            database,
            f"Others {number}",
            page=FilteredPage.AUDIT_TRAIL,
            query=query,
            is_shared=True,
            now=NOON + timedelta(days=1),
        )

    await erase(database)

    async with database.reads() as session:
        queries = list(await session.scalars(text("SELECT query FROM saved_filters")))
    assert {("who", query.removeprefix("who=")) for query in kept} <= {
        pair for query in queries for pair in pairs_of(query)
    }


async def test_nothing_names_an_erased_person_and_the_trail_holds(
    database: Database,
) -> None:
    await filled(database, a_person_who_left)

    erased = await erase(database)

    async with database.reads() as session:
        names = list(await session.scalars(text(NAMED)))
        made_by = await session.scalar(text("SELECT made_by FROM recordings"))
        sender = await session.scalar(text("SELECT made_by FROM export_records"))
        marked_by = await session.scalar(text("SELECT marked_by FROM export_postings"))
        undone_by = await session.scalar(text("SELECT undone_by FROM undone_postings"))
        attached_by = await session.scalar(text("SELECT attached_by FROM attachments"))
        removed_by = await session.scalar(
            text("SELECT removed_by FROM removed_attachments")
        )
    assert made_by == sender == marked_by == undone_by == erased
    assert attached_by == removed_by == erased
    assert not [name for name in names if name and (EMAIL in name or name == "Ada")]
    (by_them,) = await seen(database)
    assert pairs_of(by_them.query) == [("kind", "EXPORT"), ("who", erased)]
    assert (await verify(database, ORGANISATION)).mismatch is None
    with pytest.raises(Rejected, match="nothing that is kept here names"):
        await erase(database)


@pytest.mark.either_database
async def test_what_was_created_with_a_key_is_not_created_again(
    database: Database,
) -> None:
    await filled(database, a_person_who_left)
    keyed: dict[str, Any] = {
        "idempotency_key": "accrual",
        "now": LATER,
        "made_by": "admin@example.com",
    }
    written = await save_draft(database, ORGANISATION, entered(), **keyed)
    assert written.number == 2  # and Ada was the second user

    await erase(database)

    with pytest.raises(Rejected, match="the key was used"):
        await save_draft(database, ORGANISATION, entered(), **keyed)


@pytest.mark.either_database
async def test_an_erased_person_asked_for_no_job(database: Database) -> None:
    await filled(database, a_person_who_left)
    await ask(database, requested_by=EMAIL, now=NOON + timedelta(days=1))

    erased = await erase(database)

    assert (await job_of(database)).requested_by == erased


@pytest.mark.either_database
async def test_a_member_is_removed_first(database: Database) -> None:
    await member(database)

    with pytest.raises(Rejected, match="is a member: remove them first"):
        await erase(database)


@pytest.mark.either_database
async def test_another_hash_in_the_place_of_a_name_is_found(
    database: Database,
) -> None:
    await filled(database, a_person_who_left)
    await erase(database)

    await tamper(database, "UPDATE recordings SET made_by = 'erased person ' || 'ab'")

    assert (await verify(database, ORGANISATION)).mismatch is not None


@pytest.mark.either_database
async def test_only_a_record_of_the_trail_erases(database: Database) -> None:
    await filled(database, a_person_who_left)
    async with database.reads() as session:
        persons = await load_persons(session, ORGANISATION)
    values = {"erased": f"{ERASED}{persons.hash(EMAIL)}", "name": EMAIL}

    for table in ("recordings", "activities", "audit_records"):
        statement = f"UPDATE {table} SET made_by = :erased WHERE made_by = :name"  # noqa: S608
        await tamper(database, statement, values)
    await tamper(database, "DELETE FROM persons WHERE name = :name", values)

    assert (await verify(database, ORGANISATION)).mismatch is not None


@pytest.mark.either_database
async def test_a_longer_salt_fits_no_shorter_name(database: Database) -> None:
    await filled(database, a_person_who_left)

    await tamper(
        database,
        "UPDATE persons SET name = :name, salt = :salt WHERE name = :before",
        {"name": "da@example.com", "salt": b"0" * 17, "before": EMAIL},
    )

    assert (await verify(database, ORGANISATION)).mismatch is not None


@pytest.mark.either_database
async def test_nothing_of_an_erased_person_is_left_in_the_files(
    database: Database,
) -> None:
    if not database.is_sqlite:
        return
    await filled(database, a_person_who_left)

    await erase(database)

    for path in database.path.parent.glob(f"{database.path.stem}*"):
        if path.is_file():
            assert EMAIL.encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE recordings SET made_by = 'somebody else'",
        "UPDATE recordings SET made_by = 'erased person 1', reason = 'x'",
        "UPDATE audit_records SET made_by = NULL",
        "UPDATE audit_records SET subject_id = 'somebody else'",
        "UPDATE activities SET made_by = 'erased person 1', message = 'x'",
        "UPDATE activities SET made_by = 'erased person 1', file = 'x'",
    ],
)
async def test_the_database_permits_nothing_but_hashes(
    database: Database, change: str
) -> None:
    await filled(database, a_person_who_left)

    with pytest.raises(DBAPIError, match="rows never change"):
        async with database.writes() as session:
            await session.execute(text(change))
