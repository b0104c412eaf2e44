"""The page of what a role may not do: what its reader is, who may, whom to ask."""

from httpx2 import Response

from daybook_everybody import OUTSIDER, Everybody
from daybook_markup import Element, parse

SUBJECT = "subject=Daybook%3A%20another%20role%20in%20My%20company"
ADMINS = {
    "Write to Ada": f"mailto:ada@example.com?{SUBJECT}",
    "Write to Admin": f"mailto:admin@example.com?{SUBJECT}",
}


def page_of(answer: Response) -> Element:
    """The page, whose title says that it refuses."""
    assert answer.status_code == 403
    page = parse(answer.text).one("main")
    assert page.one("h1").text == "Not allowed"
    return page


def test_a_page_says_who_may_see_it_and_whom_to_ask(everybody: Everybody) -> None:
    page = page_of(everybody.ask("viewer", "/documents/import"))

    told, way = (paragraph.text for paragraph in page.all("p")[:2])
    assert told == (
        "Your role in My company is viewer. Importing documents, and changing them,"
        " is for accountants, controllers and admins."
    )
    assert way == "An admin can give you another role:"
    assert page.links() == {**ADMINS, "Go to the overview": "/close"}


def test_a_form_says_that_nothing_was_changed_and_leads_back(
    everybody: Everybody,
) -> None:
    lock = "/close/lock?currency=USD&month=2025-05"
    headers = {
        **everybody.headers["accountant"],
        "Referer": f"http://127.0.0.1:8000{lock}",
    }

    answer = everybody.client.post(
        lock, data={"through": "2020-01-31"}, headers=headers
    )

    page = page_of(answer)
    told = " ".join(paragraph.text for paragraph in page.all("p"))
    assert "Your role in My company is accountant." in told
    assert "is for controllers and admins. Nothing was changed." in told
    assert page.links()["Go back"] == lock


def test_the_way_back_is_never_to_another_site(everybody: Everybody) -> None:
    headers = {**everybody.headers["viewer"], "Referer": "http://evil.example/x"}

    page = page_of(everybody.client.get("/access", headers=headers))

    assert set(page.links()) == {*ADMINS, "Go to the overview"}
    assert "is for admins." in page.text


def test_a_key_is_told_no_names(everybody: Everybody) -> None:
    headers = {**everybody.headers["key that may READ"], "Accept": "text/html"}

    page = page_of(everybody.client.get("/access", headers=headers))

    assert set(page.links()) == {"Go to the overview"}
    assert "API key test lacks the permission for it." in page.text


def test_the_api_says_which_roles_may(everybody: Everybody) -> None:
    rename = (
        'mutation { renameOrganisation(input: {name: "x"}) { organisation { name } } }'
    )
    headers = {**everybody.headers["accountant"], "Accept": "application/json"}

    answer = everybody.client.post("/graphql", json={"query": rename}, headers=headers)

    (error,) = answer.json()["errors"]
    assert error["message"] == (
        "renameOrganisation needs the permission ADMINISTER: admins have it, you are an"
        " accountant: ask an admin for another role"
    )
    assert error["extensions"] == {
        "code": "FORBIDDEN",
        "permissions": ["ADMINISTER"],
    }


def test_people_see_the_admins_of_their_own_organisation(everybody: Everybody) -> None:
    query = "{ viewer { organisation { admins { name email } } } }"
    admins = {}
    for name in ("viewer", OUTSIDER, "key that may READ"):
        headers = {**everybody.headers[name], "Accept": "application/json"}
        answer = everybody.client.post(
            "/graphql", json={"query": query}, headers=headers
        )
        found = answer.json()["data"]["viewer"]["organisation"]["admins"]
        admins[name] = [admin["email"] for admin in found]

    assert admins == {
        "viewer": ["ada@example.com", "admin@example.com"],
        OUTSIDER: ["olga@example.com"],
        "key that may READ": [],
    }
