"""uvicorn's HTTP connection with time limits for slow clients.

uvicorn waits for ever for a head that doesn't end, a body that doesn't come and an
answer that isn't read, and it buffers a head of any size. Since a connection costs an
attacker next to nothing, each step has a time limit here.

This uses private parts of uvicorn's protocol (`cycle`, `flow`, `STATUS_LINE`) and can't
be switched off, since nothing else ends a slow connection. `PINNED` is the version it
was checked against; a test fails for any other version.
"""

from asyncio import TimerHandle, Transport
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

PINNED = {"uvicorn": "0.54.0"}

HEAD_BYTES_MAX = 2**16
"""The most bytes of a request's first line and headers."""
HEAD_SECONDS = 20.0
"""How long a connection may be open, or a head may take, before its last byte."""
BODY_SECONDS = 15.0
"""The interval at which a body's rate is checked; a shorter request is never slow."""
BODY_BYTES_PER_SECOND = 4_096
"""The lowest rate of a body, over each interval."""
ANSWER_SECONDS = 60.0
"""How long an answer waits for a reader that takes nothing of it."""
LINGER_SECONDS = 2.0
"""How long the rest of an answered request is still received and dropped."""


class GuardedProtocol(HttpToolsProtocol):
    """One connection. Its timers pause while the client waits for the server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timer: TimerHandle | None = None
        self._stall: TimerHandle | None = None
        self._is_in_head, self._has_begun = True, False
        self._heads = self._head_bytes = self._body_bytes = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # uvicorn names a narrower transport
        """Wait for the first head."""
        super().connection_made(transport)
        self._start(HEAD_SECONDS, self._end_head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers."""
        self._rest()
        self._end_stall()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive data, and count it if it is part of a head."""
        if self.transport.is_closing():
            return
        was_in_head, heads = self._is_in_head, self._heads
        super().data_received(data)
        if not self._is_in_head or self.transport.get_protocol() is not self:
            return
        if was_in_head and heads == self._heads:
            self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._timer is None and not self._is_answering():
            # Empty lines don't begin a head, but they do end uvicorn's own time-out.
            self._start(HEAD_SECONDS, self._end_head)

    def on_message_begin(self) -> None:
        """Start the time of a head."""
        super().on_message_begin()
        self._has_begun = True
        self._head_bytes = 0
        self._start(HEAD_SECONDS, self._end_head)

    def on_headers_complete(self) -> None:
        """Start the time of a body, which may follow the head."""
        self._is_in_head = False
        self._heads += 1
        self._head_bytes = self._body_bytes = 0
        self._start(BODY_SECONDS, self._look_at_body)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count a piece of a body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the timer: the request is complete."""
        self._rest()
        self._is_in_head, self._has_begun = True, False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Close soon if the answer is complete and its request isn't."""
        super().on_response_complete()
        if not self._is_in_head and not self._is_answering():
            self._start(LINGER_SECONDS, self.transport.close)

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to another protocol."""
        self._rest()
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """Limit how long the answer waits for its reader."""
        super().pause_writing()
        self._end_stall()
        self._stall = self.loop.call_later(ANSWER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop that limit: the reader has read."""
        self._end_stall()
        super().resume_writing()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _end_head(self) -> None:
        if self.flow.read_paused or self._is_answering():
            self._start(HEAD_SECONDS, self._end_head)
        elif self._has_begun:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _look_at_body(self) -> None:
        is_slow = self._body_bytes < BODY_BYTES_PER_SECOND * BODY_SECONDS
        if is_slow and not self.flow.read_paused:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
            return
        self._body_bytes = 0
        self._start(BODY_SECONDS, self._look_at_body)

    def _refuse(self, status: HTTPStatus) -> None:
        """Close the connection, with a status if no answer has begun."""
        self._rest()
        if not (self._is_answering() and self.cycle.response_started):
            headers = b"content-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + headers)
        self.transport.close()

    def _start(self, seconds: float, then: Callable[[], None]) -> None:
        self._rest()
        self._timer = self.loop.call_later(seconds, then)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
