"""The addresses of the report that are asked for, and the request of a browser."""

from daybook_graphql.transport.callers import COOKIE

HOST = "127.0.0.1"
PRESENT = "2026-10-29T12:00:00Z"
"""The present of the demo: two days before a month's end, so that some is scheduled."""
OF_DEMO = tuple(
    f"/journals?currency=USD&month={month}"
    for month in (
        *("2026-10", "2026-09", "2026-08", "2026-07", "2026-06", "2026-05"),
        *("2026-04", "2026-03", "2026-02", "2026-01", "2025-12", "2025-11"),
    )
)
"""The demo's last twelve months; readers look at different ones."""
OF_MANY = tuple(
    f"/journals?currency=USD&month=2025-{month:02}" for month in range(1, 13)
)
"""The months of the ledger of `ledger_rows`."""


def headers_of(token: str, port: int = 8000) -> dict[str, str]:
    """What a browser sends that is signed in."""
    return {
        "Host": f"{HOST}:{port}",
        "Accept": "text/html,application/xhtml+xml",
        "Accept-Encoding": "gzip",
        "Cookie": f"{COOKIE}={token}",
    }


def request_of(address: str, token: str, port: int) -> bytes:
    """The HTTP request for a page, whole."""
    lines = [f"GET {address} HTTP/1.1"]
    lines += [f"{name}: {text}" for name, text in headers_of(token, port).items()]
    return "\r\n".join([*lines, "", ""]).encode()
