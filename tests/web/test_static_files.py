"""Style sheets, scripts and icons."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook_markup import parse
from daybook_people import client_of
from daybook_site import settings_for
from daybook_web.kit.static_files import (
    STATIC,
    STYLES,
    content_hashes,
    contents,
    for_browsers,
    static_url,
)


@pytest.fixture(scope="module")
def client(filled_sqlite: URL) -> Iterator[TestClient]:
    """The application with its explorer."""
    with client_of(settings_for(filled_sqlite, graphiql=True)) as made:
        yield made


PAGES = ("/journals", "/journals/USD/1", "/audit", "/documents/import", "/graphiql")


def addresses(client: TestClient) -> list[str]:
    """What the pages load."""
    pages = [parse(client.get(path).text) for path in PAGES]
    return [
        *(link.attributes["href"] for page in pages for link in page.all("link")),
        *(script.attributes["src"] for page in pages for script in page.all("script")),
        *(
            link.attributes["href"]
            for page in pages
            for link in page.all("a")
            if link.attributes.get("href", "").startswith("/static/")
        ),
    ]


def test_what_a_page_loads_is_there_and_kept_for_a_year(client: TestClient) -> None:
    for url in addresses(client):
        answer = client.get(url)

        assert answer.status_code == 200
        lasting = "public, max-age=31536000, immutable"
        assert answer.headers["cache-control"] == lasting
        kind = {
            "css": "text/css",
            "csv": "text/csv",
            "js": "text/javascript",
            "svg": "image/svg+xml",
        }
        assert answer.headers["content-type"].startswith(kind[url.rpartition(".")[2]])


def test_every_file_but_the_licence_is_loaded(client: TestClient) -> None:
    names = {url.split("/", 3)[3] for url in addresses(client)}

    unused = set(content_hashes()) - names
    assert {name for name in unused if not name.endswith(".LICENSE")} == set()
    assert len(unused) == 3


def test_the_style_sheet_holds_every_file_in_the_order_of_layers() -> None:
    sheet = contents()["daybook.css"].decode()

    layers = "reset, tokens, base, layout, components, utilities"
    assert sheet[sheet.index("@layer") :].startswith(f"@layer {layers};")
    for path in STYLES.rglob("*.css"):
        assert sheet.count(for_browsers(path.read_text())) == 1, path


LARGE = re.compile(
    r"(body|html|main|table|\.page|\.report|-table\)?)(:not\([^)]*\))?:has\("
)
"""A rule that depends on what is anywhere in a large element."""


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(STYLES.rglob("*.css")) if path.stem != "print"],
    ids=lambda path: path.stem,
)
def test_no_rule_depends_on_what_is_anywhere_in_a_page_or_a_table(path: Path) -> None:
    """Each swap would style all of it again, which took phones half a second."""
    assert not LARGE.findall(path.read_text("utf-8"))


def test_an_address_changes_with_the_content() -> None:
    content = (STATIC / "icon.svg").read_bytes()

    assert (
        static_url("icon.svg") == f"/static/{sha256(content).hexdigest()[:16]}/icon.svg"
    )


def test_a_page_from_before_an_upgrade_gets_the_file_but_keeps_it_not(
    client: TestClient,
) -> None:
    answer = client.get("/static/0123456789abcdef/icon.svg")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    tag = answer.headers["etag"]
    again = client.get(
        "/static/0123456789abcdef/icon.svg", headers={"If-None-Match": tag}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag


@pytest.mark.parametrize(
    "path",
    [
        "x/nothing.css",
        "x/../app.py",
        "x/%2e%2e/app.py",
        "x/css/../../app.py",
        "x//etc/passwd",
        "x/css",
        "x/",
        "icon.svg",
    ],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


@pytest.mark.parametrize(
    ("name", "published"),
    [
        (
            "htmx-4.0.1.min.js",
            "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
        ),
        # An extension in the same package, under the same licence.
        (
            "hx-sse-4.0.1.min.js",
            "18ef2761356ec1fe0bb6d92612315b37517a7c1e9856b661c5ae81fef239d103",
        ),
    ],
)
def test_htmx_is_as_it_was_published(name: str, published: str) -> None:
    vendored = (STATIC / "vendor" / name).read_bytes()

    assert sha256(vendored).hexdigest() == published
