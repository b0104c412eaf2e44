"""Where messages are sent: to a mail server, or into the outbox folder."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from secrets import token_hex
from typing import Protocol

import aiosmtplib

from daybook.mail.rendering import one_line
from daybook.mail.rules import (
    CONNECTING_SECONDS_MAX,
    KEPT,
    SENDING_SECONDS_MAX,
    MessageState,
)
from daybook.settings import Settings
from daybook.smtp_urls import Encryption, SmtpServer, read_smtp_url

OUTBOX = "outbox"
"""The folder in `DAYBOOK_DATA` that has the messages, in one folder by organisation."""
NO_SENDER = "Daybook <daybook@localhost>"
"""The sender of messages that are only written into the outbox folder."""
CHECK_SECONDS_MAX = 10
"""How long a mail server may take to accept a connection that only checks it."""
PERMANENT = 500
"""Answers of a mail server from here on are permanent."""


class Refused(Exception):
    """The mail server will never take this message; the text says why."""


class NotNow(Exception):
    """The message wasn't sent; the next attempt may succeed."""

    def __init__(self, message: str, *, is_of_server: bool = False) -> None:
        super().__init__(message)
        self.is_of_server = is_of_server
        """Whether the server can't be used at all, for any message."""


class Transport(Protocol):
    """Something that sends messages."""

    sender: str
    """The sender of messages."""
    state: MessageState
    """The state of messages that were sent."""
    is_private: bool
    """Whether only their recipients read them: links to sign in go no other way."""

    async def send(
        self, message: EmailMessage, recipient: str, name: tuple[int, int]
    ) -> None:
        """Send a message; `name` is its organisation and number.

        Raises Refused and NotNow.
        """


def smtp_of(settings: Settings) -> "Smtp | None":
    """The mail server of the settings, if they name one."""
    url = settings.smtp_url.get_secret_value()
    return Smtp(read_smtp_url(url), settings.mail_from) if url else None


def transport_of(settings: Settings) -> Transport:
    """The transport of the settings."""
    return smtp_of(settings) or Outbox(
        settings.data / OUTBOX, settings.mail_from or NO_SENDER
    )


class Smtp:
    """Sends by a mail server, with a connection for each message."""

    state = MessageState.SENT
    is_private = True

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._server = server
        self.sender = sender
        self._address = parseaddr(sender)[1]

    async def send(
        self, message: EmailMessage, recipient: str, name: tuple[int, int]
    ) -> None:
        """Send a message; see `Transport`."""
        del name
        async with self._connected(CONNECTING_SECONDS_MAX) as client:
            try:
                async with asyncio.timeout(SENDING_SECONDS_MAX):
                    content = message.as_bytes()
                    await client.sendmail(self._address, [recipient], content)
            except aiosmtplib.SMTPRecipientsRefused as refused:
                raise _answered(refused.recipients[0], recipient) from None
            except aiosmtplib.SMTPResponseException as refused:
                raise _answered(refused, recipient) from None
            except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
                # Not `is_of_server`: it may have waited for the recipient's own.
                raise NotNow(_unreachable(error)) from None

    async def check(self) -> None:
        """Connect and log in; raises NotNow if no message can be sent now."""
        async with self._connected(CHECK_SECONDS_MAX):
            return

    @asynccontextmanager
    async def _connected(self, seconds: float) -> AsyncIterator[aiosmtplib.SMTP]:
        """A logged-in connection, made within `seconds`; raises NotNow."""
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.encryption is Encryption.TLS,
            start_tls=server.encryption is Encryption.STARTTLS,
            tls_context=ssl.create_default_context(),
            # Otherwise it would ask the name service for this machine's name.
            local_hostname=self._address.rpartition("@")[2],
            timeout=SENDING_SECONDS_MAX,
        )
        try:
            with _unusable_reported():
                async with asyncio.timeout(seconds):
                    await client.connect()
            yield client
        finally:
            # The server has answered for the message: its goodbye doesn't matter.
            client.close()


class Outbox:
    """Writes messages into a folder, each as a file of its number."""

    state = MessageState.WRITTEN
    is_private = False

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self.sender = sender

    async def send(
        self, message: EmailMessage, recipient: str, name: tuple[int, int]
    ) -> None:
        """Write a message; see `Transport`. A message has the same file each time."""
        del recipient
        content = message.as_bytes()
        try:
            await asyncio.to_thread(_write, path_in(self._folder, *name), content)
        except OSError as error:
            words = f"the outbox folder can't be written: {error.strerror}"
            raise NotNow(words, is_of_server=True) from None


def path_in(folder: Path, organisation_id: int, number: int) -> Path:
    """The file of an organisation's message in the outbox folder."""
    return folder / str(organisation_id) / f"{number}.eml"


def remove_old_files(settings: Settings, now: datetime) -> None:
    """Remove the outbox folder's files that were written `KEPT` ago."""
    for path in (settings.data / OUTBOX).glob("*/*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < (now - KEPT).timestamp():
                path.unlink()


def _write(path: Path, content: bytes) -> None:
    """Write a file aside that only this user may read, and give it its name."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{token_hex(8)}")
    try:
        with os.fdopen(
            os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
        ) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def _unusable_reported() -> Iterator[None]:
    """Raise NotNow for errors that keep the mail server from accepting any message."""
    try:
        yield
    except aiosmtplib.SMTPAuthenticationError as refused:
        words = f"the mail server refused DAYBOOK_SMTP_URL's user: {refused.code}"
        raise NotNow(words, is_of_server=True) from None
    except aiosmtplib.SMTPResponseException as refused:
        words = f"the mail server is not available: {refused.code}"
        raise NotNow(words, is_of_server=True) from None
    except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
        raise NotNow(_unreachable(error), is_of_server=True) from None


def _answered(
    answer: aiosmtplib.SMTPResponseException, recipient: str
) -> Refused | NotNow:
    """A mail server's refusal, in its words but for the address.

    These may be any bytes: what is no text can't be stored.
    """
    said = one_line(answer.message).replace(recipient, "the address")
    words = f"the mail server answered {answer.code} {said}"
    return Refused(words) if answer.code >= PERMANENT else NotNow(words)


def _unreachable(error: Exception) -> str:
    """Why the mail server couldn't be used, and what to look at."""
    if isinstance(error, TimeoutError):
        return "the mail server didn't answer in time"
    reason = error.__cause__ or error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the mail server's certificate is not valid: {reason.verify_message}"
    if isinstance(reason, ConnectionRefusedError):
        return (
            "the mail server accepts no connection: start it, or look at"
            " DAYBOOK_SMTP_URL"
        )
    return f"the mail server can't be used ({reason}): look at DAYBOOK_SMTP_URL"
