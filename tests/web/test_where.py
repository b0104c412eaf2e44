"""Ledger and month live in every link, and the frame is on every page, errors too."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook_factories import invoice
from daybook_markup import Element, parse
from daybook_offices import BROWSER, NEW, TYPED, office_of
from daybook_pages import HTMX
from daybook_people import client_of, let_in_at
from daybook_services.database import NewDatabase
from daybook_site import settings_for
from daybook_web.kit.where import Where

OCTOBER = "currency=USD&month=2025-10"
HTML = {"Accept": "text/html"}
PAGES_OF_A_LEDGER = {
    "/journals": OCTOBER,
    "/close": OCTOBER,
    "/documents": OCTOBER,
    "/settings": OCTOBER,
    "/reports": "currency=USD&on=2025-10-31",
}
"""The pages that have a ledger, and how they name it."""
OTHER_PAGES = (
    *("/manual-journals", "/general-ledger", "/exports"),
    *("/audit", "/access", "/account"),
)
"""Those that only carry it along."""


@pytest.fixture(scope="module")
def browser(filled_sqlite: URL) -> Iterator[TestClient]:
    """A signed-in admin's browser; there are ledgers in yen and, after it, dollars."""
    settings = settings_for(filled_sqlite)
    people = let_in_at(settings)
    with client_of(settings) as made:
        del made.headers["Authorization"]
        made.cookies.set("daybook_session", people.session)
        made.headers.update(HTML)
        yield made


def page_of(
    browser: TestClient, url: str, status: int = 200, **headers: Any
) -> Element:
    answer = browser.get(url, headers=headers)
    assert answer.status_code == status, answer.text
    return parse(answer.text)


def frame_links(page: Element) -> dict[str, str]:
    """The addresses of the frame's links by their paths."""
    header = page.one(class_="site-header")
    links = [link.attributes["href"] for link in header.all("a")]
    return {urlsplit(url).path: urlsplit(url).query for url in links}


def current_of(page: Element) -> dict[str, str]:
    """What `aria-current` says, by the words of the navigation's links."""
    return {
        link.text: link.attributes["aria-current"]
        for link in page.one(class_="site-nav").all("a")
        if "aria-current" in link.attributes
    }


def whole_frame() -> dict[str, str]:
    return {**PAGES_OF_A_LEDGER, **dict.fromkeys(OTHER_PAGES, "at=USD.2025-10")}


@pytest.mark.parametrize(
    "url",
    [
        *(f"{path}?{query}" for path, query in PAGES_OF_A_LEDGER.items()),
        *(f"{path}?at=USD.2025-10" for path in OTHER_PAGES),
        f"/journals/USD/1?{OCTOBER}",
        "/journals?currency=USD&from=2025-10-05&to=2025-11-20",
        "/reports/roll-forward?currency=USD&from=2025-01&on=2025-10-31",
    ],
)
def test_after_october_s_dollars_every_page_leads_on_to_them(
    browser: TestClient, url: str
) -> None:
    assert frame_links(page_of(browser, url)) == whole_frame()


def test_each_page_of_the_navigation_leads_to_all_others(browser: TestClient) -> None:
    seen, waiting = set[str](), [f"/journals?{OCTOBER}"]
    while waiting:
        page = page_of(browser, waiting.pop())
        links = {f"{path}?{query}" for path, query in frame_links(page).items()}
        waiting += sorted(links - seen)
        seen |= links

    assert seen == {f"{path}?{query}" for path, query in whole_frame().items()}


def test_a_page_names_the_ledger_and_month_that_it_chose_itself(
    browser: TestClient,
) -> None:
    links = frame_links(page_of(browser, "/journals"))

    assert "currency=JPY" in links["/journals"]
    for path, query in links.items():
        assert "JPY" in query, path


