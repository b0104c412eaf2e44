"""What one listener is told is told to others only where they ask the same."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook.exports.models import ExportJob
from daybook.jobs.commands import cancel_job
from daybook.jobs.rules import JobId
from daybook.settings import Settings, is_fast
from daybook_factories import invoice, record
from daybook_graphql.context import Context
from daybook_graphql.exports.ids import ExportJobId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.schema import schema
from daybook_jobs import NOW, ask, cancel, job_of
from daybook_people import caller

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

FIRST = encode(ExportJobId(1))
SOME = """subscription($id: ID!, $more: Boolean = false) {
  exportProgress(id: $id) { status requestedBy @include(if: $more) }
}"""
OTHER = "subscription($id: ID!) { exportProgress(id: $id) { currency } }"
SECONDS = 60


async def told(
    database: Database,
    settings: Settings,
    document: str,
    *,
    organisation: int = 1,
    begun: asyncio.Event | None = None,
    **variables: Any,
) -> list[Any]:
    """All that one listener is told, which sets `begun` when the first comes."""
    found = []
    async with asyncio.timeout(SECONDS):
        results: Any = await schema.stream(
            document,
            variable_values={"id": FIRST, **variables},
            context_value=Context(database, settings, caller(organisation)),
        )
        async for result in results:
            found.append(result.data["exportProgress"])
            if begun is not None:
                begun.set()
    return found


async def test_each_listener_is_told_what_they_ask(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    await ask(database)
    listening: list[asyncio.Task[list[Any]]] = []

    async def listen(document: str, **variables: Any) -> None:
        begun = asyncio.Event()
        telling = told(database, settings, document, begun=begun, **variables)
        listening.append(asyncio.create_task(telling))
        async with asyncio.timeout(SECONDS):
            await begun.wait()

    for document in (SOME, SOME, OTHER):  # the second finds the document known
        await listen(document)
    await listen(SOME, more=True)
    await asyncio.sleep(0.5)  # each wakes once when it begins to wait
    await cancel(database)
    first, same, other, more = await asyncio.gather(*listening)

    assert first == same == [{"status": "QUEUED"}, {"status": "CANCELLED"}]
    assert (first[-1] is same[-1]) == is_fast()
    assert more[-1] == {"status": "CANCELLED", "requestedBy": "test"}
    assert other[-1] == {"currency": "USD"}


async def test_what_is_read_for_one_listener_is_told_to_all(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    ledger = encode(LedgerId("USD"))
    document = f"""subscription {{ ledgerChanged(ledgerId: "{ledger}") {{
      recording ledger {{ accounts {{ role name }} }}
    }} }}"""

    async def second(may: Permission = Permission.READ) -> Any:
        context = Context(database, settings, caller(permissions=may))
        results: Any = await schema.stream(document, context_value=context)
        async with asyncio.timeout(SECONDS), aclosing(results):
            await anext(results)
            begun.release()
            return (await anext(results)).data["ledgerChanged"]

    begun = asyncio.Semaphore(0)
    listening = [asyncio.create_task(second()) for _ in range(100)]
    listening.append(asyncio.create_task(second(Permission.READ | Permission.EXPORT)))
    listening.append(asyncio.create_task(second()))
    async with asyncio.timeout(SECONDS):
        for _ in listening:
            await begun.acquire()
    await asyncio.sleep(0.5)  # each wakes once when it begins to wait
    listening.pop().cancel()
    await record(database, invoice("inv_2"), on="2025-06-15")
    *same, other = await asyncio.gather(*listening)

    assert len({id(change) for change in same}) == (1 if is_fast() else 100)
    assert (other, other is same[0]) == (same[0], False)
    assert same[0]["ledger"]["accounts"]


async def test_organisations_share_nothing(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    await ask(database)
    theirs = await job_of(database)
    async with database.runtime.writes() as session:
        values = {
            column.key: getattr(theirs, column.key)
            for column in ExportJob.__table__.columns
        }
        session.add(
            ExportJob(**{**values, "organisation_id": 2, "requested_by": "other"})
        )
    for number in (1, 2):
        await cancel_job(database.runtime, ExportJob, JobId(number, 1), now=NOW)

    ours = await told(database, settings, SOME, more=True)
    of_others = await told(database, settings, SOME, more=True, organisation=2)

    assert ours == [{"status": "CANCELLED", "requestedBy": "test"}]
    assert of_others == [{"status": "CANCELLED", "requestedBy": "other"}]
