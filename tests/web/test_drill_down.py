"""Each figure of a report that is a link: the list behind it sums to the figure."""

import re
from collections.abc import Iterator

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook_factories import invoice, lock, record
from daybook_manual import Moved, record_manual
from daybook_markup import Element
from daybook_pages import get, parameters
from daybook_people import client_of
from daybook_report_ledger import fill_report_ledger
from daybook_report_pages import plain, rows_of, stats_of
from daybook_services.database import AT_ANY_TIME
from daybook_site import settings_for

AMOUNT = re.compile(r"-?[\d,]+\.\d\d")
ACCOUNTS = ("Billed", "Unbilled", "Deferred", "Recognized")
OF_WATERFALL = (("Deferred",), ("Recognized",), ("Billed", "Unbilled"))
"""What leads to the movements on Deferred in a waterfall: what remains, what leaves for
Recognized in a month, and what is to come from Billed and Unbilled."""


async def fill(database: Database) -> None:
    """The reports' ledger, with manual journals of each kind and a lock."""
    await fill_report_ledger(database)
    await lock(database, "2025-09-30", on="2025-10-02")
    late = invoice("inv_late", customer="cus_6", accounting_date="2025-09-01")
    await record(database, late, on="2025-10-05")
    accrued = Moved(Role.UNBILLED, Role.RECOGNIZED, "450.00", "2025-10-10")
    await record_manual(database, "mj_2", accrued, on="2025-10-10")
    billed = Moved(Role.BILLED, Role.RECOGNIZED, "25.00", "2025-10-10")
    await record_manual(database, "mj_3", billed, customer="cus_2", on="2025-10-10")
    held = Moved(Role.RECOGNIZED, Role.DEFERRED, "35.00", "2025-10-12")
    await record_manual(database, "mj_4", held, customer="cus_2", on="2025-10-12")
    early = Moved(Role.UNBILLED, Role.RECOGNIZED, "60.00", "2025-08-31")
    await record_manual(database, "mj_5", early, customer="cus_6", on="2025-10-12")


@pytest.fixture(scope="module")
def client(module_database_url: URL) -> Iterator[TestClient]:
    """The application over that ledger, on 15 October 2025, which no test changes."""

    async def run() -> None:
        database = Database(module_database_url, AT_ANY_TIME)
        await fill(database)
        await database.close()

    anyio.run(run)
    with client_of(settings_for(module_database_url)) as made:
        yield made


@pytest.mark.parametrize(
    "report",
    ["deferred-revenue", "waterfall", "cohorts", "roll-forward", "tie-out"],
)
def test_a_list_sums_to_the_figure_that_leads_to_it(
    client: TestClient, report: str
) -> None:
    page = get(client, f"/reports/{report}?currency=USD&on=2025-10-15")

    links = sorted(figures_of(page))

    assert len(links) >= 10
    differing = [
        (figure, url, gains)
        for figure, url in links
        if not (gains := gains_of(client, url)).is_told_by(figure, report)
    ]
    assert differing == []


def test_a_filter_may_leave_only_other_manual_journals(client: TestClient) -> None:
    page = get(
        client, "/reports/deferred-revenue?currency=USD&customer=cus_6&on=2025-08-31"
    )

    assert "Nothing matches these filters" not in page.text
    assert rows_of(page) == {
        "All rows": ["", "", "–", "60.00", "60.00", "–", "–"],
        "Other manual journals Without Deferred, among all manual journals": [
            *("", "", "–", "60.00", "60.00", "–", "–"),
        ],
    }
    assert stats_of(page)["Recognized"] == "60.00"


def figures_of(page: Element) -> set[tuple[str, str]]:
    """The amounts that lead to journals, and where to; the page's own months apart."""
    return {
        (amount.group(), link.attributes["href"])
        for link in page.one("main").all("a")
        if link.attributes.get("href", "").startswith("/journals?")
        and "account" in parameters(link.attributes["href"])
        and (amount := AMOUNT.fullmatch(plain(link.text)))
    }


class Gains(dict[str, int]):
    """What accounts gain in a list, in cents, and the account that it is of.

    A list of what is due has what leaves Deferred later.
    """

    account = ""
    is_of_due = False

    def is_told_by(self, figure: str, report: str) -> bool:
        """Whether a figure of a report is what it leads to."""
        if report == "roll-forward" and self.is_of_due:
            return cents(figure) == -self["Deferred"]
        wanted: tuple[tuple[str, ...], ...] = ((self.account,),)
        if report == "waterfall" and self.account == "Deferred":
            wanted = OF_WATERFALL
        return cents(figure) in {sum(self[name] for name in names) for names in wanted}


def gains_of(client: TestClient, url: str) -> Gains:
    """What the list behind a link sums to."""
    figures = stats_of(get(client, url))
    gains = Gains(
        {name: cents(figures.get(f"{name} Revenue", "0.00")) for name in ACCOUNTS}
    )
    asked = parameters(url)
    gains.account = asked["account"][0].capitalize()
    gains.is_of_due = asked.get("from", [""]) > asked["on"]
    return gains


def cents(text: str) -> int:
    """An amount of a page in cents; a dash is nothing."""
    digits = plain(text).replace(",", "").replace(".", "")
    return int(digits) if digits.lstrip("-").isdigit() else 0
