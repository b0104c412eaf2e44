"""Signing in and out, as a browser does it: cookies, links, passwords, ways round."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from daybook.access.commands import set_role
from daybook.access.links import make_link
from daybook.access.models import WebSession
from daybook.access.organisations import add_organisation
from daybook.access.rules import OPERATOR, MemberRole
from daybook.access.sessions import sign_out
from daybook.db.engine import Database
from daybook_browsing import LOCAL, Site, cookie_of, enter
from daybook_factories import invoice, record
from daybook_graphql.transport.callers import COOKIE, SECURE_COOKIE
from daybook_markup import parse
from daybook_people import EMAIL, NOON, PASSWORD, member
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

PAGE = {"Accept": "text/html"}
GUARDED = [
    *("/", "/journals", "/journals.csv", "/journals/USD/1", "/settings", "/access"),
    *("/account", "/suggestions/customer", "/suggestions/product"),
    "/suggestions/invoice",
]

FROM_ACCOUNT = {
    "Accept": "text/html",
    "Referer": "http://127.0.0.1:8000/account?saved=mail",
}
"""What a person's browser sends from a page."""


@pytest.fixture
def site(new_database: NewDatabase) -> Site:
    """A new database, in which Ada is an admin with a password."""
    made = Site(new_database())
    made.run(member)
    return made


@pytest.fixture
def browser(site: Site) -> Iterator[TestClient]:
    """A browser before anybody has signed in."""
    with site.browser() as made:
        yield made


@pytest.mark.parametrize("path", GUARDED)
def test_a_stranger_is_led_to_the_sign_in_page_and_back(
    browser: TestClient, path: str
) -> None:
    led = browser.get(f"{path}?currency=USD", headers=PAGE)

    assert led.status_code == 303
    form = parse(browser.get(led.headers["location"]).text).one("form")
    assert "autofocus" in form.one("input", name="email").attributes
    after = enter(browser, next=form.one("input", name="next").attributes["value"])
    assert after.headers["location"] == f"{path}?currency=USD"


@pytest.mark.parametrize("path", GUARDED)
def test_a_stranger_sees_nothing_of_a_page(browser: TestClient, path: str) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer daybook_x"},
        {"Cookie": f"{COOKIE}=x"},
    ):
        answer = browser.get(path, headers={"Accept": "*/*", **headers})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (
            *(401, "Bearer"),
        )
    for method in ("POST", "PUT", "DELETE"):
        assert browser.request(method, path).status_code in {401, 405}


def test_a_part_of_a_page_is_not_swapped_for_the_sign_in_page(
    browser: TestClient,
) -> None:
    where = f"{LOCAL}/journals?currency=USD"
    answer = browser.get(
        "/suggestions/customer?customer=a",
        headers={"HX-Request": "true", "HX-Current-URL": where},
    )

    assert answer.headers["hx-redirect"] == "/sign-in?next=%2Fjournals%3Fcurrency%3DUSD"
    assert answer.text == ""


def test_the_cookie_is_closed_to_scripts_and_other_sites(browser: TestClient) -> None:
    answer = enter(browser)

    its = cookie_of(answer)
    assert answer.status_code == 303
    assert (its["httponly"], its["samesite"], its["path"]) == (True, "lax", "/")
    assert its["domain"] == ""
    assert 0 <= 12 * 60 * 60 - int(its["max-age"]) < 60


def test_over_https_the_cookie_is_of_this_host_and_never_sent_in_the_clear(
    site: Site,
) -> None:
    with site.browser(public_url="https://daybook.example.com") as browser:
        its = cookie_of(enter(browser), SECURE_COOKIE)
        assert its["secure"] is True
        assert browser.get("/account").status_code == 200
        # What another page of the domain could set is not looked at.
        token = its.value
        browser.cookies.clear()
        planted = browser.get("/account", headers={"Cookie": f"{COOKIE}={token}"})
        assert planted.status_code == 401


def test_a_session_that_was_planted_is_not_the_one_that_signs_in(
    browser: TestClient,
) -> None:
    browser.cookies.set(COOKIE, "planted-by-an-attacker")

    its = cookie_of(enter(browser))

    assert its.value != "planted-by-an-attacker"
    browser.cookies.clear()
    planted = {"Cookie": f"{COOKIE}=planted-by-an-attacker"}
    assert browser.get("/account", headers=planted).status_code == 401


