"""The list of the report as a file: what is downloaded is what the page shows."""

import csv
import io
from typing import Any

import pyarrow.parquet
import pytest
from openpyxl import load_workbook
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook_graphql.transport.callers import COOKIE
from daybook_markup import Element, parse
from daybook_pages import REPORT, get
from daybook_people import client_of, let_in_at
from daybook_site import settings_for
from daybook_web.kit.formats import MINUS, NOTHING

ROLES = ("billed", "unbilled", "deferred", "recognized")
PLAIN = {MINUS: "-", ",": ""}


def minor(text: str) -> int:
    """An amount in minor units, as a page or a file of dollars has it."""
    for mark, plain in PLAIN.items():
        text = text.replace(mark, plain)
    return 0 if text == NOTHING else int(text.replace(".", ""))


def rows_of(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content, newline="")))


def shown_rows(page: Element) -> list[tuple[str, str]]:
    """The name of each row of a page, and what Recognized gains in it."""
    table = page.one("table", class_="journals").one("tbody")
    return [
        (row.one("th").text, row.one("td", class_="recognized").text.split()[0])
        for row in table.all("tr")
    ]


def every_row(client: TestClient, url: str) -> list[tuple[str, int]]:
    """The rows of all pages of a list: their names, and what Recognized gains."""
    page = get(client, url)
    rows = shown_rows(page)
    while nexts := page.all("a", rel="next", class_="pager-next"):
        page = get(client, nexts[0].attributes["href"])
        rows += shown_rows(page)
    return [(name, minor(amount)) for name, amount in rows]


LISTS = {
    "a month": "&month=2025-10",
    "a filter": "&month=2025-10&customer=cus_5&source=INVOICE",
    "days": "&from=2025-10-10&to=2025-10-20&search=Company 7",
    "posted only": "&month=2025-10&include_scheduled=no&customer=cus_4",
    "credit notes": "&month=2025-10&source=CREDIT_NOTE",
    "groups": "&month=2025-10&group_by=customer",
    "groups of days": "&from=2025-10-14&to=2025-10-16&group_by=none&granularity=daily",
    "one group": "&from=2025-09-14&to=2025-10-16&group_by=product&granularity=total",
}


@pytest.mark.parametrize("given", LISTS.values(), ids=LISTS)
def test_the_list_has_the_rows_of_all_pages(client: TestClient, given: str) -> None:
    page = get(client, f"{REPORT}{given}")
    url = page.one(class_="downloads").links()["This list, CSV"]

    rows = rows_of(client.get(url).text)

    name = "group" if "group_by" in given else "number"
    listed = [(row[name], minor(row["recognized"])) for row in rows]
    shown = every_row(client, f"{REPORT}{given}")
    if name == "number":  # which the month follows where there may be several
        shown = [(words.split()[0], amount) for words, amount in shown]
    assert listed == shown
    for row in rows:
        billed, unbilled, deferred, recognized = (minor(row[role]) for role in ROLES)
        assert billed + unbilled == deferred + recognized, row
    sums = page.one("tr", class_="sums").one("td", class_="recognized").text
    total = sum(minor(row["recognized"]) for row in rows)
    assert minor(sums.split()[0]) == total


def test_scheduled_entries_have_columns_where_the_list_shows_them(
    client: TestClient,
) -> None:
    def columns(given: str) -> list[str]:
        answer = client.get(f"/journals/list.csv?currency=USD&{given}")
        return answer.text.splitlines()[0].split(",")

    october = "from=2025-10-01&to=2025-10-31&customer=cus_5"
    plain = columns(f"{october}&include_scheduled=no")

    scheduled = [f"scheduled_{role}" for role in ROLES]
    assert plain == [
        *("number", "month", "state", "marks", "source", "customer_id", "customer"),
        *("product_id", "product", "document_id", "document", *ROLES, "currency"),
    ]
    assert columns(october) == [*plain[:-1], *scheduled, "currency"]
    assert columns(f"{october}&group_by=none") == [
        *("group", "month", "state", *ROLES, *scheduled, "currency")
    ]
    (row, *_) = rows_of(client.get(f"/journals/list.csv?currency=USD&{october}").text)
    # 100.00 on 31 days, of which 15 are posted: 15 times 3.23.
    assert (row["recognized"], row["scheduled_recognized"]) == ("100.00", "51.55")
    assert (row["state"], row["marks"]) == ("PARTLY", "PARTLY_SCHEDULED")


