"""Sending queued messages beside the server, until it stops."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from daybook import clock
from daybook.access.mail_rules import MailFormat
from daybook.db.engine import Database
from daybook.db.failures import log_failure, outage_of
from daybook.jobs.rules import LITTER, SWEEP
from daybook.mail.commands import (
    Taken,
    mark_failed,
    mark_sent,
    postpone,
    remove_old_messages,
    take_message,
)
from daybook.mail.exports import export_content
from daybook.mail.links import link_content
from daybook.mail.models import MailMessage
from daybook.mail.queries import organisations_with_mail
from daybook.mail.reading import queue_events
from daybook.mail.recipients import recipient_of
from daybook.mail.rendering import wire_message
from daybook.mail.rules import (
    AT_ONCE,
    AT_ONCE_PER_ORGANISATION,
    LINKS,
    PAUSE,
    MessageKind,
    NothingToSend,
)
from daybook.mail.transports import (
    NotNow,
    Refused,
    remove_old_files,
    transport_of,
)
from daybook.outbound.turns import Turns
from daybook.settings import Settings

logger = logging.getLogger(__name__)
SWEEP_SECONDS = SWEEP.total_seconds()
STOPPING_SECONDS = 5
"""How long a stopping server waits for the messages that are being sent."""
OUR_FAULT = "an error of Daybook's own: look into the server's log"
NO_SERVER = "links go by a mail server alone: set DAYBOOK_SMTP_URL for this process"
NO_RECIPIENT = "they don't belong to the organisation any more"


class Sender:
    """Sends messages by the settings; `now` is the machine's clock.

    Organisations take turns, so that the mail of one, or the slow servers of its
    recipients, delay nobody else's. A message is sent at least once: a second copy
    follows only if the process is killed after the mail server took the first, and
    before that is noted. Both copies have the same Message-ID.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        now: Callable[[], datetime] = clock.real_now,
    ) -> None:
        self._database = database
        self._store = database.runtime
        self._settings = settings
        self._now = now
        self._transport = transport_of(settings)
        self._paused_until = self._tidied_at = datetime.min.replace(tzinfo=UTC)
        self._turns: Turns[int] = Turns(AT_ONCE, AT_ONCE_PER_ORGANISATION)
        self._waiting: set[int] = set()
        """Organisations that may have messages that are due."""
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Queue and send messages until the program stops."""
        try:
            while not stopping.is_set():
                try:
                    await self.turn(stopping)
                except Exception as failed:  # noqa: BLE001  (the worker's edge)
                    log_failure(failed, "mail could not be queued or sent")
                with suppress(TimeoutError):
                    async with asyncio.timeout(SWEEP_SECONDS):
                        await stopping.wait()
        except asyncio.CancelledError:
            for task in self._sending:
                task.cancel()
            raise
        finally:
            # A message that is cancelled may have been sent, and would be sent again.
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def turn(self, stopping: asyncio.Event | None = None) -> None:
        """Queue the messages of new events, and send all messages that are due.

        New events are read while messages are sent, too. When the program stops, only
        the messages under way are waited for.
        """
        looked_at, has_more = -math.inf, True
        while True:
            is_stopping = stopping is not None and stopping.is_set()
            if not is_stopping:
                if has_more or time.monotonic() - looked_at >= SWEEP_SECONDS:
                    has_more = await self._look()
                    looked_at = time.monotonic()
                while await self._begin():
                    pass
            has_more = has_more and not is_stopping
            if self._sending:
                seconds = 0 if has_more else SWEEP_SECONDS
                ended, self._sending = await asyncio.wait(
                    self._sending, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
                )
                _raise_first(ended)
            elif not has_more:
                return

    async def _look(self) -> bool:
        """Queue messages of new events, and find out who has messages that are due.

        Returns whether events are left.
        """
        now = self._now()
        has_more = await queue_events(self._database, self._transport.sender, now=now)
        async with self._store.reads() as session:
            self._waiting.update(await organisations_with_mail(session, now))
        if now - self._tidied_at >= LITTER:
            self._tidied_at = now
            await remove_old_messages(self._store, now=now)
            await asyncio.to_thread(remove_old_files, self._settings, now)
        return has_more

    async def _begin(self) -> bool:
        """Begin to send the next message; return whether there was one."""
        while self._now() >= self._paused_until:
            organisation_id = self._turns.next(self._waiting)
            if organisation_id is None:
                return False
            taken = await take_message(self._store, organisation_id, now=self._now())
            if taken is None:
                self._waiting.discard(organisation_id)
                continue
            self._turns.begin(organisation_id)
            self._sending.add(asyncio.create_task(self._deliver(taken)))
            return True
        return False

    async def _deliver(self, taken: Taken) -> None:
        """Send a message, and record the outcome."""
        message = taken.message
        try:
            await self._send(message)
        except (Refused, NothingToSend) as refused:
            await mark_failed(self._store, taken, str(refused), now=self._now())
        except NotNow as later:
            if later.is_of_server:
                logger.warning("mail is not sent: %s", later)
                self._paused_until = self._now() + PAUSE
            await postpone(self._store, taken, str(later), now=self._now())
        except Exception as failed:
            if outage_of(failed) is not None:
                raise
            what = f"message {message.message_id} was not sent"
            log_failure(failed, what)
            await postpone(self._store, taken, OUR_FAULT, now=self._now())
        else:
            state = self._transport.state
            await mark_sent(self._store, taken, state, now=self._now())
        finally:
            self._turns.end(message.organisation_id)

    async def _send(self, message: MailMessage) -> None:
        kind = MessageKind(message.kind)
        organisation_id = message.organisation_id
        recipient = await recipient_of(
            self._database, organisation_id, message.user_id, kind
        )
        if recipient is None:
            raise NothingToSend(NO_RECIPIENT)
        is_link = kind in LINKS
        if is_link and not self._transport.is_private:
            # It was queued by a server that has one, or before the setting was removed.
            raise NotNow(NO_SERVER)
        # Links expire by the machine's clock, files by the program's.
        present = self._now() if is_link else clock.now(self._settings)
        write = link_content if is_link else export_content
        content = await write(
            self._database, self._settings, message, recipient, present
        )
        wired = wire_message(
            content,
            sender=self._transport.sender,
            recipient=recipient.address,
            message_id=message.message_id,
            sent_at=self._now(),
            is_plain=recipient.preferences.format is MailFormat.TEXT,
        )
        name = (organisation_id, message.number)
        await self._transport.send(wired, recipient.address, name)


def _raise_first(ended: Iterable[asyncio.Task[None]]) -> None:
    """Raise what the first of the tasks that failed has raised."""
    for error in [task.exception() for task in ended]:
        if error is not None:
            raise error


@asynccontextmanager
async def sending_mail(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Send mail while the context lasts."""
    stopping = asyncio.Event()
    loop = asyncio.create_task(Sender(database, settings).run(stopping))
    try:
        yield
    finally:
        stopping.set()
        # A message that is cancelled may have been sent, and would be sent again.
        await asyncio.wait({loop}, timeout=STOPPING_SECONDS)
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop
