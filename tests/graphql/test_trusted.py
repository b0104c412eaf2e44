"""Documents that are known by their hash, and installations that run no others."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from daybook_graphql.execution.operations import InvalidOperation, operation_texts
from daybook_graphql.transport.trusted import document_id
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_site import serving, settings_for
from daybook_sockets import answer, asked, connected, subscribe

MINE = "query Mine { viewer { name } }"
VIEWER = {"data": {"viewer": {"name": "API key test"}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a document of an operator's own."""
    made = tmp_path / "documents"
    made.mkdir()
    (made / "Mine.graphql").write_text(MINE)
    return made


@pytest.fixture
def client_with(new_sqlite: NewDatabase) -> Iterator[Callable[..., TestClient]]:
    """Makes the application with these settings."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            client_of(settings_for(new_sqlite(), **settings))
        )


def post(client: TestClient, **body: Any) -> tuple[int, Any]:
    answered = client.post("/graphql", json=body)
    return answered.status_code, answered.json()


def code_of(answered: tuple[int, Any]) -> tuple[int, str]:
    return answered[0], answered[1]["errors"][0]["extensions"]["code"]


def test_a_document_is_run_by_its_id(
    client_with: Callable[..., TestClient], folder: Path
) -> None:
    client = client_with(trusted_documents=folder)
    own = document_id(operation_texts()["Viewer"])

    assert post(client, documentId=document_id(MINE)) == (200, VIEWER)
    assert post(client, documentId=own)[1]["data"]["viewer"]["name"] == "API key test"
    assert post(client, query="{ viewer { name } }") == (200, VIEWER)
    asked_by_get = client.get("/graphql", params={"documentId": own})
    assert asked_by_get.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": "sha256:0"},
        {"documentId": "x" * 10_000},
        {"documentId": document_id("{ viewer { name } }")},
    ],
)
def test_an_unknown_id_is_told(
    client_with: Callable[..., TestClient], body: dict[str, Any]
) -> None:
    assert code_of(post(client_with(), **body)) == (400, "UNKNOWN_DOCUMENT")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"documentId": 1},
        {"documentId": ""},
        {"documentId": document_id(MINE), "query": MINE},
    ],
)
def test_a_request_has_a_query_or_an_id(
    client_with: Callable[..., TestClient], body: dict[str, Any]
) -> None:
    assert code_of(post(client_with(), **body)) == (400, "BAD_REQUEST")


def test_where_they_are_mandatory_no_others_are_run(
    client_with: Callable[..., TestClient], folder: Path
) -> None:
    client = client_with(trusted_documents=folder, trusted_only=True)

    for query in (
        "{ viewer { name } }",
        MINE + " ",
        "{",
        "{ __schema { types { name } } }",
    ):
        assert code_of(post(client, query=query)) == (400, "UNKNOWN_DOCUMENT")
    assert post(client, query=MINE) == (200, VIEWER)
    assert post(client, documentId=document_id(MINE)) == (200, VIEWER)
    assert client.get("/journals").status_code == 200
    events = client.post(
        "/graphql",
        json={"query": "{ viewer { name } }"},
        headers={"Accept": "text/event-stream"},
    )
    assert events.status_code == 400


@pytest.mark.anyio
async def test_sockets_are_held_to_them_too(
    new_sqlite: NewDatabase, folder: Path
) -> None:
    with serving(new_sqlite(), trusted_documents=folder, trusted_only=True) as site:
        async with connected(site) as socket:
            refused = await asked(socket, subscribe("{ viewer { name } }"))
            told = await asked(socket, subscribe(MINE))
            await answer(socket)

    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"]["code"] == "UNKNOWN_DOCUMENT"
    assert told["payload"] == VIEWER


@pytest.mark.parametrize("text", ["{", "{ nothing }"])
def test_a_file_that_does_not_fit_stops_the_start(
    client_with: Callable[..., TestClient], folder: Path, text: str
) -> None:
    (folder / "Bad.graphql").write_text(text)

    with pytest.raises(InvalidOperation, match=r"Bad\.graphql"):
        client_with(trusted_documents=folder)
