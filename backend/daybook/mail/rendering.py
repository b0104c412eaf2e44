"""Renders messages from templates, and builds what is sent to the mail server."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from daybook.mail.rules import Content, MessageKind

HEADER_MAX = 200
"""The longest subject, in characters."""


def _environment(*, is_html: bool) -> Environment:
    return Environment(
        loader=PackageLoader("daybook.mail"),
        autoescape=is_html,  # noqa: S701  (plain text has nothing to escape)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


TEXTS, PAGES = _environment(is_html=False), _environment(is_html=True)


def render(kind: MessageKind, subject: str, facts: Mapping[str, object]) -> Content:
    """Render the templates of a kind; they use nothing but the facts."""
    name = kind.name.lower()
    text = TEXTS.get_template(f"{name}.txt").render(facts)
    html = PAGES.get_template(f"{name}.html").render(facts, subject=subject)
    return Content(subject, text, html)


def wire_message(  # noqa: PLR0913  (keyword-only, each has its meaning)
    content: Content,
    *,
    sender: str,
    recipient: str,
    message_id: str,
    sent_at: datetime,
    is_plain: bool,
) -> EmailMessage:
    """The message that a mail server gets; `is_plain` leaves out the HTML.

    No text can add a header, or a line to a header: control characters become spaces.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = header_text(sender)
    message["To"] = header_text(recipient)
    message["Subject"] = header_text(content.subject)
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body_text(content.text), cte="quoted-printable")
    if not is_plain:
        html = body_text(content.html)
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def header_text(text: str) -> str:
    """A text as one line that fits into a header."""
    line = one_line(text)
    return line if len(line) <= HEADER_MAX else f"{line[: HEADER_MAX - 1]}…"


def one_line(text: str) -> str:
    """A text as one line, without control characters and halves of pairs."""
    known = "".join(" " if _is_control(letter) else letter for letter in text)
    return " ".join(known.split())


def body_text(text: str) -> str:
    """A text without control characters but line ends and tabs."""
    return "".join(
        " " if _is_control(letter) and letter not in "\n\t" else letter
        for letter in text
    )


def _is_control(letter: str) -> bool:
    """Whether a character is a control, half a surrogate pair, or a line end."""
    return unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}
