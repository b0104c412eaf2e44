"""Asking for pages, and reading what every test of the report reads."""

from urllib.parse import parse_qs, urlsplit

from starlette.testclient import TestClient

from daybook_markup import Element, parse

REPORT = "/journals?currency=USD"
HTMX = {"HX-Request": "true"}


def get(client: TestClient, url: str, status: int = 200) -> Element:
    """The page at an address, which is well-formed and has this status."""
    answer = client.get(url)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return parse(answer.text)


def numbers_in(page: Element) -> list[int]:
    """The journals' numbers in the order of the table."""
    rows = page.one("table", class_="journals").one("tbody").all("th", scope="row")
    return [int(row.text.split()[0]) for row in rows]


def place_of(page: Element) -> str:
    """Which rows of the list the page says that it shows."""
    return page.one(class_="place-words").text


def status_of(page: Element) -> str:
    """How many journals the page says there are, and of when."""
    return page.one(id="report-status").text


def parameters(url: str) -> dict[str, list[str]]:
    """The parameters of an address."""
    return parse_qs(urlsplit(url).query)
