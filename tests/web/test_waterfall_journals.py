"""Each figure of the waterfall leads to journals that add up to it.

The same customer and product have what is on Deferred and what is apart, and manual
journals with and without Deferred.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.ledger.rules import Role
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    lock,
    milestone_line,
    record,
    terms,
)
from daybook_manual import Moved, record_manual
from daybook_markup import Element
from daybook_pages import get, parameters
from daybook_people import client_of
from daybook_report_pages import links_of, plain, stats_of
from daybook_services.database import AT_ANY_TIME
from daybook_site import settings_for

SHOWN_MONTHS = 5
COLUMNS = (
    *(("Billed",), ("Unbilled",), ("Recognized",), ("Deferred",), ("Deferred",)),
    *[("Deferred",)] * (SHOWN_MONTHS + 2),
)
"""The accounts whose totals, in the journals of a cell's link, come to the cell."""
WATERFALL = "/reports/waterfall?currency=USD&totals=yes"


async def fill_with_what_is_apart(database: Database) -> None:
    """Lines of one customer and product: open, finished, and of next year."""
    sold = invoice("inv_1", line("1", its_terms=terms("12000.00")), line("2"))
    finished = invoice(
        "inv_old",
        line(its_terms=terms("240.00", ("2024-01-01", "2024-12-31"))),
        accounting_date="2024-01-01",
    )
    unbegun = invoice(
        "inv_next",
        line(its_terms=terms("360.00", ("2026-01-01", "2026-03-31"))),
        accounting_date="2026-01-01",
    )
    accrued = billing_schedule("bs_1", period=("2025-09-01", "2026-02-28"))
    await record(
        database, sold, finished, unbegun, _built(None), accrued, on="2025-02-01"
    )
    await lock(database, "2025-02-28", on="2025-03-10")
    await record(database, _built("2025-02-10"), on="2025-03-12")
    await _fill_by_hand(database)
    credited = credit_note(
        "cn_1", credited_line("2000.00"), accounting_date="2025-11-01"
    )
    await record(database, credited, on="2025-10-01")


def _built(designed_on: str | None) -> Document:
    milestones = (("design", "300.00", designed_on), ("live", "600.00", None))
    return invoice(
        "inv_2",
        milestone_line(*milestones),
        customer="cus_2",
        accounting_date="2025-02-01",
    )


async def _fill_by_hand(database: Database) -> None:
    """Manual journals with Deferred, without, with both, and of nobody."""
    recognized = Moved(Role.DEFERRED, Role.RECOGNIZED, "50.00", "2025-03-15")
    accrued = Moved(Role.UNBILLED, Role.RECOGNIZED, "70.00", "2025-03-16")
    billed = Moved(Role.BILLED, Role.RECOGNIZED, "5.00", "2025-03-15")
    deferred = Moved(Role.RECOGNIZED, Role.DEFERRED, "10.00", "2025-10-05")
    later = Moved(Role.RECOGNIZED, Role.DEFERRED, "25.00", "2025-12-05")
    await record_manual(database, "mj_1", recognized, customer="cus_1")
    await record_manual(database, "mj_2", accrued, customer="cus_1")
    await record_manual(database, "mj_3", recognized, billed, customer="cus_1")
    await record_manual(database, "mj_4", deferred, later)


@pytest.fixture(scope="module")
def apart(module_database_url: URL) -> Iterator[TestClient]:
    """The application over such a ledger, on 15 October 2025, which no test changes."""
    url = module_database_url

    async def fill() -> None:
        database = Database(url, AT_ANY_TIME)
        await fill_with_what_is_apart(database)
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, fill).result()
    with client_of(settings_for(url)) as client:
        yield client


@pytest.mark.parametrize("query", ["", "&on=2025-09-30&customer=cus_1&product=prod_1"])
def test_figures_lead_to_journals_that_add_up_to_them(
    apart: TestClient, query: str
) -> None:
    page = get(apart, WATERFALL + query)
    followed = 0

    for row in page.one("table", class_="waterfall-table").all("tr"):
        cells = row.all("td")
        for cell, accounts in zip(cells, COLUMNS[: len(cells)], strict=True):
            for link in cell.all("a"):
                url = link.attributes["href"]
                found = _credits(apart, url)
                sums = sum(found[account] for account in accounts)
                assert abs(sums) == abs(_cents(link.text)), (row.text, url)
                followed += 1

    assert followed >= 5


def test_only_what_is_on_deferred_is_listed(apart: TestClient) -> None:
    page = get(apart, WATERFALL)
    (customers,) = [row for row in page.all("tr") if row.text.startswith("All ")]

    booked = customers.all("td")[0].one("a")

    assert parameters(booked.attributes["href"])["deferred_on"] == ["2025-10-15"]
    # 12,000.00 + 1,200.00 + 900.00, and no 240.00 of 2024.
    assert booked.text == "14,100.00"
    assert _credits(apart, booked.attributes["href"])["Billed"] == -1_410_000


def test_what_is_apart_and_what_nobody_is_named_for_has_no_links(
    apart: TestClient,
) -> None:
    page = get(apart, f"{WATERFALL}&apart=yes")
    table = page.one("table", class_="waterfall-table")
    bars = page.all("a", class_="named-bar")

    assert "240.00" in table.text
    assert "360.00" in table.text
    assert table.all("a") == []
    assert [bar for bar in bars if "href" in bar.attributes] == []

    page = get(apart, WATERFALL)
    (nobody,) = [row for row in page.all("tr") if row.text.startswith("No customer")]
    assert nobody.all("a") == []