def test_what_leads_on_without_a_ledger_is_known_by_where_it_came_from(
    browser: TestClient,
) -> None:
    came = "http://127.0.0.1:8000/audit?at=USD.2025-10"

    assert frame_links(page_of(browser, "/access", referer=came)) == whole_frame()
    within = page_of(browser, "/settings?currency=USD", referer=came)
    assert frame_links(within) == whole_frame()
    # Another ledger's month isn't this one's, and other sites say nothing.
    other = page_of(browser, "/settings?currency=JPY", referer=came)
    assert frame_links(other)["/journals"] == "currency=JPY"
    for elsewhere in ("https://elsewhere.example/audit?at=USD.2025-10", "http://[x"):
        page = page_of(browser, "/access", referer=elsewhere)
        assert frame_links(page)["/journals"] == ""


def test_a_form_leads_on_to_the_ledger_and_month_it_came_from(
    new_database: NewDatabase,
) -> None:
    """Also where the form's own page is known by the page before it only."""
    came = {**BROWSER, "Referer": f"http://127.0.0.1:8000/close?{OCTOBER}"}
    with office_of(new_database(), invoice()) as office:
        form = parse(office.ann.ask(NEW, came).text).one("main").one("form")
        action = form.attributes["action"]

        saved = office.ann.send(action, do="save", **TYPED).headers["location"]

        page = office.ann.get(saved)
    assert action == f"{NEW}?at=USD.2025-10"
    assert saved.endswith("&at=USD.2025-10")
    assert frame_links(page)["/close"] == OCTOBER


@pytest.mark.parametrize(
    ("url", "carried"),
    [
        ("/exports", "/exports?at=USD.2025-10"),
        ("/exports?done=1#files", "/exports?done=1&at=USD.2025-10#files"),
        ("/settings?currency=USD&a=b", "/settings?currency=USD&a=b&month=2025-10"),
        ("/documents", "/documents?currency=USD&month=2025-10"),
        ("/reports", "/reports?currency=USD&on=2025-10-31"),
        # What names a ledger or a place keeps its own.
        *((url, url) for url in ("/settings?currency=JPY", "/exports?at=JPY")),
        *((url, url) for url in ("/close?currency=USD&month=2025-09",)),
        *((url, url) for url in ("/journals/USD/1", "/close/balances?currency=USD")),
        *((url, url) for url in ("https://elsewhere.example/exports",)),
    ],
)
def test_an_address_is_carried_to_a_ledger_and_month(url: str, carried: str) -> None:
    assert Where("USD", "2025-10").carried_to(url) == carried
    assert Where().carried_to(url) == url


@pytest.mark.parametrize("at", ["EUR.2025-10", "usd", "USDX", "USD.2025-13", "%00.x"])
def test_a_place_that_isnt_one_leads_nowhere(browser: TestClient, at: str) -> None:
    links = frame_links(page_of(browser, f"/audit?at={at}"))

    for query in links.values():
        assert at not in query
        assert {
            name: ids for name, ids in parse_qs(query).items() if ids != ["USD"]
        } == {}


def test_a_swap_brings_the_links_along(browser: TestClient) -> None:
    swap = page_of(browser, "/journals?currency=USD&month=2025-09", 200, **HTMX)

    nav = swap.one("nav", id="site-nav")
    assert nav.attributes["hx-swap-oob"] == "true"
    assert "hx-preserve" in nav.one("span", id="waiting-count").attributes
    links = [*nav.all("a"), swap.one("a", id="brand"), swap.one("a", id="account-link")]
    for link in links:
        assert "2025-09" in link.attributes["href"]


def test_the_links_of_a_problem_stay_in_the_ledger(browser: TestClient) -> None:
    page = page_of(browser, f"/journals/USD/99999999?{OCTOBER}", status=404)

    assert frame_links(page) == whole_frame()
    assert page.links()["Go to the journal report"] == f"/journals?{OCTOBER}"
    # Nothing leads to a ledger that there isn't.
    links = frame_links(page_of(browser, "/journals?currency=EUR", status=404))
    assert "EUR" not in "".join(links.values())


