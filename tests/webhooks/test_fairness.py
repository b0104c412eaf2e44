"""A webhook that is slow, or has much to send, delays no other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete

from daybook.access.organisations import add_organisation
from daybook.db.engine import Database
from daybook.webhooks import sending
from daybook.webhooks.commands import create_endpoint
from daybook.webhooks.deliveries import Message, add_delivery
from daybook.webhooks.models import WebhookAttempt, WebhookDelivery
from daybook.webhooks.rules import DeliveryState, MessageKind
from daybook.webhooks.sending import sending_webhooks
from daybook_factories import ORGANISATION
from daybook_hooks import ALL, author, deliveries, hook_settings
from daybook_jobs import until
from daybook_receiver import Receiver, receiving
from daybook_services.faults import examples

pytestmark = pytest.mark.anyio

ORGANISATIONS, ENDPOINTS = 3, 2
Key: TypeAlias = tuple[int, int]
"""An endpoint: its organisation and number."""


@pytest.fixture
def hanging() -> Iterator[Receiver]:
    """A receiver that gives no answer before the test lets it."""
    with receiving() as made:
        made.answers.clear()
        yield made


@pytest.fixture
def ready() -> Iterator[Receiver]:
    """A receiver that answers at once."""
    with receiving() as made:
        yield made


@pytest.fixture
async def organisations(database: Database) -> Sequence[int]:
    """The organisations of a database."""
    added = [
        await add_organisation(
            database, f"Office {number}", now=datetime.now(UTC), made_by="test"
        )
        for number in range(2, ORGANISATIONS + 1)
    ]
    return [ORGANISATION, *added]


async def endpoint(database: Database, organisation_id: int, url: str) -> Key:
    """Create an endpoint."""
    made = await create_endpoint(
        database,
        hook_settings(),
        author(organisation_id=organisation_id),
        url=url,
        description="",
        events=ALL,
    )
    return organisation_id, made.number


async def queue(database: Database, key: Key, count: int) -> None:
    """Add deliveries that are due."""
    now = datetime.now(UTC)
    async with database.runtime.writes() as session:
        for _ in range(count):
            message = Message(f"msg_{token_hex(16)}", MessageKind.EXPORT_READY, now, {})
            await add_delivery(session, *key, message, now=now)


async def delivered(database: Database) -> Counter[Key]:
    """How many deliveries of each endpoint have arrived."""
    return Counter(
        (each.organisation_id, each.endpoint)
        for each in await deliveries(database)
        if each.state == DeliveryState.DELIVERED
    )


@pytest.fixture
async def endpoints(
    database: Database, organisations: Sequence[int], hanging: Receiver, ready: Receiver
) -> dict[Key, bool]:
    """Endpoints of each organisation, and whether each hangs."""
    return {
        await endpoint(database, organisation_id, receiver.url): receiver is hanging
        for organisation_id in organisations
        for receiver in (hanging, ready)
        for _ in range(ENDPOINTS)
    }


@hypothesis_settings(
    max_examples=examples(5),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    counts=st.lists(
        st.integers(0, 5),
        min_size=2 * ORGANISATIONS * ENDPOINTS,
        max_size=2 * ORGANISATIONS * ENDPOINTS,
    )
)
async def test_all_arrives_but_what_is_for_endpoints_that_hang(
    database: Database,
    endpoints: dict[Key, bool],
    hanging: Receiver,
    counts: list[int],
) -> None:
    hanging.answers.clear()
    async with database.runtime.writes() as session:
        for table in (WebhookAttempt, WebhookDelivery):
            await session.execute(delete(table))
    queued = Counter(dict(zip(endpoints, counts, strict=True)))
    for key, count in queued.items():
        await queue(database, key, count)
    wanted = +Counter(
        {key: queued[key] for key, hangs in endpoints.items() if not hangs}
    )

    async def have_arrived() -> bool:
        return await delivered(database) == wanted

    async def have_all_arrived() -> bool:
        return await delivered(database) == +queued

    async with sending_webhooks(database, hook_settings()):
        await until(have_arrived)
        hanging.answers.set()
        await until(have_all_arrived)


async def test_an_organisation_whose_endpoints_all_hang_leaves_room_for_others(
    database: Database,
    organisations: Sequence[int],
    hanging: Receiver,
    ready: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "AT_ONCE", 4)
    monkeypatch.setattr(sending, "AT_ONCE_PER_ORGANISATION", 3)
    for _ in range(4):
        key = await endpoint(database, organisations[0], hanging.url)
        await queue(database, key, 5)
    other = await endpoint(database, organisations[1], ready.url)
    await queue(database, other, 5)

    async def have_arrived() -> bool:
        is_hanging = len(hanging.requests) == 3
        return is_hanging and await delivered(database) == {other: 5}

    async with sending_webhooks(database, hook_settings()):
        await until(have_arrived)
        assert len(hanging.requests) == 3
    hanging.answers.set()
