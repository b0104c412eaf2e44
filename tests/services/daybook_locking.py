"""Locking a ledger in the browser, by the page of the lock."""

from httpx2 import Response
from starlette.testclient import TestClient

from daybook_pages import get

PAGE = "/close/lock?currency=USD"


def lock(client: TestClient, through: str, **typed: str) -> Response:
    """The answer after the dollars' lock was read and set to a day; empty for none."""
    return send_read(client, f"{PAGE}&method=CUSTOM_DATE&through={through}", **typed)


def send_read(client: TestClient, url: str, **typed: str) -> Response:
    """The answer to the form of a lock's page, with what was read there."""
    form = get(client, url).one("main").one("form", method="post")
    read = {
        field.attributes["name"]: field.attributes.get("value", "")
        for field in form.all("input", type="hidden")
    }
    return client.post(PAGE, data={**read, **typed}, follow_redirects=False)
