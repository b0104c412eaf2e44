"""Request bodies that are read whole, up to a size."""

from starlette.requests import Request
from starlette.types import Message


async def body_within(request: Request, bytes_max: int) -> bytes | None:
    """The body of a request; None, without reading on, for a larger one.

    Raises ClientDisconnect where it ends early.
    """
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def with_body(request: Request, body: bytes) -> Request:
    """The request with a body that was read already, to be read again."""
    again: list[Message] = [{"type": "http.request", "body": body}]

    async def receive() -> Message:
        return again.pop() if again else await request.receive()

    return Request(request.scope, receive)
