"""Headers of every answer, and the requests that are refused."""

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from daybook_people import client_of
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

PAGES = ["/journals", "/journals/USD/1", "/nowhere", "/healthz"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_tells_the_browser_to_trust_this_origin_only(
    client: TestClient, path: str
) -> None:
    headers = client.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8000",
        "localhost:5000",
        "LOCALHOST",
        "[::1]:8000",
        "[::1]",
    ],
)
def test_hosts_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("evil.example:8000", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("[::2]", 421),
        ("", 400),
        ("localhost:port", 400),
        ("user@localhost", 400),
        ("localhost/", 400),
        ("local host", 400),
    ],
)
def test_other_hosts_are_refused_in_a_plain_line(
    client: TestClient, host: str, status: int
) -> None:
    for path in ("/journals", "/graphql", "/healthz", "/static/x/icon.svg"):
        answer = client.get(path, headers={"Host": host})

        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/plain")
        assert "evil" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_two_host_headers_are_refused(client: TestClient) -> None:
    headers = [("Host", "localhost"), ("Host", "evil.example")]

    assert client.get("/healthz", headers=headers).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "chrome-extension://127.0.0.1:8000"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_sites_can_change_nothing(
    client: TestClient, headers: dict[str, str], method: str
) -> None:
    for path in ("/graphql", "/journals"):
        answer = client.request(method, path, headers=headers)

        assert answer.status_code == 403
        assert answer.text == "Requests from other web sites are refused.\n"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1:8000"},
    ],
)
def test_this_site_and_programs_pass(
    client: TestClient, headers: dict[str, str]
) -> None:
    # There is nothing to post to here, and that is for the page to say.
    assert client.post("/journals", headers=headers).status_code == 405


def test_other_sites_may_lead_to_a_page(client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    assert client.get("/journals", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_sockets_of_other_sites_are_refused(
    client: TestClient, headers: dict[str, str]
) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect("/graphql", headers=headers),
    ):
        pass

    assert refused.value.code == 1008


def test_the_public_host_is_answered_too(filled_sqlite: URL) -> None:
    settings = settings_for(filled_sqlite, public_url="https://Books.example.com/")
    with client_of(settings) as client:
        for host, status in (("books.example.com", 200), ("other.example.com", 421)):
            answer = client.get("/healthz", headers={"Host": host})
            assert answer.status_code == status
