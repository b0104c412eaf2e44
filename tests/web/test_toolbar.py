"""The report's toolbar: quick filters, the lock, the period, sorting and columns."""

from collections.abc import Callable

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook.reports.journals import figures
from daybook.reports.journals.filters import FILTERS
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    lock,
    record,
    voided,
)
from daybook_graphql.journals import orders
from daybook_markup import Element, parse
from daybook_pages import HTMX, REPORT, get, numbers_in, parameters, place_of, status_of
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for
from daybook_web.journals import heads
from daybook_web.journals.filter_menu import parts_of
from daybook_web.journals.query import ReportQuery

pytestmark = pytest.mark.either_database
OCTOBER = f"{REPORT}&month=2025-10"


@pytest.fixture
def marked(
    new_database: NewDatabase, request: pytest.FixtureRequest
) -> Callable[[], TestClient]:
    """The application over a ledger with each kind of journal in May 2025."""
    url = new_database()
    taken_back = invoice("inv_void", customer="cus_2")

    async def fill() -> None:
        database = Database(url)
        await record(database, invoice(), taken_back)
        note = credit_note(
            "cn_1", credited_line("300.00"), accounting_date="2025-05-10"
        )
        await record(database, note, on="2025-05-10")
        await record(database, voided(taken_back), on="2025-05-11")
        await lock(database, "2025-04-30", on="2025-05-12")
        await record(database, invoice("inv_late", customer="cus_3"), on="2025-05-13")
        await database.close()

    anyio.run(fill)

    def make() -> TestClient:
        made = client_of(settings_for(url))
        made.__enter__()
        request.addfinalizer(lambda: made.__exit__(None, None, None))
        return made

    return make


def quick_of(page: Element) -> dict[str, str]:
    """The addresses of the quick filters by their words, with counts."""
    return page.one(id="journals-quick").links()


def journals_in(page: Element) -> int:
    """How many journals the page says there are."""
    number = status_of(page).split()[0]
    return 0 if number == "No" else int(number.replace(",", ""))


def test_each_quick_filter_has_as_many_journals_as_it_says(
    marked: Callable[[], TestClient],
) -> None:
    client = marked()
    quick = quick_of(get(client, f"{REPORT}&month=2025-05"))

    assert {words.rsplit(" ", 1)[0] for words in quick} >= {
        *("All", "Moved by lock", "Credit note", "Voided"),
    }
    for words, url in quick.items():
        count = int(words.rsplit(" ", 1)[1])
        page = get(client, url)
        assert count == journals_in(page) > 0, words
        assert numbers_in(page)


def test_one_quick_filter_is_on_at_a_time_and_leads_out_again(
    marked: Callable[[], TestClient],
) -> None:
    client = marked()
    url = f"{REPORT}&month=2025-05&shifted=yes&customer=cus_3"

    page = get(client, url)

    current = page.one(id="journals-quick").one("a", aria_current="true")
    assert current.text == "Moved by lock 1"
    assert parameters(current.attributes["href"]) == {
        "currency": ["USD"],
        "month": ["2025-05"],
        "customer": ["cus_3"],
    }
    everything = page.one(id="quick-all").attributes["href"]
    assert everything == current.attributes["href"]
    # What is on among the quick ones has no chip, and Filter doesn't count it.
    assert [chip.one(class_="chip-label").text for chip in page.all(class_="chip")] == [
        "Customer"
    ]
    assert page.one(class_="filter-count").text == ", set: 1"


@pytest.mark.parametrize(
    "filters",
    [
        "source=STANDALONE",
        "source=STANDALONE&type=MANUAL",
        "source=CREDIT_NOTE&type=SYSTEM",
        "source=CREDIT_NOTE&source=INVOICE&type=SYSTEM",
        "source=INVOICE&type=MANUAL",
        "source=CREDIT_NOTE&revised=yes",
        "shifted=no",
    ],
)
def test_counts_of_quick_filters_are_those_of_their_reports(
    marked: Callable[[], TestClient], filters: str
) -> None:
    client = marked()
    page = get(client, f"{REPORT}&month=2025-05&{filters}")

    quick = page.all(id="journals-quick")
    for link in quick[0].all("a") if quick else ():
        if link.attributes.get("aria-current") == "true":
            assert int(link.one("b").text) == journals_in(page)
        else:
            led_to = get(client, link.attributes["href"])
            assert int(link.one("b").text) == journals_in(led_to), link.text