def test_all_formats_have_the_same_rows(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-10&customer=cus_5")
    links = page.one(class_="downloads").links()

    answers = {
        name: client.get(links[f"This list, {name}"])
        for name in ("CSV", "Excel", "Parquet")
    }

    rows = rows_of(answers["CSV"].text)
    sheet = load_workbook(io.BytesIO(answers["Excel"].content)).active
    assert sheet is not None
    titles, *cells = sheet.iter_rows(values_only=True)
    table = pyarrow.parquet.read_table(io.BytesIO(answers["Parquet"].content))
    assert titles[:4] == ("No.", "Month", "State", "Marks")
    assert table.column_names == list(rows[0])
    recognized = [minor(row["recognized"]) for row in rows]
    place = titles.index("Recognized")
    assert [round(100 * float(str(cell[place]))) for cell in cells] == recognized
    parquet = table["recognized"].to_pylist()
    assert [minor(str(amount)) for amount in parquet] == recognized
    names = [
        answer.headers["content-disposition"].split('"')[1]
        for answer in answers.values()
    ]
    assert names == [
        f"journals-USD-2025-10-list-filtered-with-scheduled.{suffix}"
        for suffix in ("csv", "xlsx", "parquet")
    ]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("month=2025-10", "journals-USD-2025-10-list-with-scheduled.csv"),
        ("", "journals-USD-all-list-with-scheduled.csv"),
        (
            "month=2025-10&from=2025-10-05&include_scheduled=no&voided=no",
            "journals-USD-from-2025-10-05-list-filtered.csv",
        ),
        (
            "month=2025-05&as_of=2025-10-14&on=2025-05-10&include_scheduled=no",
            "journals-USD-2025-05-list-posted-to-2025-05-10-as-of-2025-10-14.csv",
        ),
        (
            "month=2025-10&group_by=product,customer",
            "journals-USD-2025-10-list-monthly-by-customer-product-with-scheduled.csv",
        ),
        (
            "month=2025-10&group_by=none&granularity=total",
            "journals-USD-2025-10-list-total-by-period-with-scheduled.csv",
        ),
    ],
)
def test_a_list_is_named_by_what_it_is_of(
    client: TestClient, given: str, name: str
) -> None:
    answer = client.get(f"/journals/list.csv?currency=usd&{given}")

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_a_list_is_in_the_order_that_is_asked_for(client: TestClient) -> None:
    url = "/journals/list.csv?currency=USD&month=2025-10"

    numbers, backwards, by_customer, by_amount = (
        rows_of(client.get(f"{url}&sort={name}").text)
        for name in ("number", "-number", "customer", "-recognized")
    )

    assert numbers == rows_of(client.get(url).text) == backwards[::-1]
    names = [row["customer"].lower() for row in by_customer]
    assert names == sorted(names)
    amounts = [minor(row["recognized"]) for row in by_amount]
    assert amounts == sorted(amounts, reverse=True)
    assert {len(rows) for rows in (numbers, by_customer, by_amount)} == {120}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("list.csv?currency=USD&from=soon", "from: 'soon' is not a date"),
        ("list.csv?currency=USD&customr=cus_1", "did you mean customer?"),
        ("list.csv?currency=USD&customer=nobody", "customer: there is no customer"),
        ("list.csv?currency=USD&month=2025", "month: '2025' is not a month"),
        ("list.csv?currency=USD&month=2025-10&month=2025-11", "month: give one of"),
        ("list.csv?currency=USD&sort=size", "sort: 'size' is no order"),
        ("list.csv?currency=USD&group_by=colour", "group_by: 'colour' is not none"),
        ("list.csv?currency=USD&granularity=hourly", "granularity: 'hourly' is none"),
        ("list.pdf?currency=USD", "'pdf' is not a format of files"),
        ("list.csv?currency=EUR", "EUR"),
    ],
)
def test_a_wrong_address_is_refused_in_plain_text(
    client: TestClient, url: str, words: str
) -> None:
    answer = client.get(f"/journals/{url}")

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert words in answer.text


