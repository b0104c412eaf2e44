"""Pages of admins in real browsers: others' changes are seen, nothing typed is lost."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from daybook_axe import Axe, axe
from daybook_services.database import NewDatabase
from daybook_site import serving

PATIENCE_MS = 60_000

__all__ = ["axe"]

Open = Callable[[], Page]


@pytest.fixture
def open_tab(new_sqlite: NewDatabase, browser: Browser) -> Iterator[Open]:
    """Opens an admin's tab, in a browser of its own."""
    with (
        serving(new_sqlite(), webhooks_allow="127.0.0.1") as site,
        ExitStack() as stack,
    ):

        def make() -> Page:
            context = browser.new_context(base_url=site.address)
            stack.callback(context.close)
            context.add_cookies([site.cookie()])
            context.set_default_timeout(PATIENCE_MS)
            return context.new_page()

        yield make


def invite(tab: Page, address: str) -> None:
    tab.get_by_label("E-mail address", exact=True).fill(address)
    tab.get_by_label("Name", exact=True).fill("Somebody")
    tab.get_by_role("button", name="Invite", exact=True).click()
    expect(tab.locator(".secret-once")).to_contain_text(address)


def test_access_shows_what_another_did_and_keeps_what_is_typed(
    open_tab: Open, axe: Axe
) -> None:
    tab, other = open_tab(), open_tab()
    other.goto("/access")
    invite(other, "bob@example.com")
    invite(other, "vic@example.com")
    tab.goto("/access")
    tab.get_by_label("E-mail address", exact=True).fill("new@example.com")
    tab.get_by_label("What the key is for").fill("The warehouse")
    tab.get_by_label("Role of vic@example.com").select_option("ACCOUNTANT")
    tab.evaluate("document.body.dataset.isTheSame = ''")

    bob = other.get_by_role("row").filter(has_text="bob@example.com")
    bob.get_by_role("combobox").select_option("CONTROLLER")
    bob.get_by_role("button", name="Save").click()
    expect(other.locator(".page-status")).to_have_text("The role is saved.")
    other.get_by_label("What the key is for").fill("Nightly")
    other.get_by_role("button", name="Make the key").click()

    expect(tab.locator("#keys tbody")).to_contain_text("Nightly")
    expect(tab.get_by_label("Role of bob@example.com")).to_have_value("CONTROLLER")
    expect(tab.get_by_label("Role of vic@example.com")).to_have_value("ACCOUNTANT")
    address = tab.get_by_label("E-mail address", exact=True)
    expect(address).to_have_value("new@example.com")
    expect(tab.get_by_label("What the key is for")).to_have_value("The warehouse")
    expect(tab.locator("body[data-is-the-same]")).to_have_count(1)  # without reload
    assert axe.faults(tab) == []


def test_webhooks_show_what_another_did_and_keep_what_is_typed(
    open_tab: Open, axe: Axe
) -> None:
    tab, other = open_tab(), open_tab()
    tab.goto("/settings/webhooks")
    tab.get_by_label("Description").fill("The warehouse")
    other.goto("/settings/webhooks")
    other.get_by_label("Address").fill("http://127.0.0.1:9/daybook")
    other.get_by_role("button", name="Create webhook").click()

    expect(tab.locator("#webhooks tbody tr")).to_have_count(1)
    expect(tab.get_by_label("Description")).to_have_value("The warehouse")
    assert axe.faults(tab) == []

    tab.goto("/settings/webhooks/1")
    tab.get_by_label("Description").fill("Another")
    other.goto("/settings/webhooks/1")
    other.get_by_role("button", name="Disable").click()
    expect(tab.locator("#as-set")).to_contain_text("Disabled")
    expect(tab.get_by_label("Description")).to_have_value("Another")
    assert axe.faults(tab) == []