def test_what_selects_nothing_is_not_offered_unless_it_is_on(
    client: TestClient,
) -> None:
    quick = quick_of(get(client, OCTOBER))
    assert [words.rsplit(" ", 1)[0] for words in quick] == [
        *("All", "Credit note", "Partly scheduled"),
    ]

    empty = get(client, f"{OCTOBER}&voided=yes")
    assert "Voided 0" in quick_of(empty)
    assert journals_in(empty) == 0


def test_slow_counts_come_later_or_by_a_link(
    filled_sqlite: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "QUICK_JOURNALS", 0)
    # An application that knows nothing of the ledger yet: what was counted is kept.
    with client_of(settings_for(filled_sqlite)) as client:
        _counts_come_later(client, "&search=INV_1")


def _counts_come_later(client: TestClient, search: str) -> None:
    page = get(client, f"/journals?currency=USD{search}")  # which is October's
    quick = page.one(id="journals-quick")

    assert "Partly scheduled" in quick_of(page)
    late = client.get(quick.attributes["hx-get"], headers=HTMX)
    assert quick.attributes["hx-trigger"] == "load"
    whole = quick_of(parse(late.text))
    assert "All 30" in whole and "Partly scheduled 30" in whole
    counted = get(client, quick_of(page)["Count all"])
    assert {*quick_of(counted)} == {*whole}
    assert "hx-get" not in counted.one(id="journals-quick").attributes


@pytest.mark.parametrize(
    ("period", "words", "style"),
    [
        ("month=2025-04", "Locked through 30 Apr", "badge-locked"),
        ("month=2025-01", "Locked through 30 Apr", "badge-locked"),
        (
            "from=2025-04-15&to=2025-05-15",
            "Partly locked through 30 Apr",
            "badge-locked",
        ),
        ("month=2025-05", "Open from 1 May", "badge-open"),
        ("month=2026-01", "Open from 1 May 2025", "badge-open"),
        ("month=2025-05&as_of=2025-05-11", "Open", "badge-open"),
    ],
)
def test_the_lock_of_the_ledger_stands_beside_the_month(
    marked: Callable[[], TestClient], period: str, words: str, style: str
) -> None:
    badge = get(marked(), f"{REPORT}&{period}").one("a", class_="lock")

    assert badge.text == f"Period lock: {words}"
    assert style in badge.attributes["class"].split()
    url = badge.attributes["href"]
    assert url.startswith("/close/lock?currency=USD&month=20")
    status = get(marked(), url).one(class_="page-status").text
    assert status == "Locked through 30 Apr 2025 today"


def test_the_months_of_the_year_and_its_quarters_can_be_chosen(
    client: TestClient,
) -> None:
    page = get(client, f"{OCTOBER}&customer=cus_5&after=")

    picker = page.one(class_="month-picker")
    links = picker.links()
    assert list(links) == [
        *("2024", "All of 2025", "2026"),
        *("Q1", "Jan", "Feb", "Mar", "Q2", "Apr", "May", "Jun"),
        *("Q3", "Jul", "Aug", "Sep", "Q4", "Oct", "Nov", "Dec"),
    ]
    assert picker.one("a", aria_current="true").text == "Oct"
    quarter = get(client, links["Q4"])
    assert parameters(links["Q4"]) == {
        "currency": ["USD"],
        "from": ["2025-10-01"],
        "to": ["2025-12-31"],
        "customer": ["cus_5"],
    }
    assert quarter.one("a", aria_current="true", class_="picker-quarter").text == "Q4"
    # A quarter steps by quarters, within what the ledger has.
    before = quarter.one(id="month-before")
    assert before.text == "1 Jul – 30 Sep 2025"
    assert parameters(before.attributes["href"])["from"] == ["2025-07-01"]
    assert not quarter.all(id="month-after")
    assert parameters(links["2024"])["month"] == ["2024-10"]


@pytest.mark.parametrize("ledgers", [3, 4])
def test_more_ledgers_than_fit_on_a_phone_are_a_menu(
    client_with: Callable[..., TestClient], ledgers: int
) -> None:
    currencies = ("SEK", "EUR", "GBP", "USD")[:ledgers]
    client = client_with(
        *(invoice(f"inv_{currency}", currency=currency) for currency in currencies)
    )

    page = get(client, "/journals?currency=SEK")

    links = page.one("nav", aria_label="Ledger")
    assert [link.text for link in links.all("a")] == sorted(currencies)
    assert links.one("a", aria_current="true").text == "SEK"
    menus = [one.text for one in page.all(id="ledger")]
    assert menus == (["Ledger SEK"] if ledgers == 4 else [])


