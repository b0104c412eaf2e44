"""Whatever is asked, the answer is GraphQL, and no error of it is our own mistake."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook.errors import ProblemCode
from daybook_factories import credit_note, invoice, line, record, terms
from daybook_graphql.documents.ids import CreditNoteId, InvoiceId
from daybook_graphql.general_ledger.ids import GlConnectionId, GlRefreshId
from daybook_graphql.journals.ids import EntryId, JournalId, MovementId
from daybook_graphql.kit.errors import ErrorCode
from daybook_graphql.kit.ids import encode
from daybook_graphql.kit.paging import cursor_of
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_people import client_of
from daybook_services.database import NewDatabase
from daybook_services.faults import examples
from daybook_site import Site, serving, settings_for

SCHEMA = Path(__file__).parents[2] / "graphql" / "schema.graphql"
KNOWN = ({one.value for one in ErrorCode} | {one.value for one in ProblemCode}) - {
    "INTERNAL_ERROR"
}
SECONDS = 240
EXAMPLES = examples(2)


def fill(url: URL) -> None:
    """Two ledgers with invoices and a credit note."""
    yen = line(its_terms=terms("1200", currency="JPY"))
    documents = [
        invoice("inv_1"),
        invoice("inv_2", yen, currency="JPY", customer="cus_2"),
        credit_note("cn_1"),
    ]

    async def run() -> None:
        database = Database(url)
        await record(database, *documents)
        await database.close()

    anyio.run(run)


@pytest.fixture
def site(new_database: NewDatabase) -> Iterator[Site]:
    """A server with a little in its ledgers."""
    url = new_database()
    fill(url)
    with serving(url) as made:
        yield made


@pytest.mark.either_database
@pytest.mark.hypothesis
def test_schemathesis_finds_no_error_of_ours(site: Site, tmp_path: Path) -> None:
    har = tmp_path / "answers.har"
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", str(SCHEMA)),
        *("--url", f"{site.address}/graphql", "--no-color", "--no-shrink"),
        *("--header", f"Authorization: {site.authorization}"),
        *("--max-examples", str(EXAMPLES), "--continue-on-failure"),
        *("--checks", "not_a_server_error", "--generation-database", "none"),
        *("--report", "har", "--report-har-path", str(har)),
    ]

    # It takes errors with codes of our own for mistakes of the server, and would fail:
    # its answers are judged here.
    subprocess.run(
        command, cwd=tmp_path, capture_output=True, timeout=SECONDS, check=False
    )

    entries = json.loads(har.read_text())["log"]["entries"]
    assert len(entries) > 10 * EXAMPLES
    assert {entry["response"]["status"] for entry in entries} <= {200, 400}
    bodies = [json.loads(entry["response"]["content"]["text"]) for entry in entries]
    unknown = Counter(
        error["extensions"]["code"]
        for body in bodies
        for error in body.get("errors", ())
        if error["extensions"]["code"] not in KNOWN
    )
    assert not unknown


@pytest.fixture(scope="module")
def client(module_database_url: URL) -> Iterator[TestClient]:
    """The application with a little in its ledgers, for many questions."""
    fill(module_database_url)
    with client_of(settings_for(module_database_url)) as made:
        yield made


IDS = [
    encode(one)
    for one in (
        *(LedgerId("USD"), LedgerId("JPY"), LedgerId("EUR"), InvoiceId("inv_1")),
        *(InvoiceId("none"), CreditNoteId("cn_1"), CustomerId("cus_1")),
        *(ProductId("prod_1"), JournalId("USD", 1), JournalId("USD", 10**17)),
        *(MovementId("USD", 1, 1), MovementId("USD", 10**17, 10**8)),
        *(EntryId("USD", 1, 1, 20_000), EntryId("JPY", 1, 9, 20_000)),
        GlConnectionId(1),
        GlRefreshId(1),
    )
]
KEYS = st.lists(
    st.integers() | st.text(max_size=5) | st.none() | st.floats() | st.booleans(),
    max_size=4,
)


def spoiled(good: str) -> st.SearchStrategy[str]:
    """A text of which something is cut off, added or replaced."""
    return st.builds(
        lambda at, other: good[:at] + other + good[at + 1 :],
        st.integers(0, len(good)),
        st.text(max_size=3),
    )


odd = st.text(max_size=20) | st.sampled_from(["\x00", "x" * 5_000, "٣", "Ⅷ", "%", "_"])
ids = st.sampled_from(IDS) | st.sampled_from(IDS).flatmap(spoiled) | odd
cursors = (
    st.lists(st.integers(0, 10**18), min_size=1, max_size=3).map(cursor_of)
    | KEYS.map(lambda key: json.dumps(key).encode().hex())
    | st.just(cursor_of((1,))).flatmap(spoiled)
    | odd
)
days = (
    st.dates().map(str)
    | st.sampled_from(["2000-01-01", "2099-12-31", "2100-01-01", "2025-02-30", ""])
    | odd
)
numbers = st.integers(-3, 105) | st.sampled_from([2**31 - 1, -(2**31), 2**31])


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of some fields, or null for them."""
    return st.fixed_dictionaries(
        {}, optional={name: its | st.none() for name, its in fields.items()}
    )


