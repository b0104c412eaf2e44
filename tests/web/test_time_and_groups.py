"""As-of days, posting days, locks, explanations and groups on the pages."""

import csv
import io
from collections.abc import Callable

import anyio
import pytest
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    record,
    terms,
)
from daybook_markup import Element
from daybook_pages import REPORT, get, numbers_in, parameters, place_of, status_of
from daybook_people import client_of
from daybook_report_pages import stats_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for
from daybook_web.kit.formats import MINUS

pytestmark = pytest.mark.either_database


@pytest.fixture
def later(
    new_database: NewDatabase, request: pytest.FixtureRequest
) -> Callable[[], TestClient]:
    """The application over a ledger that locks, credits and renamings changed."""
    url = new_database()

    async def fill() -> None:
        database = Database(url)
        await record(database, invoice())
        note = credit_note(
            "cn_1",
            credited_line("300.00"),
            accounting_date="2025-04-01",
            customer="cus_1",
        )
        await record(database, note, billing_schedule(), on="2025-04-01")
        await lock(database, "2025-04-30", on="2025-05-01")
        late = invoice(
            "inv_late", line(its_terms=terms("365.00")), customer_name="Renamed"
        )
        await record(database, late, on="2025-05-02")
        await database.close()

    anyio.run(fill)

    def make() -> TestClient:
        made = client_of(settings_for(url))
        made.__enter__()
        request.addfinalizer(lambda: made.__exit__(None, None, None))
        return made

    return make


def chips_of(page: Element) -> dict[str, str]:
    """The active filters, and where each is taken off."""
    return {chip.text: chip.attributes["href"] for chip in page.all(class_="chip")}


def test_an_as_of_day_goes_through_all_of_the_page(
    later: Callable[[], TestClient],
) -> None:
    client = later()
    url = f"{REPORT}&month=2025-12&as_of=2025-03-31"

    page, now = get(client, url), get(client, f"{REPORT}&month=2025-12")

    assert status_of(page) == "1 journal, December 2025, as of 31 Mar 2025"
    assert status_of(now) == "2 journals, December 2025"
    assert "Acme" in page.text and "Renamed" not in page.text
    assert "Renamed" in now.text
    assert stats_of(page)["Recognized Revenue"] == "100.00"
    bars = [label.text for label in page.all(class_="bar-label")]
    assert bars[-1] == "December 2025: 100.00 USD, scheduled"
    (chip,) = (chip for chip in chips_of(page) if "As of" in chip)
    assert "31 Mar 2025" in chip
    assert "as_of" not in parameters(chips_of(page)[chip])
    set_ = [value.text for value in page.all(class_="filter-value")]
    assert set_ == ["31 Mar 2025"]
    assert now.all(class_="filter-value") == []


def test_a_report_of_before_the_first_recording_is_empty(
    later: Callable[[], TestClient],
) -> None:
    page = get(later(), f"{REPORT}&month=2025-12&as_of=2024-12-31")

    assert status_of(page) == "No journals, December 2025, as of 31 Dec 2024"


def test_the_day_that_divides_posted_from_scheduled(
    later: Callable[[], TestClient],
) -> None:
    url = f"{REPORT}&month=2025-03&search=INV_1&as_of=2025-03-31&on=2025-03-10"

    page = get(later(), url)

    table = page.one("table", class_="journals")
    amounts = [cell.text for cell in table.one("tbody").all("td", class_="amount")]
    assert amounts == ["–", f"{MINUS}100.00", "100.00 of it scheduled 67.70"]
    assert table.one(class_="state").text == "Through 10 Mar"
    bars = [label.text for label in page.all(class_="bar-label")]
    assert "March 2025: 100.00 USD, 32.30 posted, 67.70 scheduled" in bars


