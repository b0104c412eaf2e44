"""The pages of webhooks, by an admin's clicks."""

from collections.abc import Callable, Iterator

import pytest
from standardwebhooks import Webhook
from starlette.testclient import TestClient

from daybook.asgi import create_app
from daybook.settings import Settings
from daybook_markup import Element, parse
from daybook_pages import get
from daybook_people import client_of
from daybook_receiver import Receiver, receiving
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

LIST = "/settings/webhooks"
FIRST = f"{LIST}/1"
Send = Callable[..., tuple[int, Element]]


@pytest.fixture
def settings(new_database: NewDatabase) -> Settings:
    """Settings that allow webhooks to this machine."""
    return settings_for(new_database(), webhooks_allow="127.0.0.1")


@pytest.fixture
def admin(settings: Settings) -> Iterator[TestClient]:
    """An admin's browser."""
    with client_of(settings) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that takes webhooks."""
    with receiving() as made:
        yield made


@pytest.fixture
def send(admin: TestClient) -> Send:
    """Sends a form of a page, and gives the status and the page that it leads to."""

    def post(page: str, **fields: object) -> tuple[int, Element]:
        answer = admin.post(page, data=fields)
        first = answer.history[0] if answer.history else answer
        return first.status_code, parse(answer.text)

    return post


def secret_of(page: Element) -> str:
    return page.one("input", class_="secret").attributes["value"] or ""


def status_of(page: Element) -> str:
    return page.one("p", class_="page-status").text


def test_a_webhook_is_made_tested_changed_and_deleted(
    admin: TestClient, send: Send, receiver: Receiver
) -> None:
    once = get(admin, LIST).one("input", name="once").attributes["value"]
    made = {
        "url": receiver.url,
        "description": "The warehouse",
        "events": ["EXPORT_READY", "LOCK_CHANGED"],
        "once": once,
    }
    status, page = send(LIST, **made)
    assert (status, status_of(page)) == (200, "The webhook is created.")
    secret = secret_of(page)
    status, page = send(LIST, **made)
    assert (
        status_of(page)
        == "The webhook was created before; its secret is shown only once."
    )
    assert not page.all("input", class_="secret")

    status, page = send(FIRST, form="test")
    assert (status, status_of(page)) == (303, "The webhook accepted the test.")
    (got,) = receiver.requests
    assert Webhook(secret).verify(got.body, got.headers)["type"] == "webhook.test"
    receiver.status = 500
    status, page = send(FIRST, form="test")
    assert "did not accept the test" in status_of(page)
    assert "it answered 500" in page.one("table").text
    again = page.all("input", name="delivery")[0].attributes["value"]
    status, page = send(FIRST, form="again", delivery=again)
    assert (status, status_of(page)) == (303, "The message will be sent again.")
    status, page = send(FIRST, form="since", since="2025-01-01")
    assert (status, status_of(page)) == (303, "")

    version = page.one("input", name="version").attributes["value"]
    status, page = send(FIRST, form="rotate", version=version)
    assert status_of(page) == "The secret is replaced."
    assert secret_of(page) not in {"", secret}
    status, page = send(FIRST, form="rotate", version=version)
    assert status == 422
    assert "the secret was replaced meanwhile" in page.text

    status, page = send(FIRST, form="disable")
    assert (status, status_of(page)) == (303, "The webhook is disabled.")
    change = {"url": receiver.url, "description": "", "events": ["LEDGER_CHANGED"]}
    status, page = send(FIRST, form="update", **change)
    assert (status, status_of(page)) == (303, "The webhook is saved.")
    assert "Events: ledger.changed." in page.text
    assert "Disabled" in get(admin, LIST).one("table").text
    status, page = send(FIRST, form="enable")
    assert status_of(page) == "The webhook is enabled."
    assert not page.all("section", class_="question")
    (link,) = (its for its in page.all("a") if its.text == "Delete the webhook")
    question = get(admin, link.attributes["href"] or "").one(
        "section", class_="question"
    )
    assert question.one("h2").text == "Delete webhook 1?"
    assert "messages that wait are not sent" in question.text
    assert question.one("a").attributes["href"] == FIRST
    form = question.one("input", name="form").attributes["value"]
    assert admin.get(FIRST).status_code == 200  # asking deletes nothing

    status, page = send(FIRST, form=form)
    assert (status, status_of(page)) == (303, "The webhook is deleted.")
    assert "No webhooks yet." in page.text
    assert admin.get(FIRST).status_code == 404


def test_what_is_wrong_is_shown_at_its_field(send: Send, receiver: Receiver) -> None:
    status, page = send(LIST, url="http://10.0.0.1/", description="Kept", once="a")

    assert status == 422
    problem = page.one("div", class_="field-problem", id="problem-url")
    assert "10.0.0.1 is not an address of the public internet" in problem.text
    assert "choose at least one kind" in page.one("div", id="problem-events").text
    kept = page.one("input", id="description").attributes["value"]
    assert kept == "Kept"
    send(LIST, url=receiver.url, events=["EXPORT_READY"], once="b")
    status, page = send(FIRST, form="update", url="nonsense", events=["EXPORT_READY"])
    assert status == 422
    assert page.one("input", id="url").attributes["value"] == "nonsense"
    assert send(FIRST, form="since", since="yesterday")[0] == 422
    assert send(FIRST, form="nonsense")[0] == 400


def test_an_open_page_is_given_what_others_may_have_changed(
    admin: TestClient, send: Send, receiver: Receiver
) -> None:
    send(LIST, url=receiver.url, events=["EXPORT_READY"], once="a")
    asks = {"HX-Request": "true"}

    webhooks = parse(admin.get(LIST, headers=asks).text)
    assert receiver.url in webhooks.one("section", id="as-set").text
    assert not webhooks.all("form")
    webhook = parse(admin.get(FIRST, headers=asks).text)
    state = webhook.one("section", id="as-set")
    assert "export.ready" in state.text
    assert state.attributes["hx-get"] == FIRST
    assert webhook.one("hx-partial").attributes["hx-target"] == "#messages"
    assert not webhook.all("input", id="url")  # what is typed is left alone


def test_only_admins_see_them(settings: Settings, admin: TestClient) -> None:
    assert admin.get(f"{LIST}/9").status_code == 404
    assert admin.get(f"{LIST}?x=1").status_code == 200
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as stranger:
        answer = stranger.get(LIST, follow_redirects=False)
        assert answer.status_code in {303, 401}
