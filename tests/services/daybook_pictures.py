"""Pictures of every page: `python -m daybook_pictures FOLDER`, as `make pictures`.

Each state has one for each width and colour scheme, of the whole page. With `--docs`,
the folder gets those that README and docs show, as tall as a screen.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from daybook_services.chromium import FLAGS, INSTALL_IT, find_chromium
from daybook_site import Site
from daybook_states import SIGNED_OUT, STATES, demo_site

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (1440, 1280, 1024, 390)
HEIGHT = 900
PATIENCE_MS = 60_000
_TO_COME = "[hx-trigger=load]"
"""What asks for sums that follow their page."""
_CHART_TO_COME = "#close-chart > .hint"
"""What stands there until the overview's chart has come."""
IN_DOCS: Mapping[str, tuple[str, int, Scheme]] = {
    "close-light": ("close", 1440, "light"),
    "journal-report-light": ("report", 1440, "light"),
    "journal-report-dark": ("report", 1440, "dark"),
    "journal-report-phone": ("report", 390, "light"),
    "journal-light": ("journal-revised", 1440, "light"),
}
"""The pictures of README and docs: state, width and scheme of each."""


class Picture(NamedTuple):
    """A picture that is wanted: its name, and how its page is shown."""

    name: str
    address: str
    width: int
    scheme: Scheme
    is_whole: bool
    is_signed_in: bool = True


def wanted(names: Sequence[str]) -> Iterator[Picture]:
    """The pictures of some states, or of all."""
    for state, address in {**STATES, **SIGNED_OUT}.items():
        if names and state not in names:
            continue
        for width in WIDTHS:
            for scheme in SCHEMES:
                yield Picture(
                    name=f"{state}-{width}-{scheme}",
                    address=address,
                    width=width,
                    scheme=scheme,
                    is_whole=True,
                    is_signed_in=state in STATES,
                )


def wanted_in_docs() -> Iterator[Picture]:
    """The pictures that README and docs show."""
    for name, (state, width, scheme) in IN_DOCS.items():
        yield Picture(name, STATES[state], width, scheme, is_whole=False)


def draw(site: Site, pictures: Sequence[Picture], folder: Path) -> None:
    """Draw pictures of a server's pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _browser() as browser:
        tabs = {True: _tab(browser, site), False: browser.new_page()}
        for picture in pictures:
            _draw(tabs[picture.is_signed_in], site, picture, folder)


@contextmanager
def _browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit(INSTALL_IT)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


def _tab(browser: Browser, site: Site) -> Page:
    context = browser.new_context()
    context.add_cookies([site.cookie()])
    return context.new_page()


def _draw(page: Page, site: Site, picture: Picture, folder: Path) -> None:
    page.emulate_media(color_scheme=picture.scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": picture.width, "height": HEIGHT})
    # Pages keep a stream open, so the network never is idle.
    page.goto(f"{site.address}{picture.address}", wait_until="load")
    page.evaluate("document.fonts.ready")
    page.wait_for_selector(_TO_COME, state="detached", timeout=PATIENCE_MS)
    page.wait_for_selector(_CHART_TO_COME, state="detached", timeout=PATIENCE_MS)
    path = folder / f"{picture.name}.png"
    page.screenshot(path=path, full_page=picture.is_whole, animations="disabled")


def main() -> None:
    """Draw the pictures that the command line names."""
    parser = argparse.ArgumentParser(prog="daybook_pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("states", nargs="*", help="some states only, such as report")
    parser.add_argument("--docs", action="store_true", help="those of README and docs")
    asked = parser.parse_args()
    all_states = {*STATES, *SIGNED_OUT}
    unknown = set(asked.states) - all_states
    if unknown:
        named, known = (", ".join(sorted(its)) for its in (unknown, all_states))
        parser.error(f"no such state: {named}; there are {known}")
    pictures = [*(wanted_in_docs() if asked.docs else wanted(asked.states))]
    data = Path(tempfile.mkdtemp())
    try:
        with demo_site(data) as site:
            draw(site, pictures, asked.folder)
    finally:
        shutil.rmtree(data, ignore_errors=True)
    print(f"{len(pictures)} pictures in {asked.folder}")  # noqa: T201  (its answer)


if __name__ == "__main__":
    main()
