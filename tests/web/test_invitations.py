"""Invitations and known devices in a browser, and the ways to the provider."""

from collections.abc import Iterator
from datetime import UTC, datetime
from secrets import token_urlsafe

import pytest
from httpx2 import Response
from pydantic import SecretStr
from starlette.testclient import TestClient

from daybook.access.attempts import begin_attempt
from daybook.access.models import User
from daybook.access.organisations import add_organisation
from daybook.access.queries import organisations_of
from daybook.access.rules import PROVIDER_WAYS_OF_ADDRESS, MemberRole
from daybook.db.engine import Database
from daybook_browsing import Site, cookie_of, enter
from daybook_graphql.transport.callers import COOKIE
from daybook_markup import Element, parse
from daybook_people import EMAIL, NOON, PASSWORD, member
from daybook_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    FakeProvider,
    providing,
    sent_away,
)
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

PAGE = "/sign-in/invitations"
NEW = "another long one"
INVITEE, DEVICE = "daybook_invitee", "daybook_device"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """A provider at which Ada is signed in."""
    with providing() as made:
        yield made


@pytest.fixture
def site(new_database: NewDatabase, provider: FakeProvider) -> Site:
    """Two organisations without users, where people may sign in at the provider."""
    made = Site(
        new_database(),
        oidc_issuer=provider.address,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_name="Example",
    )
    made.run(add_organisation, "Daughter", now=NOON, made_by="test")
    return made


@pytest.fixture
def browser(site: Site) -> Iterator[TestClient]:
    """A browser before anybody has signed in."""
    with site.browser() as made:
        yield made


def invite(
    site: Site, organisation_id: int, role: MemberRole = MemberRole.VIEWER
) -> int:
    options = {"role": role, "password": None, "is_accepted": False}
    user_id: int = site.run(member, organisation_id=organisation_id, **options)
    return user_id


def belongs(site: Site, user_id: int) -> list[int]:
    async def find(database: Database) -> list[int]:
        async with database.reads() as session:
            return [
                organisation.id
                for organisation in await organisations_of(session, user_id)
            ]

    found: list[int] = site.run(find)
    return found


def page_of(browser: TestClient, path: str) -> Element:
    answer = browser.get(path)
    assert answer.status_code == 200
    return parse(answer.text)


def buttons(page: Element) -> list[str]:
    return [
        button.attributes.get("aria-label") or button.text
        for button in page.all("button")
        if button.attributes.get("name") == "form"
    ]


def send(browser: TestClient, path: str, form: str, organisation: int) -> Response:
    return browser.post(path, data={"form": form, "organisation": str(organisation)})


def test_who_belongs_nowhere_says_yes_and_is_signed_in_there(
    site: Site, browser: TestClient
) -> None:
    user_id = invite(site, 1)
    invite(site, 2)

    led = browser.get(sent_away(browser))

    assert led.headers["location"] == PAGE
    assert not any(
        header.startswith(f"{COOKIE}=") for header in led.headers.get_list("set-cookie")
    )
    assert (
        cookie_of(led, INVITEE)["httponly"] and cookie_of(led, INVITEE)["path"] == PAGE
    )
    # Until then they are nobody anywhere.
    for path in ("/journals", "/account", "/access"):
        assert browser.get(path).status_code == 401
    assert (
        browser.post("/graphql", json={"query": "{ viewer { name } }"}).status_code
        == 401
    )
    assert belongs(site, user_id) == []
    page = page_of(browser, PAGE)
    assert EMAIL in page.text
    assert buttons(page)[2:] == ["Join Daughter", "Decline the invitation of Daughter"]

    joined = send(browser, PAGE, "accept", 2)

    assert (joined.status_code, joined.headers["location"]) == (303, "/close")
    assert belongs(site, user_id) == [2]
    assert "Viewer" in page_of(browser, "/account").text
    # And the other invitation waits there.
    assert "Decline the invitation of" in " ".join(
        buttons(page_of(browser, "/account"))
    )


def test_who_says_no_to_all_is_told_whom_to_ask(
    site: Site, browser: TestClient
) -> None:
    user_id = invite(site, 2)
    browser.get(sent_away(browser))

    assert send(browser, PAGE, "decline", 2).headers["location"] == PAGE
    assert "no organisation invites you" in page_of(browser, PAGE).text
    assert send(browser, PAGE, "accept", 2).headers["location"] == PAGE
    assert belongs(site, user_id) == []
    assert browser.get("/journals").status_code == 401
    assert "Ask an admin" in parse(browser.get(sent_away(browser)).text).text


@pytest.mark.parametrize("organisation", ["", "x", "99", "1", "-1", "9" * 5_000, "٢"])
def test_where_nobody_invited_them_nobody_gets_in(
    site: Site, browser: TestClient, organisation: str
) -> None:
    user_id = invite(site, 2)
    browser.get(sent_away(browser))

    its = {"form": "accept", "organisation": organisation}
    assert browser.post(PAGE, data=its).headers["location"] == PAGE

    assert belongs(site, user_id) == []


