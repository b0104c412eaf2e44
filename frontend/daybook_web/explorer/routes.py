"""`/graphiql`: the API's explorer, served from here, where the settings allow it.

It asks with the session of who looks at it, and so can no more than they may.
"""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from daybook_web.kit.rendering import respond

# Its editor sets styles on elements, and its style sheet has fonts and images inside.
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; object-src 'none'"
)


@dataclass(frozen=True, slots=True)
class ExplorerView:
    """A page that is all script."""

    page: ClassVar[str] = "explorer/graphiql.html"
    fragment: ClassVar[str] = "explorer/graphiql.html"

    title: str


async def explorer(request: Request) -> Response:
    """The page."""
    headers = {"Content-Security-Policy": POLICY}
    return respond(request, ExplorerView("GraphiQL"), headers=headers)
