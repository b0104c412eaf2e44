"""The web application, composed of the API, downloads, health checks and pages.

Beside the command line, this composition root is the only place that knows them all.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from daybook.access.rules import Caller, Permission
from daybook.clock import now
from daybook.db.engine import Database, open_database
from daybook.db.failures import OUTAGES
from daybook.db.migrate import is_current, make_ready
from daybook.ledger.clocks import is_clock_refused
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
from daybook_web.kit.cookies import Cookies
from daybook_web.kit.error_pages import EXCEPTION_HANDLERS
from daybook_web.kit.security import middleware

logger = logging.getLogger(__name__)
ADMINISTER = Permission.ADMINISTER
QUEUE = "queue"


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
            await database.close()

    app = Starlette(
        routes=_routes(database, settings, cookies),
        middleware=[*middleware(settings), Middleware(Holding)],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )
    # A stopping server waits for its answers, and those of subscriptions don't end.
    app.state.end_streams = database.end
    return app


def _routes(
    database: Database, settings: Settings, cookies: Cookies
) -> list[BaseRoute]:
    def new_context(caller: Caller) -> Context:
        return Context(database, settings, caller)

    authenticator = Authenticator(database, settings)
    graphql = GraphQLApp(schema, database, settings, authenticator)
    return [
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", readiness(database, settings, authenticator), methods=["GET"]),
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        *upload_routes(database, settings, authenticator),
        *page_routes(Operations(schema), new_context, database, cookies, authenticator),
    ]


def readiness(
    database: Database, settings: Settings, authenticator: Authenticator
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that says whether documents can be recorded.

    They can if the database answers with this version's tables, and the clock fits the
    recordings of every organisation. Strangers only learn whether everything is ready;
    details are logged, and shown to callers who may administer.
    """
    logged = {"database": "ready"}

    async def ready(request: Request) -> Response:
        nonlocal logged
        found = await _state(database, settings)
        # Without its queue, a server still takes requests of exports.
        is_ready = {**found, QUEUE: "ready"} == {"database": "ready", QUEUE: "ready"}
        if found != logged:
            logged = found
            # A warning, too, if it is ready again: the log shows how an outage ended.
            logger.warning("readiness: %s", found)
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


async def _state(database: Database, settings: Settings) -> dict[str, str]:
    """The states of the database, the clock and the queue, in words."""
    try:
        if not await is_current(database):
            return {"database": "outdated"}
        is_refused = await is_clock_refused(database, now(settings))
    except OUTAGES:
        return {"database": "unreachable"}
    bus = database.runtime.live.bus
    return {
        "database": "ready",
        **({"clock": "refused"} if is_refused else {}),
        **({} if bus is None else {QUEUE: bus.state()}),
    }


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})
