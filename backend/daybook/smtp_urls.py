"""The mail server and the sender of mail, as settings have them."""

import re
from email.utils import parseaddr
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import SecretStr

FORM = "must be smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465"
_SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_:]([A-Za-z0-9_.:-]*[A-Za-z0-9_:])?", re.ASCII)


class Encryption(StrEnum):
    """How a connection to a mail server is encrypted."""

    TLS = "TLS"
    """From its beginning (`smtps://`)."""
    STARTTLS = "STARTTLS"
    """After a command in the clear, before anything else is said."""
    NONE = "NONE"


class SmtpServer(NamedTuple):
    """A mail server; without a user, nobody signs in."""

    host: str
    port: int
    user: str | None
    password: str | None
    encryption: Encryption


def read_smtp_url(text: str) -> SmtpServer:
    """The mail server of a setting; raises ValueError for anything else.

    The messages never quote the setting, since it may hold a password.
    """
    parts = _split(text)
    host = parts.hostname or ""
    encryption = _encryption(parts)
    default = {Encryption.TLS: 465, Encryption.STARTTLS: 587, Encryption.NONE: 25}
    user = None if parts.username is None else unquote(parts.username)
    password = None if parts.password is None else unquote(parts.password)
    if not user and password is not None:
        raise ValueError(f"has a password and no user: {FORM}")
    if user and encryption is Encryption.NONE and not _is_here(host):
        raise ValueError(
            "would send the password in the clear: leave out starttls=never, or the"
            " user"
        )
    port = parts.port or default[encryption]
    return SmtpServer(host, port, user or None, password, encryption)


def check_smtp_url(value: SecretStr) -> SecretStr:
    """Return the address of a mail server, or an empty text.

    Raises ValueError for anything else.
    """
    if value.get_secret_value():
        read_smtp_url(value.get_secret_value())
    return value


def check_sender(value: str) -> str:
    """Return an address, with or without a name before it, or an empty text.

    Raises ValueError for anything else.
    """
    if value and not (value.isprintable() and _SENDER.fullmatch(parseaddr(value)[1])):
        raise ValueError(
            "must be an address such as books@example.com or Daybook"
            " <books@example.com>"
        )
    return value


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises ValueError unless it is a number
    except ValueError:
        raise ValueError(FORM) from None
    if parts.scheme not in {"smtp", "smtps"} or not _HOST.fullmatch(
        parts.hostname or ""
    ):
        raise ValueError(FORM)
    if parts.netloc.count("@") > 1:
        raise ValueError(
            "has more than one @: percent-encode those of user and password (%40)"
        )
    if parts.path.strip("/") or parts.fragment:
        raise ValueError(f"has more than a host: {FORM}")
    return parts


def _encryption(parts: SplitResult) -> Encryption:
    options = parse_qsl(parts.query, keep_blank_values=True)
    if parts.scheme == "smtps":
        if options:
            raise ValueError("smtps:// takes no options: its connection is encrypted")
        return Encryption.TLS
    match options:
        case [] | [("starttls", "required")]:
            return Encryption.STARTTLS
        case [("starttls", "never")]:
            return Encryption.NONE
        case _:
            raise ValueError("may have starttls=required or starttls=never, no more")


def _is_here(host: str) -> bool:
    """Whether a host is this machine, so that nobody listens on the way."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