@pytest.mark.parametrize(
    ("url", "current"),
    [
        ("/journals", {"Journals": "page"}),
        ("/journals/USD/1", {"Journals": "true"}),
        ("/reports/waterfall", {"Reports": "true"}),
        ("/general-ledger", {"General ledger": "page"}),
        ("/general-ledger/lines", {"General ledger": "true"}),
        ("/general-ledger/connections", {"Settings": "true"}),
        ("/exports", {"Exports": "page"}),
        ("/exports/new", {"Exports": "true"}),
        ("/settings", {"Settings": "page"}),
        ("/settings/locks", {"Settings": "true"}),
        ("/audit", {"Settings": "true"}),
        ("/account", {}),
    ],
)
def test_the_current_page_is_marked(
    browser: TestClient, url: str, current: dict[str, str]
) -> None:
    assert current_of(page_of(browser, url)) == current


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/journals/USD", 404),
        ("GET", "/static/x/nothing.css", 404),
        ("POST", "/journals", 405),
        ("POST", "/nowhere", 404),
    ],
)
def test_an_error_keeps_the_navigation(
    browser: TestClient, method: str, url: str, status: int
) -> None:
    answer = browser.request(method, url)

    assert answer.status_code == status
    page = parse(answer.text)
    assert page.one("nav", class_="site-nav").all("a")
    assert page.one("form", action="/sign-out").one("button").text == "Sign out"


def test_a_page_that_a_role_may_not_see_keeps_the_navigation(
    filled_sqlite: URL,
) -> None:
    settings = settings_for(filled_sqlite)
    with client_of(settings) as program:  # an account is a person's
        page = page_of(program, "/account", 403, **HTML)

    assert page.one("h1").text == "No account"
    assert page.one("nav", class_="site-nav").all("a")


def test_a_stranger_s_error_has_no_navigation(filled_sqlite: URL) -> None:
    with client_of(settings_for(filled_sqlite)) as stranger:
        del stranger.headers["Authorization"]
        page = page_of(stranger, "/nowhere", 404, **HTML)

    assert page.one("h1").text == "Page not found"
    assert page.all("nav", class_="site-nav") == []


def test_sign_out_is_in_the_user_menu(browser: TestClient) -> None:
    menu = page_of(browser, "/audit").one("details", class_="user")

    assert menu.one("summary").text.endswith(": account and sign-out")
    assert menu.one("a", id="account-link").text == "Account"
    assert menu.one("form", action="/sign-out").one("button").text == "Sign out"


@pytest.mark.parametrize(
    ("where", "path", "url"),
    [
        (Where(), "/journals", "/journals"),
        (Where("USD"), "/reports", "/reports?currency=USD"),
        (Where("USD"), "/audit", "/audit?at=USD"),
        (Where("USD", "2024-02"), "/reports", "/reports?currency=USD&on=2024-02-29"),
        (Where("USD", "2024-02"), "/audit", "/audit?at=USD.2024-02"),
        (Where("USD", "2024-02"), "/journals?currency=JPY", "/journals?currency=JPY"),
    ],
)
def test_an_address_of_a_place(where: Where, path: str, url: str) -> None:
    assert where.url(path) == url


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (
            "/close?currency=USD&month=2025-10",
            ["\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK} Close October 2025"],
        ),
        (
            "/reports/waterfall?currency=USD&on=2025-10-31",
            ["\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK} Back to the report"],
        ),
        ("/settings?currency=USD&month=2025-10", []),
    ],
)
@pytest.mark.parametrize(
    "url", [f"/journals?{OCTOBER}", f"/documents?{OCTOBER}", "/manual-journals"]
)
def test_a_list_leads_back_to_the_close_or_report_that_led_to_it(
    browser: TestClient, url: str, before: str, words: list[str]
) -> None:
    page = page_of(browser, url, Referer=f"{browser.base_url}{before}")

    ways = page.one("main").all(class_="back")
    assert [way.text for way in ways] == words
    assert [way.one("a").attributes["href"] for way in ways] == [before] * len(words)


def test_the_preflight_leads_back_to_the_close_of_its_month(
    browser: TestClient,
) -> None:
    page = page_of(browser, f"/exports/new?{OCTOBER}&format=SEQUENCE")

    links = page.one(class_="back").links()
    assert list(links.values()) == ["/close?currency=USD&month=2025-10"]
