"""The web application: the API, downloads, health and pages, put together.

The composition root: beside the command line, the only place that knows them all.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from daybook.access.rules import Caller
from daybook.clock import now
from daybook.db.engine import Database, open_database
from daybook.db.failures import OUTAGES
from daybook.db.migrate import is_current, make_ready
from daybook.jobs.tasks import running_jobs
from daybook.ledger.clocks import is_clock_refused
from daybook.settings import Settings
from daybook_graphql.app import GraphQLApp
from daybook_graphql.callers import Door
from daybook_graphql.context import Context
from daybook_graphql.operations import Operations
from daybook_graphql.schema import schema
from daybook_web.app import page_routes
from daybook_web.pages.errors import EXCEPTION_HANDLERS
from daybook_web.security import middleware


def create_app(settings: Settings) -> Starlette:
    """The application for one database, which is brought up to date at start."""
    database = open_database(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            await make_ready(database)
            if database.is_read_only:  # there are no jobs to take
                yield
                return
            async with running_jobs(database, settings):
                yield
        finally:
            await database.close()

    app = Starlette(
        routes=_routes(database, settings),
        middleware=middleware(settings),
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )
    # A server that ends waits for its answers, and those of subscriptions go on.
    app.state.end_streams = database.end
    return app


def _routes(database: Database, settings: Settings) -> list[BaseRoute]:
    async def ready(_request: Request) -> Response:
        """Whether documents can be taken in.

        The database answers, with the tables of this version, and the clock fits what
        every organisation recorded. Strangers see this: it tells no times.
        """
        try:
            if not await is_current(database):
                return JSONResponse({"database": "outdated"}, status_code=503)
            is_refused = await is_clock_refused(database, now(settings))
        except OUTAGES:
            return JSONResponse({"database": "unreachable"}, status_code=503)
        if is_refused:
            told = {"database": "ready", "clock": "refused"}
            return JSONResponse(told, status_code=503)
        return JSONResponse({"database": "ready"})

    def new_context(caller: Caller) -> Context:
        return Context(database, settings, caller)

    door = Door(database, settings)
    graphql = GraphQLApp(schema, database, settings, door)
    return [
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        *page_routes(Operations(schema), new_context, database, settings, door),
    ]


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})
