"""The routes of all pages and static files, for the application to put in place."""

from collections.abc import Callable

from starlette.routing import Route

from daybook.access.rules import Caller
from daybook.db.engine import Database
from daybook_graphql.callers import Door
from daybook_graphql.context import Context
from daybook_graphql.operations import Operations
from daybook_web.access.routes import access_page
from daybook_web.account.routes import account_page
from daybook_web.explorer.routes import explorer
from daybook_web.exports.routes import export_file
from daybook_web.journal.routes import journal_page
from daybook_web.journals.downloads import journals_csv
from daybook_web.journals.routes import home, journals_page
from daybook_web.journals.suggestions import suggestions
from daybook_web.kit.callers import Handler, signed_in_only
from daybook_web.kit.cookies import Cookies
from daybook_web.kit.running import Pages
from daybook_web.kit.static_files import static_route
from daybook_web.settings.routes import settings_page
from daybook_web.signing_in.invitations import invitation_routes
from daybook_web.signing_in.routes import sign_in_routes


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
