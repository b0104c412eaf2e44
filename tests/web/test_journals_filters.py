"""The report's filters: what they select, their chips, and the form."""

import pytest
from starlette.testclient import TestClient

from daybook_markup import Element
from daybook_pages import REPORT, get, parameters, status_of

pytestmark = pytest.mark.either_database


def test_filters_select_the_same_journals_as_their_parts_together(
    client: TestClient,
) -> None:
    def count(filters: str) -> int:
        text = status_of(get(client, f"{REPORT}&month=2025-10{filters}"))
        return int(text.split()[0])

    support, platform = count("&product=support"), count("&product=prod_1")

    assert support + platform == count("") == 120
    assert count("&source=CREDIT_NOTE") == 2
    assert count("&source=INVOICE") == 118
    assert count("&source=CREDIT_NOTE&source=INVOICE") == 120
    assert count("&customer=cus_5") == 3
    assert count("&search=CN_") == 2
    assert count("&customer=cus_3&product=prod_1&source=CREDIT_NOTE") == 1


def test_days_of_ones_own_go_before_the_month(client: TestClient) -> None:
    page = get(
        client, f"{REPORT}&month=2025-01&from=2025-10-14&to=2025-10-16&customer=cus_5"
    )

    assert status_of(page) == "3 journals, 14–16 Oct 2025"
    rows = page.one("table", class_="journals").one("tbody")
    amounts = rows.all("td", class_="amount")[:3]
    billed, deferred, recognized = (cell.text for cell in amounts)
    assert billed == "–"
    assert (deferred, recognized) == ("\N{MINUS SIGN}9.69", "9.69 of it scheduled 3.23")
    assert page.one(id="month-picker").one(class_="months-words").text == (
        "14–16 Oct 2025"
    )
    whole = page.one(class_="picker-months").links()["Oct"]
    assert parameters(whole)["month"] == ["2025-10"]
    assert "from" not in parameters(whole)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ("&from=2025-12-01", "118 journals, from 1 Dec 2025"),
        ("&to=2025-01-31", "118 journals, up to 31 Jan 2025"),
        ("&from=2000-01-01", "1,418 journals, all days"),
    ],
)
def test_a_range_may_be_open(client: TestClient, days: str, words: str) -> None:
    assert status_of(get(client, REPORT + days)) == words


def test_all_days_are_no_filter_and_journals_of_several_months_say_theirs(
    client: TestClient,
) -> None:
    page = get(client, f"{REPORT}&from=2000-01-01&customer=cus_5")

    chips = [chip.text for chip in page.all("a", class_="chip")]
    assert not [text for text in chips if "Days" in text or "2000" in text]
    first = page.one("table", class_="journals").one("tbody").all("tr")[0]
    assert first.one("th").one(class_="second").text == "Jan 25"
    alone = get(client, f"{REPORT}&month=2025-10&customer=cus_5")
    row = alone.one("table", class_="journals").one("tbody").all("tr")[0]
    assert not row.one("th").all(class_="second")


def test_what_is_dated_after_an_earlier_day_is_not_called_scheduled(
    client: TestClient,
) -> None:
    page = get(client, f"{REPORT}&month=2025-09&customer=cus_5&on=2025-08-31")

    statuses = {
        row.one("td", class_="status").text
        for row in page.one("table", class_="journals").one("tbody").all("tr")
    }
    assert statuses == {"After 31 Aug"}
    more = [stat.text for stat in page.all(class_="stat-scheduled")]
    assert more and all(text.startswith("After 31 Aug") for text in more)


def test_each_chip_removes_its_filter_and_keeps_the_others(client: TestClient) -> None:
    url = (
        f"{REPORT}&month=2025-10&customer=cus_5&product=prod_1&search=Company"
        "&source=INVOICE&source=CREDIT_NOTE"
    )
    chips = get(client, url).all("a", class_="chip")

    texts = [chip.text.removeprefix("Remove the filter ")[:-2] for chip in chips]
    assert texts == [
        "With scheduled",
        "Customer Company 5",
        "Product Platform",
        "Source Credit note",
        "Source Invoice",
        "Search Company",
    ]
    for removed, chip in zip(
        ["customer", "product", "source", "source", "search"], chips[1:], strict=True
    ):
        left = parameters(chip.attributes["href"])
        assert len(left.get(removed, [])) == (1 if removed == "source" else 0)
        assert len(left) == (6 if removed == "source" else 5)


def test_the_form_keeps_the_period_and_what_was_typed(client: TestClient) -> None:
    page = get(client, f"{REPORT}&month=2025-09&customer=cus_5&source=INVOICE")

    form = page.one("form", id="filters")
    assert form.one("input", name="currency").attributes["value"] == "USD"
    assert form.one("input", name="month").attributes["value"] == "2025-09"
    assert form.one("input", name="customer").attributes["value"] == "cus_5"
    boxes = form.all("input", type="checkbox")
    checked = [box.attributes["value"] for box in boxes if "checked" in box.attributes]
    assert checked == ["INVOICE"]
    assert chips_are(page) == ["Customer Company 5", "Source Invoice"]
    months = page.one("form", class_="month-form").all("input", type="hidden")
    kept = [(month.attributes["name"], month.attributes["value"]) for month in months]
    assert kept == [("currency", "USD"), ("customer", "cus_5"), ("source", "INVOICE")]


def chips_are(page: Element) -> list[str]:
    """The texts of the active filters."""
    return [
        chip.text.removeprefix("Remove the filter ")[:-2]
        for chip in page.all("a", class_="chip")
    ]
