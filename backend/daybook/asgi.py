"""The web application, composed of the API, downloads, health checks and pages.

Beside the command line, this composition root is the only place that knows them all.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from daybook.access.rules import Caller, Permission
from daybook.db.engine import Database, open_database
from daybook.db.failures import OUTAGES
from daybook.db.migrate import make_ready
from daybook.readiness import READY, Check, readiness_checks, states_of
from daybook.secrets import Secrets
from daybook.settings import Settings
from daybook.worker import running_jobs
from daybook_graphql.context import Context
from daybook_graphql.execution.operations import Operations
from daybook_graphql.schema import schema
from daybook_graphql.transport.caller_limits import Holding
from daybook_graphql.transport.callers import Authenticator, credentials_of
from daybook_graphql.transport.http import GraphQLApp
from daybook_graphql.transport.uploading import upload_routes
from daybook_web.app import page_routes
from daybook_web.kit.compressing import Compression
from daybook_web.kit.cookies import Cookies
from daybook_web.kit.error_pages import EXCEPTION_HANDLERS
from daybook_web.kit.security import middleware
from daybook_web.kit.site import Site
from daybook_web.kit.tasks import Tasks
from daybook_web.kit.where import KnownLedgers

logger = logging.getLogger(__name__)
ADMINISTER = Permission.ADMINISTER


def create_app(settings: Settings) -> Starlette:
    """Create the application for a database, which is upgraded at start.

    Raises SecretUnfit if there is no secret to sign with.
    """
    database = open_database(settings)
    cookies = Cookies(settings, Secrets.of(settings))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            await make_ready(database)
            if database.is_read_only:  # jobs can't be worked on
                yield
                return
            async with running_jobs(database, settings):
                yield
        finally:
            await site.tasks.stop()
            await database.close()

    site = _site(database, cookies)
    app = Starlette(
        routes=_routes(site),
        middleware=[
            Middleware(Compression),
            *middleware(settings),
            Middleware(Holding),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )
    # A stopping server waits for its answers, and those of subscriptions don't end.
    app.state.end_streams = database.end
    # The page of an address that has no handler names its reader, too.
    app.state.site = site
    return app


def _site(database: Database, cookies: Cookies) -> Site:
    settings = cookies.settings

    def new_context(caller: Caller) -> Context:
        return Context(database, settings, caller)

    return Site(
        Operations(schema),
        new_context,
        database,
        cookies,
        Authenticator(database, settings),
        KnownLedgers(database),
        Tasks(),
    )


def _routes(site: Site) -> list[BaseRoute]:
    database, settings = site.database, site.settings
    authenticator = site.authenticator
    checks = readiness_checks(database, settings)
    graphql = GraphQLApp(schema, database, settings, authenticator)
    return [
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", readiness(checks, settings, authenticator)),
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        *upload_routes(database, settings, authenticator),
        *page_routes(site),
    ]


def readiness(
    checks: Sequence[Check], settings: Settings, authenticator: Authenticator
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that says whether documents can be recorded.

    Strangers only learn whether everything that is needed is ready; details are logged,
    and shown to callers who may administer.
    """
    needed = {check.name for check in checks if check.is_needed}
    logged: Mapping[str, str] | None = None

    async def ready(request: Request) -> Response:
        nonlocal logged
        found = await states_of(checks)
        is_ready = all(found[name] == READY for name in needed & set(found))
        # A warning, too, if it is ready again: the log shows how an outage ended.
        if found != logged and (logged or set(found.values()) != {READY}):
            states = ", ".join(f"{name} {state}" for name, state in found.items())
            logger.warning("readiness: %s", states)
        logged = found
        credentials = credentials_of(request.headers, settings)
        with suppress(*OUTAGES):
            if any(credentials):
                caller = await authenticator.caller(credentials)
                if caller.may(ADMINISTER):
                    return _readiness(found, is_ready=is_ready)
        return _readiness({}, is_ready=is_ready)

    return ready


def _readiness(details: Mapping[str, str], *, is_ready: bool) -> Response:
    return JSONResponse({"ready": is_ready, **details}, 200 if is_ready else 503)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})
