"""What all page groups share: operations, the database, cookies, guarded routes."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.routing import Route

from daybook.access.rules import Caller
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.transport.callers import Authenticator
from daybook_web.kit.cookies import Cookies
from daybook_web.kit.guard import Handler, caller_of, signed_in_only
from daybook_web.kit.running import Running


@dataclass(frozen=True, slots=True)
class Site:
    """What handlers of pages use; `new_context` makes a context for each request."""

    operations: Operations
    new_context: Callable[[Caller], Context]
    database: Database
    cookies: Cookies
    authenticator: Authenticator

    @property
    def settings(self) -> Settings:
        """The server's settings."""
        return self.cookies.settings

    def running(self, request: Request) -> Running:
        """The operations of one request, run as its caller."""
        return Running(self.operations, self.new_context(caller_of(request)))

    def guarded(self, path: str, handler: Handler, *methods: str) -> Route:
        """The route of a page for callers who are signed in; GET by default."""
        guarded = signed_in_only(handler, self.authenticator, self.settings)
        return Route(path, guarded, methods=list(methods or ("GET",)))
