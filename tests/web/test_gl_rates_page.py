"""`/general-ledger/rates`: rates that value lines, and rates that are entered."""

import asyncio
from collections.abc import Iterator, Mapping
from csv import DictReader
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from daybook.db.engine import open_database
from daybook.gl.kinds import Kind
from daybook.settings import Settings
from daybook_gl_company import connect_company, journal, refresh_all
from daybook_gl_states import bring
from daybook_markup import Element, parse
from daybook_pages import get
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for

RATES = "/general-ledger/rates"
PRESENT = datetime(2025, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def settings(new_database: NewDatabase, tmp_path: Path) -> Settings:
    """Two organisations of Xero on 15 June 2025, in pounds and in dollars."""
    found = settings_for(new_database(), now=PRESENT, data=tmp_path)

    async def connect() -> None:
        database = open_database(found)
        jobs = await connect_company(database, found)
        await database.close()
        assert [job.failure_message for job in jobs] == [None, None]

    asyncio.run(connect())
    return found


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A browser of somebody who may do everything."""
    with client_of(settings, only_answers=True) as made:
        yield made


def rows_of(page: Element, id_: str) -> list[list[str]]:
    """The cells of a table's body."""
    return [
        [cell.text for cell in (*row.all("th"), *row.all("td"))]
        for row in page.one("table", id=id_).one("tbody").all("tr")
    ]


def sent(client: TestClient, form: Mapping[str, str]) -> Element:
    """The page after a form was sent."""
    answer = client.post(RATES, data=form)
    assert answer.status_code == 200
    return parse(answer.text)


def test_the_rates_that_value_lines_are_listed(client: TestClient) -> None:
    page = get(client, RATES)

    rows = rows_of(page, "used")
    assert len(rows) == 8
    assert [rows[0][at] for at in (0, 1, 3, 4, 5)] == [
        "12 Jun 2025",
        "1 USD in GBP",
        "That day",
        "ECB, came with Daybook",
        "2",
    ]
    # 7 June was a Saturday.
    assert [rows[1][at] for at in (0, 3, 5)] == ["7 Jun 2025", "6 Jun 2025", "3"]
    may = get(client, f"{RATES}?from=2025-05-01&to=2025-05-31&currency=usd&source=ecb")
    assert [row[0] for row in rows_of(may, "used")] == ["12 May 2025", "7 May 2025"]
    none = get(client, f"{RATES}?source=manual")
    assert "No line is valued at such a rate" in none.text
    only_uk = get(client, f"{RATES}?connection=1")
    assert "No line is valued at such a rate" in only_uk.text


def test_the_file_has_the_rates_of_the_page(client: TestClient) -> None:
    for query in ("", "?from=2025-05-01&to=2025-05-31", "?source=MANUAL&currency=USD"):
        page, file = get(client, f"{RATES}{query}"), client.get(f"{RATES}.csv{query}")
        assert file.headers["content-disposition"].endswith('filename="rates.csv"')
        lines = [*DictReader(StringIO(file.text))]
        shown = rows_of(page, "used") if page.all("table", id="used") else []
        assert [(row[2], row[5]) for row in shown] == [
            (line["rate"], line["lines"]) for line in lines
        ]
    first = [*DictReader(StringIO(client.get(f"{RATES}.csv").text))][1]
    assert first["day"] == "2025-06-07" and first["published_on"] == "2025-06-06"
    assert (first["from_currency"], first["to_currency"]) == ("USD", "GBP")
    wrong = client.get(f"{RATES}.csv?source=GIFT")
    assert (wrong.status_code, wrong.text) == (400, "“GIFT” is none of these.\n")
    assert client.get(f"{RATES}.csv?refresh=99").status_code == 404


def test_a_line_and_the_exposure_lead_to_their_rates(client: TestClient) -> None:
    lines = get(client, "/general-ledger/lines?connection=2&type=ACTUAL")
    links = [
        link
        for link in lines.one("table", id="lines").all("a")
        if (link.attributes["href"] or "").startswith(RATES)
    ]
    assert len(links) == 20
    page = get(client, links[0].attributes["href"] or "")
    (row,) = rows_of(page, "used")
    assert links[0].text == f"at {row[2]}" and row[0] == "7 Mar 2025"
    exposure = get(client, "/general-ledger/exposure").one("table", id="exposure")
    (link,) = [
        link.attributes["href"] or ""
        for link in exposure.all("a")
        if (link.attributes["href"] or "").startswith(RATES)
    ]
    pair = get(client, link)
    # 800.00 dollars are 591.04 pounds at the last day's rate.
    day, words, rate, published, *_ = rows_of(pair, "pair")[0]
    assert (day, words, published) == ("15 Jun 2025", "1 USD in GBP", "13 Jun 2025")
    assert round(800 * float(rate), 2) == 591.04
    assert len(rows_of(pair, "pair")) == 31


def test_a_pair_needs_all_and_missing_days_are_named(client: TestClient) -> None:
    page = get(client, f"{RATES}?of=USD", 422)
    assert "give all four" in page.one(id="filter-problems").text
    page = get(client, f"{RATES}?of=KES&in=GBP&from=2025-06-01&to=2025-06-04")
    text = page.one("main").text
    assert "There is no rate for 4 of these days, the first 1 Jun 2025" in text
    assert "daybook fx refresh" in text
    long = f"{RATES}?of=USD&in=GBP&from=2023-01-01&to=2025-06-04"
    assert "at most 366" in get(client, long, 422).one(id="filter-problems").text


def test_a_rate_is_entered_and_withdrawn(client: TestClient) -> None:
    typed = {"currency": "KES", "day": "2025-06-10", "rate": "151.2", "reason": "CBK"}
    wrong = client.post(RATES, data={**typed, "form": "enter", "rate": "much"})
    assert wrong.status_code == 422
    assert "is not a rate such as 1.1172" in wrong.text
    page = sent(client, {**typed, "form": "enter"})

    assert page.one(class_="news").text.startswith("The rate is entered.")
    (row,) = rows_of(page, "entered")
    assert row[:3] == ["151.2 KES", "10 Jun 2025", "CBK"]
    pair = get(client, f"{RATES}?of=KES&in=EUR&from=2025-06-09&to=2025-06-11")
    assert [row[0] for row in rows_of(pair, "pair")] == ["11 Jun 2025", "10 Jun 2025"]
    assert rows_of(pair, "pair")[0][4] == "Entered"
    stands = {**typed, "currency": "USD", "form": "enter"}
    refused = client.post(RATES, data=stands)
    assert refused.status_code == 422 and "which stands" in refused.text
    form = get(client, RATES).one("table", id="entered").one("form")
    hidden = {
        its.attributes["name"] or "": its.attributes["value"] or ""
        for its in form.all("input", type="hidden")
    }
    page = sent(client, {**hidden, "reason": "It was wrong"})
    assert page.one(class_="news").text.startswith("The rate is withdrawn.")
    assert not page.all("table", id="entered")
    trail = get(client, "/audit?action=SET_MANUAL_RATE").one("main").text
    assert "CBK" in trail and "It was wrong" in trail


def test_a_refresh_that_lacks_a_rate_is_told_with_the_way_out(
    client: TestClient, settings: Settings
) -> None:
    async def lack() -> None:
        database = open_database(settings)
        old = journal(99, "1998-12-01", ("ar", "1.00"), ("sales", "-1.00"))
        await bring(database, settings, 2, Kind.JOURNALS, old)
        await refresh_all(database, settings)
        await database.close()

    asyncio.run(lack())
    text = get(client, RATES).one("main").text
    assert "A refresh failed, since a rate is missing" in text
    assert "Northwind Inc: " in text and "daybook fx refresh" in text
