"""The page of the journal report: its periods, pages, table, totals and chart."""

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from daybook_factories import invoice, line, terms
from daybook_markup import Element, parse
from daybook_pages import HTMX, REPORT, get, numbers_in, parameters, status_of
from daybook_web.kit.formats import MINUS

pytestmark = pytest.mark.either_database


def test_the_first_page_leads_to_the_report(client: TestClient) -> None:
    answer = client.get("/", follow_redirects=False)

    assert answer.is_redirect
    assert answer.headers["location"] == "/journals"


def test_the_report_starts_with_the_first_ledger_and_this_month(
    client: TestClient,
) -> None:
    page = get(client, "/journals")

    assert page.one("main").one("h1").text == "Journal report"
    assert (
        page.one("title").text
        == "Journal report, October 2025, JPY – My company – Daybook"
    )
    assert status_of(page) == "1 journal, October 2025"
    current = page.one(class_="ledgers").one("a", aria_current="true")
    assert current.text == "JPY"


def test_a_ledger_that_ended_starts_with_its_last_month(
    client_with: Callable[..., TestClient],
) -> None:
    training = line(its_terms=terms(period=("2024-03-01", "2024-04-30")))
    client = client_with(invoice("inv_1", training, accounting_date="2024-03-05"))

    page = get(client, "/journals")

    assert status_of(page) == "1 journal, April 2024"


def test_a_fragment_is_what_the_page_holds_and_nothing_around_it(
    client: TestClient,
) -> None:
    url = f"{REPORT}&month=2025-10"
    page, fragment = client.get(url), client.get(url, headers=HTMX)

    assert "<html" not in fragment.text
    assert "<main" not in fragment.text
    report = parse(fragment.text).one(id="journals-report")
    assert report == parse(page.text).one(id="journals-report")
    assert fragment.text.lstrip().startswith('<div id="journals-report"')
    assert status_of(parse(fragment.text)) == "120 journals, October 2025"
    assert parse(fragment.text).one("title") == parse(page.text).one("title")
    assert page.headers["vary"] == fragment.headers["vary"] == "HX-Request"


def test_the_address_after_a_swap_names_only_what_is_given(client: TestClient) -> None:
    url = f"{REPORT}&month=2025-10&from=&to=&customer=&product=&search=5&source=INVOICE"

    answer = client.get(url, headers=HTMX)
    restored = client.get(url, headers={**HTMX, "HX-History-Restore-Request": "true"})

    pushed = parameters(answer.headers["hx-push-url"])
    assert pushed == {
        "currency": ["USD"],
        "month": ["2025-10"],
        "search": ["5"],
        "source": ["INVOICE"],
    }
    assert "hx-push-url" not in restored.headers
    assert parse(restored.text).one("main")


def test_pages_forward_and_back_reach_every_journal_once(client: TestClient) -> None:
    forward, page = [], get(client, f"{REPORT}&month=2025-10")
    forward += numbers_in(page)
    while nexts := page.all("a", rel="next", class_="pager-next"):
        page = get(client, nexts[0].attributes["href"])
        forward += numbers_in(page)
    backward = numbers_in(page)
    while previous := page.one(class_="pager").all("a", rel="prev"):
        page = get(client, previous[0].attributes["href"])
        backward = numbers_in(page) + backward

    assert len(forward) == 120
    assert forward == sorted(set(forward))
    assert backward == forward


