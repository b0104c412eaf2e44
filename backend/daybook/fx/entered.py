"""The rates that an organisation entered itself, as a list of pages."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.keyset import one_page
from daybook.fx.models import ManualRate
from daybook.fx.queries import manual_rates_held
from daybook.paging import Page, PageRequest


async def find_manual_rates(
    session: AsyncSession, organisation_id: int, request: PageRequest
) -> Page[ManualRate]:
    """A page of the rates that hold, those that were entered last first."""
    page = one_page(
        manual_rates_held(organisation_id),
        ManualRate.number,
        request,
        is_descending=True,
    )
    return Page.of(list(await session.scalars(page)), request)


async def count_manual_rates(session: AsyncSession, organisation_id: int) -> int:
    """How many rates hold."""
    found = manual_rates_held(organisation_id).subquery()
    return await session.scalar(select(func.count()).select_from(found)) or 0


async def manual_rate_entered(
    session: AsyncSession, organisation_id: int, currency: str, day: int
) -> ManualRate | None:
    """The row of the rate that holds for a day; None if none does."""
    statement = manual_rates_held(organisation_id).where(
        ManualRate.currency == currency, ManualRate.day == day
    )
    found: ManualRate | None = await session.scalar(statement)
    return found
