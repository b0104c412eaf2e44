"""Pages as axe sees them in two looks, and their widths in four; what a phone hides.

And what their policy refused, such as a style in an attribute.
"""

from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Page

from daybook_layout import unread

WIDTHS = (390, 768, 1024, 1400)
HEIGHT = 900
# The size of targets is no rule of axe's own set.
BROKEN_RULES = """
  axe.run(document, {
    resultTypes: ["violations"],
    rules: { "target-size": { enabled: true } },
  }).then((result) =>
    result.violations.map((rule) =>
      `${rule.id}: ${rule.nodes.map((node) => node.html + node.failureSummary)}`))
"""
WATCH_POLICY = """
  window.refused = [];
  addEventListener("securitypolicyviolation", (event) =>
    refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


class Look(NamedTuple):
    """A colour scheme and a width."""

    scheme: Literal["light", "dark"]
    width: int


LOOKS = (Look("light", 1400), Look("dark", 390))
"""Each scheme and each layout once: axe takes half a second for each."""


class Axe:
    """The script that checks the rules."""

    def __init__(self, script: str) -> None:
        self._script = script

    def broken_rules(self, page: Page) -> list[str]:
        """What it finds to mend in a page as it is."""
        # Evaluated, and not added as a script: the page's policy would refuse that.
        page.evaluate(self._script)
        broken: list[str] = page.evaluate(BROKEN_RULES)
        return broken

    def faults(self, page: Page) -> list[str]:
        """What it finds in each look, and what doesn't fit a window or can't be read.

        The last look is a phone's.
        """
        found = [f"too wide at {width}" for width in WIDTHS if not fits(page, width)]
        page.evaluate(self._script)
        for look in LOOKS:
            show(page, look)
            found += [f"{look}: {rule}" for rule in page.evaluate(BROKEN_RULES)]
        return found + unread(page)


@pytest.fixture(scope="module")
def axe(node_modules: Path) -> Axe:
    """What checks pages for the rules of accessibility."""
    script = node_modules / "axe-core/axe.min.js"
    return Axe(script.read_text(encoding="utf-8"))


def watch_policy(context: BrowserContext) -> None:
    """Have the pages of a browser note what their policy refuses."""
    context.add_init_script(WATCH_POLICY)


def refused(page: Page) -> list[str]:
    """What the policy of a watched page has refused so far."""
    its: list[str] = page.evaluate("window.refused")
    return its


def show(page: Page, look: Look) -> None:
    """Show a page in a look."""
    page.emulate_media(color_scheme=look.scheme)
    page.set_viewport_size({"width": look.width, "height": HEIGHT})


def fits(page: Page, width: int) -> bool:
    """Whether all of a page is inside a window of this width."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return wide <= width
