"""A tab of a real browser, for the tests of a file."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from daybook_site import Site

PATIENCE_MS = 60_000
NO_POLLS = """
  const interval = window.setInterval;
  window.polls = 0;
  window.setInterval = (act, ms, ...rest) => {
    const isPoll = ms >= 2000;
    window.polls += isPoll;
    return interval(isPoll ? () => {} : act, ms, ...rest);
  };
"""
"""Without it, a page asks for news by itself once in a while; `polls` counts how many
timers would."""
LISTENS = "() => document.querySelector('#listener')?._htmx?.sse?.reader"


@contextmanager
def signed_in(browser: Browser, site: Site, *, scripts: bool = True) -> Iterator[Page]:
    """One tab for all tests: another takes a second of the processor."""
    context = browser.new_context(base_url=site.address, java_script_enabled=scripts)
    context.add_cookies([site.cookie()])
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()
