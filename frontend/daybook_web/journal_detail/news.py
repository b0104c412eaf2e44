"""Whether a journal changed while its page is open."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from daybook.ledger.pins import Pin
from daybook.numbers import read_number
from daybook.reports.trail.names import person_name
from daybook_graphql.journals.ids import JournalId
from daybook_graphql.kit.ids import encode, read_currency
from daybook_web.journal_detail.address import Address
from daybook_web.journal_detail.results import JournalNews
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import SEEN, no_news


@dataclass(frozen=True, slots=True)
class ChangedJournalView(View):
    """That a journal changed, and a link to it as it is now."""

    page: ClassVar[str] = "journal_detail/_news.html"

    by: str
    reason: str
    url: str


def news_url(address: Address, pin: Pin) -> str:
    """Where the page of a journal asks whether it changed after its pin."""
    path, _, query = address.url().partition("?")
    seen = urlencode({SEEN: pin.recording})
    return f"{path}/news?{'&'.join(filter(None, (seen, query)))}"


def journal_news(site: Site) -> Handler:
    """`/journals/USD/5/news?seen=412`: nothing, or that recordings after it changed it.

    Further parameters are those of its page.
    """

    async def news(request: Request) -> Response:
        currency, number = (request.path_params[n] for n in ("currency", "number"))
        given = request.query_params
        try:
            journal_id = JournalId(read_currency(currency), read_number(number))
            seen = read_number(given.get(SEEN, ""))
        except ValueError:
            return no_news()
        variables = {"id": encode(journal_id)}
        found = await site.running(request).run(JournalNews, variables)
        newest = found.journal.recordings[0] if found.journal else None
        if newest is None or int(newest.number) <= seen:
            return no_news()
        page = QueryParams([pair for pair in given.multi_items() if pair[0] != SEEN])
        address = Address.of(currency, number, page)
        by = "" if newest.made_by is None else person_name(newest.made_by)
        view = ChangedJournalView(by, newest.reason, address.url())
        return respond(request, view)

    return news
