"""Reading messages: an organisation's, for its admins, and whose are due."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.keyset import count_rows, one_page
from daybook.db.lists import scalars_in_lists
from daybook.mail.models import MailMessage
from daybook.paging import Page, PageRequest


async def find_messages(
    session: AsyncSession, organisation_id: int, request: PageRequest
) -> Page[MailMessage]:
    """A page of an organisation's messages by number, newest first."""
    is_ours = MailMessage.organisation_id == organisation_id
    statement = select(MailMessage).where(is_ours)
    page = one_page(statement, MailMessage.number, request, is_descending=True)
    return Page.of(list(await session.scalars(page)), request)


async def count_messages(session: AsyncSession, organisation_id: int) -> int:
    """How many messages of an organisation are kept."""
    is_ours = MailMessage.organisation_id == organisation_id
    return await count_rows(session, MailMessage, is_ours)


async def messages_by_number(
    session: AsyncSession, organisation_id: int, numbers: Collection[int]
) -> list[MailMessage]:
    """An organisation's messages with these numbers; unknown ones are left out."""
    is_ours = MailMessage.organisation_id == organisation_id
    statement = select(MailMessage).where(is_ours)
    return await scalars_in_lists(session, statement, MailMessage.number.in_, numbers)


async def organisations_with_mail(
    session: AsyncSession, now: datetime
) -> Sequence[int]:
    """The organisations with messages that are due."""
    found = await session.scalars(
        select(MailMessage.organisation_id)
        .where(MailMessage.next_attempt_at <= now)
        .distinct()
    )
    return found.all()
