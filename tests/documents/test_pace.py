"""An import in a server's process leaves the collector and the threads' turns alone."""

import asyncio
import gc
import sys
from collections.abc import Iterator

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.documents.pace import (
    HANDOVER_SECONDS,
    collector_paused,
    turns_shortened,
)
from daybook.documents.rules import Document
from daybook.errors import Rejected
from daybook_factories import ORGANISATION, credit_note, invoice, noon, record

pytestmark = pytest.mark.anyio

BEFORE = (True, 0.004)
DURING = (False, HANDOVER_SECONDS)


def pace() -> tuple[bool, float]:
    return gc.isenabled(), round(sys.getswitchinterval(), 6)


@pytest.fixture(autouse=True)
def usual_pace() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(BEFORE[1])
    yield
    sys.setswitchinterval(usual)
    gc.enable()


def watched(seen: list[tuple[bool, float]], *documents: Document) -> Iterator[Document]:
    """Documents that note the pace at which they are taken."""
    for document in documents:
        seen.append(pace())
        yield document


async def test_an_import_has_its_pace_for_itself_only(database: Database) -> None:
    seen: list[tuple[bool, float]] = []
    documents = watched(seen, invoice("inv_1"), invoice("inv_2"))

    now = noon(parse_day("2025-01-01"))
    await import_documents(database, ORGANISATION, documents, now=now, reason="test")

    assert seen == [DURING, DURING]
    assert pace() == BEFORE


async def test_a_failed_import_puts_the_pace_back(database: Database) -> None:
    with pytest.raises(Rejected):
        await record(database, credit_note())  # of an invoice that nobody recorded

    assert pace() == BEFORE


async def test_the_last_of_two_imports_puts_the_pace_back() -> None:
    first_is_over, second_began = asyncio.Event(), asyncio.Event()
    seen = []

    async def first() -> None:
        with collector_paused(), turns_shortened():
            await second_began.wait()
            raise ValueError("failed")

    async def second() -> None:
        with collector_paused(), turns_shortened():
            second_began.set()
            await first_is_over.wait()
            seen.append(pace())

    one, other = asyncio.create_task(first()), asyncio.create_task(second())
    with pytest.raises(ValueError, match="failed"):
        await one
    first_is_over.set()
    await other

    assert seen == [DURING]
    assert pace() == BEFORE


async def test_two_overlapping_imports_put_the_pace_back(database: Database) -> None:
    await asyncio.gather(
        record(database, invoice("inv_1")), record(database, invoice("inv_2"))
    )

    assert pace() == BEFORE


def test_a_process_without_a_collector_gets_none() -> None:
    gc.disable()

    with collector_paused():
        assert not gc.isenabled()

    assert not gc.isenabled()
