"""Suggestions of customers and products while somebody types; fragments only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from daybook.folding import folded
from daybook.reports.journals.filter_kinds import TEXT_MAX
from daybook_web.kit.guard import Handler
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.results import PageInfo, Party, Result
from daybook_web.kit.running import Running
from daybook_web.kit.site import Site

SIZE = 12
SAME_NAME_SIZE = 100
SAME_NAME_PAGES = 20
"""How many pages of names that hold a text are looked through for the text itself."""


@dataclass(frozen=True, slots=True)
class SuggestedParties(Result):
    """Customers or products by name."""

    nodes: tuple[Party, ...]
    page_info: PageInfo


@dataclass(frozen=True, slots=True)
class FindCustomers(Result):
    """The result of the operation."""

    customers: SuggestedParties

    @property
    def found(self) -> SuggestedParties:
        """The customers."""
        return self.customers


@dataclass(frozen=True, slots=True)
class FindProducts(Result):
    """The result of the operation."""

    products: SuggestedParties

    @property
    def found(self) -> SuggestedParties:
        """The products."""
        return self.products


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
    return (await running.run(KINDS[kind], variables)).found.nodes


async def parties_named(running: Running, kind: str, name: str) -> list[Party]:
    """Customers or products with exactly this name, in upper or lower case."""
    wanted, text = folded(name), " ".join(name.split())
    after, named = None, list[Party]()
    for _ in range(SAME_NAME_PAGES):
        variables = {"search": text, "first": SAME_NAME_SIZE, "after": after}
        found = (await running.run(KINDS[kind], variables)).found
        named += [party for party in found.nodes if folded(party.name) == wanted]
        if not found.page_info.has_next_page:
            break
        after = found.page_info.end_cursor
    return named


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