@pytest.mark.parametrize(
    ("sort", "column"), [("customer", "customer"), ("document", "document")]
)
def test_names_are_sorted_from_a_to_z_and_back(
    client: TestClient, sort: str, column: str
) -> None:
    def names(url: str) -> list[str]:
        page = get(client, url)
        cells = page.one("table", class_="journals").one("tbody")
        return [
            cell.one(class_="clamp").text.lower()
            for cell in cells.all("td", class_=column)
        ]

    first = get(client, OCTOBER).one(id=f"sort-{sort}").attributes["href"]
    assert parameters(first)["sort"] == [sort]
    assert names(first) == sorted(names(first))
    turned = get(client, first).one(id=f"sort-{sort}").attributes["href"]
    assert names(turned) == sorted(names(turned), reverse=True)


def test_amounts_are_sorted_from_the_largest_and_pages_go_on(
    client: TestClient,
) -> None:
    by_number = get(client, OCTOBER)
    assert by_number.one("th", aria_sort="ascending").text == "No. ↑"
    url = by_number.one(id="sort-recognized").attributes["href"]
    assert parameters(url)["sort"] == ["-recognized"]

    page = get(client, url)
    numbers = numbers_in(page)
    assert page.one("th", aria_sort="descending").text == "Recognized ↓"
    while nexts := page.all("a", id="page-after"):
        page = get(client, nexts[0].attributes["href"])
        numbers += numbers_in(page)

    assert place_of(page) == "101–120 of 120"
    assert len(numbers) == len(set(numbers)) == 120
    # Sorting another way starts on the first page.
    assert "after" not in parameters(page.one(id="sort-billed").attributes["href"])


def test_a_journal_s_neighbours_are_those_of_the_sorted_list(
    client: TestClient,
) -> None:
    page = get(client, f"{OCTOBER}&sort=-recognized")
    rows = page.one("table", class_="journals").one("tbody").all("tr")

    journal = get(client, rows[1].one("a").attributes["href"])

    numbers = numbers_in(page)
    text = journal.one("main").text
    assert "2 of 120" in text
    links = [link.attributes["href"].partition("?")[0] for link in journal.all("a")]
    for number in (numbers[0], numbers[2]):
        assert f"/journals/USD/{number}" in links


