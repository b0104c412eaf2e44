"""Thirty organisations, one of them with a long name, in a real browser."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from daybook.access.links import make_link
from daybook.access.organisations import add_organisation, rename_organisation
from daybook.access.queries import user_by_email
from daybook.access.rules import OPERATOR, MemberRole
from daybook.db.engine import Database
from daybook_axe import Axe, axe
from daybook_browsing import Site as Commands
from daybook_people import begin_session, member
from daybook_services.database import copy_sqlite
from daybook_site import Site, serving

LONG = "Northern & Midlands Accounting Software Holdings (UK) Limited"
MANY = 30
NOW = datetime.now(UTC)

__all__ = ["axe"]


@pytest.fixture(scope="module")
def links() -> dict[str, str]:
    """The paths of links, by the person that they are for."""
    return {}


@pytest.fixture(scope="module")
def commands(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Commands:
    """The database, which commands change beside the server."""
    path = tmp_path_factory.mktemp("many") / "daybook.db"
    return Commands(copy_sqlite(sqlite_template, path))


@pytest.fixture(scope="module")
def site(commands: Commands, links: dict[str, str]) -> Iterator[Site]:
    """A server whose admin belongs to all organisations, and invites two people."""
    with serving(commands.url) as served:
        links.update(commands.run(fill))
        yield served


async def fill(database: Database) -> dict[str, str]:
    """Add the organisations and people; give the paths of the invited ones' links."""
    await rename_organisation(database, 1, LONG, now=NOW, made_by="test")
    admin: dict[str, Any] = {"email": "ada@example.com", "password": None}
    dora: dict[str, Any] = {
        "email": "dora@example.com",
        "password": None,
        "now": NOW,
        "role": MemberRole.ACCOUNTANT,
        "is_accepted": False,
    }
    ids = {"dora": await member(database, **dora)}
    for number in range(2, MANY + 1):
        name = f"Company {number} Ltd"
        added = await add_organisation(database, name, now=NOW, made_by="test")
        await member(database, organisation_id=added, now=NOW, **admin)
        await member(database, organisation_id=added, **dora)
    ids["eve"] = await member(database, **{**dora, "email": "eve@example.com"})
    return {
        name: "/sign-in/link/"
        + await make_link(
            database,
            user_id=user_id,
            organisation_id=1,
            now=NOW,
            made_by="test",
            authority=OPERATOR,
            is_operators=True,
        )
        for name, user_id in ids.items()
    }


async def enter(database: Database) -> str:
    """Sign the admin in to the first organisation; the session's token."""
    async with database.reads() as session:
        user = await user_by_email(session, "ada@example.com")
    assert user is not None
    signed_in = await begin_session(database, user.id, organisation_id=1)
    assert signed_in is not None
    return signed_in.token


@pytest.fixture
def tab(browser: Browser, site: Site, commands: Commands) -> Iterator[Page]:
    """A tab of the admin, whose session ends when they switch."""
    context = browser.new_context(base_url=site.address)
    cookie: Any = {**site.cookie(), "value": commands.run(enter)}
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", ["/access", "/account", "/audit"])
def test_axe_finds_nothing_with_the_menu_closed_and_open(
    tab: Page, axe: Axe, path: str
) -> None:
    tab.goto(path)
    closed = axe.faults(tab)
    tab.locator("details.organisation > summary").click()

    assert closed == []
    assert axe.faults(tab) == []


@pytest.mark.parametrize("person", ["dora", "eve"])
def test_axe_finds_nothing_on_the_page_of_a_link(
    browser: Browser, site: Site, axe: Axe, links: dict[str, str], person: str
) -> None:
    with browser.new_context(base_url=site.address) as context:
        page = context.new_page()
        page.goto(links[person])

        assert axe.faults(page) == []


def test_one_switches_by_the_keyboard(tab: Page) -> None:
    tab.goto("/audit")
    summary = tab.locator("details.organisation > summary")
    expect(summary).to_have_text(f"Organisation: {LONG}")
    expect(summary).to_have_attribute("title", LONG)

    # The skip link, the brand, and then the menu.
    for _ in range(3):
        tab.keyboard.press("Tab")
    expect(summary).to_be_focused()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    here = tab.locator(".organisation-menu [aria-current]")
    expect(here).to_be_focused()
    expect(here).to_contain_text(LONG)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")

    expect(tab).to_have_title("Audit trail – Company 10 Ltd – Daybook")
    expect(summary).to_have_text("Organisation: Company 10 Ltd")


def test_a_form_of_a_tab_that_was_left_behind_changes_nothing(tab: Page) -> None:
    tab.goto("/settings/organisation")
    tab.get_by_label("Name, on every page").fill("Typed")
    other = tab.context.new_page()
    other.goto("/account")
    other.locator("details.organisation > summary").click()
    other.get_by_role("button", name="Company 2 Ltd", exact=False).first.click()
    expect(other).to_have_title("Account – Company 2 Ltd – Daybook")

    tab.get_by_role("button", name="Rename the organisation").click()

    expect(tab.get_by_role("heading", name="Nothing was changed")).to_be_visible()
    # The page leads back to where the form belongs.
    tab.locator("details.organisation > summary").click()
    tab.get_by_role("button", name=LONG, exact=False).click()
    expect(tab).to_have_title(f"Organisation – {LONG} – Daybook")