def test_filters_that_few_need(later: Callable[[], TestClient]) -> None:
    client = later()

    def count(filters: str) -> str:
        return status_of(get(client, f"{REPORT}&month=2025-05{filters}")).split(",")[0]

    assert count("") == "2 journals"
    assert count("&shifted=yes") == "1 journal"
    assert count("&type=SYSTEM") == "2 journals"
    assert count("&type=manual") == "No journals"
    assert count("&exclude_fully_recognized=yes&on=2026-01-01") == "No journals"
    february = get(client, f"{REPORT}&month=2025-02&billing_schedule=bs_1")
    assert status_of(february) == "1 journal, February 2025"
    unknown = get(client, f"{REPORT}&billing_schedule=none", status=422)
    assert "no billing schedule" in unknown.one(role="alert").text


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ("as_of=soon", "as_of"),
        ("on=1999-01-01", "on"),
        ("type=GIFT", "type"),
        ("group_by=colour", "group_by"),
        ("group_by=customer,customer", "group_by"),
        ("group_by=none&granularity=weekly", "granularity"),
    ],
)
def test_what_no_filter_can_be_is_said_at_its_field(
    client: TestClient, filters: str, field: str
) -> None:
    page = get(client, f"{REPORT}&{filters}", status=422)

    (link,) = page.one(role="alert").all("a")
    assert link.attributes["href"] == f"#filter-{field}"
    assert page.one("table", class_="journals").one("tbody").all("tr")
    assert page.one(id=f"filter-{field}").attributes["aria-invalid"] == "true"


def test_groups_stand_in_the_place_of_journals(client: TestClient) -> None:
    url = f"{REPORT}&month=2025-10&group_by=customer,product"

    page = get(client, url)

    assert status_of(page).startswith("79 groups, October 2025")
    table = page.one("table", class_="journals")
    heads = [head.text for head in table.one("thead").all("th")]
    assert heads[:3] == ["Group", "Customer, product", "Billed"]
    assert table.one("tr", class_="sums").one("th").text == "All 79 groups"
    first = table.one("tbody").all("tr")[0]
    assert first.one("th").text == "2025-10/cus_1/prod_1"
    total = first.all("td", class_="amount")[-1].text
    plain = get(client, f"{REPORT}&month=2025-10&customer=cus_1&product=prod_1")
    totals = (
        plain.one("table", class_="journals")
        .one("tbody")
        .all("td", class_="recognized")
    )
    assert cents_of(total) == sum(cents_of(total.text) for total in totals)
    narrowed = parameters(first.one("a").attributes["href"])
    assert narrowed["customer"] == ["cus_1"]
    assert narrowed["product"] == ["prod_1"]
    assert "group_by" not in narrowed


def test_groups_of_all_days_have_a_row_for_each_customer(client: TestClient) -> None:
    days = "from=2025-10-01&to=2025-12-31"
    page = get(client, f"{REPORT}&{days}&group_by=customer&granularity=total")
    months = get(client, f"{REPORT}&{days}&group_by=customer&customer=cus_1")

    assert status_of(page).startswith("40 groups, ")
    first = page.one("table", class_="journals").one("tbody").all("tr")[0]
    assert first.one("th").text == "total/cus_1"
    gained = [amount.text for amount in first.all("td", class_="amount")]
    rows = months.one("table", class_="journals").one("tbody").all("tr")
    assert [row.one("th").text for row in rows] == [
        f"2025-{month}/cus_1" for month in (10, 11, 12)
    ]
    by_month = [
        [amount.text for amount in row.all("td", class_="amount")] for row in rows
    ]
    assert [cents_of(text) for text in gained] == [
        sum(map(cents_of, column)) for column in zip(*by_month, strict=True)
    ]
    narrowed = parameters(first.all("a")[0].attributes["href"])
    assert narrowed["customer"] == ["cus_1"]
    assert (narrowed["from"], narrowed["to"]) == (["2025-10-01"], ["2025-12-31"])
    assert "customer, all days" in page.text
    chosen = page.one(id="filter-granularity").all("option", selected="")
    assert [one.text for one in chosen] == ["All days"]
    export = page.one("main").links()["Export"]
    assert "granularity" not in parameters(export)
    assert get(client, export).one("h1")


def cents_of(text: str) -> int:
    """An amount of the report in cents, without what of it is scheduled."""
    text = text.partition(" of it")[0]
    if text == "\N{EN DASH}":
        return 0
    return int(text.replace(MINUS, "-").replace(".", "").replace(",", ""))


