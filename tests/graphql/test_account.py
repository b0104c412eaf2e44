"""The account of a user over the API: theirs alone, in all of their organisations."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from daybook.access.organisations import add_organisation
from daybook.access.rules import MemberRole
from daybook_browsing import Site, enter
from daybook_people import EMAIL, NOON, client_of, member
from daybook_services.database import NewDatabase

pytestmark = pytest.mark.either_database

QUERY = """{ viewer { account {
  name email hasPassword isVerified
  organisations { number name role }
  invitations { number name role }
} } }"""


@pytest.fixture
def site(new_database: NewDatabase) -> Site:
    """Ada is an admin of one, a viewer of another, and invited to a third.

    Bob belongs to a fourth.
    """
    made = Site(new_database())
    for name in ("Second", "Third", "Fourth"):
        made.run(add_organisation, name, now=NOON, made_by="test")
    made.run(member)
    made.run(member, organisation_id=2, role=MemberRole.VIEWER, password=None)
    made.run(member, organisation_id=3, password=None, is_accepted=False)
    made.run(member, email="bob@example.com", organisation_id=4)
    return made


def account(client: TestClient) -> Any:
    answer = client.post("/graphql", json={"query": QUERY})
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]["viewer"]["account"]


def test_a_user_has_one_in_all_of_their_organisations(site: Site) -> None:
    with site.browser() as browser:
        enter(browser)
        found = account(browser)

    assert found == {
        "name": "Ada",
        "email": EMAIL,
        "hasPassword": True,
        "isVerified": False,
        "organisations": [
            {"number": 1, "name": "My company", "role": "ADMIN"},
            {"number": 2, "name": "Second", "role": "VIEWER"},
        ],
        "invitations": [{"number": 3, "name": "Third", "role": "ADMIN"}],
    }


def test_another_user_sees_their_own(site: Site) -> None:
    with site.browser() as browser:
        enter(browser, email="bob@example.com")
        found = account(browser)

    assert found["email"] == "bob@example.com"
    assert [its["number"] for its in found["organisations"]] == [4]
    assert found["invitations"] == []


def test_a_key_has_none(site: Site) -> None:
    with client_of(site.settings) as program:
        assert account(program) is None
