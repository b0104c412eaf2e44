"""axe finds nothing to mend on any page, and none is wider than its window.

Nor does a page have anything that its policy refuses.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import URL

from daybook_axe import Axe, axe, refused, watch_policy
from daybook_graphql.documents.ids import CreditNoteId, InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_site import Site, serving

OCTOBER = "/journals?currency=USD&month=2025-10"
PAGES = {
    "report": f"{OCTOBER}&customer=cus_3&source=INVOICE&source=CREDIT_NOTE",
    "days": "/journals?currency=USD&from=2025-10-05&to=2025-11-05",
    "nothing found": f"{OCTOBER}&search=zzz",
    "problems": f"{OCTOBER}&customer=Company 1&from=soon&source=GIFT&month=x",
    "unknown customer": f"{OCTOBER}&customer=Company 1",
    "groups": f"{OCTOBER}&group_by=customer,product&as_of=2025-10-10&on=2025-10-05",
    "wrong day": f"{OCTOBER}&as_of=soon&type=GIFT",
    "journal": "/journals/JPY/10",
    "journal as of a day": "/journals/USD/10?as_of=2025-02-01",
    "documents": "/documents?currency=USD&kind=CREDIT_NOTE",
    "no documents": "/documents?currency=USD&status=VOIDED",
    "wrong documents": "/documents?currency=USD&month=soon&customer=nobody",
    "document": f"/documents/{encode(InvoiceId('inv_2'))}",
    "void of a document": f"/documents/{encode(CreditNoteId('cn_1'))}?ask=void",
    "recognition": "/settings?currency=USD&saved=defaults",
    "locks": "/settings/locks?currency=USD",
    "names of accounts": "/settings/accounts?currency=USD&saved=account",
    "approval": "/settings/approval",
    "organisation": "/settings/organisation?saved=time-zone",
    "storage": "/settings/storage",
    "mapping": "/settings/integrations?currency=USD&system=XERO&saved=mapping",
    "profit and loss": "/general-ledger",
    "exposure": "/general-ledger/exposure",
    "dataset address": "/general-ledger/address?connection=1",
    "rates": "/general-ledger/rates?saved=entered",
    "wrong rates": "/general-ledger/rates?source=GIFT&currency=X",
    "ledger lines": "/general-ledger/lines",
    "wrong ledger lines": "/general-ledger/lines?from=soon&type=GIFT&account=200",
    "connections": "/general-ledger/connections?saved=removed",
    "import from Xero": "/general-ledger/import?discarded=2",
    "reconciliation": "/general-ledger/reconciliation",
    "exports": "/exports",
    "wrong filter of exports": "/exports?state=GONE",
    "new export": "/exports/new?currency=USD&month=2025-10",
    "blocked export": "/exports/new?currency=USD&month=2025-10&format=XERO",
    "wrong export": "/exports/new?currency=USD&month=2025-10&max_rows=1",
    "audit trail": "/audit?currency=USD&from=2025-01-01",
    "wrong audit filter": "/audit?action=LOK&id=7",
    "no audit records": "/audit?who=nobody",
    "activity log": "/activity",
    "deferred revenue": "/reports/deferred-revenue?currency=USD&customer=cus_3",
    "waterfall": "/reports/waterfall?currency=USD&totals=yes",
    "cohorts": "/reports/cohorts?currency=USD",
    "roll-forward": "/reports/roll-forward?currency=USD",
    "tie-out": "/reports/tie-out?currency=USD&totals=yes",
    "population": "/reports/population?currency=USD&customer=cus_3",
    "wrong report": "/reports/waterfall?currency=USD&on=soon&customer=x",
    "close": "/close?currency=USD",
    "balances": "/close/balances?currency=USD",
    "lock": "/close/lock?currency=USD&month=2025-09",
    "lock past the month": "/close/lock?currency=USD&through=2052-05-31",
    "wrong lock": "/close/lock?currency=USD&through=soon",
    "import": "/documents/import?taken=12&journals=40&name=october.csv",
    "saved filters": "/saved-filters?page=JOURNALS&query=currency%3DUSD",
    "replacing a filter": "/saved-filters?page=JOURNALS&query=voided%3Dyes&ask=replace"
    "&name=Late",
    "error": "/nowhere",
}

# Two buttons beside one another, 12 pixels high and wide.
SMALL_TARGETS = """
  for (const name of ["a", "b"]) {
    const button = document.createElement("button");
    button.ariaLabel = name;
    Object.assign(button.style, { width: "12px", minHeight: "12px", padding: 0 });
    document.querySelector("h1").after(button);
  }
"""

__all__ = ["axe"]


@pytest.fixture(scope="module")
def site(filled_sqlite: URL) -> Iterator[Site]:
    """Address of the application over the known ledger."""
    with serving(filled_sqlite) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A tab of somebody who is signed in, for all tests of this file."""
    context = browser.new_context(base_url=site.address)
    context.add_cookies([site.cookie()])
    watch_policy(context)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(page: Page, axe: Axe, name: str) -> None:
    page.goto(PAGES[name])

    assert axe.faults(page) + refused(page) == []


def test_what_a_policy_refuses_is_noted(page: Page) -> None:
    page.goto(OCTOBER)
    page.evaluate("document.body.setAttribute('style', 'color: red')")

    page.wait_for_function("window.refused.length")
    assert refused(page) == ["style-src-attr inline "]


def test_a_target_that_is_too_small_is_found(page: Page, axe: Axe) -> None:
    page.goto(OCTOBER)
    page.evaluate(SMALL_TARGETS)

    (broken,) = axe.broken_rules(page)

    assert broken.startswith("target-size: ")
