"""What nobody can do to recorded rows while the databases' guards are on."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import (
    URL,
    Executable,
    Table,
    delete,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from daybook.db.engine import Database
from daybook.ledger.models import JournalMovement, OpenRecording
from daybook.tables import Base
from daybook_edits import TABLES, Hand, by_hand
from daybook_everything import everything_url
from daybook_services.database import AT_ANY_TIME
from daybook_stored import dump

pytestmark = pytest.mark.anyio

__all__ = ["everything_url"]


ACCESS = {
    *("users", "memberships", "api_keys", "keyed_requests", "persons"),
    *("webhook_endpoints", "saved_filters", "gl_connections", "gl_settings"),
}
"""Rows that come, change and go; the audit trail tells of them."""
KEYS = {
    "organisations": {"id"},
    "ledgers": {"id", "organisation_id", "currency", "decimals"},
    "customers": {"organisation_id", "id", "external_id"},
    "products": {"organisation_id", "id", "external_id"},
    "manual_journals": {"organisation_id", "number", "ledger_id"},
    "recurrences": {"organisation_id", "number", "ledger_id"},
}
"""What never changes of rows that may change otherwise."""
WITHOUT_RECORDING = {
    *KEYS,
    *("customer_names", "product_names", "former_time_zones", "clock_acceptances"),
    *("recordings", "audit_records", "audited_recordings", "activities"),
    *("row_digests", "export_records", "rate_refreshes", "reference_rates"),
    *("export_postings", "undone_postings", "attachments", "removed_attachments"),
    *("change_requests", "change_requesters", "change_decisions"),
    *("four_eyes_settings", "manual_steps", "manual_versions", "manual_lines"),
    *("manual_authors", "manual_documents"),
    *("recurrence_steps", "recurrence_versions", "recurrence_lines"),
    *("recurrence_authors", "recurrence_instances", "manual_rates"),
    *("gl_imports", "gl_segments"),
}
"""Rows that no recording need be in progress for."""

GUARDED = [table for table in TABLES if table.name not in ACCESS]
BEGIN = (
    "INSERT INTO recordings (ledger_id, number, recorded_at, reason)"
    " SELECT ledger_id, max(number) + 1, max(recorded_at), 'by hand'"
    " FROM recordings GROUP BY ledger_id"
)
DELETED = "rows are never deleted|rows never change"
CHANGED = (
    "(rows|keys) never change|rows are (superseded|revised) only by a recording in"
    "|a state is that of|a final state never changes|what has ended never changes"
)
REPLACED = (
    "only by a recording in progress|never replaced|behind the last|never change"
    "|only for the newest audit record|once at a time|decided once"
    "|begins as a draft|not a step after|another person approves"
    "|without approval while four eyes is on|only an active version makes"
    "|only by an approved request"
)


@pytest.fixture
async def everything(everything_url: URL) -> AsyncIterator[Database]:
    """A ledger with everything in it."""
    opened = Database(everything_url, AT_ANY_TIME)
    before = await dump(opened)
    yield opened
    assert await dump(opened) == before
    await opened.close()


@pytest.fixture
async def hand(everything: Database) -> AsyncIterator[Hand]:
    """Somebody who knows all rows."""
    async with by_hand(everything, is_guarded=True) as guarded:
        yield guarded


async def refuses(hand: Hand, words: str, *statements: Executable | str) -> None:
    """The last of the statements is refused, and all of them are taken back."""
    *before, last = [
        text(statement) if isinstance(statement, str) else statement
        for statement in statements
    ]
    for one in before:
        await hand.connection.execute(one)
    with pytest.raises(DBAPIError, match=words):
        await hand.connection.execute(last)
    await hand.connection.rollback()


def kept_columns() -> Iterator[tuple[Table, Any]]:
    for table in GUARDED:
        for column in table.columns:
            if column.name in KEYS.get(table.name, {column.name}):
                yield table, column


async def test_no_row_is_deleted(hand: Hand) -> None:
    for table in GUARDED:
        await refuses(hand, f"{table.name}: .*{DELETED}", delete(table))


async def test_no_recorded_column_is_changed(hand: Hand) -> None:
    for table, column in kept_columns():
        edit = next(hand.changes_of(column))
        await refuses(hand, f"{table.name}: .*{CHANGED}", *edit.do)


async def test_no_row_is_added_to_a_closed_recording(hand: Hand) -> None:
    for table in GUARDED:
        if table.name == "calendar":
            words = CHANGED
        elif table.name not in WITHOUT_RECORDING:
            words = f"{table.name}: rows are added only by a recording in progress"
        else:
            continue
        await refuses(hand, words, *_doubled(hand, table))


def _doubled(hand: Hand, table: Table) -> Sequence[Executable]:
    """A row again under another key, for which foreign keys have what they name."""
    if table.name != "catch_ups":
        return hand.doubling(table).do
    key = ("ledger_id", "journal", "seq")
    taken, free = (
        {tuple(row[one] for one in key): row for row in hand.rows[its]}
        for its in (table, Base.metadata.tables["movements"])
    )
    other = next(one for one in free if one not in taken)
    row = {**hand.rows[table][0], **dict(zip(key, other, strict=True))}
    return [insert(table).values(row)]


@pytest.mark.either_database
async def test_no_row_is_replaced_on_sqlite(hand: Hand) -> None:
    if hand.connection.dialect.name == "postgresql":
        # There a row is only replaced by an UPDATE (ON CONFLICT), which is refused.
        return
    for table in GUARDED:
        for row in hand.rows[table][:20]:
            again = insert(table).prefix_with("OR REPLACE").values(dict(row))
            await refuses(hand, REPLACED, again)
            await refuses(hand, REPLACED, BEGIN, again)


@pytest.mark.either_database
@pytest.mark.parametrize(
    ("table", "key", "number"),
    [
        ("journals", "number", 9_000),
        ("documents", "id", 9_000),
        ("ledgers", "id", 9_000),
        ("customers", "id", 9_000),
        ("products", "id", 9_000),
    ],
)
async def test_no_row_is_replaced_by_another_key_on_sqlite(
    hand: Hand, table: str, key: str, number: int
) -> None:
    if hand.connection.dialect.name == "postgresql":
        return
    model = Base.metadata.tables[table]
    row = dict(hand.rows[model][-1]) | {key: number}
    if table == "documents":
        row |= {"recorded_in": 14, "revised_in": None}

    again = insert(model).prefix_with("OR REPLACE").values(row)

    await refuses(hand, REPLACED, BEGIN, again)


async def test_no_table_is_emptied_on_postgresql(hand: Hand) -> None:
    if hand.connection.dialect.name == "sqlite":
        # There TRUNCATE is spelled DELETE.
        return
    for table in GUARDED:
        await refuses(hand, "rows never change", f"TRUNCATE {table.name} CASCADE")


async def test_a_recording_takes_rows_until_an_audit_record_names_it(
    hand: Hand,
) -> None:
    movement = JournalMovement.__table__
    last = {"ledger_id": 2, "recording": 14, "record": 1}
    columns = [column for column in movement.columns if column.name != "seq"]
    another = [
        literal(14) if column.name == "recorded_in" else column for column in columns
    ]
    its = {"ledger_id": 2, "journal": 1}

    def added(seq: int) -> Executable:
        found = select(literal(seq), *another).filter_by(**its).limit(1)
        names = ["seq", *(column.name for column in columns)]
        return insert(JournalMovement).from_select(names, found)

    audited = insert(Base.metadata.tables["audited_recordings"]).values(last)
    await refuses(hand, "movements: .*in progress", added(101))
    await refuses(
        hand, "movements: .*in progress", BEGIN, added(101), audited, added(102)
    )


async def test_a_closed_recording_is_not_opened_again(hand: Hand) -> None:
    values = {"ledger_id": 2, "number": 3}
    values |= dict.fromkeys(("last_journal", "last_document", "last_schedule"), 0)

    await refuses(
        hand, "open_recordings: .*in progress", insert(OpenRecording).values(values)
    )


async def test_no_recording_is_left_in_progress(everything: Database) -> None:
    async with everything.reads() as session:
        assert (await session.scalars(select(OpenRecording))).all() == []


@pytest.mark.parametrize(
    "change",
    [
        *("schedule_id = 1", "method = 1", "cause = 1"),
        *("debit_product_id = 3", "credit_product_id = 3"),
    ],
)
async def test_a_manual_movement_is_superseded_and_nothing_else(
    hand: Hand, change: str
) -> None:
    # Its schedule and method are NULL, which is equal to nothing.
    superseded = "UPDATE movements SET superseded_in = 14"
    its = "WHERE ledger_id = 2 AND debit_product_id IS NOT NULL"

    await refuses(
        hand, "movements: rows never change", BEGIN, f"{superseded}, {change} {its}"
    )
    await hand.connection.execute(text(BEGIN))
    done = await hand.connection.execute(text(f"{superseded} {its}"))
    assert done.rowcount == 1
    await hand.connection.rollback()


async def test_a_record_is_posted_once_at_a_time(hand: Hand) -> None:
    posting = Base.metadata.tables["export_postings"]
    row = dict(hand.rows[posting][-1])
    again = insert(posting).values(row | {"number": row["number"] + 1})

    await refuses(hand, "export_postings: a record is posted once at a time", again)


async def test_a_posting_is_undone_once(hand: Hand) -> None:
    undone = Base.metadata.tables["undone_postings"]

    await refuses(
        hand,
        "undone_postings: rows are never replaced",
        insert(undone).values({**hand.rows[undone][0], "reason": "another"}),
    )


async def test_a_file_is_attached_to_a_subject_once_at_a_time(hand: Hand) -> None:
    table = Base.metadata.tables["attachments"]
    removed = {
        row["attachment"]
        for row in hand.rows[Base.metadata.tables["removed_attachments"]]
    }
    last = max(row["number"] for row in hand.rows[table])
    row = next(its for its in hand.rows[table] if its["number"] not in removed)
    again = {**row, "number": last + 1, "file_key": "another"}

    await refuses(
        hand,
        "attachments: a file is attached to a subject once at a time",
        insert(table).values(again),
    )
    await refuses(
        hand,
        "attachments: rows are never replaced",
        insert(table).values({**row, "number": last + 1, "subject_id": "another"}),
    )


async def test_an_attachment_is_removed_once(hand: Hand) -> None:
    removed = Base.metadata.tables["removed_attachments"]

    await refuses(
        hand,
        "removed_attachments: rows are never replaced",
        insert(removed).values({**hand.rows[removed][0], "reason": "another"}),
    )