def test_signing_in_again_ends_the_session_before(browser: TestClient) -> None:
    first = cookie_of(enter(browser)).value
    second = cookie_of(enter(browser)).value

    browser.cookies.clear()
    for token, status in ((first, 401), (second, 200)):
        headers = {"Cookie": f"{COOKIE}={token}"}
        assert browser.get("/account", headers=headers).status_code == status


def test_signing_out_ends_the_session_on_the_server(browser: TestClient) -> None:
    token = cookie_of(enter(browser)).value

    answer = browser.post("/sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert cookie_of(answer).value == ""
    assert answer.headers["clear-site-data"] == '"cache"'
    headers = {"Cookie": f"{COOKIE}={token}"}
    assert browser.get("/journals", headers=headers).status_code == 401
    answered = browser.post("/graphql", json={"query": "{ viewer { name } }"})
    assert answered.status_code == 401


def test_another_site_can_send_none_of_the_forms(browser: TestClient) -> None:
    enter(browser)
    for path in ("/sign-in", "/sign-out", "/account", "/access", "/settings"):
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            assert browser.post(path, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "hostile",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "journals"),
        *("/\t/evil.example", "javascript:alert(1)", "", "/\r\nSet-Cookie: a=b"),
    ],
)
def test_nobody_is_led_elsewhere(browser: TestClient, hostile: str) -> None:
    answer = enter(browser, next=hostile)

    assert answer.headers["location"] == "/close"


def test_what_is_wrong_is_said_and_the_address_stays(browser: TestClient) -> None:
    answer = enter(browser, "not the password")

    page = parse(answer.text)
    assert answer.status_code == 422
    assert page.one("input", name="email").attributes["value"] == EMAIL
    assert "autofocus" in page.one("input", name="password").attributes
    assert "The address or the password is not right." in page.text
    assert "set-cookie" not in answer.headers


def test_too_many_attempts_are_told_until_when(browser: TestClient) -> None:
    for _ in range(5):
        enter(browser, "not the password")

    answer = enter(browser)

    assert answer.status_code == 429
    assert 0 <= 900 - int(answer.headers["retry-after"]) < 60
    assert "try again in 15 minutes" in parse(answer.text).text


def test_a_link_leads_to_a_password_and_is_used_up(site: Site) -> None:
    user_id = site.run(member, email="new@example.com", password=None)
    token = site.run(
        make_link,
        user_id=user_id,
        organisation_id=1,
        now=datetime.now(UTC),
        made_by="test",
        authority=OPERATOR,
    )
    path = f"/sign-in/link/{token}"
    with site.browser() as browser:
        looked = [browser.get(path) for _ in range(3)]
        assert {answer.headers["cache-control"] for answer in looked} == {
            "no-store, no-transform"
        }
        assert {answer.headers["referrer-policy"] for answer in looked} == {
            "no-referrer"
        }

        entered = browser.post(path)

        assert entered.headers["location"] == "/account"
        chosen = {"form": "password", "password": PASSWORD, "again": PASSWORD}
        # The first password is the way to the overview.
        assert browser.post("/account", data=chosen).headers["location"] == "/close"
        browser.post("/sign-out")
        used = browser.post(path)
        assert used.status_code == 410
        assert parse(used.text).one("h1").text == "This link let nobody in"
        assert enter(browser, email="new@example.com").status_code == 303


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("?next=/close", "/close"),
        ("?next=/exports%3Fcurrency%3DUSD", "/exports?currency=USD"),
        ("?next=//elsewhere.example", "/close"),
        ("", "/account"),
    ],
)
def test_a_link_leads_to_what_it_names_or_to_a_password(
    site: Site, asked: str, to: str
) -> None:
    user_id = site.run(member, email="new@example.com", password=None)
    token = site.run(
        make_link,
        user_id=user_id,
        organisation_id=1,
        now=datetime.now(UTC),
        made_by="test",
        authority=OPERATOR,
    )
    path = f"/sign-in/link/{token}{asked}"
    with site.browser() as browser:
        shown = parse(browser.get(path).text)
        # The button sends the form to the page's own address.
        assert "action" not in shown.one("form").attributes
        assert ("Then you choose a password" in shown.text) == (not asked)
        assert browser.post(path).headers["location"] == to


