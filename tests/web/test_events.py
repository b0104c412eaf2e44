"""Event streams of pages, through the whole application."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from daybook.asgi import create_app
from daybook_graphql.execution.listening import each_change
from daybook_people import let_in_at
from daybook_services.database import copy_sqlite
from daybook_site import settings_for
from daybook_streams import PATIENCE, Tabs
from daybook_web.kit.events import HEARTBEAT, Event, event_stream
from daybook_web.kit.site import Site

pytestmark = pytest.mark.anyio

EVENTS = "/changes"
TABS = 8


@pytest.fixture
async def tabs(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Tabs]:
    """A browser whose streams are rarely silent for long."""
    async with _tabs(sqlite_template, tmp_path, 3_600) as (made, _site):
        yield made


@asynccontextmanager
async def _tabs(
    template: Path, folder: Path, heartbeat_seconds: float
) -> AsyncIterator[tuple[Tabs, Site]]:
    url = copy_sqlite(template, folder / "daybook.db")
    settings = settings_for(url, requests_at_once=2, subscriptions_per_caller=TABS)
    session = let_in_at(settings).session
    app = create_app(settings)
    site: Site = app.state.site

    async def present() -> AsyncGenerator[Event, None]:
        async for _change in each_change(site.database.changes):
            yield Event("<p>\nnow</p>")
            yield Event("", "changed", "7")

    async def handle(request: Request) -> Response:
        return await event_stream(request, site, present(), heartbeat_seconds)

    app.router.routes.append(site.guarded(EVENTS, handle))
    made = Tabs(app, session)
    try:
        yield made, site
    finally:
        await made.browser.aclose()
        await site.database.close()


async def test_a_stream_begins_with_what_is_present_and_is_not_compressed(
    tabs: Tabs,
) -> None:
    async with tabs.open(EVENTS) as stream:
        start = await stream.next()

        headers = dict(start["headers"])
        assert start["status"] == 200
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert headers[b"x-accel-buffering"] == b"no"
        assert b"content-encoding" not in headers
        assert await stream.text() == "data: <p>\ndata: now</p>\n\n"
        assert await stream.text() == "event: changed\nid: 7\ndata: \n\n"


async def test_a_silent_stream_says_that_it_lives(
    sqlite_template: Path, tmp_path: Path
) -> None:
    async with (
        _tabs(sqlite_template, tmp_path, 0.01) as (tabs, _site),
        tabs.open(EVENTS) as stream,
    ):
        while await stream.next() != {
            "type": "http.response.body",
            "body": HEARTBEAT.encode(),
            "more_body": True,
        }:
            pass


async def test_it_ends_when_its_reader_signs_out(tabs: Tabs) -> None:
    async with tabs.open(EVENTS) as stream:
        await stream.next()
        assert await stream.text()
        assert (await tabs.browser.post("/sign-out")).status_code == 303

        await stream.until_end()


async def test_a_browser_that_leaves_leaves_nothing_running(tabs: Tabs) -> None:
    before = asyncio.all_tasks()

    async with tabs.open(EVENTS) as stream:
        await stream.next()
        assert await stream.text()

    async with asyncio.timeout(PATIENCE):
        while asyncio.all_tasks() - before:  # noqa: ASYNC110  (tasks that end set none)
            await asyncio.sleep(0)


async def test_it_ends_when_the_server_stops(
    sqlite_template: Path, tmp_path: Path
) -> None:
    async with (
        _tabs(sqlite_template, tmp_path, 3_600) as (tabs, site),
        tabs.open(EVENTS) as stream,
    ):
        await stream.next()
        assert await stream.text()
        site.database.end()

        await stream.until_end()


async def test_open_tabs_are_no_requests_but_subscriptions(tabs: Tabs) -> None:
    async with AsyncExitStack() as opened:
        for _tab in range(TABS):
            stream = await opened.enter_async_context(tabs.open(EVENTS))
            assert (await stream.next())["status"] == 200
            assert await stream.text()

        assert (await tabs.browser.get("/audit")).status_code == 200
        async with tabs.open(EVENTS) as refused:
            assert (await refused.next())["status"] == 429

    # Those that were closed leave room for others.
    async with tabs.open(EVENTS) as stream:
        assert (await stream.next())["status"] == 200
