"""A tab of a real browser, for the tests of a file."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from daybook_site import Site

PATIENCE_MS = 60_000


@contextmanager
def signed_in(browser: Browser, site: Site, *, scripts: bool = True) -> Iterator[Page]:
    """One tab for all tests: another takes a second of the processor."""
    context = browser.new_context(base_url=site.address, java_script_enabled=scripts)
    context.add_cookies([site.cookie()])
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()
