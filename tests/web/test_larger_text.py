"""A reader whose browser has larger text gets larger pages, and all of them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import URL

from daybook_layout import HEIGHT, faults, unread
from daybook_long_names import MONTH
from daybook_services.chromium import FLAGS
from daybook_site import Site, serving
from daybook_tabs import signed_in

PIXELS = 20
"""Of the reader's own text, which is of 16 pixels for most."""
PAGES = {
    "the report": MONTH,
    "nine figures": f"{MONTH}&search=LARGEST",
    "a journal": "/journals/USD/10",
    "access": "/access",
}


@pytest.fixture(scope="module")
def site(long_names: URL) -> Iterator[Site]:
    """Address of the application over the long names."""
    with serving(long_names) as address:
        yield address


@pytest.fixture(scope="module")
def tab(browser: Browser, chromium: str, site: Site) -> Iterator[Page]:
    """A tab of a browser that was told to show larger text."""
    larger = browser.browser_type.launch(
        executable_path=chromium,
        args=[*FLAGS, f"--blink-settings=defaultFontSize={PIXELS}"],
    )
    with signed_in(larger, site) as tab:
        yield tab
    larger.close()


@pytest.mark.parametrize("name", PAGES)
def test_pages_follow_the_reader_s_text_and_stay_whole(tab: Page, name: str) -> None:
    tab.goto(PAGES[name])

    size = tab.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert size == 14 / 16 * PIXELS
    for width in (1440, 1200, 390):
        tab.set_viewport_size({"width": width, "height": HEIGHT})
        assert faults(tab, width) == [], width
    assert unread(tab) == []
