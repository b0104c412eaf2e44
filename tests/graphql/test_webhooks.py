"""Webhooks in the API: made, changed, tested, rotated, sent again and deleted."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from daybook.activity.models import Activity
from daybook.audit.models import AuditRecord
from daybook.db.engine import Database
from daybook.reports.audit import verify
from daybook.settings import Settings
from daybook.webhooks.models import WebhookEndpoint
from daybook.webhooks.rules import ENDPOINTS_MAX
from daybook_factories import ORGANISATION, invoice, record
from daybook_graphql.execution.operations import operation_texts
from daybook_hooks import change_ledger, deliver
from daybook_receiver import Receiver, receiving

Ask = Callable[..., Awaitable[dict[str, Any]]]

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

LIST = """
{ webhooks(first: 5) { totalCount nodes {
    id number url description events isEnabled disabledBecause secretVersion
    formerSecretUntil createdBy
    deliveries(first: 5) { totalCount nodes {
      id type state messageId body nextAttemptAt
      attempts { isSuccess status failure } } } } } }
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that allow webhooks to this machine."""
    return Settings(data=tmp_path, webhooks_allow=("127.0.0.1",))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that takes webhooks."""
    with receiving() as made:
        yield made


async def run(ask: Ask, name: str, **values: Any) -> dict[str, Any]:
    """The payload of a named operation, which asks for what a page needs."""
    answer = await ask(operation_texts()[name], {"input": values})
    (payload,) = answer["data"].values()
    assert isinstance(payload, dict)
    return payload


async def listed(ask: Ask) -> list[dict[str, Any]]:
    """All webhooks, with what was sent to them."""
    answer = await ask(LIST)
    nodes: list[dict[str, Any]] = answer["data"]["webhooks"]["nodes"]
    return nodes


async def made(ask: Ask, url: str, **values: Any) -> tuple[str, str]:
    """The id and the secret of a new webhook."""
    payload = await run(
        ask, "CreateWebhook", url=url, events=["LEDGER_CHANGED"], **values
    )
    assert payload["userErrors"] == []
    return payload["webhook"]["id"], payload["secret"]


async def test_a_webhook_from_its_making_to_its_end(
    ask: Ask, database: Database, settings: Settings, receiver: Receiver
) -> None:
    await record(database, invoice())
    id_, secret = await made(ask, receiver.url, description="The warehouse")

    tested = await run(ask, "TestWebhook", webhookId=id_)
    assert tested["delivery"]["attempts"] == [{"status": 204, "failure": None}]
    (got,) = receiver.requests
    assert Webhook(secret).verify(got.body, got.headers)["type"] == "webhook.test"
    await change_ledger(database, 2)
    await deliver(database, settings)
    (listed_one,) = await listed(ask)
    assert listed_one["description"] == "The warehouse"
    assert listed_one["isEnabled"]
    newest, test = listed_one["deliveries"]["nodes"]
    assert (newest["type"], newest["state"]) == ("ledger.changed", "DELIVERED")
    assert (test["type"], test["state"]) == ("webhook.test", "DELIVERED")

    rotated = await run(ask, "RotateWebhookSecret", webhookId=id_, secretVersion=1)
    assert rotated["secret"] not in {None, secret}
    again = await run(ask, "RotateWebhookSecret", webhookId=id_, secretVersion=1)
    assert again["secret"] is None
    assert again["userErrors"][0]["code"] == "CONFLICT"
    payload = await run(
        ask, "UpdateWebhook", webhookId=id_, isEnabled=False, events=["EXPORT_READY"]
    )
    assert payload["webhook"]["isEnabled"] is False
    (listed_one,) = await listed(ask)
    assert listed_one["events"] == ["EXPORT_READY"]
    assert listed_one["secretVersion"] == 2
    assert listed_one["formerSecretUntil"] is not None
    payload = await run(ask, "DeleteWebhook", webhookId=id_)
    assert payload == {"webhook": None, "userErrors": []}

    assert await listed(ask) == []
    payload = await run(ask, "TestWebhook", webhookId=id_)
    assert payload["userErrors"][0]["code"] == "NOT_FOUND"
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_messages_are_sent_again(
    ask: Ask, database: Database, settings: Settings, receiver: Receiver
) -> None:
    await record(database, invoice())
    id_, _ = await made(ask, receiver.url)
    await change_ledger(database, 2)
    await deliver(database, settings)
    ((delivery,),) = [each["deliveries"]["nodes"] for each in await listed(ask)]

    again = await run(ask, "ReplayWebhookDelivery", deliveryId=delivery["id"])
    assert again["delivery"]["state"] == "PENDING"
    await deliver(database, settings)
    payload = await run(
        ask, "ReplayWebhookDeliveries", webhookId=id_, since="2025-01-01T00:00:00Z"
    )
    await deliver(database, settings)

    assert payload["count"] == 1
    ids = [got.headers["webhook-id"] for got in receiver.requests]
    assert ids == [delivery["messageId"]] * 3


async def test_the_same_key_makes_one_webhook_and_tells_its_secret_once(
    ask: Ask, receiver: Receiver
) -> None:
    first, secret = await made(ask, receiver.url, idempotencyKey="once")
    again, nothing = await made(ask, receiver.url, idempotencyKey="once")

    assert first == again
    assert secret.startswith("whsec_")
    assert nothing is None
    assert len(await listed(ask)) == 1


async def test_an_address_of_the_inside_is_refused(ask: Ask) -> None:
    payload = await run(
        ask, "CreateWebhook", url="https://10.0.0.1/", events=[], description="a\nb"
    )

    assert [(each["code"], each["path"]) for each in payload["userErrors"]] == [
        ("INVALID_VALUE", ["url"]),
        ("INVALID_VALUE", ["description"]),
        ("MISSING", ["events"]),
    ]


async def test_there_are_twenty_at_most(ask: Ask, receiver: Receiver) -> None:
    for _ in range(ENDPOINTS_MAX):
        await made(ask, receiver.url)

    payload = await run(ask, "CreateWebhook", url=receiver.url, events=["LOCK_CHANGED"])

    assert payload["userErrors"][0]["code"] == "TOO_LARGE"


async def test_neither_secret_nor_address_is_in_the_trail_or_the_store(
    ask: Ask, database: Database, receiver: Receiver
) -> None:
    url = f"{receiver.url}?token=hunter2"
    id_, secret = await made(ask, url)
    rotated = (await run(ask, "RotateWebhookSecret", webhookId=id_, secretVersion=1))[
        "secret"
    ]
    await run(ask, "UpdateWebhook", webhookId=id_, url=f"{url}3")
    receiver.status = 410
    await run(ask, "TestWebhook", webhookId=id_)

    async with database.reads() as session:
        texts = list(await session.scalars(select(AuditRecord.details)))
        texts += list(await session.scalars(select(Activity.message)))
        endpoint = (await session.scalars(select(WebhookEndpoint))).one()
    assert len(texts) == 5
    assert "hunter2" not in "".join(texts)
    stored = endpoint.secret + (endpoint.former_secret or b"")
    for each in (secret, rotated):
        assert each not in "".join(texts)
        assert each.removeprefix("whsec_").encode() not in stored
        assert each not in str(await listed(ask))
