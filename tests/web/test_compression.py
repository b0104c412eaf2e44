"""Answers are compressed, but for streams, files and pages that show a secret."""

import gzip
from collections.abc import Iterator

import pytest
from httpx2 import Response as Answer
from playwright.sync_api import Browser
from sqlalchemy import URL
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from daybook_people import client_of
from daybook_site import serving, settings_for
from daybook_web.kit.compressing import AS_IT_IS, Compression
from daybook_web.kit.static_files import content_hashes, contents, static_url

OCTOBER = "/journals?currency=USD&month=2025-10"
GZIP = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}
PAGE_BYTES_MAX = 60_000
"""What a browser without a cache loads in all, compressed."""
HTML_BYTES_MAX = 12_000
STYLE_BYTES_MAX = 16_000
TEXT = "Recognized and deferred revenue. " * 100


@pytest.fixture(scope="module")
def client(filled_sqlite: URL) -> Iterator[TestClient]:
    """The application over the known ledger."""
    with client_of(settings_for(filled_sqlite)) as made:
        yield made


def as_sent(
    client: TestClient, url: str, headers: dict[str, str]
) -> tuple[Answer, bytes]:
    """An answer, and its body as it is on the wire."""
    with client.stream("GET", url, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize(
    "url",
    [OCTOBER, "/journals/USD/1", "/settings", "/graphql?query={ledgers{currency}}"],
)
def test_pages_and_json_are_compressed_with_their_length(
    client: TestClient, url: str
) -> None:
    answer, sent = as_sent(client, url, GZIP)
    plain, whole = as_sent(client, url, PLAIN)

    assert plain.status_code == answer.status_code == 200
    assert "content-encoding" not in plain.headers
    if len(whole) < 500:  # not worth it
        assert sent == whole
        return
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(sent) < len(whole) / 2
    assert len(gzip.decompress(sent)) == len(whole)
    for one in (answer, plain):
        assert "Accept-Encoding" in one.headers["vary"]
    if url == OCTOBER:
        assert "HX-Request" in answer.headers["vary"]


def test_files_keep_their_lengths(client: TestClient) -> None:
    for url in (
        "/journals.csv?currency=USD&format=SEQUENCE&granularity=daily&from=2025-10-01&to=2025-10-31",
        "/healthz",
    ):
        answer, sent = as_sent(client, url, GZIP)
        _plain, whole = as_sent(client, url, PLAIN)

        assert answer.status_code == 200
        assert "content-encoding" not in answer.headers
        assert len(sent) == len(whole)


def test_a_page_that_shows_a_secret_is_not_compressed(client: TestClient) -> None:
    answer, _sent = as_sent(client, "/access", GZIP)

    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers
    assert answer.headers["cache-control"] == f"private, no-cache, {AS_IT_IS}"


def _answers() -> list[tuple[str, Response, bool]]:
    return [
        ("page", Response(TEXT, media_type="text/html"), True),
        ("tagged", Response(TEXT, headers={"ETag": '"x"'}), False),
        ("part", Response(TEXT, 206, media_type="text/html"), False),
        ("short", Response("short", media_type="text/html"), False),
        ("text", PlainTextResponse(TEXT), False),
        ("pdf", Response(TEXT, media_type="application/pdf"), False),
        ("events", StreamingResponse([TEXT], media_type="text/event-stream"), False),
        ("stream", StreamingResponse([TEXT], media_type="text/html"), True),
    ]


@pytest.mark.parametrize("name", [name for name, _answer, _is in _answers()])
def test_what_is_compressed(name: str) -> None:
    (found,) = [made for made in _answers() if made[0] == name]
    _name, answer, is_compressed = found

    async def handle(_request: object) -> Response:
        return answer

    app = Compression(Starlette(routes=[Route("/", handle)]))
    got, sent = as_sent(TestClient(app), "/", GZIP)

    assert got.headers.get("content-encoding") == ("gzip" if is_compressed else None)
    assert (gzip.decompress(sent) if is_compressed else sent).decode() in {
        TEXT,
        "short",
    }


@pytest.mark.parametrize("name", sorted(contents()))
def test_static_files_are_compressed_once(client: TestClient, name: str) -> None:
    answer, sent = as_sent(client, static_url(name), GZIP)
    plain, whole = as_sent(client, static_url(name), PLAIN)

    assert whole == contents()[name]
    assert int(plain.headers["content-length"]) == len(whole)
    assert int(answer.headers["content-length"]) == len(sent)
    assert plain.headers["etag"] == f'"{content_hashes()[name]}"'
    assert "Accept-Encoding" in answer.headers["vary"] == plain.headers["vary"]
    if len(gzip.compress(whole)) >= len(whole):
        assert sent == whole
        return
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent) == whole
    # Two forms of a file have two tags, by which a browser asks for news of its own.
    assert answer.headers["etag"] == f'"{content_hashes()[name]}-gzip"'
    tag = {"If-None-Match": answer.headers["etag"]}
    again, nothing = as_sent(client, static_url(name), {**GZIP, **tag})
    assert (again.status_code, nothing) == (304, b"")
    other, _whole = as_sent(client, static_url(name), {**PLAIN, **tag})
    assert other.status_code == 200


def test_a_page_is_light_with_an_empty_cache(
    browser: Browser, filled_sqlite: URL
) -> None:
    with serving(filled_sqlite) as site:
        context = browser.new_context(base_url=site.address)
        context.add_cookies([site.cookie()])
        page = context.new_page()
        page.goto(OCTOBER, wait_until="load")
        sizes: dict[str, int] = page.evaluate(
            """Object.fromEntries(["navigation", "resource"]
              .flatMap((kind) => performance.getEntriesByType(kind))
              .map((entry) => [new URL(entry.name).pathname, entry.transferSize]))"""
        )
        context.close()

    assert len(sizes) > 2, sizes
    assert all(sizes.values()), sizes
    assert sum(sizes.values()) < PAGE_BYTES_MAX, sizes
    assert sizes["/journals"] < HTML_BYTES_MAX, sizes
    assert sizes[static_url("daybook.css")] < STYLE_BYTES_MAX, sizes