@pytest.mark.parametrize(
    ("grouped", "period"),
    [
        ("month=2025-10&group_by=customer", None),
        ("from=2025-10-10&to=2025-11-20&group_by=customer", "10–31 Oct 2025"),
        ("from=2025-10-10&group_by=none", "10–31 Oct 2025"),
        ("month=2025-10&group_by=product&granularity=daily", "1 Oct 2025"),
        ("month=2025-10&group_by=document", None),
    ],
)
def test_a_groups_row_leads_to_its_journals(
    client: TestClient, grouped: str, period: str | None
) -> None:
    page = get(client, f"{REPORT}&{grouped}")
    first = page.one("table", class_="journals").one("tbody").all("tr")[0]

    its = get(client, first.one("a").attributes["href"])

    sums = its.one("table", class_="journals").one("tr", class_="sums")
    assert [cell.text for cell in first.all("td", class_="amount")] == [
        cell.text for cell in sums.all("td", class_="amount")
    ]
    if period is not None:
        assert status_of(its).endswith(f", {period}")


def test_pages_of_groups_hold_each_group_once(client: TestClient) -> None:
    keys: list[str] = []
    page = get(client, f"{REPORT}&month=2025-10&group_by=customer&granularity=daily")
    assert place_of(page) == "1–50 of 1,240"
    keys += [key.text for key in page.all("th", class_="group-key")]
    while nexts := page.all("a", rel="next", class_="pager-next"):
        page = get(client, nexts[0].attributes["href"])
        keys += [key.text for key in page.all("th", class_="group-key")]

    assert len(keys) == len(set(keys)) == 31 * 40
    assert keys == sorted(keys)


def test_the_download_is_of_what_is_shown(later: Callable[[], TestClient]) -> None:
    client = later()
    url = f"{REPORT}&month=2025-05&as_of=2025-05-01&group_by=customer&on=2025-05-01"
    page = get(client, url)
    href = page.one(class_="downloads").links()["Entries with scheduled, monthly"]

    assert parameters(href) == {
        "currency": ["USD"],
        "format": ["SEQUENCE"],
        "granularity": ["monthly"],
        "from": ["2025-05-01"],
        "to": ["2025-05-31"],
        "as_of": ["2025-05-01"],
        "on": ["2025-05-01"],
        "group_by": ["customer"],
        "include_scheduled": ["yes"],
    }
    rows = list(csv.DictReader(io.StringIO(client.get(href).text, newline="")))
    assert {row["Journal Number"] for row in rows} == {"2025-05/cus_1"}
    assert {row["Customer name"] for row in rows} == {"Acme Ltd"}
    assert {(row["Narrative"], row["Date"], row["Status"]) for row in rows} == {
        ("Acme, May 2025: 2.15 USD recognized.", "2025-05-01", "Posted"),
        ("Acme, May 2025: 64.52 USD recognized.", "2025-05-31", "Scheduled"),
    }
    refused = client.get("/journals.csv?currency=USD&group_by=colour")
    assert refused.status_code == 400
    assert "group_by" in refused.text


def test_a_journal_shows_what_moved_and_explains_it(
    later: Callable[[], TestClient],
) -> None:
    client = later()
    (number,) = numbers_in(get(client, f"{REPORT}&month=2025-05&shifted=yes"))

    page = get(client, f"/journals/USD/{number}")

    header = page.one("header", class_="page-header")
    assert "Moved by the lock through 30 Apr 2025" in header.text
    notes = {badge.text for badge in page.one(id="movements").all(class_="badge-lock")}
    assert notes == {"Moved from 1 Jan 2025", "Moved from 1 Jan – 30 Apr 2025"}
    texts = [sum_text.text for sum_text in page.all(class_="explanation")]
    assert any("the first open day." in text for text in texts)
    assert len(texts) == 3


def test_a_journal_leads_to_what_it_was(later: Callable[[], TestClient]) -> None:
    client = later()
    page = get(client, "/journals/USD/12?month=2025-12")
    _, first = page.one("ol", class_="history").all("li")

    assert page.one(class_="because-result").one(class_="amount").text == "66.64"
    assert first.one(class_="amount").text == "100.00"
    before = get(client, "/journals/USD/12?month=2025-12&as_of=2025-03-31")
    assert "As known at the end of 31 Mar 2025." in before.one(class_="as-of").text
    assert before.one(class_="because-result").one(class_="amount").text == "100.00"
    shown = before.one("ol", class_="history").one("a", aria_current="true")
    assert parameters(shown.attributes["href"])["recording"] == ["1"]
    back = parameters(before.one(class_="back").one("a").attributes["href"])
    assert back["as_of"] == ["2025-03-31"]
    present = before.one(class_="as-of").one("a").attributes["href"]
    assert "as_of" not in parameters(present)
