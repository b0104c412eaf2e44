"""The page of a journal is told when the journal changes, and only then."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from daybook_browsing import Site, enter
from daybook_factories import invoice, line, record, revise, terms
from daybook_markup import parse
from daybook_pages import HTMX, parameters
from daybook_people import member
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

TODAY = "2025-10-15"
JOURNAL = "/journals/USD/1"
LISTED = "month=2025-01&search=inv"


@pytest.fixture
def site(new_database: NewDatabase) -> Site:
    """A ledger with an invoice of a year, and somebody who reads it."""
    made = Site(new_database())
    made.run(member)
    made.run(record, invoice("inv_1"), on=TODAY)
    return made


@pytest.fixture
def browser(site: Site) -> Iterator[TestClient]:
    """The reader's browser."""
    with site.browser() as made:
        enter(made)
        yield made


def test_a_journal_that_another_person_changed_says_who_and_leads_to_it(
    site: Site, browser: TestClient
) -> None:
    page = parse(browser.get(f"{JOURNAL}?{LISTED}").text)
    listener = page.one(id="listener").attributes["hx-sse:connect"]
    news = page.one(id="journal-news")
    url = news.attributes["hx-get"]
    assert parameters(listener) == {"currency": ["USD"], "seen": ["1"]}
    assert news.attributes["role"] == "status"

    # Another document's recording changes nothing here.
    site.run(record, invoice("inv_2"), on=TODAY, made_by="Bob")
    assert browser.get(url, headers=HTMX).status_code == 204

    dearer = line(its_terms=terms("2400.00"))
    revised = revise(invoice("inv_1"), dearer, accounting_date="2025-01-01")
    site.run(record, revised, on=TODAY, made_by="Bob")
    told = parse(browser.get(url, headers=HTMX).text)

    assert told.text == ("This journal was changed by Bob: test. Show it as it is now")
    assert told.one("a").attributes["href"] == f"{JOURNAL}?{LISTED}"
    assert "200.00" in parse(browser.get(f"{JOURNAL}?{LISTED}").text).text


@pytest.mark.parametrize("past", ["as_of=2025-10-01", "recording=1"])
def test_a_past_journal_does_not_change(browser: TestClient, past: str) -> None:
    page = parse(browser.get(f"{JOURNAL}?{past}").text)

    listener = page.one(id="listener")
    assert listener.attributes["hx-sse:connect"] == "/events"
    assert not page.all(id="journal-news")


@pytest.mark.parametrize(
    "path",
    [
        f"{JOURNAL}/news",
        f"{JOURNAL}/news?seen=x",
        "/journals/USD/99/news?seen=1",
        "/journals/EUR/1/news?seen=1",
        "/journals/usd/1/news?seen=1",
    ],
)
def test_there_is_no_news_of_what_isn_t_there(browser: TestClient, path: str) -> None:
    assert browser.get(path, headers=HTMX).status_code == 204
