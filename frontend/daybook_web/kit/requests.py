"""Changes that another person has to approve: what a page says of one it requested."""

from collections.abc import Mapping

from daybook_web.kit.links import Link

REQUESTED = "Requested: nothing changes until another person approves it."
"""What a page says after a form led to a request."""


def request_link(number: int) -> Link:
    """Where a request waits."""
    return Link(f"Request {number}", f"/manual-journals#request-{number}")


def requested_link(query: Mapping[str, str]) -> Link | None:
    """The request that led to a page, by the page's address; None if none did."""
    text = query.get("request", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return request_link(int(text))
