"""The pages of the reports: figures, sums, families, and what ties."""

import pytest
from starlette.testclient import TestClient

from daybook_pages import get, parameters
from daybook_report_ledger import HOSTILE_NAME
from daybook_report_pages import (
    journals_total,
    links_of,
    plain,
    rows_of,
    stats_of,
    ties_of,
)

pytestmark = pytest.mark.either_database


USD = "?currency=USD"
NAMES = (
    "deferred-revenue",
    "waterfall",
    "cohorts",
    "roll-forward",
    "tie-out",
    "population",
)


def test_deferred_revenue_has_families_with_subtotals_under_the_sums(
    reports: TestClient,
) -> None:
    page = get(reports, f"/reports/deferred-revenue{USD}")

    year = "1 Jan – 31 Dec 2025 Straight line"
    assert rows_of(page) == {
        "All rows": [
            *("", "", "12,340.00", "890.25", "11,589.95", "1,640.30", "1,640.30")
        ],
        "Anchor": ["Journal 57 Manual", "", "–", "–", "50.00", "-50.00", "-50.00"],
        "Platform Invoice INV_1": [
            *("Invoice INV_1", year, "12,000.00", "–", "9,161.25"),
            *("2,838.75", "2,838.75"),
        ],
        "Platform Credit note CN_1": [
            *("Credit note CN_1", "1 Oct 2025 Point in time", "-2,000.00", "–", "–"),
            *("-2,000.00", "-2,000.00"),
        ],
        "Anchor Support": [
            *("Invoice INV_1", year, "1,200.00", "–", "948.45", "251.55", "251.55")
        ],
        "Meridian Platform": [
            *("Billing schedule BS_1", "1 Sep 2025 – 28 Feb 2026 Straight line"),
            *("–", "890.25", "890.25", "–", "–"),
        ],
        f"{HOSTILE_NAME} Platform": [
            *("Invoice INV_2", "Milestone", "900.00", "–", "300.00"),
            *("600.00", "600.00"),
        ],
        "Old Mill Platform": [
            *("Invoice INV_OLD", "1 Jan – 31 Dec 2024 Straight line"),
            *("240.00", "–", "240.00", "–", "–"),
        ],
        "Mistaken Platform": ["Invoice INV_VOID", year, *("–",) * 5],
    }
    family = page.one("tr", class_="family")
    assert [cell.text for cell in family.all("td")] == [
        *("", "", "10,000.00", "–", "9,161.25", "838.75", "838.75")
    ]
    assert ties_of(page) == [
        "Remaining 1,640.30 = Deferred in the journal report",
        "Booked 12,340.00 = Billed in the journal report",
        "Unbilled 890.25 = Unbilled in the journal report",
        "Recognized 11,589.95 = Recognized in the journal report",
        "Booked + unbilled = recognized + remaining: 13,230.25",
        "Tie-out",
    ]
    assert stats_of(page)["Booked"] == "12,340.00"


def test_only_what_is_open_is_shown_on_demand_and_the_sums_stay(
    reports: TestClient,
) -> None:
    page = get(reports, f"/reports/deferred-revenue{USD}")
    is_open = page.one(class_="report-choice").one("a")

    page = get(reports, is_open.attributes["href"])

    assert is_open.text == "Show only what is still open"
    assert "Old Mill Platform" not in rows_of(page)
    assert rows_of(page)["All rows"][-1] == "1,640.30"
    assert page.one(class_="chip-label").text == "Only"


