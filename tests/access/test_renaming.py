"""An organisation's name: changed by its admins, audited, and seen at once."""

import pytest

from daybook.access.organisations import add_organisation, rename_organisation
from daybook.access.queries import caller_of_key, caller_of_session
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.organisations import all_organisations, organisations_called
from daybook.paging import PageRequest
from daybook.reports.audit import verify
from daybook.reports.trail.queries import find_records
from daybook_people import NOON, begin_session, key_of, member

pytestmark = pytest.mark.anyio


async def rename(database: Database, name: str, organisation_id: int = 1) -> str | None:
    return await rename_organisation(
        database, organisation_id, name, now=NOON, made_by="ada@example.com"
    )


async def test_a_new_name_is_in_the_trail_and_holds_at_once(database: Database) -> None:
    user_id = await member(database)
    signed_in = await begin_session(database, user_id, now=NOON)
    assert signed_in is not None
    key = await key_of(database)
    before = await caller_of_session(database, signed_in.token, NOON)

    assert await rename(database, "  Acme Ltd ") == "My company"

    for after in (
        await caller_of_session(database, signed_in.token, NOON),
        await caller_of_key(database, key, NOON),
    ):
        assert after is not None and after.organisation_name == "Acme Ltd"
    # The same caller as before: sockets and streams stay open.
    assert await caller_of_session(database, signed_in.token, NOON) == before
    async with database.reads() as session:
        page = await find_records(session, 1, PageRequest(1))
    (listed,) = page.items
    record, told = listed.record, listed.told
    assert (record.action, record.made_by) == ("RENAME_ORGANISATION", "ada@example.com")
    assert told.sentence == "Renamed the organisation"
    assert [(each.name, each.before, each.after) for each in told.changes] == [
        ("Name", "My company", "Acme Ltd")
    ]
    assert (await verify(database, 1)).mismatch is None


async def test_the_same_name_again_changes_nothing(database: Database) -> None:
    await rename(database, "Acme Ltd")
    before = (await verify(database, 1)).records

    assert await rename(database, "Acme Ltd") is None

    assert (await verify(database, 1)).records == before


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "two\nlines", "a\u202eb"])
async def test_a_name_is_one_line_that_can_be_read(
    database: Database, name: str
) -> None:
    with pytest.raises(Rejected) as rejected:
        await rename(database, name)

    (problem,) = rejected.value.problems
    assert problem.path == ("name",)
    assert problem.code in {ProblemCode.MISSING, ProblemCode.INVALID_VALUE}


async def test_organisations_may_share_a_name_and_are_found_by_it(
    database: Database,
) -> None:
    other = await add_organisation(database, "Acme Ltd", now=NOON, made_by="test")
    third = await add_organisation(database, "ACME LTD", now=NOON, made_by="test")
    await rename(database, "Acme Ltd")

    async def called(name: str) -> list[int]:
        async with database.reads() as session:
            return [its.number for its in await organisations_called(session, name)]

    # As it is written, before any other case.
    assert await called("Acme Ltd") == [1, other]
    assert await called(" ACME LTD ") == [third]
    assert await called("acme ltd") == [1, other, third]
    assert await called("Acme") == []
    async with database.reads() as session:
        assert [its.number for its in await all_organisations(session, 2)] == [1, other]
