"""Sending deliveries that are due, beside the server, until it stops."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from secrets import token_hex
from time import perf_counter
from typing import NamedTuple

import httpx2
from standardwebhooks import Webhook

from daybook.clock import real_now
from daybook.db.engine import Database
from daybook.jobs.looping import Looping, looping
from daybook.outbound.client import AddressRefused, guarded_client
from daybook.outbound.rules import Allowed
from daybook.outbound.turns import Turns
from daybook.secrets import Secrets
from daybook.settings import Settings
from daybook.webhooks.commands import disable_endpoint
from daybook.webhooks.deliveries import (
    Claimed,
    Message,
    Outcome,
    claim,
    claim_at_once,
    drop_deliveries,
    end_attempt,
    give_back,
    remove_old_deliveries,
)
from daybook.webhooks.publishing import publish
from daybook.webhooks.queries import (
    all_endpoints,
    endpoint_of,
    failing_since,
    waiting_endpoints,
)
from daybook.webhooks.rules import (
    DISABLED_AFTER,
    GONE,
    SECONDS_MAX,
    MessageKind,
)
from daybook.webhooks.signing import present_secret, signing_secrets

AT_ONCE = 32
"""How many attempts a process makes at a time."""
AT_ONCE_PER_ORGANISATION = 8
"""How many of them are an organisation's, so that its endpoints delay nobody else's."""
AT_ONCE_PER_ENDPOINT = 2
"""How many of them go to one endpoint, so that a slow one delays no other."""
TIDIED_EVERY = timedelta(minutes=1)
TOO_LATE = f"no answer within {SECONDS_MAX} seconds"
USER_AGENT = "Daybook-Webhooks"


class NotSent(Exception):
    """An attempt that can't be made; the message says what to do."""


class Target(NamedTuple):
    """An endpoint as it is called: its address, and the secrets that sign."""

    url: str
    secrets: tuple[str, ...]


