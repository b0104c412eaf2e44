"""Sending queued messages, one at a time, beside the server until it stops."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
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
from daybook.mail.reading import queue_events
from daybook.mail.recipients import recipient_of
from daybook.mail.rendering import wire_message
from daybook.mail.rules import LINKS, PAUSE, MessageKind, NothingToSend
from daybook.mail.transports import (
    NotNow,
    Refused,
    remove_old_files,
    transport_of,
)
from daybook.settings import Settings

logger = logging.getLogger(__name__)
STOPPING_SECONDS = 5
"""How long a stopping server waits for the message that is being sent."""
OUR_FAULT = "an error of Daybook's own: look into the server's log"
NO_SERVER = "links go by a mail server alone: set DAYBOOK_SMTP_URL for this process"
NO_RECIPIENT = "they don't belong to the organisation any more"


class Sender:
    """Sends messages by the settings; `now` is the machine's clock.

    A message is sent at least once: a second copy follows only if the process is killed
    after the mail server took the first, and before that is noted. Both copies have the
    same Message-ID.
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

    async def run(self, stopping: asyncio.Event) -> None:
        """Queue and send messages until the program stops."""
        while not stopping.is_set():
            try:
                await self.turn(stopping)
            except Exception as failed:  # noqa: BLE001  (the worker's edge)
                log_failure(failed, "mail could not be queued or sent")
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP.total_seconds()):
                    await stopping.wait()

    async def turn(self, stopping: asyncio.Event | None = None) -> None:
        """Queue the messages of new events, and send all messages that are due."""
        sender = self._transport.sender
        await queue_events(self._database, sender, now=self._now())
        while self._now() >= self._paused_until:
            if stopping is not None and stopping.is_set():
                return
            taken = await take_message(self._store, now=self._now())
            if taken is None:
                break
            await self._deliver(taken)
        if self._now() - self._tidied_at >= LITTER:
            self._tidied_at = self._now()
            await remove_old_messages(self._store, now=self._now())
            await asyncio.to_thread(remove_old_files, self._settings, self._now())

    async def _deliver(self, taken: Taken) -> None:
        """Send a message, and note what became of it."""
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


@asynccontextmanager
async def sending_mail(database: Database, settings: Settings) -> AsyncIterator[None]:
    """Send mail while the context lasts."""
    stopping = asyncio.Event()
    loop = asyncio.create_task(Sender(database, settings).run(stopping))
    try:
        yield
    finally:
        stopping.set()
        # Given up in the middle, a message that was sent would be sent again.
        await asyncio.wait({loop}, timeout=STOPPING_SECONDS)
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop
