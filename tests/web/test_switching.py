"""Pages name their organisation, lead to the reader's others, and never mix them up.

A browser is in one organisation at a time, in all its tabs: what a tab of another one
sends changes nothing.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from daybook.access.organisations import add_organisation, rename_organisation
from daybook.access.rules import MemberRole
from daybook_browsing import Site, enter
from daybook_markup import Element, parse
from daybook_people import NOON, key_of, member
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

LONG = "Northern & Midlands Accounting Software Holdings (UK) Limited"
HTML = {"Accept": "text/html"}
OF_PAGE = "page-organisation"


@pytest.fixture
def site(new_database: NewDatabase) -> Site:
    """Ada's three organisations: an admin of two, a viewer of the third."""
    made = Site(new_database())
    for name in (LONG, "Zeta"):
        made.run(add_organisation, name, now=NOON, made_by="test")
    made.run(rename_organisation, 1, "Acme Ltd", now=NOON, made_by="test")
    made.run(member)
    for number, role in ((2, MemberRole.ADMIN), (3, MemberRole.VIEWER)):
        its: dict[str, Any] = {"organisation_id": number, "role": role}
        made.run(member, password=None, **its)
    return made


@pytest.fixture
def browser(site: Site) -> Iterator[TestClient]:
    """Ada's browser, in the first organisation."""
    with site.browser() as made:
        enter(made)
        yield made


def page_of(browser: TestClient, path: str, status: int = 200) -> Element:
    answer = browser.get(path, headers=HTML)
    assert answer.status_code == status
    return parse(answer.text)


def switch(browser: TestClient, number: int, path: str = "/journals") -> Response:
    form = {"organisation": str(number), "next": path}
    return browser.post("/account/organisation", data=form)


def test_the_header_tells_where_one_is_and_where_else_one_belongs(
    browser: TestClient,
) -> None:
    page = page_of(browser, "/audit?from=2025-01-01")

    assert page.one("title").text == "Audit trail – Acme Ltd – Daybook"
    menu = page.one("details", class_="organisation")
    assert menu.one("summary").text == "Organisation: Acme Ltd"
    places = [button.text for button in menu.all("button")]
    assert places == ["Acme Ltd Admin", f"{LONG} Admin", "Zeta Viewer"]
    (here,) = [
        button for button in menu.all("button") if "aria-current" in button.attributes
    ]
    assert here.text == "Acme Ltd Admin"
    # It goes on with the same page, without what is of this organisation.
    assert menu.one("input", name="next").attributes["value"] == "/audit"


def test_one_switches_and_goes_on_with_the_same_page(browser: TestClient) -> None:
    went = switch(browser, 2, "/reports/waterfall")

    assert (went.status_code, went.headers["location"]) == (303, "/reports/waterfall")
    assert page_of(browser, "/audit").one("title").text == (
        f"Audit trail – {LONG} – Daybook"
    )
    # The page of admins only where one is one.
    assert switch(browser, 1, "/access").headers["location"] == "/access"
    assert switch(browser, 3, "/access").headers["location"] == "/close"
    assert switch(browser, 2, "https://elsewhere.example").headers["location"] == (
        "/close"
    )


def test_who_belongs_to_one_has_no_menu(site: Site) -> None:
    site.run(member, email="bob@example.com")
    with site.browser() as browser:
        enter(browser, email="bob@example.com")
        page = page_of(browser, "/audit")

    assert page.all("details", class_="organisation") == []
    assert page.one("span", class_="organisation").text == "Organisation: Acme Ltd"


def test_organisations_of_one_name_are_told_apart_by_number(
    site: Site, browser: TestClient
) -> None:
    site.run(rename_organisation, 3, "Acme Ltd", now=NOON, made_by="test")

    menu = page_of(browser, "/account").one("details", class_="organisation")

    names = [button.text for button in menu.all("button")]
    assert names == ["Acme Ltd (1) Admin", "Acme Ltd (3) Viewer", f"{LONG} Admin"]