class Sender:
    """Makes attempts by the settings of a program.

    Deliveries go by the machines' clocks, even if `DAYBOOK_NOW` is set: with a fixed
    present, none would be tried again.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self.now = now
        self._database = database
        self._store = database.runtime
        self._secrets = Secrets.of(settings)
        self._allowed = Allowed.of(settings.webhooks_allow)

    async def attempt(self, claimed: Claimed) -> Outcome:
        """Make an attempt that was claimed, and record its outcome.

        An endpoint that answers 410 Gone, or has failed for days, is disabled.
        """
        began, ticks = self.now(), perf_counter()
        try:
            status, failure = await self._call(claimed)
        except asyncio.CancelledError:
            await give_back(self._store, claimed)
            raise
        took = round((perf_counter() - ticks) * 1000)
        outcome = Outcome(began, took, status, failure)
        await end_attempt(self._store, claimed, outcome)
        if not outcome.is_success:
            await self._disable_if_dead(claimed, outcome)
        return outcome

    async def test(self, organisation_id: int, number: int) -> int:
        """Send an endpoint a test message; return the number of its delivery."""
        now = self.now()
        data = {"organisation": organisation_id, "webhook": number}
        message = Message(f"msg_{token_hex(16)}", MessageKind.TEST, now, data)
        claimed = await claim_at_once(
            self._store, organisation_id, number, message, now
        )
        await self.attempt(claimed)
        return claimed.number

    async def _call(self, claimed: Claimed) -> tuple[int | None, str | None]:
        """The status of the answer, and what went wrong in words."""
        try:
            target = await self._target(claimed)
            async with asyncio.timeout(SECONDS_MAX):
                status = await self._post(target, claimed)
        except (AddressRefused, NotSent) as refused:
            return None, str(refused)
        except TimeoutError:
            return None, TOO_LATE
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return None, _words(error)
        if 200 <= status < 300:
            return status, None
        is_redirect = 300 <= status < 400
        hint = ": redirects are not followed" if is_redirect else ""
        return status, f"it answered {status}{hint}"

    async def _target(self, claimed: Claimed) -> Target:
        """The endpoint's address and secrets; raises NotSent if it can't be called."""
        async with self._database.reads() as session:
            endpoint = await endpoint_of(
                session, claimed.organisation_id, claimed.endpoint
            )
        if endpoint is None:
            raise NotSent("the webhook was deleted")
        if present_secret(self._secrets, endpoint) is None:
            raise NotSent(
                "its secret can't be decrypted: put the former secret back into"
                " DAYBOOK_SECRET, or rotate the webhook's secret"
            )
        secrets = signing_secrets(self._secrets, endpoint, self.now())
        return Target(endpoint.url, tuple(secrets))

    async def _post(self, target: Target, claimed: Claimed) -> int:
        """Post a message; only the status of the answer is read."""
        # Receivers compare this with their own clocks, so a fixed present won't do.
        moment = datetime.now(UTC)
        signatures = [
            Webhook(secret).sign(claimed.message_id, moment, claimed.body)
            for secret in target.secrets
        ]
        headers = {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "webhook-id": claimed.message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        async with (
            guarded_client(self._allowed, seconds=SECONDS_MAX) as client,
            client.stream(
                "POST", target.url, content=claimed.body.encode(), headers=headers
            ) as answer,
        ):
            return answer.status_code

    async def _disable_if_dead(self, claimed: Claimed, outcome: Outcome) -> None:
        now = outcome.made_at
        why = None
        if outcome.status == GONE:
            why = "it answered 410 Gone"
        else:
            async with self._database.reads() as session:
                endpoint = await endpoint_of(
                    session, claimed.organisation_id, claimed.endpoint
                )
            if endpoint is None or endpoint.enabled_at is None:
                return
            async with self._store.reads() as session:
                since = await failing_since(
                    session,
                    claimed.organisation_id,
                    claimed.endpoint,
                    endpoint.enabled_at,
                )
            if since is not None and now - since >= DISABLED_AFTER:
                days = DISABLED_AFTER.days
                why = (
                    f"every attempt failed for {days} days; the last: {outcome.failure}"
                )
        if why is not None:
            await disable_endpoint(
                self._database,
                claimed.organisation_id,
                claimed.endpoint,
                why,
                now=now,
            )


def _words(error: Exception) -> str:
    """What went wrong with a call, without its address."""
    if isinstance(error, httpx2.ConnectError):
        return f"no connection: {str(error) or 'refused'}"
    if isinstance(error, httpx2.TimeoutException):
        return TOO_LATE
    return f"no answer of HTTP ({type(error).__name__})"


@asynccontextmanager
async def sending_webhooks(
    database: Database, settings: Settings
) -> AsyncIterator[None]:
    """Publish events and send deliveries while the context lasts.

    Attempts that are under way at its end are given up; another process repeats them.
    """
    async with looping(Sending(Sender(database, settings), database)):
        yield


class Sending(Looping):
    """Publishes events and sends deliveries that are due, over and over.

    Organisations take turns, and an organisation's endpoints: a slow endpoint, or one
    with a thousand deliveries, delays no other.
    """

    failing = "webhooks could not be published or sent"

    def __init__(self, sender: Sender, database: Database) -> None:
        super().__init__()
        self._sender = sender
        self._database = database
        self._store = database.runtime
        self._organisations: Turns[int] = Turns(AT_ONCE, AT_ONCE_PER_ORGANISATION)
        self._endpoints: Turns[tuple[int, int]] = Turns(AT_ONCE, AT_ONCE_PER_ENDPOINT)
        self._tidied_at = datetime.min.replace(tzinfo=UTC)

    async def turn(self) -> None:
        """Publish what happened, and begin deliveries that are due."""
        now = self._sender.now()
        await publish(self._database, now=now)
        async with self._database.reads() as session:
            states = {
                (endpoint.organisation_id, endpoint.number): endpoint.enabled_at
                for endpoint in await all_endpoints(session)
            }
        async with self._store.reads() as session:
            waiting = await waiting_endpoints(session, now)
        due: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for key in waiting:
            if key not in states:
                await drop_deliveries(self._store, *key)
            elif states[key] is not None:
                due[key[0]].add(key)
        await self._send(due, now)
        if now - self._tidied_at >= TIDIED_EVERY:
            self._tidied_at = now
            await remove_old_deliveries(self._store, now=now)

    async def _send(self, due: dict[int, set[tuple[int, int]]], now: datetime) -> None:
        """Begin as many attempts as this process may make.

        `due` has endpoints with deliveries that are due, by organisation.
        """
        while True:
            organisation_id = self._organisations.next(due)
            if organisation_id is None:
                return
            key = self._endpoints.next(due[organisation_id])
            if key is None:
                del due[organisation_id]
                continue
            claimed = await claim(self._store, *key, now=now)
            if claimed is None:
                due[organisation_id].discard(key)
                continue
            self._organisations.begin(organisation_id)
            self._endpoints.begin(key)
            failing = f"webhook delivery {claimed.number} was not sent"
            self.begin(partial(self._attempt, claimed), failing)

    async def _attempt(self, claimed: Claimed) -> None:
        try:
            await self._sender.attempt(claimed)
        finally:
            self._organisations.end(claimed.organisation_id)
            self._endpoints.end((claimed.organisation_id, claimed.endpoint))
