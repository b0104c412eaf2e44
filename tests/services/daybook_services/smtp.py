"""A mail server on this machine: it keeps what it takes, and may refuse or wait."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

HOST = "127.0.0.1"
OK = "250 OK"


class Mail(NamedTuple):
    """A message that the server took."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The message as a mail program reads it."""
        read = message_from_bytes(self.content, policy=default)
        assert isinstance(read, EmailMessage)
        return read

    def part(self, subtype: str) -> str:
        """The text of the part `plain` or `html`."""
        part = self.message.get_body((subtype,))
        assert part is not None, f"it has no part {subtype}"
        return str(part.get_content()).replace("\r\n", "\n")


class MailServer:
    """A server in a thread of its own; `answer` says what becomes of a message."""

    def __init__(self, **options: Any) -> None:
        self.mails: list[Mail] = []
        self.answer: Callable[[Mail], str] = lambda _mail: OK
        self.answer_to_recipient: Callable[[str], str | bytes] = lambda _address: OK
        self.held: set[str] = set()
        """Recipients for whom it gives no answer until they are taken out."""
        self.waiting: list[str] = []
        """Those that it holds at the moment."""
        self._options = options
        self.port = _free_port()
        self.start()

    @property
    def url(self) -> str:
        """Its address as the setting has it, without encryption."""
        return f"smtp://{HOST}:{self.port}?starttls=never"

    def stop(self) -> None:
        """Answer nobody any more."""
        self._controller.stop()

    def start(self) -> None:
        """Answer at the port, again if the server was stopped."""
        self._controller = Controller(
            self, hostname=HOST, port=self.port, **self._options
        )
        self._controller.start()

    def authenticates(self, user: str, password: str) -> None:
        """Take messages of this user alone, who signs in over TLS."""

        def check(
            _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any
        ) -> AuthResult:
            is_known = data == LoginPassword(user.encode(), password.encode())
            return AuthResult(success=is_known, handled=False)

        self.stop()
        self._options |= {"authenticator": check, "auth_required": True}
        self.start()

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's)
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str | bytes:
        """Take or refuse a recipient, once they aren't held any more."""
        self.waiting.append(address)
        while address in self.held:  # noqa: ASYNC110  (another thread changes it)
            await asyncio.sleep(0.01)
        self.waiting.remove(address)
        answer = self.answer_to_recipient(address)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802  (aiosmtpd's)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a message, unless `answer` refuses it."""
        content = envelope.original_content
        assert envelope.mail_from is not None
        assert content is not None
        mail = Mail(envelope.mail_from, list(envelope.rcpt_tos), content)
        answer = self.answer(mail)
        if answer == OK:
            self.mails.append(mail)
        return answer


class NewMailServer(NamedTuple):
    """Starts mail servers, which stop when the test is over."""

    servers: list[MailServer]

    def __call__(self, **options: Any) -> MailServer:
        """A server with options of aiosmtpd's."""
        self.servers.append(MailServer(**options))
        return self.servers[-1]


@pytest.fixture
def new_mail_server() -> Iterator[NewMailServer]:
    """Starts mail servers with options of aiosmtpd's."""
    made = NewMailServer([])
    yield made
    for server in made.servers:
        server.stop()


@pytest.fixture
def mail_server(new_mail_server: NewMailServer) -> MailServer:
    """A mail server that takes everything, without encryption."""
    return new_mail_server()


def context_of(certificate: str, key: str) -> ssl.SSLContext:
    """What a server encrypts with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def a_certificate(folder: Path, host: str) -> tuple[str, str]:
    """A certificate for a host that nobody has signed, and its key: their files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        alternative = x509.DNSName(host)
    present = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(present - timedelta(days=1))
        .not_valid_after(present + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return str(paths[0]), str(paths[1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
