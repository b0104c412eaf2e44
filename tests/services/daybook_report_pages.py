"""Reading the pages of reports: their tables, their ties, and where figures lead."""

from starlette.testclient import TestClient

from daybook_markup import Element
from daybook_pages import get
from daybook_web.kit.formats import MINUS


def rows_of(page: Element, place: int = 0) -> dict[str, list[str]]:
    """The cells of a report's table by the row's header; a later row wins."""
    return {
        row.one("th", scope="row").text: [plain(cell.text) for cell in row.all("td")]
        for row in _rows(page, place)
    }


def plain(text: str) -> str:
    """A text with a hyphen for the minus sign, as tests write it."""
    return text.replace(MINUS, "-")


def links_of(page: Element, header: str) -> dict[str, str]:
    """Where the figures of a row lead, by what the figures are."""
    (row,) = [
        row for row in _rows(page, 0) if row.one("th", scope="row").text == header
    ]
    return row.links()


def _rows(page: Element, place: int) -> list[Element]:
    table = page.all("table", class_="report-table")[place]
    return [row for row in table.all("tr") if row.all("th", scope="row")]


def ties_of(page: Element) -> list[str]:
    """What the page says that agrees, and what doesn't."""
    return [plain(tie.text) for tie in page.one(class_="ties").all("li")]


def stats_of(page: Element) -> dict[str, str]:
    """The figures above the table by their names."""
    return {
        stat.one("dt").text: stat.one(class_="stat-figure").text.rpartition(": ")[2]
        for stat in page.all(class_="stat")
    }


def journals_total(client: TestClient, url: str, account: str) -> str:
    """What an account comes to on the report of journals that a figure leads to."""
    page = get(client, url)
    figures = stats_of(page)
    return plain(figures[f"{account} Revenue"]).removeprefix("-")
