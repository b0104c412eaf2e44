"""The application at a known present: in process, and on a port for browsers."""

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import uvicorn
from pydantic import SecretStr
from sqlalchemy import URL

from daybook.asgi import create_app
from daybook.cli.server import SERVER_OPTIONS
from daybook.settings import Settings
from daybook_graphql.transport.callers import COOKIE
from daybook_people import NOON, LetIn, let_in_at

START_SECONDS = 60
SECRET = SecretStr("s3cret-of-tests-and-of-nothing-else-0123456789")


def settings_for(url: URL, **others: Any) -> Settings:
    """Settings for a database, on 15 October 2025 if nothing else is said."""
    driver = url.get_backend_name()
    given: dict[str, Any] = {
        "database_url": url.set(drivername=driver).render_as_string(
            hide_password=False
        ),
        "now": NOON,
        "secret": SECRET,
        **others,
    }
    return Settings(**given)


class Site(NamedTuple):
    """Where a server of the application answers, and what lets one in."""

    address: str
    let_in: LetIn

    @property
    def authorization(self) -> str:
        """The header that programs send."""
        return self.let_in.headers["Authorization"]

    def cookie(self) -> Any:
        """The cookie of somebody who is signed in, as a browser is given it."""
        return {"name": COOKIE, "value": self.let_in.session, "url": self.address}


@contextmanager
def serving(url: URL, **others: Any) -> Iterator[Site]:
    """A server of the application, on a free port of this machine."""
    settings = settings_for(url, **others)
    its = let_in_at(settings)
    with answering_at(settings) as address:
        yield Site(address, its)


@contextmanager
def answering_at(settings: Settings) -> Iterator[str]:
    """A server with these settings, which lets nobody in by itself; its address."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        timeout_graceful_shutdown=1,
        **SERVER_OPTIONS,
    )
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            deadline = time.monotonic() + START_SECONDS
            while not server.started:
                assert thread.is_alive(), "the server ended while it was starting"
                assert time.monotonic() < deadline, "the server did not start in time"
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            app.state.end_streams()
            server.should_exit = True
            thread.join(START_SECONDS)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


def await_answer(
    address: str, process: subprocess.Popen[bytes], complaints: Path
) -> None:
    """Wait until a process's server answers; if it ends, its complaints say why."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, complaints.read_text()
        assert time.monotonic() < deadline, "the server did not start in time"
        try:
            httpx2.get(address, timeout=START_SECONDS)
        except httpx2.ConnectError:
            time.sleep(0.05)
        else:
            return
