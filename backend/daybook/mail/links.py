"""Sign-in links by mail, to their person alone: nobody else sees them."""

from datetime import datetime, timedelta
from email.utils import parseaddr
from secrets import token_hex
from typing import NamedTuple

from daybook.access.models import SignInLink
from daybook.access.people import role_of
from daybook.access.rules import refused
from daybook.access.secrets import hash_of_token
from daybook.clock import moment_words
from daybook.db.engine import Database
from daybook.db.keyset import count_rows
from daybook.errors import ProblemCode
from daybook.mail.commands import NewMessage, queue_message
from daybook.mail.models import MailMessage
from daybook.mail.rendering import render
from daybook.mail.rules import (
    LINKS,
    Content,
    MessageKind,
    NothingToSend,
    Recipient,
    message_id,
)
from daybook.mail.site import site_of
from daybook.mail.transports import NotNow
from daybook.secrets import SealPurpose, Secrets
from daybook.settings import Settings

LINKS_A_DAY = 200
"""How many links an organisation may mail within a day; further ones are refused."""
DAY = timedelta(days=1)
TOO_MANY = (
    f"{LINKS_A_DAY} links were mailed within a day: ask for this one tomorrow, or have"
    " an operator print it (`daybook user link ADDRESS --show-link`)"
)
SUBJECTS = {
    MessageKind.INVITATION: "You are invited to {name}",
    MessageKind.SIGN_IN_LINK: "Your link to sign in to {name}",
}
LOST = "its link was used, replaced, or has expired: make a new one"
SEALED = (
    "its link was encrypted with another DAYBOOK_SECRET than this server's: give all"
    " servers and commands the same, or make a new link"
)
NO_SITE = "set DAYBOOK_PUBLIC_URL on all servers: a link can't be made without it"


class LinkFor(NamedTuple):
    """A link that `make_link` made: its organisation, its user and its token."""

    organisation_id: int
    user_id: int
    token: str


async def mail_link(
    database: Database, settings: Settings, link: LinkFor, *, now: datetime
) -> bool:
    """Queue the message with a link; return whether that was done.

    Without a mail server or an address of the site, the caller shows the link to the
    person who asked for it. The outbox folder gets no links: those of operators open
    more than its readers may. Raises Rejected beyond `LINKS_A_DAY`: an admin who asks
    for many must not be shown one that signs in as somebody else.
    """
    if not settings.smtp_url.get_secret_value() or site_of(settings) is None:
        return False
    sealed = Secrets.of(settings).seal(SealPurpose.MAIL, link.token)
    async with database.reads() as session:
        role = await role_of(session, link.organisation_id, link.user_id)
    kind = MessageKind.INVITATION if role is None else MessageKind.SIGN_IN_LINK
    sender = parseaddr(settings.mail_from)[1]
    new = NewMessage(
        organisation_id=link.organisation_id,
        message_id=message_id(token_hex(16), link.organisation_id, sender),
        kind=kind,
        subject="",
        user_id=link.user_id,
        sealed=sealed,
    )
    async with database.runtime.writes() as session:
        mailed = await count_rows(
            session,
            MailMessage,
            MailMessage.organisation_id == link.organisation_id,
            MailMessage.kind.in_([int(kind) for kind in LINKS]),
            MailMessage.queued_at > now - DAY,
        )
        if mailed >= LINKS_A_DAY:
            raise refused(TOO_MANY, "email", ProblemCode.TOO_LARGE)
        await queue_message(session, new, now=now)
    return True


async def link_content(
    database: Database,
    settings: Settings,
    message: MailMessage,
    recipient: Recipient,
    now: datetime,
) -> Content:
    """What the message of a link says; raises NothingToSend if the link has ended.

    `now` is by the machine's clock, as all links go. Raises NotNow if this server can't
    make the link, but one with another `DAYBOOK_SECRET` or with an address may.
    """
    if message.sealed is None:
        raise NothingToSend(LOST)
    token = Secrets.of(settings).unseal(SealPurpose.MAIL, message.sealed)
    if token is None:
        raise NotNow(SEALED)
    async with database.runtime.reads() as session:
        link = await session.get(SignInLink, hash_of_token(token))
    if link is None or link.expires_at <= now:
        raise NothingToSend(LOST)
    site = site_of(settings)
    if site is None:
        raise NotNow(NO_SITE)
    kind = MessageKind(message.kind)
    facts = {
        "organisation": recipient.organisation,
        "address": recipient.address,
        "link": f"{site}/sign-in/link/{token}",
        "expires": moment_words(link.expires_at, recipient.time_zone),
        "site": site,
    }
    return render(kind, SUBJECTS[kind].format(name=recipient.organisation), facts)
