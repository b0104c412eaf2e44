"""Webhooks in a browser: axe finds nothing to mend while one is made and tested."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from daybook_axe import Axe, axe
from daybook_receiver import receiving
from daybook_services.database import NewDatabase
from daybook_site import serving

__all__ = ["axe"]


@pytest.fixture
def page(new_sqlite: NewDatabase, browser: Browser) -> Iterator[Page]:
    """A tab of an admin."""
    with serving(new_sqlite(), webhooks_allow="127.0.0.1") as site:
        context = browser.new_context(base_url=site.address)
        context.add_cookies([site.cookie()])
        yield context.new_page()
        context.close()


def test_a_webhook_is_made_and_tested(page: Page, axe: Axe) -> None:
    with receiving() as receiver:
        page.goto("/settings/webhooks")
        assert axe.faults(page) == []
        page.get_by_label("Address").fill(receiver.url)
        page.get_by_label("Description").fill("The warehouse")
        page.get_by_label("A lock changed").uncheck()
        page.keyboard.press("Enter")
        expect(page.get_by_label("To be copied")).to_have_value(re.compile("^whsec_"))
        assert axe.faults(page) == []

        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_role("status")).to_have_text(
            "The webhook accepted the test."
        )
        receiver.status = 500
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_role("status")).to_contain_text("did not accept the test")
        assert axe.faults(page) == []
        page.goto("/settings/webhooks")
        assert axe.faults(page) == []
