"""Every page in its states, four widths and both schemes: only `make audit` runs it."""

from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, Page

from daybook_axe import Axe, Look, axe, refused, show, watch_policy
from daybook_layout import faults as layout_faults
from daybook_layout import unread
from daybook_pictures import SCHEMES, WIDTHS
from daybook_site import Site
from daybook_states import SIGNED_OUT, STATES, demo_site

pytestmark = pytest.mark.audit
__all__ = ["axe"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of the demo company."""
    with demo_site(tmp_path_factory.mktemp("audit")) as site:
        yield site


@pytest.fixture(scope="module")
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A tab of somebody who is signed in, for all tests of this file."""
    context = browser.new_context(base_url=site.address)
    context.add_cookies([site.cookie()])
    watch_policy(context)
    yield context.new_page()
    context.close()


def faults(page: Page, axe: Axe) -> list[str]:
    """What axe finds in each look, and what is out of place or can't be read."""
    found = []
    for width, scheme in product(WIDTHS, SCHEMES):
        look = Look(scheme, width)
        show(page, look)
        found += [f"{look}: {rule}" for rule in axe.broken_rules(page)]
        found += [f"{look}: {fault}" for fault in layout_faults(page, width)]
    return found + unread(page) + refused(page)


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_to_mend(page: Page, axe: Axe, state: str) -> None:
    page.goto(STATES[state])

    assert faults(page, axe) == []


@pytest.mark.parametrize("state", SIGNED_OUT)
def test_nothing_is_to_mend_for_strangers(
    browser: Browser, site: Site, axe: Axe, state: str
) -> None:
    context = browser.new_context(base_url=site.address)
    watch_policy(context)
    page = context.new_page()
    page.goto(SIGNED_OUT[state])
    found = faults(page, axe)
    context.close()

    assert found == []