def test_the_waterfall_has_customers_with_their_products_and_months(
    reports: TestClient,
) -> None:
    page = get(reports, f"/reports/waterfall{USD}")

    none = "–"
    assert rows_of(page) == {
        "All 2 customers": [
            *("12,100.00", none, "10,459.70", "1,640.30", none),
            *("223.63", "433.33", "433.34", none, none, none, "550.00"),
        ],
        "Anchor": [
            *("11,200.00", none, "10,159.70", "1,040.30", none),
            *("223.63", "433.33", "433.34", none, none, none, "-50.00"),
        ],
        "Platform": [
            *("10,000.00", none, "9,161.25", "838.75", none),
            *("172.08", "333.33", "333.34", *(none,) * 4),
        ],
        "Support": [
            *("1,200.00", none, "948.45", "251.55", none),
            *("51.55", "100.00", "100.00", *(none,) * 4),
        ],
        "Manual journals": [none, none, "50.00", "-50.00", *(none,) * 7, "-50.00"],
        f"{HOSTILE_NAME} Platform": [
            *("900.00", none, "300.00", "600.00", *(none,) * 7, "600.00")
        ],
    }
    heads = [head.text for head in page.one("thead").all("th")]
    assert heads[6:] == [
        *("Oct 2025", "Nov 2025", "Dec 2025", "Jan 2026", "Feb 2026"),
        *("After Feb 2026", "Unscheduled"),
    ]
    ties = ties_of(page)
    assert "Remaining 1,640.30 = later months + unscheduled + taken back later" in ties
    assert "Remaining 1,640.30 = Deferred in the journal report" in ties
    bars = [bar.text for bar in page.all("a", class_="named-bar")]
    assert bars == [
        "224 Oct 25 223.63 USD",
        "433 Nov 433.33 USD",
        "433 Dec 433.34 USD",
        "550 Unscheduled 550.00 USD",
    ]


def test_what_has_nothing_on_deferred_is_listed_apart(reports: TestClient) -> None:
    page = get(reports, f"/reports/waterfall{USD}")
    apart = page.one(class_="report-choice")

    assert apart.text == (
        "Booked 240.00 and recognized 1,130.25 of contracts with nothing on Deferred"
        " are apart: in no figure here. Show what is apart"
    )
    rows = rows_of(get(reports, apart.one("a").attributes["href"]))
    assert rows["Old Mill Platform"][:4] == ["240.00", "–", "240.00", "–"]
    assert "Anchor" not in rows


def test_before_the_credit_it_is_taken_back_later(reports: TestClient) -> None:
    page = get(
        reports, f"/reports/waterfall{USD}&on=2025-09-30&customer=cus_1&product=prod_1"
    )

    # Rule 8: 3,000 remain, 2,000 is credited on 1 October, 1,000 is left for months.
    assert rows_of(page)["All 1 customer"] == [
        *("12,000.00", "–", "9,000.00", "3,000.00", "2,000.00"),
        *("333.33", "333.33", "333.34", "–", "–", "–", "–"),
    ]


def test_cohorts_are_what_was_booked_by_the_months_of_recognition(
    reports: TestClient,
) -> None:
    page = get(reports, f"/reports/cohorts{USD}")

    rows = rows_of(page)
    assert list(rows) == [
        *("All cohorts", "Jan 2024", "Jan 2025", "Feb 2025", "Sep 2025"),
        "Manual journals",
    ]
    assert rows["Jan 2025"] == [
        *("11,200.00", "–", "7,700.00", "1,100.00", "1,100.00", "209.70"),
        *("10,109.70", "1,090.30", "223.63", "433.33", "433.34", "–", "–"),
    ]
    assert rows["Sep 2025"][:2] == ["–", "890.25"]
    assert ties_of(page)[3] == (
        "Remaining 1,640.30 = remaining in the deferred revenue report"
    )


def test_a_roll_forward_leads_from_opening_to_closing_month_by_month(
    reports: TestClient,
) -> None:
    page = get(reports, f"/reports/roll-forward{USD}&from=2025-01")

    rows = rows_of(page)
    heads = [head.text for head in page.one("thead").all("th")]
    assert heads == [
        *("Month", "Opening", "Billed", "Recognized", "Credit notes", "Manual"),
        *("Voids", "Closing"),
    ]
    assert rows["All months"] == [
        *("–", "15,300.00", "-10,642.00", "-2,000.00", "-50.00", "-967.70", "1,640.30")
    ]
    assert rows["January 2025"][-1] == rows["February 2025"][0] == "12,100.00"
    assert rows["October 2025, in part"] == [
        *("3,850.00", "–", "-209.70", "-2,000.00", "–", "–", "1,640.30")
    ]
    assert stats_of(page)["Due within 12 months"] == "1,090.30"
    assert [bar.text.split()[1] for bar in page.all("a", class_="named-bar")] == [
        *("Opening", "Billed", "Recognized", "Credit", "Manual", "Voids", "Closing")
    ]


