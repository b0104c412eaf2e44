"""The routes of all pages and static files, for the application to put in place."""

from collections.abc import Callable

from starlette.routing import Route

from daybook_graphql.context import Context
from daybook_graphql.operations import Operations
from daybook_web.pages.journal import journal_page
from daybook_web.pages.journals import home, journals_page
from daybook_web.pages.running import Pages
from daybook_web.pages.settings import settings_page
from daybook_web.pages.suggestions import suggestions
from daybook_web.static_files import static_route


def page_routes(
    operations: Operations, new_context: Callable[[], Context]
) -> list[Route]:
    """The pages, which run these operations with a new context for each request."""
    pages = Pages(operations, new_context)
    return [
        Route("/", home),
        Route("/journals", journals_page(pages)),
        Route("/journals/{currency}/{number}", journal_page(pages)),
        Route("/settings", settings_page(pages), methods=["GET", "POST"]),
        Route("/suggestions/customer", suggestions(pages, "customer")),
        Route("/suggestions/product", suggestions(pages, "product")),
        static_route(),
    ]