def test_nobody_is_let_in_for_the_first_time_by_a_clock_that_is_wrong(
    site: Site,
) -> None:
    user_id = site.run(
        member, email="new@example.com", is_accepted=False, password=None
    )
    token = site.run(
        make_link,
        user_id=user_id,
        organisation_id=1,
        now=datetime.now(UTC),
        made_by="test",
        authority=OPERATOR,
    )
    site.run(record, invoice(), on="2036-01-01")

    with site.browser() as browser:
        answer = browser.post(f"/sign-in/link/{token}")

    assert answer.status_code == 503
    assert parse(answer.text).one("h1").text == "The server's clock is wrong"


def test_what_a_form_asks_for_is_refused_by_a_clock_that_is_wrong(
    site: Site, browser: TestClient
) -> None:
    enter(browser)
    site.run(record, invoice(), on="2036-01-01")
    other = "another long one"
    forms = {
        "/settings": {"form": "product", "sold": "prod_1", "sold_method": "USAGE"},
        "/access": {
            "form": "invite",
            "email": "new@example.com",
            "name": "New",
            "role": "VIEWER",
        },
        "/account": {
            "form": "password",
            "current": PASSWORD,
            "password": other,
            "again": other,
        },
    }

    for path, form in forms.items():
        answer = browser.post(path, data=form)
        assert answer.status_code == 422, path
        told = parse(answer.text).text
        if path != "/settings":
            assert "before the last recording at 1 Jan 2036, 12:00 UTC" in told, path
            continue
        alert = parse(answer.text).one("div", role="alert")
        assert told.count("The server's clock doesn't fit what was recorded, so") == 1
        assert "ask whoever runs Daybook" in alert.text
        assert not alert.links()
        assert "`" not in alert.text


def test_a_password_is_changed_and_other_browsers_are_signed_out(
    site: Site, browser: TestClient
) -> None:
    enter(browser)
    with site.browser() as elsewhere:
        enter(elsewhere)
        other = "another long one"
        form = {"form": "password", "current": PASSWORD, "password": other}

        differing = browser.post("/account", data={**form, "again": "a"})
        wrong = browser.post("/account", data={**form, "current": "", "again": other})
        saved = browser.post("/account", data={**form, "again": other})

        assert "The two differ" in differing.text
        assert "that is not the present password" in wrong.text
        assert saved.headers["location"] == "/account?saved=password"
        assert browser.get("/account").status_code == 200
        assert elsewhere.get("/account").status_code == 401


def test_one_goes_from_one_organisation_to_another_one_s_own(
    site: Site, browser: TestClient
) -> None:
    other = site.run(add_organisation, "Daughter", now=NOON, made_by="test")
    strange = site.run(add_organisation, "Strange", now=NOON, made_by="test")
    site.run(member, organisation_id=other, role=MemberRole.VIEWER, password=None)
    enter(browser)

    def go(number: int | str) -> int:
        form = {"organisation": str(number)}
        return browser.post("/account/organisation", data=form).status_code

    assert [go(strange), go("x"), go("٢"), go(99)] == [404] * 4
    assert go(other) == 303
    page = parse(browser.get("/account").text)
    assert page.one("option", selected="").text == "Daughter"
    assert "Viewer" in page.text
    assert browser.get("/access").status_code == 403


def test_a_role_that_is_lowered_acts_on_the_next_page(
    site: Site, browser: TestClient
) -> None:
    site.run(member, email="boss@example.com", password=None)
    enter(browser)
    assert browser.get("/access").status_code == 200

    site.run(
        set_role,
        1,
        email=EMAIL,
        role=MemberRole.VIEWER,
        now=NOON,
        made_by="test",
        authority=OPERATOR,
    )

    page = browser.get("/access")
    assert page.status_code == 403
    assert parse(page.text).one("h1").text == "Not allowed"
    site.run(
        set_role,
        1,
        email=EMAIL,
        role=None,
        now=NOON,
        made_by="test",
        authority=OPERATOR,
    )
    assert browser.get("/journals").status_code == 401