def test_invitations_are_counted_in_the_header(site: Site, browser: TestClient) -> None:
    assert "invitation" not in page_of(browser, "/audit").one(class_="site-header").text
    fourth = site.run(add_organisation, "Fourth", now=NOON, made_by="test")
    site.run(member, organisation_id=fourth, password=None, is_accepted=False)

    assert "1 invitation" in page_of(browser, "/audit").one(class_="site-header").text


def test_every_form_says_of_which_organisation_it_is(browser: TestClient) -> None:
    for path in ("/access", "/account"):
        forms = [
            form
            for form in page_of(browser, path).all("form")
            if form.attributes.get("method") == "post"
        ]
        assert len(forms) > 2
        for form in forms:
            assert form.one("input", name=OF_PAGE).attributes["value"] == "1"


def test_a_form_of_another_organisation_changes_nothing(browser: TestClient) -> None:
    form = {"form": "rename", "organisation_name": "Mine", OF_PAGE: "1"}
    switch(browser, 2)

    refused = browser.post("/settings/organisation", data=form, headers=HTML)

    assert refused.status_code == 409
    page = parse(refused.text)
    assert page.one("h1").text == "Nothing was changed"
    assert f"You are in {LONG} now" in page.text
    # The menu to switch back is on that page.
    assert page.one("details", class_="organisation")
    assert page_of(browser, "/audit").one("title").text.endswith(f"{LONG} – Daybook")
    switch(browser, 1)
    answer = browser.post("/settings/organisation", data=form)
    assert answer.headers["location"] == "/settings/organisation?saved=rename"
    assert (
        page_of(browser, "/audit").one("title").text == "Audit trail – Mine – Daybook"
    )


@pytest.mark.parametrize("sent", ["2", "x", "", "1" * 5_000])
def test_whatever_else_a_form_says_is_another_organisation(
    browser: TestClient, sent: str
) -> None:
    form = {"form": "rename", "organisation_name": "Mine", OF_PAGE: sent}

    assert browser.post("/settings/organisation", data=form).status_code == 409


def test_a_file_of_another_organisation_s_page_is_not_attached(
    browser: TestClient,
) -> None:
    files = {"file": ("a.txt", b"text", "text/plain")}
    switch(browser, 2)

    refused = browser.post(
        "/evidence/x", data={OF_PAGE: "1"}, files=files, headers=HTML
    )

    assert refused.status_code == 409


def test_a_part_of_a_page_is_not_filled_with_another_organisation_s(
    browser: TestClient,
) -> None:
    part = {"HX-Request": "true", OF_PAGE: "1"}
    assert "hx-refresh" not in browser.get("/journals", headers=part).headers
    switch(browser, 2)

    answer = browser.get("/journals", headers=part)

    assert (answer.headers["hx-refresh"], answer.text) == ("true", "")
    # What looks for news is quiet, and a form that is being typed in is told.
    news = browser.get("/reports/waterfall/news?currency=USD&seen=1", headers=part)
    assert (news.status_code, news.text) == (204, "")
    typed = browser.post("/manual-journals/new", data={OF_PAGE: "1"}, headers=part)
    assert f"You are in {LONG} now" in parse(typed.text).text
    assert "switch back before you save it" in parse(typed.text).text


def test_a_switch_from_a_tab_of_another_organisation_is_one(
    browser: TestClient,
) -> None:
    switch(browser, 2)

    form = {"organisation": "3", "next": "/audit", OF_PAGE: "1"}
    went = browser.post("/account/organisation", data=form)

    assert (went.status_code, went.headers["location"]) == (303, "/audit")


def test_a_key_s_pages_are_named_too(site: Site) -> None:
    key = {"Authorization": f"Bearer {site.run(key_of)}"}
    with site.browser() as browser:
        page = parse(browser.get("/audit", headers=key).text)
        switched = browser.post(
            "/account/organisation", data={"organisation": "1"}, headers=key
        )

    assert page.one("title").text == "Audit trail – Acme Ltd – Daybook"
    assert switched.status_code == 404
