"""A proxy between a program and a server, which loses or spoils answers as it is told.

spoiling   a proxy to an address
Lost       what a fault raises to end the connection without an answer
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import httpx2

SECONDS = 60
PASSED_ON = ("authorization", "content-type")


class Exchange(NamedTuple):
    """A request and the server's answer to it."""

    method: str
    path: str
    body: bytes
    status: int
    answer: bytes


class Lost(Exception):
    """The answer gets lost on its way."""


Fault = Callable[[Exchange], tuple[int, bytes]]
"""The status and body that the program gets; may raise Lost."""


@contextmanager
def spoiling(address: str, fault: Fault) -> Iterator[str]:
    """The address of a proxy to another address, while it is open."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: self.headers[name] or "" for name in PASSED_ON}
            with httpx2.Client(timeout=SECONDS) as client:
                got = client.request(
                    self.command, address + self.path, content=body, headers=headers
                )
            exchange = Exchange(
                self.command, self.path, body, got.status_code, got.content
            )
            try:
                status, answer = fault(exchange)
            except Lost:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_DELETE = _pass_on  # noqa: N815  (the base class's names)

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}"
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
