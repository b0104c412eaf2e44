"""Signing in at an OpenID Connect provider, and everything that may go wrong there."""

import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from httpx2 import Response
from joserfc.jwk import OctKey, RSAKey
from starlette.testclient import TestClient

from daybook.asgi import create_app
from daybook.db.engine import Database
from daybook_markup import parse
from daybook_people import EMAIL, member
from daybook_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    FakeProvider,
    providing,
    sent_away,
)
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

LOCAL = "http://127.0.0.1:8000"
BACK = "/sign-in/provider/back"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """A provider that behaves well at first."""
    with providing() as made:
        yield made


@pytest.fixture
def browser(new_database: NewDatabase, provider: FakeProvider) -> Iterator[TestClient]:
    """A browser at a site whose users have no passwords."""
    url = new_database()

    async def fill() -> None:
        database = Database(url)
        for email in (EMAIL, "kay@example.com"):
            await member(database, email=email, password=None)
        await database.close()

    anyio.run(fill)
    settings = settings_for(
        url,
        oidc_issuer=provider.address,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_name="Example",
    )
    app = create_app(settings)
    with TestClient(app, base_url=LOCAL, follow_redirects=False) as made:
        yield made


def signed_in(browser: TestClient) -> bool:
    return browser.get("/account").status_code == 200


def refused(answer: Response) -> str:
    """What the sign-in page says after an attempt."""
    assert answer.status_code in {403, 502}
    return parse(answer.text).one(id="problem-email").text


def test_the_sign_in_page_offers_the_provider(browser: TestClient) -> None:
    page = parse(browser.get("/sign-in?next=/journals?currency=USD").text)

    links = page.links()
    its = links["Sign in with Example"]
    assert parse_qs(urlsplit(its).query)["next"] == ["/journals?currency=USD"]


def test_who_the_provider_vouches_for_is_signed_in(browser: TestClient) -> None:
    answer = browser.get(sent_away(browser))

    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
    assert EMAIL in browser.get("/account").text


def test_nobody_is_led_elsewhere(browser: TestClient) -> None:
    answer = browser.get(sent_away(browser, "//evil.example"))

    assert answer.headers["location"] == "/close"


def test_a_way_back_is_used_up(browser: TestClient) -> None:
    back = sent_away(browser)
    state = browser.cookies["daybook_provider"]
    browser.get(back)
    browser.cookies.clear()

    again = browser.get(back, headers={"Cookie": f"daybook_provider={state}"})

    assert "done before" in refused(again)
    assert not signed_in(browser)


def test_another_browser_s_way_back_signs_nobody_in(browser: TestClient) -> None:
    back = sent_away(browser)
    browser.cookies.clear()

    assert "was not sent" in refused(browser.get(back))
    assert "was not sent" in refused(browser.get(BACK))
    assert not signed_in(browser)


def _claim(name: str, value: object) -> Callable[[FakeProvider], None]:
    def change(provider: FakeProvider) -> None:
        provider.claims[name] = value

    return change


def _without(name: str) -> Callable[[FakeProvider], None]:
    def change(provider: FakeProvider) -> None:
        provider.change = lambda claims: claims.pop(name)

    return change


def _other_key(provider: FakeProvider) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "1"})


def _shared_secret(provider: FakeProvider) -> None:
    provider.algorithm = "HS256"
    provider.signs_with = OctKey.import_key(CLIENT_SECRET * 2)  # type: ignore[assignment]


MISBEHAVES: dict[str, Callable[[FakeProvider], None]] = {
    "another issuer": _claim("iss", "https://evil.example"),
    "another client": _claim("aud", "another"),
    "another nonce": _claim("nonce", "another"),
    "too old": _claim("exp", int(time.time()) - 61),
    "no issuer": _without("iss"),
    "no audience": _without("aud"),
    "no nonce": _without("nonce"),
    "no end": _without("exp"),
    "another key": _other_key,
    "a shared secret": _shared_secret,
}
NO: object = False
NOT_KNOWN: dict[str, Callable[[FakeProvider], None]] = {
    "an unknown address": _claim("email", "nobody@example.com"),
    "an address that is ours in lower case": _claim("email", "\u212aay@example.com"),
    "an address that is not verified": _claim("email_verified", NO),
    "an address that may be verified": _claim("email_verified", "true"),
    "no word of it": _without("email_verified"),
    "no address": _without("email"),
}


@pytest.mark.parametrize("how", MISBEHAVES)
def test_what_the_provider_did_not_sign_for_us_is_refused(
    browser: TestClient, provider: FakeProvider, how: str
) -> None:
    MISBEHAVES[how](provider)

    assert "did not say who you are" in refused(browser.get(sent_away(browser)))
    assert not signed_in(browser)


@pytest.mark.parametrize("how", NOT_KNOWN)
def test_who_is_nobody_here_is_not_signed_in(
    browser: TestClient, provider: FakeProvider, how: str
) -> None:
    NOT_KNOWN[how](provider)

    assert "Ask an admin" in refused(browser.get(sent_away(browser)))
    assert not signed_in(browser)


def test_a_code_of_another_s_is_refused(browser: TestClient) -> None:
    parts = urlsplit(sent_away(browser))
    state = parse_qs(parts.query)["state"][0]

    stolen = browser.get(BACK, params={"state": state, "code": "code-99"})

    assert "did not say who you are" in refused(stolen)


def test_a_provider_that_calls_itself_otherwise_or_is_away_is_told(
    browser: TestClient, provider: FakeProvider
) -> None:
    provider.issuer = "https://evil.example"
    assert "can't be reached" in refused(browser.get("/sign-in/provider"))


def test_without_a_provider_there_is_no_such_page(new_sqlite: NewDatabase) -> None:
    app = create_app(settings_for(new_sqlite()))
    with TestClient(app, base_url=LOCAL) as browser:
        assert browser.get("/sign-in/provider").status_code == 404
        assert "Sign in with" not in browser.get("/sign-in").text


def test_a_provider_that_is_not_there_is_told(new_sqlite: NewDatabase) -> None:
    settings = settings_for(new_sqlite(), oidc_issuer="http://127.0.0.1:1")
    with TestClient(create_app(settings), base_url=LOCAL) as browser:
        assert "can't be reached" in refused(browser.get("/sign-in/provider"))
