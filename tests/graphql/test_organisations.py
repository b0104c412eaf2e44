"""The organisation's name over the API, and who has not accepted an invitation."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import settings_for

pytestmark = pytest.mark.either_database

RENAME = """mutation ($name: String!) {
  renameOrganisation(input: {name: $name}) {
    organisation { name timeZone }
    userErrors { code message path }
  }
}"""
INVITE = """mutation {
  inviteUser(input: {email: "bob@example.com", name: "Bob", role: VIEWER}) {
    user { email acceptedAt linkExpiresAt }
    signInLink
  }
}"""
USERS = "{ users(first: 10) { nodes { email joinedAt acceptedAt linkExpiresAt } } }"


SET_ROLE = """mutation ($id: ID!) {
  setRole(input: {userId: $id%s}) {
    user { email role }
    userErrors { code message path }
  }
}"""


@pytest.fixture
def client(new_database: NewDatabase) -> Iterator[TestClient]:
    """A program that may do everything, in an empty organisation."""
    with client_of(settings_for(new_database())) as made:
        yield made


def run(client: TestClient, query: str, **variables: Any) -> Any:
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]


def test_only_an_explicit_null_removes_somebody(client: TestClient) -> None:
    run(client, INVITE)
    members = run(client, "{ users(first: 10) { nodes { id email } } }")
    (bob,) = (
        node["id"]
        for node in members["users"]["nodes"]
        if node["email"] == "bob@example.com"
    )

    forgotten = run(client, SET_ROLE % "", id=bob)["setRole"]
    removed = run(client, SET_ROLE % ", role: null", id=bob)["setRole"]

    assert forgotten == {
        "user": None,
        "userErrors": [
            {
                "code": "MISSING",
                "message": "a role is needed, or null to remove the user",
                "path": ["role"],
            }
        ],
    }
    assert removed == {"user": None, "userErrors": []}


def test_an_organisation_is_renamed(client: TestClient) -> None:
    first = run(client, RENAME, name="Acme Ltd")["renameOrganisation"]
    again = run(client, RENAME, name="Acme Ltd")["renameOrganisation"]

    assert (
        first
        == again
        == {
            "organisation": {"name": "Acme Ltd", "timeZone": "UTC"},
            "userErrors": [],
        }
    )
    found = run(client, "{ viewer { organisation { name } } }")
    assert found["viewer"]["organisation"]["name"] == "Acme Ltd"
    trail = run(client, "{ auditTrail(first: 2) { nodes { action sentence } } }")
    actions = [node["action"] for node in trail["auditTrail"]["nodes"]]
    assert actions.count("RENAME_ORGANISATION") == 1


@pytest.mark.parametrize(
    ("name", "code"), [(" ", "MISSING"), ("x" * 201, "INVALID_VALUE")]
)
def test_what_is_no_name_is_a_user_error(
    client: TestClient, name: str, code: str
) -> None:
    refused = run(client, RENAME, name=name)["renameOrganisation"]

    assert refused["organisation"] is None
    (error,) = refused["userErrors"]
    assert (error["code"], error["path"]) == (code, ["name"])


def test_the_list_tells_whose_link_is_valid(client: TestClient) -> None:
    invited = run(client, INVITE)["inviteUser"]["user"]
    listed = {user["email"]: user for user in run(client, USERS)["users"]["nodes"]}

    bob, ada = listed["bob@example.com"], listed["ada@example.com"]
    assert bob["acceptedAt"] is None
    assert bob["linkExpiresAt"] == invited["linkExpiresAt"] > bob["joinedAt"]
    assert ada["acceptedAt"] is not None and ada["linkExpiresAt"] is None