def test_a_session_ends_in_time_whatever_the_present_is_set_to(
    site: Site, browser: TestClient
) -> None:
    enter(browser)

    async def end(database: Database) -> None:
        async with database.runtime.writes() as runtime:
            past = datetime.now(UTC) - timedelta(seconds=1)
            await runtime.execute(update(WebSession).values(expires_at=past))

    site.run(end)
    # The present is fixed on a day long before that.
    assert browser.get("/journals").status_code == 401


def test_a_form_that_was_sent_slowly_is_of_who_it_is_then(
    site: Site, browser: TestClient
) -> None:
    token = cookie_of(enter(browser)).value

    def slowly() -> Iterator[bytes]:
        yield b"form=organisation&"
        site.run(sign_out, token)
        yield b"organisation=1"

    answer = browser.post(
        "/account",
        content=slowly(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_a_form_that_is_too_large_is_refused(browser: TestClient) -> None:
    enter(browser)
    large = {"form": "password", "password": "x" * 2_000_000}

    told = browser.post("/account", data=large)
    page = browser.post("/account", data=large, headers=FROM_ACCOUNT)

    assert (told.status_code, told.text) == (413, "The form is too large.\n")
    assert page.status_code == 413
    main = parse(page.text).one("main")
    assert main.one("h1").text == "The form is too large"
    assert "A form has at most 1 MiB. Nothing was changed." in main.text
    assert main.one("a").attributes["href"] == "/account?saved=mail"


def test_too_many_requests_are_told_by_a_page_with_the_way_on(site: Site) -> None:
    with site.browser(requests_per_minute=2) as browser:
        enter(browser)
        for _ in range(4):
            browser.get("/account")
        told = browser.get("/account")
        page = browser.get("/account?saved=mail", headers=FROM_ACCOUNT)
        # What listens to a page gets no page in its place.
        listens = {"Accept": "text/event-stream", "HX-Request": "true"}
        stream = browser.get("/events", headers=listens)

    assert told.status_code == page.status_code == stream.status_code == 429
    assert told.text == stream.text
    assert told.text.startswith("more than 2 requests in a minute")
    main = parse(page.text).one("main")
    assert main.one("h1").text == "Too many requests"
    assert "Nothing was changed. Try again in " in main.text
    assert main.one("a").attributes["href"] == "/account?saved=mail"
    assert 0 < int(page.headers["retry-after"]) <= 60


def test_the_present_password_is_not_guessed_for_ever(browser: TestClient) -> None:
    enter(browser)
    form = {"form": "password", "password": "another long one"}

    told = [
        browser.post(
            "/account",
            data={**form, "again": form["password"], "current": f"guess {number}"},
        ).text
        for number in range(11)
    ]

    # Five are this browser's own, and five everybody's.
    assert "not the present password" in told[9]
    assert "Too many attempts" in told[10]


@pytest.mark.parametrize("path", ["/access", "/account"])
def test_only_a_post_changes_something(browser: TestClient, path: str) -> None:
    enter(browser)

    answer = browser.request("HEAD", path, content=b"form=invite")

    assert answer.status_code == 200


def test_cookies_of_others_don_t_matter(browser: TestClient) -> None:
    token = cookie_of(enter(browser)).value
    browser.cookies.clear()
    odd = {"Cookie": f'prefs={{"a":[1,2]}}; {COOKIE}={token}; x'}

    assert browser.get("/account", headers=odd).status_code == 200


def test_numbers_without_end_are_no_mistake_of_ours(browser: TestClient) -> None:
    enter(browser)
    digits = "9" * 5_000

    assert browser.get(f"/exports/{digits}/x").status_code == 404
    form = {"organisation": digits}
    assert browser.post("/account/organisation", data=form).status_code == 404


def test_who_may_not_change_settings_sees_the_stored_ones(
    site: Site, browser: TestClient
) -> None:
    site.run(member, email="boss@example.com", password=None)
    enter(browser)
    change = {"now": NOON, "made_by": "test", "authority": OPERATOR}
    site.run(set_role, 1, email=EMAIL, role=MemberRole.VIEWER, **change)
    site.run(record, invoice("inv_1"), on="2025-10-16")
    form = {"form": "defaults", "method": "X", "strategy": "X", "undated_lines": "X"}

    answer = browser.post("/settings?currency=USD", data=form)

    assert answer.status_code in {403, 422}
    assert "X" not in [cell.text for cell in parse(answer.text).all("dd")]
