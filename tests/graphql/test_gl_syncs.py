"""The subscription `glProgress` of syncs with Xero."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.gl.kinds import Kind
from daybook.gl.live.rules import Amount, SyncStatus
from daybook.gl.live.syncs import claim_sync, end_sync, keep_ahead, keep_course
from daybook_gl_live import KEY, Desk
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import operation_texts
from daybook_graphql.schema import schema
from daybook_people import caller
from daybook_xero_server import Xero, xero_served

pytestmark = pytest.mark.anyio
SECONDS = 60


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    """A connection that is connected to Xero."""
    async with xero_served(Xero()) as xero:
        made = Desk(database, xero, tmp_path)
        await made.add()
        await made.connect()
        yield made


async def test_a_sync_tells_its_kind_and_its_pages_so_far(desk: Desk) -> None:
    store, told = desk.database.runtime, []
    await desk.ask()
    results: Any = await schema.stream(
        operation_texts()["GlProgress"],
        variable_values={},
        context_value=Context(desk.database, desk.settings(), caller()),
    )

    async def tell() -> None:
        result = await anext(results)
        assert result.errors is None
        progress = result.data["glProgress"]
        assert progress["refresh"] is None
        assert progress["sync"]["connection"]["name"] == "Kiwi Ltd"
        its = progress["sync"]["sync"]
        told.append((its["status"], its["kind"], its["page"], its["fetched"]))

    async with asyncio.timeout(SECONDS):
        await tell()
        claimed = await claim_sync(store, KEY, real_now())
        assert claimed is not None
        await tell()
        begun = claimed.course.at_start_of(Kind.INVOICES, real_now())
        await keep_course(store, claimed, begun)
        await tell()
        await keep_ahead(store, claimed, Amount(2, 150))
        await tell()
        course = begun.at(Kind.INVOICES, "3", Amount(2, 150))
        await keep_course(store, claimed, course, pages=2, documents=7)
        await tell()
        await keep_ahead(store, claimed, Amount(1, 20))
        await tell()
        await end_sync(store, claimed, SyncStatus.DONE, None)
        await tell()
    await results.aclose()

    assert told == [
        ("WAITING", None, "0", "0"),
        ("RUNNING", None, "0", "0"),
        ("RUNNING", "INVOICES", "0", "0"),
        ("RUNNING", "INVOICES", "2", "150"),
        ("RUNNING", "INVOICES", "2", "150"),
        ("RUNNING", "INVOICES", "3", "170"),
        ("DONE", None, "0", "0"),
    ]