kinds = st.lists(st.sampled_from(["INVOICE", "CREDIT_NOTE", "STANDALONE"]), max_size=3)
filters = maybe(
    posted=st.fixed_dictionaries({}, optional={"from": days, "to": days}),
    asOf=days,
    on=days,
    type=st.sampled_from(["SYSTEM", "MANUAL"]),
    source=kinds,
    customerId=ids,
    productId=ids,
    invoiceId=ids,
    creditNoteId=ids,
    billingScheduleId=ids,
    documentId=ids,
    excludeFullyRecognized=st.booleans(),
    shifted=st.booleans(),
    revised=st.booleans(),
    voided=st.booleans(),
    partlyScheduled=st.booleans(),
    includeScheduled=st.booleans(),
    search=odd,
)
pages = maybe(first=numbers, last=numbers, after=cursors, before=cursors)
amounts = (
    st.decimals(allow_nan=True, allow_infinity=True).map(str)
    | st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{0,5})?", fullmatch=True)
    | st.sampled_from(
        ["1e5", "1,000.00", "\u0663.\u0660", "0x10", " 1.00", "1.00 ", "", "-0"]
    )
    | st.integers()
    | st.floats()
    | odd
)


def told(client: TestClient, query: str, variables: Any) -> None:
    """Ask, and look at what comes back."""
    body = json.dumps({"query": query, "variables": variables})
    answer = client.post(
        "/graphql", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {200, 400}, answer.text
    codes = {error["extensions"]["code"] for error in answer.json().get("errors", ())}
    assert codes <= KNOWN, answer.text


many = settings(
    max_examples=examples(30),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
PAGED = (
    "($id: ID!, $filter: JournalFilter, $first: Int, $last: Int,"
    " $after: String, $before: String)"
)
PASSED = (
    "ledgerId: $id, filter: $filter, first: $first, last: $last,"
    " after: $after, before: $before"
)


@many
@given(ledger=ids, conditions=filters, page=pages)
def test_filters_ids_and_cursors(
    client: TestClient, ledger: str, conditions: Any, page: Any
) -> None:
    query = (
        f"query{PAGED} {{ journals({PASSED}) {{ totalCount"
        " totals { debit { amount } }"
        " edges { cursor total { amount } node { id movements { explanation } } } }"
        f" entries({PASSED}) {{ totalCount nodes {{ id date }} }} }}"
    )
    told(client, query, {"id": ledger, "filter": conditions, **page})


@many
@given(wanted=st.lists(ids, max_size=8), day=days)
def test_nodes_and_days(client: TestClient, wanted: Any, day: str) -> None:
    query = (
        "query($ids: [ID!]!, $day: Date) { nodes(ids: $ids) { __typename id"
        " ... on Journal { total(asOf: $day) { amount } fullyRecognized(on: $day) }"
        " ... on LedgerAccount { balance(asOf: $day) { amount } } }"
        " ledgers(asOf: $day) { id } }"
    )
    told(client, query, {"ids": wanted, "day": day})


@many
@given(
    conditions=filters,
    page=pages,
    by=st.lists(st.sampled_from(["CUSTOMER", "PRODUCT", "DOCUMENT"]), max_size=4),
    granularity=st.sampled_from(["DAILY", "MONTHLY", "TOTAL"]),
)
def test_groups(
    client: TestClient, conditions: Any, page: Any, by: Any, granularity: str
) -> None:
    head = PAGED.replace(")", ", $by: [JournalGrouping!]!, $granularity: Granularity!)")
    query = (
        f"query{head} {{ journalGroups({PASSED}, by: $by, granularity: $granularity)"
        " { totalCount edges { cursor node { key total { amount } } } } }"
    )
    variables = {"id": IDS[0], "filter": conditions, "by": by, **page}
    told(client, query, {**variables, "granularity": granularity})


@many
@given(amount=amounts, day=days, number=odd)
def test_amounts_days_and_texts_of_documents(
    client: TestClient, amount: Any, day: str, number: str
) -> None:
    document = {
        "type": "invoice",
        "id": "inv_9",
        "number": number,
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": "cus_9", "name": number},
        "issued_on": day,
        "lines": [
            {
                "id": "1",
                "product": {"id": "prod_1", "name": "Platform"},
                "amount": amount,
                "service_from": "2025-01-01",
                "service_to": day,
            }
        ],
    }
    query = (
        "mutation($input: ImportDocumentsInput!) { importDocuments(input: $input)"
        " { journals userErrors { code message path } } }"
    )
    told(client, query, {"input": {"documents": [document]}})


@many
@given(
    email=st.emails() | odd,
    name=odd,
    key=odd,
    moment=st.datetimes().map(lambda one: f"{one.isoformat()}Z") | odd,
)
def test_people_and_keys(
    client: TestClient, email: str, name: str, key: str, moment: str
) -> None:
    query = (
        "mutation($user: InviteUserInput!, $key: CreateApiKeyInput!) {"
        " inviteUser(input: $user) { userErrors { code } }"
        " createApiKey(input: $key) { userErrors { code } } }"
    )
    user = {"email": email, "name": name, "role": "VIEWER"}
    made = {"name": name, "permissions": ["READ"], "expiresAt": moment}
    told(client, query, {"user": user, "key": {**made, "idempotencyKey": key}})