def test_unbilled_has_a_roll_forward_of_its_own(reports: TestClient) -> None:
    page = get(reports, f"/reports/roll-forward{USD}&account=UNBILLED&from=2025-09")

    assert rows_of(page) == {
        "All months": ["–", "–", "890.25", "890.25"],
        "September 2025": ["–", "–", "600.00", "600.00"],
        "October 2025, in part": ["600.00", "–", "290.25", "890.25"],
    }
    current = [a.text for a in page.one("main").all("a", aria_current="true")]
    assert current == ["USD", "Unbilled"]


def test_the_tie_out_has_the_accounts_and_their_months(reports: TestClient) -> None:
    page = get(reports, f"/reports/tie-out{USD}&totals=yes")

    assert rows_of(page)["Deferred Revenue"] == [
        *("1,640.30", "–", "1,640.30", "–"),
    ]
    assert "No file of this ledger is posted yet" in page.text
    assert "Nothing differs." in page.text
    months = rows_of(page, 3)
    assert months["October 2025"][0] == "-2,209.70"


def test_the_population_has_every_movement_with_its_flags(reports: TestClient) -> None:
    page = get(reports, f"/reports/population{USD}&customer=cus_5")

    rows = rows_of(page)
    assert rows["23 Movement 1"] == [
        *("1–31 Mar 2025", "Mistaken Platform", "Invoice INV_VOID"),
        "Dr Deferred Revenue Cr Recognized Revenue",
        *("100.00", "1 Feb 2025, 12:00 UTC Not known: test", "Weekend Superseded"),
    ]
    counts = page.one("nav", class_="flag-counts")
    assert counts.all("a")[0].text.startswith("All entries ")
    superseded = next(a for a in counts.all("a") if a.text.startswith("Superseded"))
    assert parameters(superseded.attributes["href"])["flags"] == ["SUPERSEDED"]
    shown = rows_of(get(reports, superseded.attributes["href"]))
    assert all(cells[-1].endswith("Superseded") for cells in shown.values())


@pytest.mark.parametrize("name", NAMES)
def test_each_link_of_a_report_keeps_its_day_and_its_as_of_day(
    reports: TestClient, name: str
) -> None:
    day = "" if name == "population" else "&on=2025-09-30"
    page = get(reports, f"/reports/{name}{USD}{day}&as_of=2025-10-05")

    for link in page.one("main").all("a"):
        url = link.attributes["href"]
        is_chip = link.attributes.get("class") == "chip"
        if is_chip or not url.startswith(("/reports/", "/journals")):
            continue
        given = parameters(url)
        assert given["as_of"] == ["2025-10-05"], (link.text, url)
        is_step = link.attributes.get("rel") in {"prev", "next"}
        if day and not is_step and not url.startswith("/reports/population"):
            assert given["on"] == ["2025-09-30"], (link.text, url)


@pytest.mark.parametrize("name", NAMES)
def test_a_report_of_a_day_that_is_over_asks_for_no_news(
    reports: TestClient, name: str
) -> None:
    now = get(reports, f"/reports/{name}{USD}")
    then = get(reports, f"/reports/{name}{USD}&as_of=2025-10-05")

    news = now.one("p", class_="news")
    assert news.attributes["hx-get"].startswith(f"/reports/{name}/news?")
    assert then.all("p", class_="news") == []


def test_news_are_told_once_the_ledger_has_another_recording(
    reports: TestClient,
) -> None:
    page = get(reports, f"/reports/waterfall{USD}")
    url = page.one("p", class_="news").attributes["hx-get"]

    assert reports.get(url).status_code == 204
    other = reports.get(url.replace("seen=", "seen=9"))
    assert other.status_code == 200
    assert "Show it as it is now" in other.text


