"""The browser renders a page, and the accessibility rules run in it."""

from pathlib import Path

from playwright.sync_api import Page


def test_a_page_is_rendered(page: Page) -> None:
    page.set_content("<h1>Deferred revenue</h1>")

    assert page.locator("h1").inner_text() == "Deferred revenue"


def test_axe_finds_an_image_without_a_text(page: Page, node_modules: Path) -> None:
    page.set_content("<img src='data:,'>")
    page.add_script_tag(path=node_modules / "axe-core" / "axe.min.js")

    found = page.evaluate("axe.run().then(result => result.violations.map(v => v.id))")

    assert "image-alt" in found
