"""The access page: users, roles and keys, by an admin's clicks."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from daybook.asgi import create_app
from daybook.settings import Settings
from daybook_markup import Element, parse
from daybook_pages import get
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for
from daybook_two_admins import two_admins

pytestmark = pytest.mark.either_database


@pytest.fixture
def settings(new_database: NewDatabase) -> Settings:
    """Settings of an empty organisation."""
    return settings_for(new_database())


@pytest.fixture
def admin(settings: Settings) -> Iterator[TestClient]:
    """An admin's browser."""
    with client_of(settings, only_answers=True) as made:
        yield made


@pytest.fixture
def send(admin: TestClient) -> Callable[..., tuple[int, Element]]:
    """Sends a form of the page, and gives the status and the page it leads to."""

    def post(form: str, **fields: object) -> tuple[int, Element]:
        answer = admin.post("/access", data={"form": form, **fields})
        first = answer.history[0] if answer.history else answer
        return first.status_code, parse(answer.text)

    return post


Send = Callable[..., tuple[int, Element]]
LAST_DAY = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
KEY = {"key_name": "billing", "permissions": ["READ"], "expires_on": LAST_DAY}


def secret_of(page: Element) -> str:
    return page.one("input", class_="secret").attributes["value"] or ""


def test_an_invited_user_signs_in_by_the_link(settings: Settings, send: Send) -> None:
    status, page = send(
        "invite", email="Bob@Example.com", name="Bob", role="ACCOUNTANT"
    )

    assert status == 200
    assert "This link lets bob@example.com in" in page.text
    link = secret_of(page)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as bob:
        assert bob.post(link).url.path == "/account"
        assert bob.get("/access").status_code == 403
        assert bob.get("/settings").status_code in {200, 404}


def test_a_key_is_shown_once_and_works(admin: TestClient, send: Send) -> None:
    once = get(admin, "/access").all("input", name="once")[0].attributes["value"]
    status, page = send("key", **KEY, once=once)

    assert status == 200
    key = secret_of(page)

    def asked() -> Any:
        return admin.post(
            "/graphql",
            json={"query": "{ viewer { name permissions until } }"},
            headers={"Authorization": f"Bearer {key}"},
        )

    assert asked().json()["data"]["viewer"] == {
        "name": "API key billing",
        "permissions": ["READ"],
        "until": f"{LAST_DAY}T23:59:59Z",
    }
    # Sent again by a reload, the form makes no second key and tells no secret.
    _, again = send("key", **KEY, once=once)
    assert key not in str(again)
    assert "it is shown once" in again.text
    assert key not in admin.get("/access").text

    row = again.one(id="keys").one("tbody").all("tr")[0]
    question = get(admin, row.one("a").attributes["href"] or "").one(class_="question")
    assert question.one("h2").text == "Revoke the key billing?"
    assert question.links() == {"Leave it as it is": "/access"}
    assert asked().status_code == 200
    send("revoke", key=question.one("input", name="key").attributes["value"])
    assert asked().status_code == 401
    revoked = get(admin, row.one("a").attributes["href"] or "")
    assert revoked.all(class_="question") == []


