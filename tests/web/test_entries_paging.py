"""Pages of a journal's daily entries."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from daybook_factories import invoice, line, terms
from daybook_markup import Element
from daybook_pages import get

pytestmark = pytest.mark.either_database


def rows_in(page: Element) -> list[list[str]]:
    table = page.one("div", aria_labelledby="entries-heading").one("tbody")
    return [
        [cell.text for cell in row.all("td")] + [row.one("th").text]
        for row in table.all("tr")
    ]


def test_pages_forward_and_back_reach_every_entry_once(
    client_with: Callable[..., TestClient],
) -> None:
    lines = [line(str(number), its_terms=terms("365.00")) for number in range(1, 6)]
    client = client_with(invoice("inv_1", *lines))
    page = get(client, "/journals/USD/1?month=2025-01")
    assert (
        page.one(id="entries-heading").one(class_="heading-count").text == "160 entries"
    )

    forward = rows_in(page)
    while nexts := page.all("a", rel="next"):
        page = get(client, nexts[0].attributes["href"])
        assert page.one(class_="back").one("a").attributes["href"].endswith("2025-01")
        forward += rows_in(page)
    backward = rows_in(page)
    while previous := page.all("a", rel="prev"):
        page = get(client, previous[0].attributes["href"])
        backward = rows_in(page) + backward

    assert len(forward) == 160
    assert backward == forward
    # Five lines are billed and recognized on the first day, and recognized on others.
    days = [row[-1] for row in forward]
    january = [f"{day} Jan 2025" for day in range(1, 32)]
    assert days == [january[0]] * 5 + [day for day in january for _ in range(5)]
