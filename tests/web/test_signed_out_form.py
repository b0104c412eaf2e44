"""A form whose sender's session ended: nothing is saved, and nothing typed is lost."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

import daybook_web
from daybook.access.models import WebSession
from daybook.access.organisations import add_organisation, rename_organisation
from daybook.adjustments.models import ManualJournal
from daybook.db.engine import Database
from daybook_browsing import LOCAL, Site, cookie_of, enter
from daybook_factories import invoice, record
from daybook_markup import Element, parse
from daybook_offices import BROWSER, HTMX, NEW, TYPED
from daybook_people import NOON, PASSWORD, member
from daybook_services.database import NewDatabase
from daybook_web.kit.signed_out import PASSWORDS

pytestmark = pytest.mark.either_database

OF_PAGE = "page-organisation"
PAGES = Path(daybook_web.__file__).parent
NARRATIVE = 'Go-live was accepted: "today" & <signed>, so 250.00 are earned'


@pytest.fixture
def site(new_database: NewDatabase) -> Site:
    """Ada, an admin with a password, and a ledger with an invoice of 1,200.00."""
    made = Site(new_database())
    made.run(record, invoice())
    made.run(member)
    return made


@pytest.fixture
def browser(site: Site) -> Iterator[TestClient]:
    """Ada's browser, signed in."""
    with site.browser() as made:
        enter(made)
        yield made


def expire(site: Site) -> None:
    """Let every session end."""

    async def end(database: Database) -> None:
        async with database.runtime.writes() as runtime:
            past = datetime.now(UTC) - timedelta(seconds=1)
            await runtime.execute(update(WebSession).values(expires_at=past))

    site.run(end)


def journals(site: Site) -> int:
    """How many manual journals are saved."""

    async def count(database: Database) -> int:
        async with database.reads() as session:
            statement = select(func.count()).select_from(ManualJournal)
            return int(await session.scalar(statement) or 0)

    return int(site.run(count))


def typed_in(page: Element) -> dict[str, str]:
    """A manual journal, with the hidden fields of the page that it is typed in."""
    form = page.one("form", id="manual-journal")
    hidden = {
        field.attributes["name"]: field.attributes["value"]
        for field in form.all("input", type="hidden")
    }
    lines = {
        name.replace("_", "-") if name.startswith("line_") else name: value
        for name, value in TYPED.items()
    }
    return {**hidden, **lines, "narrative": NARRATIVE, "do": "save"}


def page_of(answer: Response) -> Element:
    """What the page says whose form wasn't saved."""
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["cache-control"] == "no-store"
    main = parse(answer.text).one("main")
    assert main.one("h1").text == "Nothing was saved"
    return main


def held(form: Element) -> dict[str, str]:
    """The fields that a form holds."""
    return {
        field.attributes["name"]: field.attributes["value"]
        for field in form.all("input", type="hidden")
    }


