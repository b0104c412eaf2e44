"""Filters are saved, replaced, renamed and deleted, each by its owner."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from daybook.access.commands import set_role
from daybook.access.organisations import add_organisation
from daybook.access.rules import OPERATOR
from daybook.audit.models import AuditRecord
from daybook.audit.rules import Record
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.reports.audit import verify
from daybook.reports.trail.telling import tell
from daybook.saved_filters.commands import delete_filter, rename_filter
from daybook.saved_filters.rules import FILTERS_MAX, FilteredPage
from daybook_people import EMAIL, NOON, member
from daybook_saved import VIEWER, saved, seen, somebody

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]


async def names(database: Database, user_id: int | None = 1, its: int = 1) -> list[str]:
    return [row.name for row in await seen(database, somebody(user_id, its))]


async def trail(database: Database) -> Sequence[str]:
    """What the audit trail says of shared filters."""
    statement = (
        select(AuditRecord)
        .where(AuditRecord.subject_kind == "SAVED_FILTER")
        .order_by(AuditRecord.number)
    )
    async with database.reads() as session:
        rows = await session.scalars(statement)
        records = [
            Record(*(getattr(row, name) for name in Record._fields)) for row in rows
        ]
    return [tell(record).sentence for record in records]


async def test_a_filter_is_its_owners(database: Database) -> None:
    number = await saved(database, "Late")
    await saved(database, "Ours", is_shared=True)
    await saved(database, "Theirs", somebody(2))

    assert await names(database) == ["Late", "Ours"]
    assert await names(database, 2) == ["Ours", "Theirs"]
    assert await names(database, None) == ["Ours"]
    assert await seen(database, page=FilteredPage.EXPORTS) == []
    assert not await delete_filter(database, somebody(2), number, now=NOON)
    with pytest.raises(Rejected, match="there is no such filter"):
        await rename_filter(database, somebody(2), number, "Mine", now=NOON)
    assert await names(database) == ["Late", "Ours"]


async def test_another_organisation_sees_and_changes_nothing(
    database: Database,
) -> None:
    shared = await saved(database, "Ours", is_shared=True)
    other = await add_organisation(database, "Other", now=NOON, made_by="test")

    foreign = somebody(1, other)
    assert await seen(database, foreign) == []
    assert not await delete_filter(database, foreign, shared, now=NOON)
    await saved(database, "Ours", foreign, is_shared=True)

    assert await names(database) == ["Ours"]
    assert await names(database, 1, other) == ["Ours"]


async def test_the_same_again_changes_nothing(database: Database) -> None:
    first = await saved(database, query="voided=yes&source=CREDIT_NOTE", is_shared=True)
    again = await saved(database, query="source=CREDIT_NOTE&voided=yes", is_shared=True)

    assert first == again
    assert len(await trail(database)) == 1


async def test_a_name_is_taken_until_it_is_replaced(database: Database) -> None:
    first = await saved(database)
    with pytest.raises(Rejected, match="there is a filter “Late” already") as refused:
        await saved(database, query="voided=yes")
    assert refused.value.problems[0].code is ProblemCode.DUPLICATE

    assert await saved(database, query="voided=yes", replaces=True) == first
    # The same name is free on another page, for another person, and among the shared.
    await saved(database, page=FilteredPage.EXPORTS, query="state=READY")
    await saved(database, who=somebody(2), query="voided=no")
    await saved(database, query="voided=no", is_shared=True)

    rows = await seen(database)
    assert [(row.page, row.owner, row.query) for row in rows] == [
        (1, 0, "voided=no"),
        (1, 1, "voided=yes"),
        (3, 1, "state=READY"),
    ]


async def test_a_filter_is_renamed(database: Database) -> None:
    number = await saved(database)
    await saved(database, "Other", query="voided=yes")

    with pytest.raises(Rejected, match="“Other” already"):
        await rename_filter(database, VIEWER, number, "Other", now=NOON)
    assert await rename_filter(database, VIEWER, number, " Later ", now=NOON)
    assert not await rename_filter(database, VIEWER, number, "Later", now=NOON)

    assert await names(database) == ["Later", "Other"]


async def test_a_deletion_sent_twice_deletes_nothing_else(database: Database) -> None:
    number = await saved(database)

    assert await delete_filter(database, VIEWER, number, now=NOON)
    other = await saved(database, "Other")
    assert not await delete_filter(database, VIEWER, number, now=NOON)

    assert other != number
    assert await names(database) == ["Other"]


async def test_there_are_fifty_of_a_page_at_most(database: Database) -> None:
    for number in range(FILTERS_MAX):
        await saved(database, f"Filter {number}")

    with pytest.raises(Rejected, match="there are 50 of this page") as refused:
        await saved(database, "One more")
    assert refused.value.problems[0].code is ProblemCode.TOO_LARGE
    await saved(database, "Filter 1", query="voided=yes", replaces=True)
    await saved(database, page=FilteredPage.EXPORTS, query="state=READY")
    await saved(database, "Shared", is_shared=True)


async def test_the_trail_tells_of_shared_filters_alone(database: Database) -> None:
    ann = replace(VIEWER, name="ann@example.com")
    await saved(database, "Mine", ann)
    number = await saved(
        database,
        "Late",
        ann,
        is_shared=True,
        query="as_of=2025-10-31&source=CREDIT_NOTE",
    )
    await saved(database, "Late", ann, is_shared=True, replaces=True)
    await rename_filter(database, ann, number, "Later", now=NOON)
    await delete_filter(database, ann, number, now=NOON)

    assert await trail(database) == [
        "Shared the filter “Late” of the page journals: As of, Source",
        "Replaced the filter “Late” of the page journals: Source",
        "Renamed the filter “Later” of the page journals",
        "Deleted the filter “Later” of the page journals",
    ]
    assert (await verify(database, 1)).mismatch is None


async def test_the_own_ones_of_a_removed_person_go_with_them(
    database: Database,
) -> None:
    await member(database, email="admin@example.com")
    user_id = await member(database)
    ada = somebody(user_id)
    await saved(database, "Mine", ada)
    await saved(database, "Ours", ada, is_shared=True)
    await saved(database, "Admin's", somebody(user_id - 1))

    await set_role(
        database,
        1,
        email=EMAIL,
        role=None,
        authority=OPERATOR,
        now=NOON,
        made_by="admin@example.com",
    )

    assert await names(database, user_id) == ["Ours"]
    assert await names(database, user_id - 1) == ["Admin's", "Ours"]
    assert (await verify(database, 1)).mismatch is None
