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

pytestmark = pytest.mark.anyio

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
    **variables: Any,
) -> list[Any]:
    """All that one listener is told."""
    async with asyncio.timeout(SECONDS):
        results: Any = await schema.stream(
            document,
            variable_values={"id": FIRST, **variables},
            context_value=Context(database, settings, caller(organisation)),
        )
        return [one.data["exportProgress"] async for one in results]


async def test_each_listener_is_told_what_they_ask(
    database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    await ask(database)
    first = asyncio.create_task(told(database, settings, SOME))
    await asyncio.sleep(0.5)  # by then the document is known
    listening = [
        first,
        asyncio.create_task(told(database, settings, SOME)),
        asyncio.create_task(told(database, settings, SOME, more=True)),
        asyncio.create_task(told(database, settings, OTHER)),
    ]
    await asyncio.sleep(1)
    await cancel(database)
    one, same, more, other = await asyncio.gather(*listening)

    assert one == same == [{"status": "QUEUED"}, {"status": "CANCELLED"}]
    assert (one[-1] is same[-1]) == is_fast()
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
            return (await anext(results)).data["ledgerChanged"]

    listening = [asyncio.create_task(second()) for _ in range(100)]
    listening.append(asyncio.create_task(second(Permission.READ | Permission.EXPORT)))
    listening.append(asyncio.create_task(second()))
    await asyncio.sleep(1)
    listening.pop().cancel()
    await record(database, invoice("inv_2"), on="2025-06-15")
    *same, other = await asyncio.gather(*listening)

    assert len({id(one) for one in same}) == (1 if is_fast() else 100)
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
            one.key: getattr(theirs, one.key) for one in ExportJob.__table__.columns
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
