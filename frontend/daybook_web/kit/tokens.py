"""Whether what a page shows is still so, for pages that ask now and then."""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from daybook_web.kit.rendering import wants_fragment
from daybook_web.kit.results import Result

SEEN = "seen"
"""The parameter that holds the token of what a page shows."""


def token_of(found: Result) -> str:
    """A token that differs where results do: they are values, and print whole."""
    return sha256(repr(found).encode()).hexdigest()[:20]


def is_unchanged(request: Request, token: str) -> bool:
    """Whether a page asks for news, and shows all that there is."""
    return wants_fragment(request) and request.query_params.get(SEEN) == token


def no_news() -> Response:
    """An answer that htmx swaps nothing for."""
    return Response(status_code=204)


async def nobody(_request: Request) -> Response:
    """A page whose reader was signed out gets nothing more, and stays as it is."""
    return no_news()
