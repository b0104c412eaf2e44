"""axe finds nothing to mend on any page, in light and dark, wide and narrow."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import URL

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
    "settings": "/settings?currency=USD&saved=lock",
    "mapping": "/settings/integrations?currency=USD&system=XERO&saved=mapping",
    "new export": "/exports/new?currency=USD&month=2025-10",
    "blocked export": "/exports/new?currency=USD&month=2025-10&format=XERO",
    "wrong export": "/exports/new?currency=USD&month=2025-10&max_rows=1",
    "audit trail": "/audit?currency=USD&from=2025-01-01",
    "wrong audit filter": "/audit?action=LOK&id=7",
    "no audit records": "/audit?who=nobody",
    "activity log": "/activity",
    "error": "/nowhere",
}
LOOKS = [("light", 1440), ("dark", 390)]
BROKEN_RULES = """
  axe.run(document, { resultTypes: ["violations"] }).then((result) =>
    result.violations.map((one) =>
      `${one.id}: ${one.nodes.map((node) => node.html + node.failureSummary)}`))
"""


@pytest.fixture(scope="module")
def site(filled_sqlite: URL) -> Iterator[Site]:
    """Address of the application over the known ledger."""
    with serving(filled_sqlite) as address:
        yield address


@pytest.fixture(scope="module")
def axe(node_modules: Path) -> str:
    """The script that checks the rules."""
    return (node_modules / "axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(
    page: Page, site: Site, axe: str, name: str, look: tuple[Any, int]
) -> None:
    visit(page, site, PAGES[name], look)

    assert broken_rules(page, axe) == []


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_the_review_of_a_lock(
    page: Page, site: Site, axe: str, look: tuple[Any, int]
) -> None:
    visit(page, site, PAGES["settings"], look)
    page.get_by_label("Locked through").fill("2052-05-31")
    page.get_by_role("button", name="Review").click()
    page.get_by_label("Lock past the end of the present month").check()

    assert broken_rules(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def visit(page: Page, site: Site, address: str, look: tuple[Any, int]) -> None:
    """Open a page as somebody who is signed in, in a colour scheme and a width."""
    scheme, width = look
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([site.cookie()])
    page.goto(site.address + address)


def broken_rules(page: Page, axe: str) -> Any:
    """What axe finds to mend."""
    # Evaluated, and not added as a script: the page's policy would refuse that.
    page.evaluate(axe)
    return page.evaluate(BROKEN_RULES)
