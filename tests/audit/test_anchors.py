"""A chain that was made anew holds by itself, and not by an anchor kept elsewhere."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from daybook.audit.persons import load_persons
from daybook.audit.queries import head_of
from daybook.audit.rules import FIRST_LINK, Anchor, Record, Verification, hash_of
from daybook.db.engine import Database
from daybook.ledger.pins import AuditHead
from daybook.reports.audit import verify
from daybook_trail import ORGANISATION, append, tamper

pytestmark = pytest.mark.anyio


async def head(database: Database) -> AuditHead | None:
    async with database.reads() as session:
        return await head_of(session, ORGANISATION)


async def make_anew(database: Database, changes: dict[int, dict[str, Any]]) -> None:
    """Change records and link all of them again, as one who knows how it is done."""
    async with database.reads() as session:
        persons = await load_persons(session, ORGANISATION)
        rows: Sequence[Any] = (
            await session.execute(text("SELECT * FROM audit_records ORDER BY number"))
        ).all()
    previous = FIRST_LINK
    for row in rows:
        record = Record(**row._mapping)  # noqa: SLF001  (documented in spite of it)
        record = record._replace(
            previous_hash=previous, **changes.get(record.number, {})
        )
        previous = hash_of(record, persons.hash)
        await tamper(
            database,
            "UPDATE audit_records SET details = :details,"
            " previous_hash = :previous, hash = :hash WHERE number = :number",
            {
                "details": record.details,
                "previous": record.previous_hash,
                "hash": previous,
                "number": record.number,
            },
        )
    await tamper(database, "UPDATE organisations SET audit_hash = :h", {"h": previous})


async def test_an_anchor_is_any_record_that_was_kept(database: Database) -> None:
    assert await head(database) is None
    for number in (1, 2):
        await append(database, minutes=number)
    kept = await head(database)
    await append(database, minutes=3)

    assert kept is not None and kept.record == 2
    for anchor in (Anchor(kept.hash), Anchor(kept.hash, 2)):
        found = await verify(database, ORGANISATION, anchor=anchor)
        assert found == Verification(3, anchored_at=2)
    for wrong in (1, 3, 4):
        found = await verify(
            database, ORGANISATION, anchor=Anchor(kept.hash, number=wrong)
        )
        assert found.mismatch is not None and found.mismatch.number == 2


async def test_a_chain_made_anew_does_not_contain_the_anchor(
    database: Database,
) -> None:
    for number in (1, 2, 3):
        await append(database, minutes=number)
    kept = await head(database)
    assert kept is not None

    await make_anew(database, {2: {"details": '{"n":7}'}})

    assert await verify(database, ORGANISATION) == Verification(3)
    assert await missing(database, Anchor(kept.hash, 3)) == (
        f"audit record 3 does not have the hash {kept.hash.hex()}: the anchor was taken"
        " from another chain"
    )
    assert await missing(database, Anchor(kept.hash)) == (
        f"no audit record up to 3, the last one, has the hash {kept.hash.hex()}: it was"
        " taken later, or from another chain; the record's number before it, as"
        " `daybook audit head` prints it, would tell"
    )


async def missing(database: Database, anchor: Anchor) -> str:
    return str((await verify(database, ORGANISATION, anchor=anchor)).mismatch)


async def test_an_anchor_of_a_later_record_is_no_other_chain(
    database: Database,
) -> None:
    for number in (1, 2):
        await append(database, minutes=number)

    assert await missing(database, Anchor(bytes(32), 3)) == (
        "this copy ends at record 2, the anchor is record 3: it was taken later, or"
        " records are missing"
    )


@pytest.mark.either_database
async def test_an_anchor_of_nothing_is_in_no_chain(database: Database) -> None:
    for number in (None, 1):
        anchor = Anchor(bytes(32), number)
        assert (await verify(database, ORGANISATION, anchor=anchor)).mismatch


FORGED = (
    "INSERT INTO row_digests SELECT organisation_id, {record}, ledger_id, form,"
    " first_key, last_key, row_count, digest, marks FROM row_digests WHERE record = 2"
    " AND form = 40"
)


@pytest.mark.parametrize("record", [-5, 0, 3, 1_000_000])
@pytest.mark.either_database
async def test_digests_of_no_record_are_not_trusted(
    database: Database, record: int
) -> None:
    for number in (1, 2):
        await append(database, minutes=number)
    forged = FORGED.format(record=record)

    with pytest.raises(DBAPIError, match="only for the newest audit record"):
        async with database.writes() as session:
            await session.execute(text(forged))
    await tamper(database, forged)

    mismatch = (await verify(database, ORGANISATION)).mismatch
    assert mismatch is not None and f"record {record}" in str(mismatch)
