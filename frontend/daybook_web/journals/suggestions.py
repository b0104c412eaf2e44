"""Suggestions of customers and products while somebody types; fragments only."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

from daybook.reports.journals.filter_kinds import TEXT_MAX
from daybook_web.kit.rendering import respond
from daybook_web.kit.running import Pages

SIZE = 12
KINDS = {
    "customer": ("FindCustomers", "customers"),
    "product": ("FindProducts", "products"),
}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class SuggestionsView:
    """The options of a field's list."""

    page: ClassVar[str] = "journals/_suggestions.html"
    fragment: ClassVar[str] = "journals/_suggestions.html"

    parties: Sequence[Mapping[str, Any]]


def suggestions(pages: Pages, kind: str) -> Handler:
    """`/suggestions/customer?customer=…`, and the same of products.

    What can't be looked for has no suggestions: the form says so when it is sent.
    """
    operation, answer = KINDS[kind]

    async def suggest(request: Request) -> Response:
        text = request.query_params.get(kind, "").strip()
        parties: Sequence[Mapping[str, Any]] = ()
        if len(text) <= TEXT_MAX and "\x00" not in text:
            variables = {"search": text or None, "first": SIZE}
            parties = (await pages.start(request).run(operation, variables))[answer][
                "nodes"
            ]
        return respond(request, SuggestionsView(parties))

    return suggest