def test_a_journal_that_was_typed_is_sent_again_and_saved_once(
    site: Site, browser: TestClient
) -> None:
    typed = typed_in(parse(browser.get(NEW).text))
    expire(site)

    refused = [browser.post(NEW, data=typed, headers=BROWSER) for _ in range(2)]

    assert journals(site) == 0
    form = page_of(refused[1]).one("form")
    assert len(typed) == 19
    assert held(form) == typed
    assert form.attributes["action"] == NEW
    assert form.one("button").text == "Send it again"
    sign_in = page_of(refused[1]).links()["Sign in (in a new tab)"]
    next_page = parse(browser.get(sign_in).text).one("input", name="next")
    entered = enter(browser, next=next_page.attributes["value"])
    assert entered.headers["location"] == NEW
    sent = [browser.post(NEW, data=held(form), headers=BROWSER) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert {answer.headers["location"] for answer in sent} == {
        "/manual-journals/1/edit?saved=yes"
    }
    assert journals(site) == 1
    saved = parse(browser.get("/manual-journals/1/edit").text)
    assert saved.one(id="line-1-debit").attributes["value"] == "250.00"
    assert saved.one(id="line-2-credit").attributes["value"] == "250.00"
    assert saved.one(id="narrative").attributes["value"] == NARRATIVE


def test_it_is_not_sent_to_another_organisation(
    site: Site, browser: TestClient
) -> None:
    second = site.run(add_organisation, "Zeta", now=NOON, made_by="test")
    site.run(rename_organisation, second, "Zeta", now=NOON, made_by="test")
    site.run(member, password=None, organisation_id=second)
    typed = {"form": "rename", "organisation_name": "Mine", OF_PAGE: "1"}
    expire(site)
    form = page_of(
        browser.post("/settings/organisation", data=typed, headers=BROWSER)
    ).one("form")
    enter(browser)
    browser.post("/account/organisation", data={"organisation": str(second)})

    answer = browser.post("/settings/organisation", data=held(form), headers=BROWSER)

    assert answer.status_code == 409


def test_htmx_gets_the_page_with_the_organisation_of_its_header(
    site: Site, browser: TestClient
) -> None:
    expire(site)
    headers = {
        **HTMX,
        "HX-Current-URL": f"{LOCAL}/settings?currency=USD",
        OF_PAGE: "1",
    }

    answer = browser.post("/settings", data={"form": "product"}, headers=headers)

    main = page_of(answer)
    assert answer.headers["hx-retarget"] == "body"
    assert held(main.one("form")) == {"form": "product", OF_PAGE: "1"}
    sign_in = "/sign-in?next=%2Fsettings%3Fcurrency%3DUSD"
    assert main.links()["Sign in (in a new tab)"] == sign_in


def test_a_file_is_chosen_again(site: Site, browser: TestClient) -> None:
    files = {"file": ("a.txt", b"text", "text/plain")}
    back = "/documents?currency=USD"
    headers = {**BROWSER, "Referer": f"{LOCAL}{back}"}
    expire(site)

    answer = browser.post(
        "/evidence/x", data={"description": "Signed"}, files=files, headers=headers
    )

    main = page_of(answer)
    form = main.one("form")
    assert held(form) == {"description": "Signed"}
    assert form.attributes["enctype"] == "multipart/form-data"
    assert "required" in form.one("input", type="file", name="file").attributes
    assert "The file is not kept: choose it again." in form.text
    assert main.links()["Open the form again, without what you typed"] == back


@pytest.mark.parametrize("path", ["/evidence/x", "/documents/import", "/settings"])
def test_what_is_too_large_is_not_held(
    site: Site, browser: TestClient, path: str
) -> None:
    files = {"file": ("a.txt", b"x" * 2**20, "text/plain")}
    expire(site)

    main = page_of(browser.post(path, files=files, headers=BROWSER))

    assert main.all("form") == []
    assert "too large to be kept here" in main.text


def test_too_many_fields_are_not_read(site: Site, browser: TestClient) -> None:
    fields = {f"field-{number}": "" for number in range(4_001)}
    expire(site)

    assert browser.post(NEW, data=fields, headers=BROWSER).status_code == 400


def test_passwords_are_not_held(site: Site, browser: TestClient) -> None:
    form = {"form": "password", "current": PASSWORD, "password": "a" * 12, "again": "b"}
    expire(site)

    answer = browser.post("/account", data=form, headers=BROWSER)

    main = page_of(answer)
    assert PASSWORD not in answer.text
    assert "a" * 12 not in answer.text
    assert main.all("form") == []
    assert "Passwords are not kept" in main.text
    assert main.links()["Open the form again"] == "/account"


def test_every_field_for_passwords_is_known() -> None:
    tags = [
        tag
        for path in PAGES.rglob("*.html")
        for tag in re.findall(r"<input\b[^>]*>", path.read_text())
        if 'type="password"' in tag
    ]

    assert len(tags) == 4
    assert {re.search(r'\bname="(\w+)"', tag)[1] for tag in tags} == PASSWORDS  # type: ignore[index]


def test_another_site_can_fill_nothing_in(site: Site, browser: TestClient) -> None:
    expire(site)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        answer = browser.post(
            NEW, data={"narrative": "theirs"}, headers={"Accept": "text/html"} | headers
        )
        assert answer.status_code == 403
        assert "theirs" not in answer.text


def test_a_program_is_told_to_send_a_key(site: Site, browser: TestClient) -> None:
    expire(site)

    answer = browser.post(NEW, data=TYPED, headers={"Accept": "*/*"})

    assert (answer.status_code, answer.text) == (
        *(401, "Send a key: Authorization: Bearer …\n"),
    )


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/journals?currency=USD", "/journals?currency=USD"),
        ("/manual-journals/1/edit", "/manual-journals/1/edit"),
        ("/account/organisation", "/close"),
        ("/documents/import/x/discard", "/close"),
        ("/sign-out", "/close"),
        ("/nowhere", "/close"),
    ],
)
def test_signing_in_leads_only_to_what_can_be_opened(
    browser: TestClient, asked: str, led: str
) -> None:
    assert enter(browser, next=asked).headers["location"] == led


def test_a_file_whose_sender_is_signed_out_while_it_arrives(
    site: Site, browser: TestClient
) -> None:
    token = cookie_of(enter(browser)).value
    assert token
    boundary = "b"
    part = 'Content-Disposition: form-data; name="file"; filename="a.txt"'

    def slowly() -> Iterator[bytes]:
        yield f"--{boundary}\r\n{part}\r\n\r\n".encode()
        expire(site)
        yield f"text\r\n--{boundary}--\r\n".encode()

    headers = {**BROWSER, "Content-Type": f"multipart/form-data; boundary={boundary}"}

    main = page_of(browser.post("/evidence/x", content=slowly(), headers=headers))

    assert main.all("form") == []