def test_as_of_an_earlier_day_is_what_was_known_then(reports: TestClient) -> None:
    page = get(
        reports, f"/reports/deferred-revenue{USD}&on=2025-10-15&as_of=2025-09-30"
    )

    assert "Platform Credit note CN_1" not in rows_of(page)
    assert page.one(class_="report-status").text == (
        "On 15 Oct 2025, as known on 30 Sep 2025"
    )


def test_the_stepper_leads_to_month_ends(reports: TestClient) -> None:
    page = get(reports, f"/reports/waterfall{USD}")

    steps = page.one(class_="stepper").all("a")
    assert [step.attributes["aria-label"] for step in steps] == [
        *("30 September 2025", "31 October 2025")
    ]
    assert parameters(steps[0].attributes["href"])["on"] == ["2025-09-30"]


@pytest.mark.parametrize(
    ("query", "header", "figures"),
    [
        (
            "deferred-revenue?currency=USD",
            "All rows",
            {"Billed": 0, "Unbilled": 1, "Recognized": 2, "Deferred": 3},
        ),
        (
            "deferred-revenue?currency=USD",
            "Platform Invoice INV_1",
            {"Billed": 0, "Recognized": 1, "Deferred": 2},
        ),
        ("deferred-revenue?currency=USD", "Meridian Platform", {"Recognized": 0}),
        ("waterfall?currency=USD&on=2025-09-30", "Anchor", {"Billed": 0}),
        (
            "waterfall?currency=USD&on=2025-09-30&customer=cus_1",
            "All 1 customer",
            {"Billed": 0, "Recognized": 1, "Deferred": 2},
        ),
        ("waterfall?currency=USD", "Manual journals", {"Recognized": 0, "Deferred": 1}),
        ("cohorts?currency=USD", "All cohorts", {"Billed": 0, "Deferred": 7}),
        ("roll-forward?currency=USD&from=2025-01", "March 2025", {"Deferred": -1}),
        ("tie-out?currency=USD", "Recognized Revenue", {"Recognized": 0}),
    ],
)
def test_a_figure_leads_to_the_journals_that_add_up_to_it(
    reports: TestClient, query: str, header: str, figures: dict[str, int]
) -> None:
    linked = list(links_of(get(reports, f"/reports/{query}"), header).items())
    linked = [pair for pair in linked if "account=" in pair[1]]

    for account, place in figures.items():
        figure, url = linked[place]
        assert parameters(url)["account"], url
        assert journals_total(reports, url, account) == plain(figure).lstrip("-")


def test_months_of_the_waterfall_lead_to_what_leaves_deferred(
    reports: TestClient,
) -> None:
    page = get(reports, f"/reports/waterfall{USD}&on=2025-09-30&customer=cus_1")

    links = links_of(page, "Platform")
    assert journals_total(reports, links["333.33"], "Recognized") == "333.33"
    # What is credited on 1 October is taken back, out of Billed.
    assert journals_total(reports, links["2,000.00"], "Billed") == "2,000.00"
    assert parameters(links["2,000.00"])["against"] == ["BILLED", "UNBILLED"]


def test_a_phones_tie_out_names_each_figure(reports: TestClient) -> None:
    page = get(reports, f"/reports/tie-out{USD}")

    table = page.all("table", class_="tie-out-table")[0]
    heads = [head.text for head in table.one("thead").all("th")]
    assert heads == [
        "Account",
        "Ledger",
        "Posted files",
        "Not yet exported",
        "Difference",
    ]
    for row in table.one("tbody").all("tr"):
        assert [cell.attributes["data-label"] for cell in row.all("td")] == heads[1:]


@pytest.mark.parametrize("column", range(5))
def test_columns_of_a_roll_forward_lead_to_their_movements(
    reports: TestClient, column: int
) -> None:
    page = get(reports, f"/reports/roll-forward{USD}&from=2025-01")

    figure, url = list(links_of(page, "All months").items())[column]
    assert set(parameters(url)) >= {"account", "column", "from", "to"}
    assert journals_total(reports, url, "Deferred") == plain(figure).lstrip("-")
