"""Creating, changing and deleting endpoints of webhooks; each command one transaction.

A secret is returned only by the command that makes it. Addresses may hold a password in
their path, so that the audit trail names only their hosts.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple

from daybook.access.changing import AccessChange, access_change
from daybook.access.rules import refused
from daybook.activity.commands import write_activity
from daybook.activity.rules import ActivityKind, Started
from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.db.engine import Database, clock_of
from daybook.db.keyset import next_number
from daybook.errors import ProblemCode, Rejected
from daybook.idempotency.commands import Keyed
from daybook.idempotency.rules import request_hash
from daybook.ledger.commands import lock_organisation
from daybook.outbound.rules import Allowed
from daybook.secrets import SealPurpose, Secrets
from daybook.settings import Settings
from daybook.webhooks.deliveries import drop_deliveries, replay, replay_since
from daybook.webhooks.models import WebhookEndpoint
from daybook.webhooks.publishing import begin_reading
from daybook.webhooks.queries import count_endpoints, delivery_of, endpoint_of
from daybook.webhooks.rules import (
    ENDPOINTS_MAX,
    FORMER_MAX,
    FORMER_SIGNS,
    KEPT,
    Events,
    check_endpoint,
    event_names,
    host_of,
    new_secret,
)
from daybook.webhooks.signing import signing_secrets


class Author(NamedTuple):
    """The organisation that somebody acts in, their name, and the present."""

    organisation_id: int
    made_by: str
    now: datetime


class CreatedEndpoint(NamedTuple):
    """A new endpoint's number and secret; no secret if it was created before."""

    number: int
    secret: str | None


class EndpointPatch(NamedTuple):
    """What is changed of an endpoint; None leaves it as it is."""

    url: str | None = None
    description: str | None = None
    events: Events | None = None
    is_enabled: bool | None = None


async def create_endpoint(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    settings: Settings,
    author: Author,
    *,
    url: str,
    description: str,
    events: Events,
    idempotency_key: str | None = None,
) -> CreatedEndpoint:
    """Create an endpoint, which receives events from now on.

    Raises Rejected for an address that may not be called, and for too many endpoints.
    """
    allowed = Allowed.of(settings.webhooks_allow)
    check_endpoint(url, description, events, allowed)
    await begin_reading(database, author.organisation_id)
    content = {"url": url, "description": description, "events": int(events)}
    organisation_id = author.organisation_id
    async with _change(database, author) as change:
        content_hash = request_hash("createWebhook", content)
        keyed = Keyed(change.session, organisation_id, idempotency_key, content_hash)
        before = await keyed.created()
        if before is not None:
            return CreatedEndpoint(before, None)
        if await count_endpoints(change.session, organisation_id) >= ENDPOINTS_MAX:
            message = f"there are {ENDPOINTS_MAX} webhooks already: delete one first"
            raise refused(message, "url", ProblemCode.TOO_LARGE)
        number = await next_number(
            change.session,
            WebhookEndpoint.number,
            WebhookEndpoint.organisation_id == organisation_id,
        )
        secret = new_secret()
        change.session.add(
            WebhookEndpoint(
                organisation_id=organisation_id,
                number=number,
                url=url,
                description=description,
                events=int(events),
                enabled_at=author.now,
                secret=Secrets.of(settings).seal(SealPurpose.WEBHOOK, secret),
                secret_version=1,
                created_at=author.now,
                created_by=author.made_by,
            )
        )
        keyed.remember(number)
        details = {"host": host_of(url), "events": event_names(events)}
        await _record(change, Action.CREATE_WEBHOOK, number, details)
        return CreatedEndpoint(number, secret)


async def update_endpoint(
    database: Database,
    settings: Settings,
    author: Author,
    number: int,
    patch: EndpointPatch,
) -> bool:
    """Change an endpoint, disable or enable it; return whether that changed anything.

    Events while it is disabled are never sent. Raises Rejected.
    """
    async with _change(database, author) as change:
        endpoint = await _known(change, number)
        url = endpoint.url if patch.url is None else patch.url
        description = (
            endpoint.description if patch.description is None else patch.description
        )
        events = Events(endpoint.events) if patch.events is None else patch.events
        check_endpoint(url, description, events, Allowed.of(settings.webhooks_allow))
        before = _details(endpoint)
        is_other_url = url != endpoint.url
        is_changed = is_other_url or description != endpoint.description
        endpoint.url, endpoint.description = url, description
        endpoint.events = int(events)
        if patch.is_enabled is True and endpoint.enabled_at is None:
            endpoint.enabled_at, endpoint.disabled_because = author.now, None
        elif patch.is_enabled is False:
            endpoint.enabled_at = None
        after = _details(endpoint)
        if not is_changed and before == after:
            return False
        details = {"before": before, "after": after, "isOtherAddress": is_other_url}
        await _record(change, Action.UPDATE_WEBHOOK, number, details)
        return True


async def delete_endpoint(database: Database, author: Author, number: int) -> None:
    """Delete an endpoint and its secrets; what waits for it is not sent.

    Raises Rejected if there is none.
    """
    async with _change(database, author) as change:
        endpoint = await _known(change, number)
        endpoint.deleted_at, endpoint.enabled_at = author.now, None
        endpoint.secret, endpoint.former_secret = b"", None
        endpoint.former_until = None
        details = {"host": host_of(endpoint.url)}
        await _record(change, Action.DELETE_WEBHOOK, number, details)
    await drop_deliveries(database.runtime, author.organisation_id, number)


