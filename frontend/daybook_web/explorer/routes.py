"""`/graphiql`: the API's explorer, served from here, where the settings allow it.

It sends requests with its user's session, and so may do no more than they may.
"""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook_web.kit.rendering import View, respond
from daybook_web.kit.site import Site

# Its editor sets styles on elements, and its style sheet has fonts and images inside.
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; object-src 'none'"
)


@dataclass(frozen=True, slots=True)
class ExplorerView(View):
    """A page that is all script."""

    page: ClassVar[str] = "explorer/graphiql.html"

    title: str


def explorer_routes(site: Site) -> list[Route]:
    """The explorer, if the settings allow it."""
    if not site.settings.graphiql:
        return []
    return [site.guarded("/graphiql", explorer)]


async def explorer(request: Request) -> Response:
    """The page."""
    headers = {"Content-Security-Policy": POLICY}
    return respond(request, ExplorerView("GraphiQL"), headers=headers)
