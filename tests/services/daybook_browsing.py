"""Browsers at a database of their own, and how somebody signs in with one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import Any

import anyio
from httpx2 import Response
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.clock import Clock
from daybook.db.engine import Database
from daybook_graphql.transport.callers import COOKIE
from daybook_people import EMAIL, NOON, PASSWORD, answering
from daybook_site import settings_for

LOCAL = "http://127.0.0.1:8000"


class Site:
    """A database, and browsers that look at it."""

    def __init__(self, url: URL, **settings: Any) -> None:
        self.url = url
        self.settings = settings_for(url, **settings)

    def run(self, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Run a command on the database."""

        async def run() -> Any:
            database = Database(self.url, Clock(NOON, is_confirmed=True))
            try:
                return await work(database, *arguments, **options)
            finally:
                await database.close()

        # In a thread of its own: a request that is being sent may hold this one's loop.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(anyio.run, run).result()

    def browser(self, **settings: Any) -> TestClient:
        """A browser without cookies, that follows no redirect."""
        its = self.settings.model_copy(update=settings)
        base = "https://127.0.0.1" if its.is_secure else LOCAL
        return TestClient(answering(its), base_url=base, follow_redirects=False)


def enter(browser: TestClient, password: str = PASSWORD, **fields: str) -> Response:
    """Send the sign-in form."""
    form = {"email": EMAIL, "password": password, **fields}
    return browser.post("/sign-in", data=form)


def cookie_of(answer: Response, name: str = COOKIE) -> Any:
    """The cookie that an answer sets."""
    (header,) = [
        header
        for header in answer.headers.get_list("set-cookie")
        if header.startswith(f"{name}=")
    ]
    return SimpleCookie(header)[name]
