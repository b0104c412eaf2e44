"""The machine's own Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from daybook_services.left_out import leave_out

SHELL = "chromium-headless-shell"
"""Chromium without windows: a tab takes it a fifth of the time."""
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
INSTALL_IT = f"no Chromium found: install it (Debian: apt-get install {SHELL})"

# No sandbox, as root has none; and nothing that calls out to the network by itself.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Milliseconds that a page may take to show what it should: pages ask for news every
# five seconds, which is all that Playwright waits by default.
PATIENCE = 60_000


def find_chromium() -> str | None:
    """Path of an installed Chromium or Chrome."""
    on_path = (shutil.which(name) for name in NAMES)
    in_place = (path for path in MACOS_APPLICATIONS if Path(path).is_file())
    return next(filter(None, on_path), None) or next(in_place, None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    return find_chromium() or leave_out(INSTALL_IT)


# Not for the session: while it is open, this API holds the thread's event loop, and no
# async test can run. So tests in a browser are plain functions in files of their own.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless browser for the tests of one file."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page with cookies of its own."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
