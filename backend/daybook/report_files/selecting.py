"""What a report's options select: a ledger at a pin, and Daybook's own numbers."""

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.clock import today
from daybook.errors import Problem, Rejected
from daybook.ledger.pins import Pin
from daybook.ledger.queries import (
    choose_ledger,
    pin_chosen,
    pin_ledger,
    time_zone_of,
)
from daybook.report_files.options import ReportOptions
from daybook.reports.journals.selection import LookUp
from daybook.reports.revenue import RevenueFilter
from daybook.settings import Settings


async def pin_report(
    session: AsyncSession,
    organisation_id: int,
    settings: Settings,
    options: ReportOptions,
) -> Pin:
    """The ledger of the options' currency at their as-of day.

    Raises Rejected where there is no such ledger, or several to choose from.
    """
    ledger = await choose_ledger(session, organisation_id, options.currency)
    the_day = today(settings, await time_zone_of(session, organisation_id))
    pin = await pin_ledger(session, organisation_id, ledger.id, the_day, options.as_of)
    assert pin is not None, "the ledger was just found"
    return pin


async def pin_reports(
    session: AsyncSession,
    organisation_id: int,
    settings: Settings,
    options: ReportOptions,
) -> list[Pin]:
    """As `pin_report`, but all ledgers, by currency, where the options name none."""
    the_day = today(settings, await time_zone_of(session, organisation_id))
    which = options.currency, the_day, options.as_of
    return await pin_chosen(session, organisation_id, *which)


async def resolve(
    session: AsyncSession, pin: Pin, options: ReportOptions
) -> RevenueFilter:
    """The numbers of what the options name; raises Rejected for what isn't there."""
    problems: list[Problem] = []
    looking = LookUp(session, pin, problems)
    customer = product = document = None
    if options.customer is not None:
        customer = await looking.party("customer", options.customer)
    if options.product is not None:
        product = await looking.party("product", options.product)
    if options.document is not None:
        document = await looking.document("document", *options.document)
    if problems:
        raise Rejected(problems)
    return RevenueFilter(customer, product, document)