def test_totals_are_those_of_all_journals_that_are_selected(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&customer=cus_3")

    totals = {
        one.one("h3").text: [amount.text for amount in one.all(class_="amount")]
        for one in page.one(class_="totals").all(class_="total")
    }
    # Three invoices of 100.00 a month; one of them was credited by 100.00 out of
    # Deferred, so that its last three months share 200.00.
    assert totals == {
        "Billed Revenue": ["100.00", "0.00", "100.00"],
        "Unbilled Revenue": ["0.00", "0.00", "0.00"],
        "Deferred Revenue": ["366.67", "366.67", "0.00"],
        "Recognized Revenue": ["266.67", "0.00", "266.67"],
    }


def test_a_row_shows_what_each_account_gained_or_lost(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&search=CN_1&source=CREDIT_NOTE")

    table = page.one("table", class_="journals")
    heads = [head.text for head in table.one("thead").all("th")]
    assert heads[5:] == ["Billed", "Unbilled", "Deferred", "Recognized", "State"]
    (row,) = table.one("tbody").all("tr")
    cells = [one.text for one in row.children if isinstance(one, Element)]
    assert cells[1:] == [
        "Company 3",
        "Platform",
        "Credit note CN_1",
        "Credit note",
        f"{MINUS}100.00",
        "–",
        f"{MINUS}100.00",
        "–",
        "Posted",
    ]


@pytest.mark.parametrize(
    "where", ["month=2025-10", "month=2025-10&group_by=customer", "to=2025-10-15"]
)
def test_the_columns_sum_to_the_totals(client: TestClient, where: str) -> None:
    page = get(client, f"{REPORT}&{where}&customer=cus_3")

    rows = page.one("table", class_="journals").one("tbody").all("tr")
    sums = [
        sum(cents(row.all("td", class_="amount")[place].text) for row in rows)
        for place in range(4)
    ]
    totals = [cents(total.text) for total in page.all("p", class_="total-net")]
    assert [abs(amount) for amount in sums] == totals
    assert sums[3] > 0


def cents(text: str) -> int:
    """An amount as a page shows it, in cents; a side after it is left out."""
    amount = (
        text.split(maxsplit=1)[0].replace(",", "").replace(".", "").replace(MINUS, "-")
    )
    return 0 if amount == "–" else int(amount)


def test_yen_have_no_decimals(client: TestClient) -> None:
    page = get(client, "/journals?currency=JPY&month=2025-10")

    (row,) = page.one("table", class_="journals").one("tbody").all("tr")
    assert row.all("td", class_="amount")[-1].text == "300,000"


def test_names_are_text_and_never_markup(client: TestClient) -> None:
    answer = client.get(f"{REPORT}&month=2025-10&customer=cus_1")

    assert "<script>alert" not in answer.text
    page = parse(answer.text)
    assert '<script>alert("x")</script> & Söhne' in page.links()
    chip = page.one("a", class_="chip")
    assert '<script>alert("x")</script> & Söhne' in chip.text


def test_months_lead_to_their_neighbours_within_the_ledger(client: TestClient) -> None:
    def steps(month: str) -> list[str]:
        months = get(client, f"{REPORT}&month={month}").one(class_="months")
        texts = [one.text for one in months.all("a")]
        return [re.sub(r"[^\w ]", "", text).strip() for text in texts]

    assert steps("2025-10") == ["September 2025", "November 2025"]
    assert steps("2025-01") == ["February 2025"]
    assert steps("2025-12") == ["November 2025"]
    assert steps("2027-05") == ["December 2025"]
    assert steps("2023-05") == ["January 2025"]


def test_the_chart_tells_posted_from_scheduled_months_and_leads_to_them(
    client: TestClient,
) -> None:
    page = get(client, f"{REPORT}&month=2025-10&customer=cus_5")

    bars = page.one(class_="chart").all("a", class_="bar")
    classes = [one.attributes["class"].split()[1] for one in bars]
    assert classes == ["bar-posted"] * 9 + ["bar-current"] + ["bar-scheduled"] * 2
    label = bars[0].one(class_="bar-label").text
    assert label == "January 2025: 11,800.00 USD, posted"
    assert parameters(bars[0].attributes["href"]) == {
        "currency": ["USD"],
        "month": ["2025-01"],
        "customer": ["cus_5"],
    }
    (shown,) = [one.text for one in bars if "aria-current" in one.attributes]
    assert shown.startswith("Oct ")


def test_downloads_hold_the_same_journals_as_the_report(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&customer=cus_5&source=INVOICE")
    downloads = page.one(class_="downloads").links()

    files = {text: client.get(url) for text, url in downloads.items()}

    assert {one.status_code for one in files.values()} == {200}
    assert {text: len(one.text.splitlines()) for text, one in files.items()} == {
        "Posted up to 15 Oct 2025, daily": 1 + 3 * 2 * 15,
        "Posted up to 15 Oct 2025, monthly": 1 + 3 * 2,
        "With scheduled, daily": 1 + 3 * 2 * 31,
        "With scheduled, monthly": 1 + 3 * 2,
    }
    name = "journals-USD-2025-10-daily-filtered-with-scheduled.csv"
    disposition = files["With scheduled, daily"].headers["content-disposition"]
    assert disposition == f'attachment; filename="{name}"'


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        ("month=2025-09", "Posted"),
        ("to=2025-10-15", "Posted"),
        ("from=2025-09-01", "Posted up to 15 Oct 2025"),
        ("month=2025-11", "Posted up to 15 Oct 2025"),
        ("month=2025-11&on=2025-11-10", "Posted up to 10 Nov 2025"),
        ("month=2025-09&as_of=2025-09-10", "Posted up to 10 Sep 2025"),
        ("month=2025-10&group_by=none", "Posted up to 15 Oct 2025"),
    ],
)
def test_a_download_says_what_it_holds(
    client: TestClient, given: str, holds: str
) -> None:
    page = get(client, f"{REPORT}&{given}")

    assert list(page.one(class_="downloads").links()) == [
        f"{what}, {granularity}"
        for what in (holds, "With scheduled")
        for granularity in ("daily", "monthly")
    ]
