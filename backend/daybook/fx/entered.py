"""The rates that an organisation entered itself, as a list of pages."""

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.keyset import one_page
from daybook.fx.models import ManualRate
from daybook.paging import Page, PageRequest


async def find_manual_rates(
    session: AsyncSession, organisation_id: int, request: PageRequest
) -> Page[ManualRate]:
    """A page of the rates that hold, those that were entered last first."""
    page = one_page(
        _that_hold(organisation_id), ManualRate.number, request, is_descending=True
    )
    return Page.of(list(await session.scalars(page)), request)


async def count_manual_rates(session: AsyncSession, organisation_id: int) -> int:
    """How many rates hold."""
    found = _that_hold(organisation_id).subquery()
    return await session.scalar(select(func.count()).select_from(found)) or 0


async def manual_rate_entered(
    session: AsyncSession, organisation_id: int, currency: str, day: int
) -> ManualRate | None:
    """The row of the rate that holds for a day; None if none does."""
    statement = _that_hold(organisation_id).where(
        ManualRate.currency == currency, ManualRate.day == day
    )
    found: ManualRate | None = await session.scalar(statement)
    return found


def _that_hold(organisation_id: int) -> Select[ManualRate]:
    """The last row of each currency and day, unless that withdrew its rate."""
    newest = (
        select(func.max(ManualRate.number))
        .where(ManualRate.organisation_id == organisation_id)
        .group_by(ManualRate.currency, ManualRate.day)
    )
    return select(ManualRate).where(
        ManualRate.organisation_id == organisation_id,
        ManualRate.number.in_(newest),
        ManualRate.mantissa.is_not(None),
    )
