"""Settings of mail: what is read, and what is refused in one line without secrets."""

import pytest
from pydantic import SecretStr

from daybook.cli.environment import SettingsUnfit, read_settings
from daybook.smtp_urls import (
    Encryption,
    SmtpServer,
    check_sender,
    check_smtp_url,
    read_smtp_url,
)

SERVERS = {
    "smtp://books:p%40ss@mail.example.com": SmtpServer(
        "mail.example.com", 587, "books", "p@ss", Encryption.STARTTLS
    ),
    "smtp://mail.example.com:2525?starttls=required": SmtpServer(
        "mail.example.com", 2525, None, None, Encryption.STARTTLS
    ),
    "smtp://mail?starttls=never": SmtpServer("mail", 25, None, None, Encryption.NONE),
    "smtp://books:x@127.0.0.1:1025?starttls=never": SmtpServer(
        "127.0.0.1", 1025, "books", "x", Encryption.NONE
    ),
    "smtps://books:x@[2001:db8::1]": SmtpServer(
        "2001:db8::1", 465, "books", "x", Encryption.TLS
    ),
}
WRONG = [
    "mail.example.com",
    "http://mail.example.com",
    "smtp://",
    "smtp://mail.example.com:port",
    "smtp://mail example.com",
    "smtp://mail.example.com/folder",
    "smtp://mail.example.com?tls=yes",
    "smtp://mail.example.com?starttls=maybe",
    "smtp://mail.example.com?starttls=never&starttls=required",
    "smtps://mail.example.com?starttls=required",
    "smtp://books:hunter2@mail.example.com?starttls=never",
    "smtp://books:hunter2@com@mail.example.com",
    "smtp://:hunter2@mail.example.com",
]


@pytest.mark.parametrize("url", SERVERS)
def test_a_mail_server_is_read(url: str) -> None:
    assert read_smtp_url(url) == SERVERS[url]


@pytest.mark.parametrize("url", WRONG)
def test_other_addresses_are_refused_without_the_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        check_smtp_url(SecretStr(url))

    monkeypatch.setenv("DAYBOOK_SMTP_URL", url)
    with pytest.raises(SettingsUnfit) as refused:
        read_settings()
    assert "DAYBOOK_SMTP_URL" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_mail_server_needs_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_SMTP_URL", "smtp://mail.example.com")

    with pytest.raises(SettingsUnfit, match="DAYBOOK_MAIL_FROM must be the sender"):
        read_settings()


@pytest.mark.parametrize("sender", ["", "books@example.com", "Bücher <b@example.com>"])
def test_a_sender_is_an_address(sender: str) -> None:
    assert check_sender(sender) == sender


@pytest.mark.parametrize(
    "sender",
    ["books", "books@", "a@example.com\nBcc: e@x.com", "a b@x.com"],
)
def test_another_sender_is_refused(sender: str) -> None:
    with pytest.raises(ValueError, match="must be an address"):
        check_sender(sender)
