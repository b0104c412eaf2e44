"""The endpoint over HTTP: what is answered, with which status, and what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from daybook.settings import Settings
from daybook_graphql.transport.media_types import RESPONSE
from daybook_people import NOON, client_of
from daybook_services.database import copy_sqlite
from daybook_terminal import INVOICE as NUMBERED

LOCAL = "http://127.0.0.1:8000"
JSON = {"Content-Type": "application/json"}

INVOICE = {name: its for name, its in NUMBERED.items() if name != "number"}

IMPORT = """
mutation($input: ImportDocumentsInput!) {
  importDocuments(input: $input) {
    recorded { kind count } unchanged drafts journals movements
    noticeCount notices { code message path line }
    userErrorCount userErrors { code message path line }
  }
}
"""


@pytest.fixture
def client(sqlite_template: Path, tmp_path: Path) -> Iterator[TestClient]:
    """The application over an empty ledger, at 15 June 2025."""
    copy_sqlite(sqlite_template, tmp_path / "daybook.db")
    settings = Settings.model_validate(
        {"data": tmp_path, "now": "2025-06-15T12:00:00Z", "import_bytes_max": 50_000}
    )
    with client_of(settings, only_answers=True) as made:
        yield made


def imported(client: TestClient, **values: Any) -> dict[str, Any]:
    """The payload of an import."""
    answer = client.post(
        "/graphql", json={"query": IMPORT, "variables": {"input": values}}
    )
    payload: dict[str, Any] = answer.json()["data"]["importDocuments"]
    return payload


def test_documents_are_imported_once(client: TestClient) -> None:
    first = imported(client, documents=[INVOICE])
    second = imported(client, text=json.dumps(INVOICE) + "\n")

    assert first == {
        "recorded": [{"kind": "INVOICE", "count": 1}],
        "unchanged": 0,
        "drafts": 0,
        "journals": 12,
        "movements": 13,
        "noticeCount": 0,
        "notices": [],
        "userErrorCount": 0,
        "userErrors": [],
    }
    assert (second["unchanged"], second["journals"]) == (1, 0)


def test_a_dry_run_takes_nothing(client: TestClient) -> None:
    dry = imported(client, documents=[INVOICE], dryRun=True)

    assert dry["journals"] == 12
    assert client.post("/graphql", json={"query": "{ ledgers { id } }"}).json() == {
        "data": {"ledgers": []}
    }


def test_every_broken_rule_is_an_error_with_a_path_and_nothing_is_taken(
    client: TestClient,
) -> None:
    line = {**INVOICE["lines"][0], "amount": "12.345"}
    bad = {**INVOICE, "id": "inv_2", "lines": [line], "colour": "red"}

    payload = imported(client, documents=[INVOICE, bad])

    assert {
        (error["code"], tuple(error["path"])) for error in payload["userErrors"]
    } == {
        ("INVALID_AMOUNT", ("1", "lines", "0", "amount")),
        ("UNKNOWN_FIELD", ("1", "colour")),
    }
    assert payload["userErrorCount"] == 2
    assert imported(client, documents=[INVOICE])["unchanged"] == 0


def test_what_the_ledger_refuses_is_a_user_error_too(client: TestClient) -> None:
    note = {
        **{name: INVOICE[name] for name in ("status", "currency", "customer")},
        "type": "credit_note",
        "id": "cn_1",
        "invoice_id": "inv_9",
        "issued_on": "2025-02-01",
        "lines": [{"id": "1", "invoice_line_id": "1", "amount": "1.00"}],
    }

    payload = imported(client, documents=[INVOICE, note])

    (error,) = payload["userErrors"]
    assert error["code"] == "UNKNOWN_DOCUMENT"
    assert (error["path"], error["line"]) == (["1", "invoice_id"], None)
    assert "there is no invoice 'inv_9'" in error["message"]


def test_what_names_a_draft_is_told_which_document_that_is(client: TestClient) -> None:
    note = {
        **{name: INVOICE[name] for name in ("status", "currency", "customer")},
        "type": "credit_note",
        "id": "cn_1",
        "invoice_id": "inv_1",
        "issued_on": "2025-02-01",
        "lines": [{"id": "1", "invoice_line_id": "1", "amount": "1.00"}],
    }

    payload = imported(client, documents=[{**INVOICE, "status": "DRAFT"}, note])

    (error,) = payload["userErrors"]
    assert error["path"] == ["1", "invoice_id"]
    assert "invoice 'inv_1' is a draft (document 0)" in error["message"]


def test_a_number_in_use_is_a_notice(client: TestClient) -> None:
    imported(client, documents=[{**INVOICE, "number": "A"}])
    other = {**INVOICE, "id": "inv_2", "number": "A"}
    last = {**INVOICE, "id": "inv_3", "number": "A"}

    by_value = imported(client, documents=[INVOICE | {"id": "inv_0"}, other])
    by_text = imported(client, text=json.dumps(last))

    notice = {
        "code": "NUMBER_IN_USE",
        "message": "number 'A' is also that of invoice 'inv_1'",
        "path": ["1", "number"],
        "line": None,
    }
    assert (by_value["noticeCount"], by_value["notices"]) == (1, [notice])
    assert by_value["recorded"] == [{"kind": "INVOICE", "count": 2}]
    assert by_text["notices"] == [{**notice, "path": ["number"], "line": 1}]


def test_what_is_worth_a_look_has_a_code_and_the_same_again_has_none(
    client: TestClient,
) -> None:
    similar = {"id": "CUS_1", "name": "Other"}
    credit = {
        **INVOICE,
        "type": "credit_note",
        "id": "cn_1",
        "number": "CN-1",
        "lines": [{"id": "1", "product": {"id": "p", "name": "P"}, "amount": "5.00"}],
    }
    first = {**INVOICE, "number": "A"}
    documents = [first, {**first, "id": "inv_2", "customer": similar}, credit]

    dry = imported(client, documents=documents, dryRun=True)
    taken = imported(client, documents=documents)
    again = imported(client, documents=documents)

    for payload in (dry, taken):
        told = [(notice["code"], notice["path"]) for notice in payload["notices"]]
        assert sorted(told) == [
            ("CREDIT_WITHOUT_INVOICE", ["2", "invoice_id"]),
            ("NUMBER_IN_USE", ["1", "number"]),
            ("SIMILAR_CUSTOMER", ["1", "customer", "id"]),
        ]
        assert payload["noticeCount"] == 3
    assert (again["unchanged"], again["notices"]) == (3, [])


def test_queries_may_be_sent_by_get_and_mutations_may_not(client: TestClient) -> None:
    query = client.get("/graphql", params={"query": "{ ledgers { id } }"})
    mutation = client.get(
        "/graphql",
        params={
            "query": IMPORT,
            "variables": json.dumps({"input": {"documents": [INVOICE]}}),
        },
    )

    assert query.json() == {"data": {"ledgers": []}}
    assert mutation.status_code == 405
    assert imported(client, documents=[INVOICE])["unchanged"] == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"42",
        b'"x"',
        b"[]",
        b"{}",
        b"{",
        b"\xff\xfe",
        b'{"query": 1}',
        b'{"query": "{a}", "variables": []}',
        b'{"query": "\\ud800"}',
        b'{"query": NaN}',
        b"[" * 100_000,
        b'{"query": "{a}", "variables": {"n": ' + b"9" * 5_000 + b"}}",
    ],
)
def test_no_body_is_worse_than_a_bad_request(client: TestClient, body: bytes) -> None:
    answer = client.post("/graphql", content=body, headers=JSON)

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["message"]


def test_a_number_of_too_many_digits_is_told_in_our_words(client: TestClient) -> None:
    body = f'{{"query": "{{a}}", "variables": {{"n": {"9" * 5_000}}}}}'
    variables = f'{{"n": {"9" * 5_000}}}'

    sent = client.post("/graphql", content=body, headers=JSON)
    asked = client.get("/graphql", params={"query": "{a}", "variables": variables})

    assert [one.json()["errors"][0]["message"] for one in (sent, asked)] == [
        "the body holds a number of too many digits",
        "variables holds a number of too many digits",
    ]
    assert (sent.status_code, asked.status_code) == (400, 400)


@pytest.mark.parametrize(
    "document",
    [
        "{ journals(ledgerId: N, first: N) { totalCount } }",
        "query($n: Int = N) { customers(first: $n) { totalCount } }",
        "{ node(id: -N) { id } }",
        "{ nope(x: [{y: N}]) }",
    ],
)
def test_an_integer_of_too_many_digits_is_a_wrong_document(
    client: TestClient, document: str
) -> None:
    headers = {"Accept": RESPONSE}

    answer = client.post(
        "/graphql",
        json={"query": document.replace("N", "9" * 5_000)},
        headers=headers,
    )

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "INVALID_QUERY"
    assert error["message"] == "an integer has more than 500 digits"
    assert error["locations"]


@pytest.mark.parametrize("accept", ["application/json", RESPONSE])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_subscription_is_not_answered_at_once(
    client: TestClient,
    method: str,
    accept: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for document in (
        "subscription { exportJobs { id } }",
        'subscription { exportProgress(id: "x") { id } }',
    ):
        given: dict[str, Any] = {
            "params" if method == "GET" else "json": {"query": document}
        }
        answer = client.request(method, "/graphql", headers={"Accept": accept}, **given)

        assert answer.status_code == 400, answer.text
        assert "data" not in answer.json()
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "BAD_REQUEST"
        assert error["message"] == "subscriptions need text/event-stream or a socket"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_other_media_types_and_methods_are_refused(client: TestClient) -> None:
    form = client.post("/graphql", data={"query": "{ ledgers { id } }"})
    put = client.put("/graphql", json={"query": "{ ledgers { id } }"})

    assert form.status_code == 415
    assert form.json()["errors"][0]["message"] == (
        "send JSON in UTF-8, with the header Content-Type: application/json"
    )
    assert (put.status_code, put.headers["allow"]) == (405, "GET, POST")


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: TestClient) -> None:
    answer = client.post("/graphql", content=b" " * 2_000_000, headers=JSON)

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"
    assert "/uploads" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("value", ["[]", "1", '{"a": 1}'])
def test_a_body_of_too_many_values_is_refused(client: TestClient, value: str) -> None:
    values = ",".join([value] * 110_000)[: 2**20 - 100].rpartition(",")[0]
    body = f'{{"query": "{{ __typename }}", "variables": {{"x": [{values}]}}}}'
    text = json.dumps({"query": "{ __typename }", "variables": {"x": "," * 200_000}})

    answer = client.post("/graphql", content=body, headers=JSON)

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"
    assert client.post("/graphql", content=text, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("document", "most"),
    [
        ("query " + "@x " * 400 + "{ __typename }", 1),
        ("query " + " ".join(f"@x{n}" for n in range(400)) + " { __typename }", 1),
        ("{ __typename " + " ".join(f"@x{n}" for n in range(10_000)) + " }", 1),
        ("{ " + " ".join(f"a{n}" for n in range(300)) + " }", 21),
        ("query(" + " ".join(f"$a{n}: X" for n in range(200)) + ") { id }", 21),
    ],
)
def test_one_mistake_made_often_is_told_few_times(
    client: TestClient, document: str, most: int
) -> None:
    errors = client.post("/graphql", json={"query": document}).json()["errors"]

    assert 1 <= len(errors) <= most


def test_answers_are_not_kept(client: TestClient) -> None:
    query = "/graphql?query={__typename}"
    for answer in (client.get(query), client.put(query), client.get("/journals.csv")):
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers


def test_https_is_kept_to(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, public_url="https://127.0.0.1")
    with client_of(settings) as client:
        answer = client.get("/sign-in")

    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", "SYNTAX_ERROR"),
        ("{ nope }", "INVALID_QUERY"),
        (
            "{ " + " ".join(f"a{n}: ledgers {{ id }}" for n in range(20)) + " }",
            "TOO_COMPLEX",
        ),
        ("{ ledgers { id " * 3 + "}" * 6, "INVALID_QUERY"),
        (
            "query { ...a0 } "
            + " ".join(
                f"fragment a{n} on Query {{ ...a{n + 1} ...a{n + 1} }}"
                for n in range(25)
            )
            + " fragment a25 on Query { ledgers { id } }",
            "TOO_COMPLEX",
        ),
    ],
)
def test_a_document_that_is_wrong_or_too_much_is_told_so(
    client: TestClient, document: str, code: str
) -> None:
    answer = client.post("/graphql", json={"query": document})

    codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
    assert codes == {code}


def test_a_mistake_of_ours_shows_an_id_and_no_internals(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_arguments: object) -> None:
        raise RuntimeError("the secret plan")

    monkeypatch.setattr("daybook_graphql.context.Context.pins", broken)

    answer = client.post("/graphql", json={"query": "{ ledgers { id } }"})

    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL_ERROR"
    assert "secret" not in answer.text
    assert error["extensions"]["id"] in caplog.text
    assert "the secret plan" in caplog.text


def test_a_query_ends_in_time_and_a_mutation_is_not_broken_off(tmp_path: Path) -> None:
    given = {"data": tmp_path, "now": NOON, "query_seconds_max": 1e-6}
    settings = Settings.model_validate(given)
    query = {"query": "{ exportJobs(first: 1) { nodes { id } } }"}

    with client_of(settings) as client:
        first = client.post("/graphql", json=query)
        written = imported(client, documents=[INVOICE])
        page = client.get("/journals")

    (error,) = first.json()["errors"]
    assert (first.status_code, first.json()["data"]) == (200, None)
    assert error["extensions"]["code"] == "TIMEOUT"
    assert error["message"].startswith("the query takes longer than 1e-06 seconds")
    assert written["journals"] == 12
    assert page.status_code == 200  # our own operations are trusted


def test_an_operation_that_may_answer_too_much_is_refused(client: TestClient) -> None:
    imported(client, documents=[INVOICE])
    (ledger,) = client.post("/graphql", json={"query": "{ ledgers { id } }"}).json()[
        "data"
    ]["ledgers"]
    query = (
        "query($id: ID!, $n: Int) { journals(ledgerId: $id, first: $n)"
        " { nodes { entries(first: 100) { nodes { id date narrative amount"
        " { amount currency } } } } } }"
    )

    def ask(size: int) -> dict[str, Any]:
        variables = {"id": ledger["id"], "n": size}
        body = {"query": query, "variables": variables}
        answer: dict[str, Any] = client.post("/graphql", json=body).json()
        return answer

    few, many, again = ask(12), ask(100), ask(12)

    assert len(few["data"]["journals"]["nodes"]) == 12
    assert few == again
    (error,) = many["errors"]
    assert error["extensions"]["code"] == "TOO_COMPLEX"
    assert "may answer 70,201 values, and 50,000 are allowed" in error["message"]
    assert "data" not in many
