"""Suggestions of customers and products while somebody types; fragments only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from daybook.reports.journals.filter_kinds import TEXT_MAX
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import Party, Result
from daybook_web.kit.running import Running
from daybook_web.kit.site import Site

SIZE = 12


@dataclass(frozen=True, slots=True)
class SuggestedParties(Result):
    """Customers or products."""

    nodes: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class FindCustomers(Result):
    """The result of the operation."""

    customers: SuggestedParties

    @property
    def parties(self) -> Sequence[Party]:
        """The customers."""
        return self.customers.nodes


@dataclass(frozen=True, slots=True)
class FindProducts(Result):
    """The result of the operation."""

    products: SuggestedParties

    @property
    def parties(self) -> Sequence[Party]:
        """The products."""
        return self.products.nodes


KINDS: Mapping[str, type[FindCustomers] | type[FindProducts]] = {
    "customer": FindCustomers,
    "product": FindProducts,
}


@dataclass(frozen=True, slots=True)
class SuggestionsView(View):
    """The options of a field's list."""

    page: ClassVar[str] = "journals/_suggestions.html"

    parties: Sequence[Party]


async def suggest_parties(
    running: Running, kind: str, text: str, size: int
) -> Sequence[Party]:
    """Customers or products by a part of the name or of the id; some for no text."""
    variables = {"search": text or None, "first": size}
    return (await running.run(KINDS[kind], variables)).parties


def suggestions(site: Site, kind: str) -> Handler:
    """`/suggestions/customer?customer=…`, and the same for products.

    `of` names the field, if it isn't called as the kind. An unfit text has no
    suggestions: the form says so when it is sent.
    """

    async def suggest(request: Request) -> Response:
        query = request.query_params
        text = query.get(query.get("of", kind), "").strip()
        parties: Sequence[Party] = ()
        if len(text) <= TEXT_MAX and "\x00" not in text:
            parties = await suggest_parties(site.running(request), kind, text, SIZE)
        return respond(request, SuggestionsView(parties))

    return suggest
