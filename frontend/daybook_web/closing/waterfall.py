"""`/close/waterfall`: when what stands on Deferred is recognized, as a chart.

The sums of a large ledger take seconds, so that the overview loads it by itself.
"""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from daybook.calendar import Month, day_text, day_words, last_day_of, parse_month
from daybook_web.closing.results import CloseWaterfall, DeferredMonths
from daybook_web.kit.formats import money
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import no_news
from daybook_web.reports import address as reports
from daybook_web.reports.address import Address, is_month
from daybook_web.reports.bars import BarChart
from daybook_web.reports.waterfall import TAKEN_BACK, months_chart

WATERFALL = "/close/waterfall"


@dataclass(frozen=True, slots=True)
class CloseWaterfallView(View):
    """The chart, and what stands on Deferred in words."""

    page: ClassVar[str] = "closing/_waterfall.html"

    caption: str
    currency: str
    chart: BarChart | None


def waterfall_part(site: Site) -> Handler:
    """The chart of a ledger's month; nothing where there is no such ledger."""

    async def part(request: Request) -> Response:
        given = request.query_params
        currency, text = given.get("currency", "").upper(), given.get("month", "")
        running = site.running(request)
        pins = await running.context.pins()
        if currency not in pins or not is_month(text):
            return no_news()
        address = waterfall_address(currency, parse_month(text))
        variables = {"ledgerId": address.ledger_id(), "on": address["on"]}
        sums = (await running.run(CloseWaterfall, variables)).waterfall.totals
        view = CloseWaterfallView(
            caption=_caption(sums, day_words(last_day_of(parse_month(text)))),
            currency=currency,
            chart=months_chart(address, sums),
        )
        return respond(request, view)

    return part


def waterfall_address(currency: str, month: Month) -> Address:
    """The report of what stands on Deferred at a month's end."""
    texts = {"currency": currency, "on": day_text(last_day_of(month))}
    return Address(reports.WATERFALL, texts)


def _caption(sums: DeferredMonths, on: str) -> str:
    """What stands on Deferred, and what of it no month recognizes."""
    parts = [f"{money(sums.remaining)} deferred on {on}"]
    if sums.taken_back_later.minor:
        parts.append(f"{money(sums.taken_back_later)} {TAKEN_BACK.lower()}")
    if sums.unscheduled.minor:
        parts.append(f"{money(sums.unscheduled)} unscheduled")
    return "; ".join(parts)