def test_other_manual_journals_are_a_row_that_leads_to_their_list(
    apart: TestClient,
) -> None:
    page = get(apart, "/reports/deferred-revenue?currency=USD&totals=yes")

    (others,) = [
        row for row in page.all("tr") if row.text.startswith("Other manual journals")
    ]
    # 70.00 accrued, and 5.00 billed beside 50.00 that touch Deferred.
    assert [cell.text for cell in others.all("td")] == [
        *("", "", "5.00", "70.00", "75.00", "–", "–")
    ]
    listed = get(apart, others.one("a").attributes["href"])
    assert {"MJ_2", "MJ_3"} <= {
        text for text in listed.one("main").text.split() if text.startswith("MJ_")
    }


def test_a_balance_leads_to_journals_only_where_it_is_what_remains(
    apart: TestClient,
) -> None:
    url = "/reports/deferred-revenue?currency=USD&customer=cus_2"
    # The design was delivered in a month that was locked by then.
    moved = links_of(get(apart, f"{url}&on=2025-02-28"), "Acme Platform")
    posted = links_of(get(apart, f"{url}&on=2025-03-31"), "Acme Platform")

    # Balance 600.00, Remaining 900.00.
    assert list(moved) == ["Invoice INV_2", "900.00"]
    assert list(posted) == ["Invoice INV_2", "900.00", "300.00", "600.00"]


@pytest.mark.parametrize("query", ["", "&on=2025-09-30&customer=cus_1&product=prod_1"])
def test_when_a_balance_is_due_leads_to_journals_that_add_up_to_it(
    apart: TestClient, query: str
) -> None:
    page = get(apart, f"/reports/roll-forward?currency=USD{query}")
    followed = []
    for stat in page.all("div", class_="stat"):
        name = stat.one("dt").text
        for link in stat.all("a"):
            deferred = _credits(apart, link.attributes["href"])["Deferred"]
            assert abs(deferred) == abs(_cents(link.text)), name
            followed.append(name)

    # The credit note of 1 November takes 2,000.00 back; nothing is due in two years.
    unscheduled = [] if query else ["Unscheduled"]
    assert followed == ["Due within 12 months", *unscheduled, "Taken back later"]


def test_unscheduled_and_taken_back_lead_to_the_few_journals_that_cause_them(
    apart: TestClient,
) -> None:
    """An open milestone and manual balances; a credit note that is dated later."""
    stats = _links_of_stats(get(apart, WATERFALL))

    kept = get(apart, stats["Unscheduled"])
    taken_back = get(apart, stats["Taken back later"])

    assert _documents(kept) == {"INV_2", "MJ_1", "MJ_3", "MJ_4"}
    assert _documents(taken_back) == {"CN_1"}
    assert "Only Unscheduled" in _chips(kept)
    assert {"Against Billed Revenue", "Against Unbilled Revenue"} < _chips(taken_back)


@pytest.mark.parametrize(
    "url", [WATERFALL, "/close/waterfall?currency=USD&month=2025-09"]
)
def test_bars_lead_to_journals_that_add_up_to_them(apart: TestClient, url: str) -> None:
    page = get(apart, url)
    bars = page.all("a", class_="named-bar")

    for bar in bars:
        amount = bar.one("span", class_="visually-hidden").text.removesuffix(" USD")
        deferred = _credits(apart, bar.attributes["href"])["Deferred"]
        assert abs(deferred) == abs(_cents(amount)), bar.text

    names = [bar.one("span", class_="named-bar-name").text for bar in bars]
    assert names[-2:] == ["Taken back later", "Unscheduled"]


def test_the_unscheduled_of_all_cohorts_leads_to_its_journals(
    apart: TestClient,
) -> None:
    page = get(apart, "/reports/cohorts?currency=USD")

    (total,) = [row for row in page.all("tr") if row.text.startswith("All cohorts")]
    link = total.all("td")[-1].one("a")
    by_cohort = [
        _cents(row.all("td")[-1].text.replace("–", "0.00"))
        for row in page.all("tr")
        if row.all("td") and row is not total
    ]

    assert _credits(apart, link.attributes["href"])["Deferred"] == _cents(link.text)
    assert sum(by_cohort) == _cents(link.text) != 0
    stats = stats_of(get(apart, WATERFALL))
    assert plain(stats["Unscheduled"]) == plain(link.text)


def _links_of_stats(page: Element) -> dict[str, str]:
    """Where the figures above the table lead, by their names."""
    return {
        stat.one("dt").text: link.attributes["href"]
        for stat in page.all("div", class_="stat")
        for link in stat.all("a")
    }


def _chips(page: Element) -> set[str]:
    """The filters that a page says it has."""
    return {chip.attributes["title"] for chip in page.all("a", class_="chip")}


def _documents(page: Element) -> set[str]:
    """The documents of the journals that a page lists, by their numbers."""
    words = page.one("table", class_="journals").text.split()
    return {word for word in words if word.startswith(("INV_", "CN_", "MJ_"))}


def _credits(client: TestClient, url: str) -> dict[str, int]:
    """Credits less debits of each account, in the journals of a link."""
    page = get(client, url)
    found = dict.fromkeys(("Billed", "Unbilled", "Deferred", "Recognized"), 0)
    for name, figure in stats_of(page).items():
        account = name.removesuffix(" Revenue")
        is_debit = account in {"Billed", "Unbilled"}
        found[account] = -_cents(figure) if is_debit else _cents(figure)
    return found


def _cents(text: str) -> int:
    return int(plain(text).replace(",", "").replace(".", ""))
