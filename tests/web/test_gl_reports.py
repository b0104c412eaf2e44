"""The pages of the general ledger's dataset, over two organisations of Xero."""

import asyncio
import re
from collections.abc import Iterator
from csv import DictReader
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import open_database
from daybook.settings import Settings
from daybook_gl_company import connect_company
from daybook_markup import Element
from daybook_pages import get
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for
from daybook_web.kit.formats import MINUS

PROFIT, LINES = "/general-ledger", "/general-ledger/lines"
EXPOSURE = "/general-ledger/exposure"
HERE = ("127.0.0.1", 50_000)
WORKBOOK_LINES = 100
PRESENT = datetime(2025, 6, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def client(
    module_database_url: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A browser on the server, on 15 June 2025, which changes nothing."""
    data = tmp_path_factory.mktemp("data")
    settings = settings_for(
        module_database_url, now=PRESENT, data=data, stream_rows_max=WORKBOOK_LINES
    )
    asyncio.run(_connect(settings))
    with client_of(settings, peer=HERE) as made:
        yield made


async def _connect(settings: Settings) -> None:
    database = open_database(settings)
    jobs = await connect_company(database, settings)
    await database.close()
    assert [job.failure_message for job in jobs] == [None, None]


def amount(text: str) -> Decimal:
    """An amount as pages write it."""
    plain = text.replace(",", "").replace("\N{MINUS SIGN}", "-")
    return Decimal("0" if plain == "\N{EN DASH}" else plain)


def net_of(client: TestClient, url: str) -> Decimal:
    """What the lines behind a link sum to."""
    return amount(get(client, url).one(id="net").text)


def number_in(text: str) -> str:
    """The first number of a text."""
    found = re.search("[0-9]+", text)
    assert found is not None, text
    return found[0]


def rows_of(page: Element, id_: str) -> list[list[str]]:
    """The cells of a table's body."""
    body = page.one("table", id=id_).one("tbody")
    return [
        [cell.text for cell in (*row.all("th"), *row.all("td"))]
        for row in body.all("tr")
    ]


def figures_of(page: Element) -> set[tuple[Decimal, str]]:
    """The amounts of a page that lead to lines."""
    links = page.one(id="report").all("a")
    return {
        (amount(link.text), link.attributes["href"] or "")
        for link in links
        if not link.all("svg") and (link.attributes["href"] or "").startswith(LINES)
    }


def stats_of(page: Element) -> dict[str, str]:
    """The figures of the strip, by their names."""
    return {
        stat.one("dt").text: stat.all("dd")[0].text for stat in page.all(class_="stat")
    }


def test_without_a_dataset_a_page_leads_to_the_connections(
    new_database: NewDatabase,
) -> None:
    with client_of(settings_for(new_database())) as made:
        for address in (PROFIT, LINES, EXPOSURE):
            page = get(made, address)
            assert "There are no connections yet" in page.text
            links = {its.attributes["href"] for its in page.one("main").all("a")}
            assert "/general-ledger/connections" in links


def test_lines_are_shown_with_their_totals(client: TestClient) -> None:
    page = get(client, f"{LINES}?type=actual&connection=1")

    assert page.one("h1").text == "Journal lines"
    assert rows_of(page, "lines")[:2] == [
        [
            "5 Mar 2025",
            "Actual 1",
            "610 Accounts Receivable",
            "Tallow & Sons",
            "UK-1",
            "1,000.00",
            "–",
            f"{MINUS}1,000.00",
        ],
        [
            "5 Mar 2025",
            "Actual 1",
            "200 Sales",
            "Tallow & Sons",
            "UK-1 Region - North",
            "–",
            "1,000.00",
            "1,000.00",
        ],
    ]
    assert stats_of(page) == {
        "Lines": "16",
        "Debit, GBP": "5,200.00",
        "Credit, GBP": "5,200.00",
        "Net, GBP": "0.00",
    }
    assert "As of refresh 2, with data of 28 Oct 2026" in page.text
    chips = page.one("ul", class_="chips").all("a")
    assert [chip.attributes["href"] for chip in chips] == [
        f"{LINES}?type=ACTUAL",
        f"{LINES}?connection=1",
    ]
    links = [
        its.attributes["href"] for its in page.all("a") if "download" in its.attributes
    ]
    assert links == [
        f"/datasets/journals.{suffix}?connection=Northwind+UK&type=ACTUAL"
        for suffix in ("csv", "parquet", "xlsx")
    ]


FILTERS = (
    *("connection=2", "type=fx-exposure", "type=ACTUAL&type=DRAFT_INVOICE"),
    *("from=2025-04-01&to=2025-05-31", "account=469", "account=Current+Account"),
    *("class=REVENUE", "class=ASSET&class=LIABILITY", "contact=c-tallow"),
    *("tracking=Region+-+North", "search=consulting", "document_currency=usd"),
    *("gain=UNREALISED", "gain=UNREALISED&gain=REVERSAL", "refresh=1&class=EXPENSE"),
    "connection=1&class=EXPENSE&from=2025-06-01&document_currency=USD",
)


@pytest.mark.parametrize("query", FILTERS)
def test_a_filtered_page_s_files_have_exactly_its_lines(
    client: TestClient, query: str
) -> None:
    page = get(client, f"{LINES}?{query}")
    csv, _, xlsx = (
        client.get(its.attributes["href"] or "")
        for its in page.all("a")
        if "download" in its.attributes
    )

    lines = [*DictReader(StringIO(csv.text))]
    workbook = load_workbook(BytesIO(xlsx.content), read_only=True).worksheets[0]
    assert workbook.max_row == 1 + len(lines)
    shown = []
    url = f"{LINES}?{query}"
    while url:
        page = get(client, url)
        shown += rows_of(page, "lines")
        following = page.all("a", rel="next")
        url = (following[0].attributes["href"] or "") if following else ""
    assert lines
    assert [(number_in(row[1]), amount(row[-1].split()[0])) for row in shown] == [
        (line["Journal Number"], Decimal(line["Net Amount (RC)"])) for line in lines
    ]


def test_a_workbook_is_offered_of_what_one_can_hold(client: TestClient) -> None:
    def suffixes(query: str) -> list[str]:
        links = get(client, f"{LINES}{query}").all("a")
        urls = [its.attributes["href"] or "" for its in links]
        return [
            url.partition("?")[0].rpartition(".")[2]
            for url in urls
            if url.startswith("/datasets/")
        ]

    assert suffixes("?account=469&type=ACTUAL") == ["csv", "parquet", "xlsx"]
    assert suffixes("") == ["csv", "parquet"]


def test_lines_go_on_page_by_page(client: TestClient) -> None:
    found: list[list[str]] = []
    url = LINES
    while True:
        page = get(client, url)
        found += rows_of(page, "lines")
        following = page.all("a", rel="next")
        if not following:
            break
        url = following[0].attributes["href"] or ""
    assert len(found) == int(stats_of(page)["Lines"])
    assert "Debit, GBP" not in stats_of(page)  # there are dollars, too
    debits = [row[5] for row in found if row[5] != "–"]
    assert {debit.partition(" ")[2] for debit in debits} == {"GBP", "USD"}
    previous = page.one("a", rel="prev").attributes["href"] or ""
    last = len(found) % 50 or 50
    assert rows_of(get(client, previous), "lines") == found[-last - 50 : -last]


def test_what_is_wrong_with_an_address_is_said_at_its_field(
    client: TestClient,
) -> None:
    wrong = "from=soon&type=GIFT&connection=x&refresh=0&gift=1"
    page = get(client, f"{LINES}?{wrong}", 422)
    problems = [its.text for its in page.one(id="filter-problems").all("li")]
    assert problems == [
        "There is no filter “gift”.",
        "“x” is not the number of a connection.",
        "“GIFT” is none of these.",
        "“soon” is not a day: write it as 2026-10-31.",
        "“0” is not the number of a refresh.",
    ]
    page = get(client, f"{PROFIT}?from=2020-01-01&to=2025-12-31", 422)
    assert "At most 36 months at a time, not 72." in page.text
    page = get(client, f"{LINES}?refresh=99", 404)
    assert "There is no refresh 99, or it made nothing." in page.text
    get(client, f"{LINES}?after=x", 404)


def test_the_profit_and_loss_is_of_the_financial_year(client: TestClient) -> None:
    page = get(client, f"{PROFIT}?connection=1")

    assert "1 Jan – 31 Dec 2025" in page.text
    # Four months of 1,000.00 and 300.00, a draft, two forecasts, and the budget.
    net = {row[0]: row[1:] for row in rows_of(page, "months")}
    assert net["Apr 2025"] == ["700.00", "–", "–", "–", "700.00"]
    assert net["Jul 2025"] == ["–", "40.00", "–", f"{MINUS}330.00", f"{MINUS}290.00"]
    assert net["Aug 2025"][1] == "40.00"
    assert net["All months"][:2] == ["2,800.00", "150.00"]
    accounts = {row[0]: row[1:] for row in rows_of(page, "accounts")}
    assert accounts["200 Sales"][0] == "4,150.00"
    assert accounts["469 Rent"][0] == f"{MINUS}1,530.00"
    assert len(accounts["200 Sales"]) == 13
    actual = get(client, f"{PROFIT}?type=ACTUAL&connection=1")
    assert stats_of(actual) == {
        "Income": "4,000.00",
        "Expenses": f"{MINUS}1,200.00",
        "Net profit": "2,800.00",
    }
    before = page.one("a", rel="prev").attributes["href"] or ""
    assert "Nothing was earned or spent on these days" in get(client, before).text


@pytest.mark.parametrize("narrowed", ["", "?type=ACTUAL", "?connection=2"])
def test_lines_sum_to_the_figure_that_leads_to_them(
    client: TestClient, narrowed: str
) -> None:
    figures = figures_of(get(client, f"{PROFIT}{narrowed}"))

    assert len(figures) >= 15
    wrong = {
        (figure, url): found
        for figure, url in figures
        if (found := net_of(client, url)) != figure
    }
    assert wrong == {}


def test_accounts_of_one_code_and_two_names_stand_apart(client: TestClient) -> None:
    names = [row[0] for row in rows_of(get(client, PROFIT), "accounts")]

    assert names.count("200 Sales") == 1
    assert "310 Other income" in names
    # UK's 310 is hosting, of which nothing was booked.
    assert "310 Hosting" not in names


def test_a_bar_of_the_chart_leads_to_its_month(client: TestClient) -> None:
    page = get(client, f"{PROFIT}?connection=1&type=ACTUAL")
    bars = page.one("ol", class_="bars").all("a")

    assert len(bars) == 12
    march = bars[2]
    assert march.one(class_="visually-hidden").text == "700.00 GBP"
    assert net_of(client, march.attributes["href"] or "") == 700


def test_exposure_leads_to_the_lines_that_book_its_gains(client: TestClient) -> None:
    page = get(client, EXPOSURE)

    (row,) = rows_of(page, "exposure")
    assert row[0].startswith("USD Northwind UK, in GBP, 1 document open")
    assert row[1:4] == ["800.00", "591.04", f"{MINUS}9.51"]
    figures = figures_of(page)
    assert [figure for figure, _ in figures] == [Decimal("-9.51")]
    for figure, url in figures:
        assert net_of(client, url) == figure
    bars = page.one("ol", class_="bars").all("a")
    assert bars[-1].one(class_="visually-hidden").text == f"{MINUS}2.45 GBP"
    assert net_of(client, bars[-1].attributes["href"] or "") == Decimal("-2.45")