@pytest.mark.parametrize(
    ("form", "fields", "words"),
    [
        ("invite", {"email": "x", "name": "X", "role": "VIEWER"}, "is not an e-mail"),
        ("invite", {"email": "x@y.z", "name": "", "role": "VIEWER"}, "a name is"),
        ("invite", {"email": "x@y.z", "name": "X", "role": "KING"}, "does not exist"),
        ("key", {**KEY, "expires_on": "soon"}, "a moment is text"),
        ("key", {**KEY, "expires_on": "2020-01-01"}, "ends in the future"),
        ("key", {**KEY, "permissions": []}, "could do nothing"),
        ("key", {**KEY, "permissions": ["ROOT"]}, "does not exist"),
        ("revoke", {"key": "x"}, "not an id"),
        ("role", {"user": "x", "role": "ADMIN"}, "not an id"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_changed(
    send: Send, form: str, fields: dict[str, object], words: str
) -> None:
    status, page = send(form, **{"once": "1", **fields})

    assert status == 422
    assert words in page.one(role="alert").text


def test_the_last_admin_stays(admin: TestClient, send: Send) -> None:
    row = get(admin, "/access").one(id="users").one("tbody").one("tr")
    user = row.one("input", name="user").attributes["value"]
    for form in ({"form": "role", "role": "VIEWER"}, {"form": "remove"}):
        status, page = send(user=user, **form)
        assert status == 422
        assert "is the only admin" in page.one(role="alert").text


def test_roles_are_set_and_users_removed(admin: TestClient, send: Send) -> None:
    send("invite", email="bob@example.com", name="Bob", role="VIEWER")

    def bob() -> Element:
        rows = get(admin, "/access").one(id="users").one("tbody").all("tr")
        return next(row for row in rows if "bob@example.com" in row.text)

    user = bob().one("input", name="user").attributes["value"]
    _, page = send("role", user=user, role="ACCOUNTANT")
    assert page.one(role="status").text == "The role is saved."
    assert bob().one("option", selected="").text == "Accountant"
    status, page = send("role", user=user, role="")
    assert status == 422
    asks = bob().links()["Take back"]
    question = get(admin, asks).one(class_="question")
    assert question.one("h2").text == "Take back the invitation of bob@example.com?"
    assert "bob@example.com" in get(admin, "/access").one(id="users").text
    user = question.one("input", name="user").attributes["value"]
    _, page = send("remove", user=user)
    assert page.one(role="status").text == "The user is removed."
    assert get(admin, asks).all(class_="question") == []
    assert "bob@example.com" not in get(admin, "/access").one(id="users").text
    assert admin.post("/access", data={"form": "?"}).status_code == 400


def test_roles_are_told_in_words(admin: TestClient) -> None:
    table = get(admin, "/access").one(id="roles")

    assert [head.text for head in table.one("thead").all("th")] == [
        *("Permission", "Viewer", "Accountant", "Controller", "Admin")
    ]
    rows = {
        row.one("th").text: [cell.text for cell in row.all("td")]
        for row in table.one("tbody").all("tr")
    }
    assert rows == {
        "Read reports, documents and settings": ["Yes", "Yes", "Yes", "Yes"],
        "Make exports": ["–", "Yes", "Yes", "Yes"],
        "Import and void documents": ["–", "Yes", "Yes", "Yes"],
        "Lock periods, change settings": ["–", "–", "Yes", "Yes"],
        "Let people and programs in": ["–", "–", "–", "Yes"],
        "Write and submit manual journals": ["–", "Yes", "Yes", "Yes"],
        "Approve what others submit or request": ["–", "–", "Yes", "Yes"],
        "Load the general ledger's dataset, as Excel does": ["Yes"] * 4,
    }


def test_the_only_admin_is_told_before_anything_is_asked(
    admin: TestClient, send: Send
) -> None:
    page = get(admin, "/access")
    asks = page.one(id="users").links()["Remove"]

    told = get(admin, asks).one(class_="question")

    assert told.one("h2").text == (
        "ada@example.com is the only admin: they can't be removed"
    )
    assert told.all("form") == []
    user = page.one(id="users").one("input", name="user").attributes["value"]
    status, page = send("remove", user=user)
    assert status == 422
    assert "is the only admin" in page.one(role="alert").text
    for nobody in ("/access?ask=remove&user=x", "/access?ask=revoke&key=x"):
        assert get(admin, nobody).all(class_="question") == []


def test_who_takes_a_role_from_themselves_is_asked_first(
    new_database: NewDatabase,
) -> None:
    with two_admins(new_database()) as two:
        rows = two.amy.get("/access").one(id="users").one("tbody").all("tr")
        user = {
            row.one("th").text: row.one("input", name="user").attributes["value"]
            for row in rows
        }
        given = {"form": "role", "role": "CONTROLLER"}

        asked = two.amy.post("/access", 303, user=user["amy@example.com"], **given)

        question = asked.one(class_="question")
        assert question.one("h2").text == "Make yourself a controller?"
        assert "Only another admin can give you the role back." in question.text
        fields = {
            field.attributes["name"]: field.attributes["value"]
            for field in question.one("form").all("input")
        }
        done = two.amy.send("/access", **fields)
        assert done.status_code == 303
        assert two.amy.ask("/access").status_code == 403
        assert two.zoe.ask("/access").status_code == 200


def test_who_removes_themselves_is_told_what_that_does(
    new_database: NewDatabase,
) -> None:
    with two_admins(new_database()) as two:
        rows = two.amy.get("/access").one(id="users").one("tbody").all("tr")
        (mine,) = (row for row in rows if row.one("th").text == "amy@example.com")

        question = two.amy.get(mine.links()["Remove"]).one(class_="question")

        assert question.one("h2").text == "Remove yourself?"
        assert "You are signed out of this organisation at once" in question.text
        assert question.one("button").text == "Remove myself"
