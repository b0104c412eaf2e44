"""An application that is asked in its own process, as a server would ask it."""

from typing import Any

from benchmarks.page_requests import HOST, headers_of

WITHOUT_PAGE = 1_000
"""Fewer bytes than any page has."""


async def ask(app: Any, address: str, token: str) -> None:
    """Ask for a page; raises AssertionError for an answer that is none."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [
            (name.lower().encode(), text.encode())
            for name, text in headers_of(token).items()
        ],
        "client": (HOST, 50_000),
        "server": (HOST, 8_000),
        "state": {},
    }
    statuses, sizes = list[int](), list[int]()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        else:
            sizes.append(len(message["body"]))

    await app(scope, receive, send)
    (status,), size = statuses, sum(sizes)
    assert size > WITHOUT_PAGE, f"{address}: {status}, {size} bytes are no page"