def test_nobody_else_is_an_invitee(site: Site, browser: TestClient) -> None:
    user_id = invite(site, 2)
    browser.get(sent_away(browser))
    cookie = browser.cookies[INVITEE]
    device = site.browser()
    for forged in ("", "x", cookie[:-1], cookie[1:], "e30." + cookie.split(".")[1]):
        headers = {"Cookie": f"{INVITEE}={forged}"}
        for answer in (
            device.get(PAGE, headers=headers),
            device.post(PAGE, data={"form": "accept"}, headers=headers),
        ):
            assert answer.headers["location"] == "/sign-in"
    # Nor is who was, once all their sign-ins were ended.
    site.run(remove_and_invite, user_id)
    assert browser.get(PAGE).headers["location"] == "/sign-in"


async def remove_and_invite(database: Database, user_id: int) -> None:
    async with database.writes() as session:
        (await session.get_one(User, user_id)).sign_ins_from += 1


def test_the_account_page_takes_a_yes_and_a_no(site: Site, browser: TestClient) -> None:
    third = site.run(add_organisation, "Third", now=NOON, made_by="test")
    user_id = site.run(member, password=None)
    for one in (2, third):
        invite(site, one)
    # The first time, whoever has invitations is led to them.
    assert browser.get(sent_away(browser)).headers["location"] == "/account"
    assert browser.get(sent_away(browser)).headers["location"] == "/settings"
    assert "Join Third" in buttons(page_of(browser, "/account"))

    yes = send(browser, "/account", "accept", 2)
    no = send(browser, "/account", "decline", third)

    assert (
        "You belong to that organisation now"
        in page_of(browser, yes.headers["location"]).text
    )
    assert "The invitation is declined" in page_of(browser, no.headers["location"]).text
    assert belongs(site, user_id) == [1, 2]
    assert buttons(page_of(browser, "/account")) == []
    assert [
        send(browser, "/account", one, third).status_code
        for one in ("accept", "decline")
    ] == [404] * 2
    # Nobody was led away by it.
    assert "Admin" in page_of(browser, "/account").text


def test_who_was_never_vouched_for_is_told_to_open_the_link(
    site: Site, browser: TestClient
) -> None:
    user_id = site.run(member)
    invite(site, 2)
    enter(browser)

    page = page_of(browser, "/account")
    assert buttons(page) == ["Decline the invitation of Daughter"]
    assert (
        "open the link that the organisation sent you, or sign in with Example"
        in page.text
    )
    refused = send(browser, "/account", "accept", 2)

    assert refused.status_code == 403
    assert "open the link" in parse(refused.text).text
    assert belongs(site, user_id) == [1]
    assert enter(browser).status_code == 303  # the password goes on
    browser.get(sent_away(browser))
    assert enter(browser, PASSWORD).status_code == 422  # now it has ended


def test_the_ways_to_the_provider_are_counted(browser: TestClient) -> None:
    for _ in range(PROVIDER_WAYS_OF_ADDRESS):
        last = browser.get("/sign-in/provider")

    refused = browser.get("/sign-in/provider")

    assert last.status_code == 303
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 600
    assert "Too many attempts" in parse(refused.text).text
    state = browser.cookies["daybook_provider"]
    back = browser.get("/sign-in/provider/back", params={"state": state, "code": "x"})
    assert back.status_code == 429


def test_a_browser_that_signed_in_is_known(site: Site, browser: TestClient) -> None:
    site.run(member)
    its = cookie_of(enter(browser), DEVICE)
    assert (its["httponly"], its["samesite"], its["path"]) == (True, "lax", "/")
    assert int(its["max-age"]) == 365 * 24 * 60 * 60
    browser.post("/sign-out")
    for number in range(50):
        site.run(begin_attempt, EMAIL, f"10.3.{number}.1", datetime.now(UTC))

    with site.browser() as elsewhere:
        assert enter(elsewhere).status_code == 429
    assert enter(browser, "a wrong password").status_code == 422
    assert enter(browser).status_code == 303
    # It lets nobody in by itself, and another secret knows it no more.
    token = browser.cookies[DEVICE]
    with site.browser(secret=SecretStr(token_urlsafe(32))) as changed:
        changed.cookies.set(DEVICE, token)
        assert changed.get("/account").status_code == 401
        assert enter(changed).status_code == 429


def test_a_new_password_keeps_the_browser_known_and_no_other(
    site: Site, browser: TestClient
) -> None:
    site.run(member)
    with site.browser() as phone:
        enter(phone)
        enter(browser)
        form = {"current": PASSWORD, "password": NEW, "again": NEW}
        changed = browser.post("/account", data={"form": "password", **form})
        assert changed.headers["location"] == "/account?saved=password"
        assert cookie_of(changed, DEVICE).value == browser.cookies[DEVICE]
        browser.post("/sign-out")
        for number in range(50):
            site.run(begin_attempt, EMAIL, f"10.3.{number}.1", datetime.now(UTC))

        assert enter(phone, NEW).status_code == 429
        assert enter(browser, PASSWORD).status_code == 422
        assert enter(browser, NEW).status_code == 303


def test_over_https_a_device_is_of_this_host_only(site: Site) -> None:
    site.run(member)
    with site.browser(public_url="https://daybook.example.com") as browser:
        its = cookie_of(enter(browser), f"__Host-{DEVICE}")
        assert (its["secure"], its["domain"], its["path"]) == (True, "", "/")
