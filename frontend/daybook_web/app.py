"""The routes of all pages and static files, for the application to put in place."""

from collections.abc import Callable

from starlette.routing import Route

from daybook.access.rules import Caller
from daybook.db.engine import Database
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.transport.callers import Door
from daybook_web.callers import Handler, signed_in_only
from daybook_web.cookies import Cookies
from daybook_web.pages.access import access_page
from daybook_web.pages.account import account_page
from daybook_web.pages.downloads import journals_csv
from daybook_web.pages.exports import export_file
from daybook_web.pages.graphiql import explorer
from daybook_web.pages.invitations import invitation_routes
from daybook_web.pages.journal import journal_page
from daybook_web.pages.journals import home, journals_page
from daybook_web.pages.running import Pages
from daybook_web.pages.settings import settings_page
from daybook_web.pages.signing_in import sign_in_routes
from daybook_web.pages.suggestions import suggestions
from daybook_web.static_files import static_route


def page_routes(
    operations: Operations,
    new_context: Callable[[Caller], Context],
    database: Database,
    cookies: Cookies,
    door: Door,
) -> list[Route]:
    """The pages, which run these operations with a new context for each request.

    What is not about signing in is for those who are signed in.
    """
    pages, settings = Pages(operations, new_context), cookies.settings

    def guarded(path: str, handler: Handler, *methods: str) -> Route:
        its = signed_in_only(handler, door, settings)
        return Route(path, its, methods=list(methods or ("GET",)))

    explorers = [guarded("/graphiql", explorer)] if settings.graphiql else []
    return [
        *explorers,
        *sign_in_routes(database, cookies, door),
        *invitation_routes(database, cookies),
        static_route(),
        guarded("/", home),
        guarded("/journals", journals_page(pages)),
        guarded("/journals.csv", journals_csv(database, settings)),
        guarded("/exports/{number}/{name}", export_file(database, settings)),
        guarded("/journals/{currency}/{number}", journal_page(pages)),
        guarded("/settings", settings_page(pages), "GET", "POST"),
        guarded("/access", access_page(pages, settings), "GET", "POST"),
        guarded("/account", account_page(database, cookies), "GET", "POST"),
        guarded("/suggestions/customer", suggestions(pages, "customer")),
        guarded("/suggestions/product", suggestions(pages, "product")),
    ]
