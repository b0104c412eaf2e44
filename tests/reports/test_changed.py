"""Lists of what changed after a recording, at any recording: what they tell."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from daybook.db.engine import Database
from daybook.documents.models import DocumentVersion, StoredDocument
from daybook.ledger.models import (
    Customer,
    Journal,
    JournalMovement,
    Product,
)
from daybook.ledger.queries import pin_at_recording
from daybook.paging import PageRequest
from daybook.reports.changed import (
    is_changed_journal,
    last_document_at,
    last_journal_at,
)
from daybook.reports.documents import DocumentFilter, count_documents, find_documents
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.queries import (
    find_journals,
    journal_numbers,
    journals_in_force,
)
from daybook.reports.journals.totals import count_journals
from daybook.reports.parties import PartyFilter, count_parties, find_parties
from daybook_history import RECORDINGS, History, reads

pytestmark = pytest.mark.anyio

recordings = st.integers(0, RECORDINGS)


async def changes_of(history: History) -> dict[int, set[int]]:
    """The recordings that changed each journal, by its own rows and its document's."""
    found: dict[int, set[int]] = defaultdict(set)
    async with history.database.reads() as session:
        for row in await session.scalars(select(JournalMovement)):
            if row.ledger_id == history.pin.ledger_id:
                found[row.journal] |= {row.recorded_in, row.superseded_in or 0}
        revised = await revisions_of(history)
        for journal in await session.scalars(select(Journal)):
            if journal.ledger_id == history.pin.ledger_id:
                found[journal.number] |= revised[journal.document_id]
    return found


async def revisions_of(history: History) -> dict[int, set[int]]:
    """The recordings that made each version of a document but the first."""
    found: dict[int, set[int]] = defaultdict(set)
    async with history.database.reads() as session:
        for document in await session.scalars(select(StoredDocument)):
            found[document.id] = {document.revised_in or 0}
        for version in await session.scalars(select(DocumentVersion)):
            if version.made_in != version.until:
                found[version.document_id] |= {version.made_in}
    return found


@reads
@given(recordings, recordings, st.integers(1, 30), st.booleans())
async def test_journals_that_changed_are_those_with_a_change(
    history: History,
    first: int,
    second: int,
    size: int,
    is_backward: bool,  # noqa: FBT001  (drawn, and named in the failing example)
) -> None:
    after, until = sorted((first, second))
    changes = await changes_of(history)
    expected = sorted(
        number
        for number, its in changes.items()
        if any(after < recording <= until for recording in its)
        and min(its - {0}) <= until
    )
    changed = JournalFilter(changed_after=after)
    at = await history.at(until)

    async with history.database.reads() as session:
        numbers: list[int] = []
        key = None
        while True:
            request = PageRequest(size, key, is_backward)
            page = await find_journals(session, at, changed, request)
            its = [journal.number for journal in page.items]
            numbers = its + numbers if is_backward else numbers + its
            if not (page.has_previous if is_backward else page.has_next):
                break
            key = (its[0],) if is_backward else (its[-1],)
        whole = await journal_numbers(session, at, changed, PageRequest(1_000))
        count = await count_journals(session, at, changed)
        in_force = await journals_in_force(session, at, numbers)
        with_amount = await find_journals(
            session, at, JournalFilter(), PageRequest(1_000)
        )

    assert numbers == expected
    assert whole == expected
    assert count == len(expected)
    assert in_force == {journal.number for journal in with_amount.items} & set(expected)


@reads
@given(recordings, recordings, st.integers(1, 4))
async def test_documents_that_changed_are_those_with_a_new_version(
    history: History, first: int, second: int, size: int
) -> None:
    after, until = sorted((first, second))
    revised, expected = await revisions_of(history), []
    async with history.database.reads() as session:
        for document in await session.scalars(select(StoredDocument)):
            its = {document.recorded_in} | revised[document.id]
            if document.ledger_id == history.pin.ledger_id and any(
                after < recording <= until for recording in its
            ):
                expected.append(document.id)
        at, changed = await history.at(until), DocumentFilter(changed_after=after)
        numbers: list[int] = []
        key = None
        while True:
            page = await find_documents(session, at, changed, PageRequest(size, key))
            numbers += [document.id for document in page.items]
            if not page.has_next:
                break
            key = (numbers[-1],)
        count = await count_documents(session, at, changed)

    assert numbers == sorted(expected)
    assert count == len(expected)


async def test_the_last_numbers_are_those_that_a_recording_knew(
    history: History,
) -> None:
    ledger_id = history.pin.ledger_id
    async with history.database.reads() as session:
        for recording in range(RECORDINGS + 1):
            movement, document = JournalMovement, StoredDocument
            known = select(
                select(func.coalesce(func.max(movement.journal), 0))
                .where(
                    movement.ledger_id == ledger_id, movement.recorded_in <= recording
                )
                .scalar_subquery(),
                select(func.coalesce(func.max(document.id), 0))
                .where(
                    document.ledger_id == ledger_id, document.recorded_in <= recording
                )
                .scalar_subquery(),
            )
            found = select(
                last_journal_at(ledger_id, recording),
                last_document_at(ledger_id, recording),
            )
            expected = (await session.execute(known)).one()
            assert (await session.execute(found)).one() == expected


async def test_customers_and_products_that_were_named_or_renamed(
    history: History,
) -> None:
    async with history.database.reads() as session:

        async def names(kind: type[Customer | Product], after: int) -> list[str]:
            changed = PartyFilter(changed=(history.pin, after))
            found, key = [], None
            while True:
                request = PageRequest(1, key)
                page = await find_parties(session, kind, 1, changed, request)
                found += page.items
                if not page.has_next:
                    break
                key = (found[-1].id,)
            assert await count_parties(session, kind, 1, changed) == len(found)
            return [party.external_id for party in found]

        assert await names(Customer, 0) == ["cus_1", "Zed", "ÄB"]
        assert await names(Customer, 8) == ["cus_1", "ÄB"]
        assert await names(Customer, 9) == ["ÄB"]
        assert await names(Customer, 11) == []
        assert await names(Product, 11) == []
        assert "p2" in await names(Product, 9)


async def test_a_pin_at_a_recording_reads_its_names(history: History) -> None:
    async with history.database.reads() as session:
        earlier = await pin_at_recording(session, history.pin, 2)
        before = await pin_at_recording(session, history.pin, 0)
        same = await pin_at_recording(session, history.pin, history.pin.recording)
        page = await find_journals(session, earlier, JournalFilter(), PageRequest(99))

    assert same == history.pin
    assert before.recording == 0
    assert earlier == await history.at(2)
    assert {journal.customer_name for journal in page.items} == {"Acme", "Große Acme"}


@pytest.mark.parametrize("after", [3, 9])
async def test_what_changed_is_found_by_indexes(
    module_database: Database, history: History, after: int
) -> None:
    if module_database.url.get_backend_name() != "sqlite":
        pytest.skip("so small a ledger is scanned on PostgreSQL")
    async with module_database.reads() as session:
        statement = select(Journal.number).where(
            Journal.ledger_id == history.pin.ledger_id,
            is_changed_journal(history.pin, after, 30),
        )
        connection = await session.connection()
        compiled = statement.compile(
            connection.sync_connection, compile_kwargs={"literal_binds": True}
        )
        rows = await session.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))
        plans = [row[-1] for row in rows]

    assert any("ix_movements_added" in plan for plan in plans)
    assert any("ix_movements_superseded" in plan for plan in plans)
    assert not [
        plan for plan in plans if plan.startswith("SCAN") and "anon" not in plan
    ]