async def rotate_secret(
    database: Database,
    settings: Settings,
    author: Author,
    number: int,
    *,
    version: int | None = None,
) -> str:
    """Give an endpoint another secret, and return it; for a day, the former signs too.

    So does the one before, if it still did: if an answer with a secret was lost and
    another is made, the receiver knows neither. `version` is that of the secret to
    replace: a request that is repeated replaces no other. Raises Rejected if it was
    replaced already, and if there is no such endpoint.
    """
    ours, secret = Secrets.of(settings), new_secret()
    async with _change(database, author) as change:
        endpoint = await _known(change, number)
        if version not in {None, endpoint.secret_version}:
            message = "the secret was replaced meanwhile: look at the webhook again"
            raise refused(message, "secretVersion", ProblemCode.CONFLICT)
        former = signing_secrets(ours, endpoint, author.now)[:FORMER_MAX]
        endpoint.former_secret = endpoint.former_until = None
        if former:
            endpoint.former_secret = ours.seal(SealPurpose.WEBHOOK, " ".join(former))
            endpoint.former_until = author.now + FORMER_SIGNS
        endpoint.secret = ours.seal(SealPurpose.WEBHOOK, secret)
        endpoint.secret_version += 1
        details = {"host": host_of(endpoint.url), "version": endpoint.secret_version}
        await _record(change, Action.ROTATE_WEBHOOK_SECRET, number, details)
    return secret


async def replay_delivery(
    database: Database, author: Author, number: int, *, of: int | None = None
) -> None:
    """Send a delivery again, under the same message id; one that waits is due at once.

    Raises Rejected if the delivery was removed, or if its endpoint was deleted or is
    another one.
    """
    organisation_id = author.organisation_id
    async with database.runtime.reads() as session:
        delivery = await delivery_of(session, organisation_id, number)
    if delivery is None or of not in {None, delivery.endpoint}:
        message = f"there is no such delivery: they are kept for {KEPT.days} days"
        raise refused(message, "id", ProblemCode.NOT_FOUND)
    await known_endpoint(database, organisation_id, delivery.endpoint)
    await replay(database.runtime, organisation_id, number, now=author.now)


async def replay_deliveries(
    database: Database, author: Author, number: int, since: datetime
) -> int:
    """Send all deliveries of an endpoint since a moment again; return how many.

    Raises Rejected if there is no such endpoint.
    """
    organisation_id, store = author.organisation_id, database.runtime
    await known_endpoint(database, organisation_id, number)
    return await replay_since(store, organisation_id, number, since, now=author.now)


async def known_endpoint(
    database: Database, organisation_id: int, number: int
) -> WebhookEndpoint:
    """An endpoint that wasn't deleted; raises Rejected if there is none."""
    async with database.reads() as session:
        endpoint = await endpoint_of(session, organisation_id, number)
    if endpoint is None:
        raise _unknown()
    return endpoint


async def disable_endpoint(
    database: Database, organisation_id: int, number: int, why: str, *, now: datetime
) -> None:
    """Disable an endpoint that fails, with a line in the activity log.

    `why` is in words, for people. An endpoint that is disabled already stays as it is.
    """
    started = Started(now)
    async with database.writes() as session:
        organisation = await lock_organisation(session, organisation_id)
        endpoint = await endpoint_of(session, organisation_id, number)
        if endpoint is None or endpoint.enabled_at is None:
            return
        endpoint.enabled_at, endpoint.disabled_because = None, why
        host = host_of(endpoint.url)
        await append_audit_record(
            session,
            organisation,
            now=clock_of(session).fixed or now,
            made_by=None,
            action=Action.DISABLE_WEBHOOK,
            subject=Subject(SubjectKind.WEBHOOK, str(number)),
            details={"host": host, "because": why},
        )
        await write_activity(
            session,
            organisation,
            kind=ActivityKind.WEBHOOK,
            started=started,
            message=f"webhook {number} to {host} was disabled: {why}",
            made_by=None,
            is_failed=True,
        )


def _change(
    database: Database, author: Author
) -> AbstractAsyncContextManager[AccessChange]:
    return access_change(database, author.organisation_id, author.now, author.made_by)


async def _known(change: AccessChange, number: int) -> WebhookEndpoint:
    organisation_id = change.organisation.id
    endpoint = await endpoint_of(change.session, organisation_id, number)
    if endpoint is None:
        raise _unknown()
    return endpoint


def _unknown() -> Rejected:
    return refused("there is no such webhook", "id", ProblemCode.NOT_FOUND)


async def _record(
    change: AccessChange, action: Action, number: int, details: Mapping[str, object]
) -> None:
    subject = Subject(SubjectKind.WEBHOOK, str(number))
    await change.record(action, subject, details)


def _details(endpoint: WebhookEndpoint) -> Mapping[str, object]:
    return {
        "host": host_of(endpoint.url),
        "events": event_names(Events(endpoint.events)),
        "isEnabled": endpoint.enabled_at is not None,
    }
