"""The page of a link: which companies it joins, as which roles, all or some of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from daybook.access.commands import set_role
from daybook.access.links import make_link
from daybook.access.organisations import add_organisation
from daybook.access.queries import organisations_of
from daybook.access.rules import OPERATOR, MemberRole
from daybook.db.engine import Database
from daybook_browsing import Site, enter
from daybook_markup import Element, parse
from daybook_people import EMAIL, NOON, member
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

LONG = "Northern & Midlands Accounting Software Holdings (UK) Limited"
BY: dict[str, Any] = {"made_by": "test", "authority": OPERATOR}
"""Links live by the machine's clock."""


@pytest.fixture
def site(new_database: NewDatabase) -> Site:
    """Three companies, which invite Ada in different roles."""
    made = Site(new_database())
    for name in (LONG, "Third"):
        made.run(add_organisation, name, now=NOON, made_by="test")
    for number, role in ((1, MemberRole.VIEWER), (2, MemberRole.CONTROLLER)):
        invite(made, number, role)
    invite(made, 3, MemberRole.ADMIN)
    return made


@pytest.fixture
def browser(site: Site) -> Iterator[TestClient]:
    """A browser before anybody has signed in."""
    with site.browser() as made:
        yield made


def invite(site: Site, organisation_id: int, role: MemberRole) -> int:
    options: dict[str, Any] = {"role": role, "password": None, "is_accepted": False}
    user_id: int = site.run(member, organisation_id=organisation_id, **options)
    return user_id


def link(site: Site, organisation_id: int = 1, **options: Any) -> str:
    """The address of an operator's link for Ada."""
    options = {"is_operators": True, **options}
    its = {"user_id": user_of(site), "organisation_id": organisation_id}
    token = site.run(make_link, **its, now=datetime.now(UTC), **BY, **options)
    return f"/sign-in/link/{token}"


def user_of(site: Site) -> int:
    return invite(site, 1, MemberRole.VIEWER)


def belongs(site: Site) -> list[int]:
    async def find(database: Database, user_id: int) -> list[int]:
        async with database.reads() as session:
            return sorted(its.id for its in await organisations_of(session, user_id))

    found: list[int] = site.run(find, user_of(site))
    return found


def choose(browser: TestClient, path: str, *numbers: int) -> Response:
    form = {"choice": "yes", "organisation": [str(number) for number in numbers]}
    return browser.post(path, data=form)


def page_of(answer: Response, status: int = 200) -> Element:
    assert answer.status_code == status
    return parse(answer.text)


def test_the_page_names_the_companies_and_roles_and_uses_nothing_up(
    site: Site, browser: TestClient
) -> None:
    path = link(site)

    for _ in range(2):
        answer = browser.get(path)
        page = page_of(answer)

    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert page.one("legend").text == f"{EMAIL} is invited to"
    boxes = page.all("input", type="checkbox")
    assert [box.attributes["value"] for box in boxes] == ["1", "2", "3"]
    assert all("checked" in box.attributes for box in boxes)
    named = [label.text for label in page.all("label")]
    assert named == [
        "My company as viewer",
        f"{LONG} as controller",
        "Third as admin",
    ]
    assert belongs(site) == []


def test_all_are_joined_at_once(site: Site, browser: TestClient) -> None:
    joined = choose(browser, link(site), 1, 2, 3)

    assert joined.headers["location"] == "/account?saved=joined"
    assert belongs(site) == [1, 2, 3]
    page = page_of(
        browser.get("/account?saved=joined", headers={"Accept": "text/html"})
    )
    assert "You belong to these organisations now" in page.one(role="status").text
    assert "Choose a password" in page.text


def test_some_are_joined_and_the_rest_can_be_later(
    site: Site, browser: TestClient
) -> None:
    path = link(site)

    joined = choose(browser, path, 2)

    assert joined.headers["location"] == "/account"
    assert belongs(site) == [2]
    assert page_of(browser.get("/account")).one("title").text == (
        f"Account – {LONG} – Daybook"
    )
    # The others' invitations wait on the account page, and the link is used up.
    assert "Decline the invitation of Third" in str(browser.get("/account").text)
    page_of(browser.get(path), 410)
    # The operator's next link needs no password that she doesn't have.
    assert choose(browser, link(site), 1, 3).status_code == 303
    assert belongs(site) == [1, 2, 3]


@pytest.mark.parametrize("numbers", [(), (99,), (0, 98, 99)])
def test_without_an_organisation_of_the_link_nothing_is_used_up(
    site: Site, browser: TestClient, numbers: tuple[int, ...]
) -> None:
    path = link(site)

    page = page_of(choose(browser, path, *numbers), 422)

    assert "Tick the organisations to join" in page.text
    assert choose(browser, path, 3).status_code == 303
    assert belongs(site) == [3]


def test_a_company_that_took_its_invitation_back_is_left_out(
    site: Site, browser: TestClient
) -> None:
    path = link(site)
    browser.get(path)
    site.run(set_role, 3, email=EMAIL, role=None, now=datetime.now(UTC), **BY)

    joined = choose(browser, path, 1, 3)

    assert joined.headers["location"] == "/account?saved=partly"
    assert belongs(site) == [1]
    page = page_of(browser.get(joined.headers["location"]))
    assert "was taken back" in page.one(role="status").text


def test_one_invitation_is_a_button(site: Site, browser: TestClient) -> None:
    for number in (1, 3):
        site.run(set_role, number, email=EMAIL, role=None, now=datetime.now(UTC), **BY)
    invite(site, 2, MemberRole.CONTROLLER)
    its = {"user_id": site.run(member, **ADA_OF_2), "organisation_id": 2}
    path = f"/sign-in/link/{site.run(make_link, **its, now=datetime.now(UTC), **BY)}"

    page = page_of(browser.get(path))

    assert page.one("h1").text == page.one("button").text == f"Join {LONG}"
    assert f"{LONG} invites {EMAIL} as controller." in page.text
    assert page.all("input", type="checkbox") == []
    assert browser.post(path).headers["location"] == "/account"


ADA_OF_2: dict[str, Any] = {
    "organisation_id": 2,
    "role": MemberRole.CONTROLLER,
    "password": None,
    "is_accepted": False,
}


def test_who_is_signed_in_as_somebody_else_is_told_so(
    site: Site, browser: TestClient
) -> None:
    path = link(site)
    site.run(member, email="bob@example.com")
    enter(browser, email="bob@example.com")

    for answer in (browser.get(path), choose(browser, path, 1)):
        page = page_of(answer, 410)
        assert f"This link is for {EMAIL}" in page.text
        assert "you are signed in as bob@example.com" in page.text

    assert belongs(site) == []
    assert page_of(browser.get("/account")).one("title").text.startswith("Account")


def test_an_admin_s_link_names_no_other_company(
    site: Site, browser: TestClient
) -> None:
    path = link(site, 1, is_operators=False)

    page = page_of(browser.get(path))
    choose(browser, path, 1, 2, 3)

    assert LONG not in page.text and "Third" not in page.text
    assert belongs(site) == [1]


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "x" * 5_000])
def test_a_link_that_was_never_made_is_none(browser: TestClient, token: str) -> None:
    for send in (browser.get, browser.post):
        page = page_of(send(f"/sign-in/link/{token}"), 410)
        assert "was used before, is too old" in page.text
