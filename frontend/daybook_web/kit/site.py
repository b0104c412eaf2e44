"""What all page groups share: operations, the database, cookies, guarded routes."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daybook.access.rules import Caller
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_graphql.context import STRANGER, Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.errors import TooMany
from daybook_graphql.transport.callers import Authenticator, credentials_of
from daybook_web.kit.cookies import Cookies
from daybook_web.kit.elsewhere import of_another_organisation
from daybook_web.kit.error_pages import over_limit, too_large_form
from daybook_web.kit.guard import (
    FileHandler,
    Handler,
    Instead,
    caller_of,
    note_caller,
    note_waiting,
    signed_in_only,
    signed_in_with_file,
)
from daybook_web.kit.places import note_places, places_of
from daybook_web.kit.receiving import FileForm, FormLimits
from daybook_web.kit.running import Running
from daybook_web.kit.signed_out import signed_out_form
from daybook_web.kit.tasks import Tasks
from daybook_web.kit.waiting import has_navigation, waiting_for_reader
from daybook_web.kit.where import KnownLedgers, leading_on, named_where, note_where


@dataclass(frozen=True, slots=True)
class Site:
    """What handlers of pages use; `new_context` makes a context for each request."""

    operations: Operations
    new_context: Callable[[Caller], Context]
    database: Database
    cookies: Cookies
    authenticator: Authenticator
    ledgers: KnownLedgers
    tasks: Tasks

    @property
    def settings(self) -> Settings:
        """The server's settings."""
        return self.cookies.settings

    def running(self, request: Request) -> Running:
        """The operations of one request, run as its caller."""
        return Running(self.operations, self.new_context(caller_of(request)))

    def guarded(
        self,
        path: str,
        handler: Handler,
        *methods: str,
        stranger: Handler | None = None,
        is_anywheres: bool = False,
    ) -> Route:
        """The route of a page for callers who are signed in; GET by default.

        `stranger` answers others who ask for a part of the page. A form that does the
        same in all of its sender's organisations is `is_anywheres`.
        """
        guarded = signed_in_only(
            self._with_navigation(handler),
            self.authenticator,
            self.settings,
            self._instead(is_anywheres=is_anywheres),
            stranger,
        )
        return Route(path, guarded, methods=list(methods or ("GET",)))

    def guarded_file(
        self, path: str, handler: FileHandler, bytes_max: int, files_max: int = 1
    ) -> Route:
        """The route that takes a form with files of callers who are signed in."""

        async def kept(request: Request, form: FileForm) -> Response:
            await self._note_where(request)
            return leading_on(request, await handler(request, form))

        guarded = signed_in_with_file(
            kept,
            self.authenticator,
            self.settings,
            FormLimits(bytes_max, files_max),
            self._instead(),
        )
        return Route(path, guarded, methods=["POST"])

    def _instead(self, *, is_anywheres: bool = False) -> Instead:
        elsewhere = self._with_navigation(of_another_organisation)
        return Instead(
            signed_out_form,
            None if is_anywheres else elsewhere,
            self._with_navigation(too_large_form),
            over_limit,
        )

    def _with_navigation(self, handler: Handler) -> Handler:
        """The handler, after what its navigation shows: organisations, what waits."""

        async def navigating(request: Request) -> Response:
            if has_navigation(request):
                await self._note_navigation(request)
            return leading_on(request, await handler(request))

        return navigating

    async def note_reader(self, request: Request) -> None:
        """Note whose page an address would be that has no handler, for its navigation.

        A stranger's page has none, and so has that of a reader over a limit.
        """
        if not has_navigation(request):
            return
        credentials = credentials_of(request.headers, self.settings)
        caller = await self.authenticator.caller(credentials)
        try:
            await self.authenticator.limits.admit(request, caller)
        except TooMany:
            return
        note_caller(request, caller)
        if caller is not STRANGER:
            await self._note_navigation(request)

    async def _note_navigation(self, request: Request) -> None:
        await self._note_where(request)
        note_places(request, await places_of(self.database, request))
        note_waiting(request, await waiting_for_reader(self.database, request))

    async def _note_where(self, request: Request) -> None:
        where, its = named_where(request), caller_of(request).organisation_id
        if where.currency and await self.ledgers.has(its, where.currency):
            note_where(request, where.currency, where.month)
