"""The page of the journal report: its periods, pages, table, totals and chart."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from daybook_factories import billing_schedule, invoice, line, terms
from daybook_markup import parse
from daybook_pages import HTMX, REPORT, get, numbers_in, parameters, place_of, status_of
from daybook_web.kit.formats import MINUS

pytestmark = pytest.mark.either_database


def test_the_first_page_is_the_overview(client: TestClient) -> None:
    answer = client.get("/", follow_redirects=False)

    assert answer.is_redirect
    assert answer.headers["location"] == "/close"


def test_the_report_starts_with_the_first_ledger_and_this_month(
    client: TestClient,
) -> None:
    page = get(client, "/journals")

    assert page.one("main").one("h1").text == "Journals"
    assert (
        page.one("title").text == "Journals, October 2025, JPY – My company – Daybook"
    )
    assert status_of(page) == "1 journal, October 2025"
    current = page.one(id="ledgers").one("a", aria_current="true")
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
    assert (
        page.headers["vary"]
        == fragment.headers["vary"]
        == "HX-Request, Accept-Encoding"
    )


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
    places = [place_of(page)]
    while nexts := page.all("a", rel="next", class_="pager-next"):
        page = get(client, nexts[0].attributes["href"])
        forward += numbers_in(page)
        places.append(place_of(page))
    assert places == ["1–50 of 120", "51–100 of 120", "101–120 of 120"]
    backward = numbers_in(page)
    while previous := page.one(class_="pager").all("a", rel="prev"):
        page = get(client, previous[0].attributes["href"])
        backward = numbers_in(page) + backward

    assert len(forward) == 120
    assert forward == sorted(set(forward))
    assert backward == forward


def test_totals_are_those_of_all_journals_that_are_selected(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&customer=cus_3")

    stats = {
        stat.one("dt").text: [figure.text for figure in stat.all("dd")]
        for stat in page.all(class_="stat")
    }
    # Three invoices of 100.00 a month; one of them was credited by 100.00 out of
    # Deferred, so that its last three months share 200.00. Unbilled never moved.
    assert stats == {
        "Billed Revenue": [
            f"Billed Revenue: {MINUS}100.00",
            "Balance of these in Billed Revenue on 15 Oct 2025: 3,500.00",
            "Scheduled of Billed Revenue: 0.00",
        ],
        "Deferred Revenue": [
            f"Deferred Revenue: {MINUS}366.67",
            "Balance of these in Deferred Revenue on 15 Oct 2025: 670.85",
            f"Scheduled of Deferred Revenue: {MINUS}137.52",
        ],
        "Recognized Revenue": [
            "Recognized Revenue: 266.67",
            "Balance of these in Recognized Revenue on 15 Oct 2025: 2,829.15",
            "Scheduled of Recognized Revenue: 137.52",
        ],
    }


def test_a_row_shows_what_each_account_gained_or_lost(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&search=CN_1&source=CREDIT_NOTE")

    table = page.one("table", class_="journals")
    heads = [head.text for head in table.one("thead").all("th", scope="col")]
    assert heads == [
        *("No. ↑", "Customer, product", "Document, source"),
        *("Billed", "Deferred", "Recognized", "Status"),
    ]
    (row,) = table.one("tbody").all("tr")
    cells = [cell.text for cell in row.all("td")]
    assert cells == [
        "Company 3 Platform",
        "Credit note CN_1 Credit note",
        f"{MINUS}100.00",
        f"{MINUS}100.00",
        "–",
        "Posted Credit note",
    ]


def test_unbilled_has_a_column_where_any_journal_moves_it(
    client_with: Callable[..., TestClient],
) -> None:
    client = client_with(
        invoice("inv_1", customer="cus_1"), billing_schedule(customer="cus_2")
    )

    def heads(which: str) -> list[str]:
        page = get(client, f"{REPORT}&month=2025-02{which}")
        row = page.one("table", class_="journals").one("thead").one(class_="heads")
        return [head.text for head in row.all("th", class_="amount")]

    assert heads("&customer=cus_1") == ["Billed", "Deferred", "Recognized"]
    assert heads("") == ["Billed", "Unbilled", "Deferred", "Recognized"]
    assert heads("&group_by=none") == ["Billed", "Unbilled", "Deferred", "Recognized"]


def test_the_sums_are_of_all_pages_and_foot(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&customer=cus_3")

    sums = page.one("table", class_="journals").one("tr", class_="sums")
    assert sums.one("th").text == "These 4 journals"
    billed, deferred, recognized, proof = (cell.text for cell in sums.all("td"))
    assert (billed, deferred) == (f"{MINUS}100.00", f"{MINUS}366.67")
    assert recognized == "266.67 of it scheduled 137.52"
    assert cents(billed) == cents(deferred) + cents(recognized)
    assert proof == "Dr = Cr 366.67"


def test_a_row_is_one_link_to_its_journal_and_says_which_row_it_is(
    client: TestClient,
) -> None:
    page = get(client, f"{REPORT}&month=2025-10")
    page = get(client, page.one(class_="pager-next").attributes["href"])

    rows = page.one("table", class_="journals").one("tbody").all("tr")
    links = [row.one("a").attributes["href"] for row in rows]
    assert [parameters(link)["n"] for link in links] == [
        [str(number)] for number in range(51, 101)
    ]
    assert place_of(page) == "51–100 of 120"
    journal = get(client, links[10])
    back = journal.one(class_="back").one("a").attributes["href"]
    again = get(client, back)
    assert numbers_in(again) == numbers_in(page)
    assert place_of(again) == "51–100 of 120"


@pytest.mark.parametrize(
    "where", ["month=2025-10", "month=2025-10&group_by=customer", "to=2025-10-15"]
)
def test_the_columns_sum_to_the_totals(client: TestClient, where: str) -> None:
    page = get(client, f"{REPORT}&{where}&customer=cus_3")

    table = page.one("table", class_="journals")
    rows = [
        [cents(cell.text) for cell in row.all("td", class_="amount")]
        for row in table.one("tbody").all("tr")
    ]
    sums = table.one("tr", class_="sums").all("td", class_="amount")
    assert [sum(column) for column in zip(*rows, strict=True)] == [
        cents(total.text) for total in sums
    ]
    assert all(billed == deferred + recognized for billed, deferred, recognized in rows)
    assert sum(recognized for *_, recognized in rows) > 0


def cents(text: str) -> int:
    """An amount as a page shows it, in cents, without what of it is scheduled."""
    amount = (
        text.partition(" of it")[0]
        .replace(",", "")
        .replace(".", "")
        .replace(MINUS, "-")
    )
    return 0 if amount == "–" else int(amount)


def test_yen_have_no_decimals(client: TestClient) -> None:
    page = get(client, "/journals?currency=JPY&month=2025-10")

    (row,) = page.one("table", class_="journals").one("tbody").all("tr")
    assert row.all("td", class_="amount")[-1].text == "300,000 of it scheduled 154,830"


def test_names_are_text_and_never_markup(client: TestClient) -> None:
    answer = client.get(f"{REPORT}&month=2025-10&customer=cus_1")

    assert "<script>alert" not in answer.text
    page = parse(answer.text)
    cells = page.one("table", class_="journals").all("td", class_="customer")
    assert cells[0].text == '<script>alert("x")</script> & Söhne Platform'
    chip = page.all("a", class_="chip")[-1]
    assert '<script>alert("x")</script> & Söhne' in chip.text


def test_months_lead_to_their_neighbours_within_the_ledger(client: TestClient) -> None:
    def steps(month: str) -> list[str]:
        months = get(client, f"{REPORT}&month={month}").one(class_="stepper")
        return [
            link.text
            for link in months.all("a")
            if link.attributes.get("id", "").startswith("month-")
        ]

    assert steps("2025-10") == ["September 2025", "November 2025"]
    assert steps("2025-01") == ["February 2025"]
    assert steps("2025-12") == ["November 2025"]
    assert steps("2027-05") == ["December 2025"]
    assert steps("2023-05") == ["January 2025"]


def test_months_follow_the_filter_and_tell_what_is_posted(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&customer=cus_5")

    bars = page.one(class_="month-bars").all("a", class_="bar")
    drawn = [
        [part.attributes["class"] for part in bar.one("svg").all("rect")]
        for bar in bars
    ]
    posted, scheduled = "bar-posted", "bar-scheduled"
    assert drawn == [[posted]] * 9 + [[posted, scheduled]] + [[scheduled]] * 2
    assert bars[0].one(class_="bar-label").text == "January 2025: 300.00 USD, posted"
    assert bars[9].one(class_="bar-label").text == (
        "October 2025: 300.00 USD, 145.35 posted, 154.65 scheduled"
    )
    assert parameters(bars[0].attributes["href"]) == {
        "currency": ["USD"],
        "month": ["2025-01"],
        "customer": ["cus_5"],
    }
    (shown,) = [bar.text for bar in bars if "aria-current" in bar.attributes]
    assert shown.startswith("300 Oct ")


def test_downloads_hold_the_same_journals_as_the_report(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&customer=cus_5&source=INVOICE")
    downloads = page.one(class_="downloads").links()

    files = {text: client.get(url) for text, url in downloads.items()}

    assert {file.status_code for file in files.values()} == {200}
    lines = {
        text: len(one.text.splitlines())
        for text, one in files.items()
        if one.headers["content-type"].startswith("text/")
    }
    assert lines == {
        "This list, CSV": 1 + 3,
        "Entries posted up to 15 Oct 2025, daily": 1 + 3 * 2 * 15,
        "Entries posted up to 15 Oct 2025, monthly": 1 + 3 * 2,
        "Entries with scheduled, daily": 1 + 3 * 2 * 31,
        "Entries with scheduled, monthly": 1 + 3 * 2 * 2,
    }
    name = "journals-USD-2025-10-daily-filtered-with-scheduled.csv"
    disposition = files["Entries with scheduled, daily"].headers["content-disposition"]
    assert disposition == f'attachment; filename="{name}"'


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        ("month=2025-09", "Entries"),
        ("to=2025-10-15", "Entries"),
        ("month=2025-10&include_scheduled=no", "Entries posted up to 15 Oct 2025"),
        ("from=2025-09-01", "Entries posted up to 15 Oct 2025"),
        ("month=2025-11", "Entries posted up to 15 Oct 2025"),
        ("month=2025-11&on=2025-11-10", "Entries posted up to 10 Nov 2025"),
        ("month=2025-09&as_of=2025-09-10", "Entries posted up to 10 Sep 2025"),
        ("month=2025-10&group_by=none", "Entries posted up to 15 Oct 2025"),
    ],
)
def test_a_download_says_what_it_holds(
    client: TestClient, given: str, holds: str
) -> None:
    page = get(client, f"{REPORT}&{given}")

    is_whole = holds == "Entries" or "include_scheduled=no" in given
    with_scheduled = [] if is_whole else ["Entries with scheduled"]
    texts = page.one(class_="downloads").links()
    files = [text for text in texts if text.startswith(("This", "Entries"))]
    assert files == [
        *(f"This list, {form}" for form in ("CSV", "Excel", "Parquet")),
        *(
            f"{what}, {granularity}"
            for what in (holds, *with_scheduled)
            for granularity in ("daily", "monthly")
        ),
    ]