def test_more_journals_than_can_be_sorted_are_refused_kindly(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (orders, heads):
        monkeypatch.setattr(module, "SORTED_MAX", 100)
    plain = get(client, OCTOBER)
    assert not plain.all(id="sort-customer") and plain.all(id="sort-number")

    page = get(client, f"{OCTOBER}&sort=customer", status=422)

    assert "can only be listed by their numbers: filter them first" in (
        page.one(role="alert").text
    )
    assert status_of(page) == "120 journals, October 2025"
    assert page.one("th", aria_sort="ascending").text == "No. ↑"
    few = get(client, f"{OCTOBER}&sort=customer&source=CREDIT_NOTE")
    assert few.one("th", aria_sort="ascending").text == "Customer, product ↑"


def test_groups_have_no_heads_to_sort_by(client: TestClient) -> None:
    page = get(client, f"{OCTOBER}&group_by=customer&sort=customer&columns=status")

    row = page.one("table", class_="journals").one("tr", class_="heads")
    assert row.all("a") == []
    assert not page.all("th", aria_sort="ascending")


def test_groups_have_the_columns_that_they_can_have(client: TestClient) -> None:
    grouped = f"{OCTOBER}&group_by=customer"

    def heads_of(url: str) -> list[str]:
        row = get(client, url).one("table", class_="journals").one(class_="heads")
        return [head.text for head in row.all("th")]

    page = get(client, f"{grouped}&columns=product,unbilled")
    assert heads_of(f"{grouped}&columns=product,unbilled") == [
        *("Group", "Customer", "Billed", "Unbilled", "Deferred", "Recognized"),
    ]
    assert heads_of(grouped)[-1] == "Status"
    form = page.one("form", aria_label="Choose columns")
    offered = {box.attributes["value"] for box in form.all("input", type="checkbox")}
    assert offered == {"unbilled", "status"}
    # Those of journals are kept for the list that comes back.
    kept = form.all("input", type="hidden", name="columns")
    assert [field.attributes["value"] for field in kept] == ["none", "product"]


def test_groups_have_quick_filters_with_their_counts_of_journals(
    client: TestClient,
) -> None:
    grouped = f"{OCTOBER}&group_by=customer"
    counted = {*quick_of(get(client, OCTOBER))}

    quick = quick_of(get(client, grouped))

    assert {*quick} == counted
    (notes,) = (url for words, url in quick.items() if words.startswith("Credit note"))
    page = get(client, notes)
    assert status_of(page) == "2 groups, October 2025"
    assert parameters(notes)["group_by"] == ["customer"]


def test_columns_are_chosen_and_stay_chosen(client: TestClient) -> None:
    def heads_of(url: str) -> list[str]:
        row = get(client, url).one("table", class_="journals").one(class_="heads")
        return [head.text for head in row.all("th")]

    assert heads_of(f"{OCTOBER}&columns=none") == [
        *("No. ↑", "Customer", "Document", "Billed", "Deferred", "Recognized"),
    ]
    assert heads_of(f"{OCTOBER}&columns=none&columns=unbilled&columns=product") == [
        *("No. ↑", "Customer, product", "Document"),
        *("Billed", "Unbilled", "Deferred", "Recognized"),
    ]
    page = get(client, f"{OCTOBER}&columns=product,unbilled")
    form = page.one("form", aria_label="Choose columns")
    chosen = [field.attributes["value"] for field in form.all("input", checked="")]
    assert chosen == ["product", "unbilled"]
    assert "columns" not in parameters(form.links()["The usual ones"])
    for link in (page.one(id="month-before"), page.one(id="page-after")):
        assert parameters(link.attributes["href"])["columns"] == ["product,unbilled"]
    # What a list looks like is no matter of files.
    export = page.one("main").links()["Export"]
    assert not {"columns", "sort"} & {*parameters(export)}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("sort=colour", "can't be sorted by “colour”: choose from number, customer"),
        ("columns=colour", "There is no column “colour” to choose"),
        ("sort=customer&sort=document", "Give one of “customer” and “document”."),
    ],
)
def test_forms_of_a_list_that_are_not_are_said_and_left_out(
    client: TestClient, given: str, words: str
) -> None:
    page = get(client, f"{OCTOBER}&{given}", status=422)

    assert words in page.one(role="alert").text
    assert len(numbers_in(page)) == 50


def test_every_filter_has_one_place_in_the_menu() -> None:
    given = {
        declared.name: "2025-10-10" if declared.kind.form == "day" else "1"
        for declared in FILTERS
    }
    parts = parts_of(ReportQuery().with_values(**given), {})
    names = [
        declared.name
        for part in parts
        for entry in part.entries
        for declared in entry.fields
    ]

    assert sorted([*names, "search"]) == sorted(declared.name for declared in FILTERS)


def test_a_filter_that_only_links_give_is_in_the_menu_when_it_is_given(
    client: TestClient,
) -> None:
    assert not get(client, OCTOBER).all(id="filter-deferred_on")
    given = get(client, f"{OCTOBER}&deferred_on=2025-10-10")

    assert given.one(id="filter-deferred_on").attributes["value"] == "2025-10-10"


def test_scheduled_entries_are_said_and_can_be_left_out(client: TestClient) -> None:
    page = get(client, OCTOBER)
    (chip,) = page.all(class_="chip")
    assert "With scheduled" in chip.text

    posted = get(client, chip.attributes["href"])
    (left_out,) = posted.all(class_="chip")
    assert "Scheduled entries Left out" in left_out.text
    assert get(client, left_out.attributes["href"]).all(class_="chip") == [chip]
    assert get(client, f"{REPORT}&month=2025-09").all(class_="chip") == []


@pytest.mark.parametrize("rows", ["", "&group_by=none", "&search=nothing"])
def test_chips_have_names_whatever_the_rows_are(
    marked: Callable[[], TestClient], rows: str
) -> None:
    client = marked()
    selected = "customer=cus_1&invoice=inv_1"
    page = get(client, f"{REPORT}&month=2025-05&{selected}{rows}")

    texts = " ".join(chip.text for chip in page.all(class_="chip"))
    assert "Customer Acme" in texts
    assert "Invoice INV_1" in texts
    values = [value.text for value in page.all(class_="filter-value")]
    assert {"Acme", "INV_1"} <= {*values}
