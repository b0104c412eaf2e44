"""No text adds a header, a line of one or a part, whatever names are like."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.mail.rendering import HEADER_MAX, header_text, wire_message
from daybook.mail.rules import Content
from daybook_mail import BEGAN, FROM

MESSAGE_ID = "<0a1b.1@daybook.example>"
ADDRESSES = st.from_regex(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,40}@[A-Za-z0-9.-]{1,40}", fullmatch=True
)
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
MIME = ["Content-Type", "MIME-Version", "Content-Transfer-Encoding"]


def sent(
    subject: str, text: str, *, to: str = "ada@example.com", is_plain: bool = False
) -> EmailMessage:
    """A message as its recipient reads it."""
    wired = wire_message(
        Content(subject, text, text),
        sender=FROM,
        recipient=to,
        message_id=MESSAGE_ID,
        sent_at=BEGAN,
        is_plain=is_plain,
    )
    read = message_from_bytes(wired.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


@given(subject=st.text(), text=st.text(), to=ADDRESSES, is_plain=st.booleans())
def test_any_texts_keep_the_headers_and_the_parts(
    subject: str, text: str, to: str, *, is_plain: bool
) -> None:
    read = sent(subject, text, to=to, is_plain=is_plain)

    assert set(read.keys()) <= {*HEADERS, *MIME}
    assert all(len(read.get_all(header, [])) == 1 for header in HEADERS)
    assert str(read["To"]) == to
    assert read["Message-ID"] == MESSAGE_ID
    assert " ".join(str(read["Subject"]).split()) == header_text(subject)
    kinds = [part.get_content_type() for part in read.walk()]
    both = ["multipart/alternative", "text/plain", "text/html"]
    assert kinds == (["text/plain"] if is_plain else both)


@given(st.text())
def test_a_header_is_one_short_line(text: str) -> None:
    assert len(header_text(text)) <= HEADER_MAX
    assert len(header_text(text).splitlines()) <= 1


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b", "\x00"])
def test_the_end_of_a_line_begins_no_header(end: str) -> None:
    read = sent(f"Acme{end}Bcc: eve@example.com{end}{end}Hello", "text")

    assert read["Subject"] == "Acme Bcc: eve@example.com Hello"
    assert read["Bcc"] is None


def test_long_lines_arrive() -> None:
    text = f"one\n{'ü' * 2_000}\n"

    read = sent("lines", text, is_plain=True)

    assert read.get_content().replace("\r\n", "\n") == text