def test_a_list_above_the_limit_leads_to_an_export(filled_sqlite: URL) -> None:
    url = "/journals/list.csv?currency=USD&month=2025-10&sort=customer&customer=cus_5"
    settings = settings_for(filled_sqlite)
    with client_of(settings.model_copy(update={"stream_rows_max": 3})) as client:
        just_enough = client.get(url)
    with client_of(settings.model_copy(update={"stream_rows_max": 2})) as client:
        refused = client.get(url)
        del client.headers["Authorization"]
        client.cookies.set(COOKIE, let_in_at(settings).session)
        read = client.get(url, headers={"Accept": "text/html"})

        links = parse(read.text).one("main").links()
        export = client.get(links["Export it in the background"])

    assert len(rows_of(just_enough.text)) == 3
    assert refused.status_code == read.status_code == 413
    page = "/exports/new?currency=USD&month=2025-10&customer=cus_5"
    assert refused.text == (
        "the file has 3 rows, and up to 2 are sent at once: request it with the"
        f" mutation createExport, or on the page {page}; `daybook journals --csv` has"
        " no limit\n"
    )
    assert "The file has 3 rows, and up to 2 are sent at once." in read.text
    assert links["Export it in the background"] == page
    assert export.status_code == 200


def test_sums_of_every_link_are_those_that_are_shown(client: TestClient) -> None:
    for given in (*LISTS.values(), "&month=2025-09", "&month=2025-11"):
        page = get(client, f"{REPORT}{given}")
        total, scheduled = shown_sums(page)
        links = page.one(class_="downloads").links()

        for text, url in links.items():
            if not text.startswith(("Entries", "This list, CSV")):
                continue
            rows = rows_of(client.get(url).text)
            if text.startswith("This list"):
                assert sum(minor(row["recognized"]) for row in rows) == total
            elif text.startswith("Entries with scheduled"):
                assert recognized_of(rows) == total, given
                later_rows = [row for row in rows if row["Status"] == "Scheduled"]
                assert recognized_of(later_rows) == scheduled, given
            else:
                assert recognized_of(rows) == total - scheduled, given
                assert "Status" not in rows[0] if rows else True


def recognized_of(rows: list[dict[str, Any]]) -> int:
    """What Recognized gains by rows of entries."""
    return sum(
        minor(row["Amount"]) * (1 if row["Direction"] == "CREDIT" else -1)
        for row in rows
        if row["Ledger account name"].startswith("Recognized")
    )


EXPORTED = {
    "a month": "&month=2025-10",
    "with scheduled entries": "&month=2025-10&include_scheduled=yes&customer=cus_4",
    "without them": "&month=2025-10&include_scheduled=no&customer=cus_4",
    "days up to a day": "&from=2025-05-02&to=2025-05-09&on=2025-05-05",
    "groups": "&month=2025-10&group_by=customer&granularity=daily&source=INVOICE",
}


@pytest.mark.parametrize("given", EXPORTED.values(), ids=EXPORTED)
def test_an_export_is_of_what_is_shown(client: TestClient, given: str) -> None:
    page = get(client, f"{REPORT}{given}")
    total, scheduled = shown_sums(page)

    export = get(client, page.one("main").links()["Export"])

    (row,) = [
        row
        for row in export.one(class_="preflight").one("tbody").all("tr")
        if row.one("th").text == "Recognized Revenue"
    ]
    debits, credits_ = (minor(cell.text) for cell in row.all("td"))
    is_whole = "include_scheduled=yes" in given
    assert credits_ - debits == (total if is_whole else total - scheduled)


def shown_sums(page: Element) -> tuple[int, int]:
    """What Recognized gains by the whole list, and what of it is scheduled."""
    cell = page.one("tr", class_="sums").one("td", class_="recognized")
    total = minor(cell.text.split()[0])
    if later := cell.all(class_="second"):
        return total, minor(later[0].text.split()[-1])
    states = {state.text for state in page.all(class_="state")}
    return total, total if states == {"Scheduled"} else 0
