"""The figures of the report: each leads to journals that add up to it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.reports.journals import figures
from daybook_markup import Element, parse
from daybook_pages import HTMX, REPORT, get, parameters, status_of
from daybook_people import client_of
from daybook_report_pages import stats_of
from daybook_site import settings_for

OCTOBER = f"{REPORT}&month=2025-10"
SEARCH = f"{OCTOBER}&search=inv"


@pytest.fixture(scope="module")
def reader(long_names: URL) -> Iterator[TestClient]:
    """The application over a ledger with something on each account."""
    with client_of(settings_for(long_names)) as made:
        yield made


@pytest.fixture
def large(long_names: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The same as if the ledger were too large to sum it while a page waits."""
    monkeypatch.setattr(figures, "QUICK_JOURNALS", 0)
    # One that knows nothing of the ledger yet.
    with client_of(settings_for(long_names)) as made:
        yield made


@pytest.mark.parametrize(
    "query",
    [
        "month=2025-10",
        "month=2025-09",
        "month=2025-12",
        "month=2025-10&search=Usage",
        "month=2025-10&customer=cus_Usage&account=UNBILLED",
        "month=2025-10&source=CREDIT_NOTE",
        "month=2025-10&group_by=product",
        "from=2025-10-10&to=2025-11-20",
        "from=2025-10-10",
        "to=2025-10-20",
        "month=2025-10&on=2025-10-08",
        "month=2025-10&as_of=2025-10-03",
        "month=2025-10&include_scheduled=no",
    ],
)
def test_a_number_leads_to_journals_that_add_up_to_it(
    reader: TestClient, query: str
) -> None:
    page = get(reader, f"/journals?currency=USD&{query}")
    followed = 0

    for stat in page.all(class_="stat"):
        name = stat.one("dt").text
        for link in stat.all("a"):
            target = get(reader, link.attributes["href"])
            amount = link.text.rpartition(": ")[2]
            # A list of nothing has no figures, but says so.
            none = {name: "0.00"} if status_of(target).startswith("No ") else {}
            assert (stats_of(target) | none)[name] == amount, link
            followed += 1

    assert followed >= 3


def test_the_page_that_a_number_would_lead_to_has_no_link_to_itself(
    reader: TestClient,
) -> None:
    page = get(reader, f"{OCTOBER}&account=DEFERRED")

    gains = page.all(class_="stat-figure")
    assert len(gains) >= 3
    assert [gain.all("a") for gain in gains] == [[]] * len(gains)


def test_scheduled_is_said_where_it_can_be(reader: TestClient) -> None:
    def is_said(query: str) -> bool:
        page = get(reader, f"{REPORT}&{query}")
        return bool(page.all(class_="stat-scheduled"))

    assert is_said("month=2025-10")
    assert is_said("from=2025-09-01")
    assert not is_said("month=2025-09")
    assert not is_said("month=2025-10&on=2025-10-31")
    assert not is_said("month=2025-10&include_scheduled=no")


def test_a_month_without_journals_still_says_what_stands_on_the_accounts(
    reader: TestClient,
) -> None:
    page = get(reader, f"{REPORT}&month=2027-05&customer=cus_Largest")

    assert status_of(page) == "No journals, May 2027"
    billed = page.one(id="balance-billed").text
    assert billed == "Balance of these in Billed Revenue on 15 Oct 2025: 999,999,999.99"
    assert not get(reader, f"{REPORT}&search=nothing").all(class_="stat")


def test_what_takes_long_is_loaded_once_the_page_is_there(large: TestClient) -> None:
    page = get(large, SEARCH)
    late = page.one(id="journals-months")

    fragment = _late(large, late)
    whole = get(large, late.one("a").attributes["href"])

    assert page.one(id="balance-deferred").text == "Balance of these …"
    assert fragment.one(id="journals-months") == whole.one(id="journals-months")
    for role in ("billed", "unbilled", "deferred", "recognized"):
        balance = whole.one(id=f"balance-{role}")
        its = fragment.one(id=f"balance-{role}")
        assert its.text == balance.text
        assert its.attributes.pop("hx-swap-oob") == "true"
        assert its == balance
    assert not whole.one(id="journals-strip").all(class_="late")


def test_what_is_quick_is_in_the_page_at_once(large: TestClient) -> None:
    for query in ("", "&customer=cus_Usage", "&source=INVOICE"):
        page = get(large, f"{OCTOBER}{query}")

        assert page.one("figure", id="journals-months").all("a"), query


def test_late_figures_are_of_the_month_that_the_page_shows(large: TestClient) -> None:
    page = get(large, f"{REPORT}&search=inv")

    asked = parameters(page.one(id="journals-months").attributes["hx-get"])

    assert asked == {"currency": ["USD"], "month": ["2025-10"], "search": ["inv"]}


@pytest.mark.parametrize("part", ["counts", "sums"])
@pytest.mark.parametrize(
    "query",
    [
        *("", "?currency=USD", "?currency=USD&month=never"),
        *("?currency=EUR&month=2025-10", "?currency=USD&month=2025-10&customer=nobody"),
    ],
)
def test_figures_of_nothing_change_nothing(
    reader: TestClient, part: str, query: str
) -> None:
    answer = reader.get(f"/journals/{part}{query}", headers=HTMX)

    assert (answer.status_code, answer.text) == (204, "")


def test_figures_are_asked_for_with_yes(reader: TestClient) -> None:
    assert reader.get(f"{OCTOBER}&figures=yes").status_code == 200
    assert "is not figures=yes" in reader.get(f"{OCTOBER}&figures=never").text


def _late(client: TestClient, late: Element) -> Element:
    answer = client.get(late.attributes["hx-get"], headers=HTMX)
    assert answer.status_code == 200
    return parse(answer.text)
