"""What `importDocuments` says of its effects and of faulty lines."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook_graphql.context import Context
from daybook_people import client_of
from daybook_site import settings_for

HEADER = (
    "type,id,status,currency,customer.id,customer.name,issued_on,line.id,product.id,"
    "product.name,amount,service_from,service_to,invoice_id,invoice_line_id"
)
INVOICE = "invoice,inv_1,FINAL,USD,cus_1,Acme,2025-10-01,1,p,Platform,1200.00"
CREDIT = "credit_note,cn_1,FINAL,USD,cus_1,Acme,2025-10-10,1,,,60.00,,,inv_1,1"
TEXT = "\n".join((HEADER, f"{INVOICE},2025-09-01,2026-08-31,,", CREDIT))
IMPORT = """
mutation($input: ImportDocumentsInput!) {
  importDocuments(input: $input) {
    effects {
      currency documents invoiced { amount } credited { amount }
      recognized { amount } deferred { amount } moved { amount }
      movedFrom movedThrough fileTotal { amount }
    }
    faultyLines { line text cells { column start end } }
    userErrors { message path line }
  }
}
"""
TOTALS = """
query($id: ID!) {
  journals(ledgerId: $id, filter: { posted: { to: "2025-10-15" } }, first: 1) {
    totals { account { role } debit { amount } credit { amount } }
  }
}
"""
LOCK = """
mutation($id: ID!) {
  setLock(
    input: { ledgerId: $id, method: CUSTOM_DATE, lockedThrough: "2025-09-30" }
  ) {
    userErrors { message }
  }
}
"""


@pytest.fixture
def client(database_url: URL) -> Iterator[TestClient]:
    """The application over an empty ledger, on 15 October 2025."""
    with client_of(settings_for(database_url)) as made:
        yield made


def data(client: TestClient, query: str, **variables: Any) -> Any:
    """The data of an operation's one field."""
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert "errors" not in answer.json(), answer.text
    (found,) = answer.json()["data"].values()
    return found


def imported(client: TestClient, **values: Any) -> Any:
    """The payload of an import."""
    return data(client, IMPORT, input=values)


def ledger_id(client: TestClient) -> str:
    """The one ledger."""
    (ledger,) = data(client, "{ ledgers { id } }")
    found: str = ledger["id"]
    return found


def gain(client: TestClient, role: str) -> int:
    """What an account with a credit balance has by today, in cents."""
    totals = data(client, TOTALS, id=ledger_id(client))["totals"]
    cents = {
        total["account"]["role"]: int(total["credit"]["amount"].replace(".", ""))
        - int(total["debit"]["amount"].replace(".", ""))
        for total in totals
    }
    return cents[role]


def test_effects_are_the_difference_of_the_journals_totals(client: TestClient) -> None:
    cent = INVOICE.replace("inv_1", "inv_0").replace("1200.00", "0.01")
    imported(client, text=f"{HEADER}\n{cent},2025-10-01,2025-10-01,,")
    locked = data(client, LOCK, id=ledger_id(client))
    assert locked == {"userErrors": []}
    before = {role: gain(client, role) for role in ("RECOGNIZED", "DEFERRED")}

    dry = imported(client, text=TEXT, dryRun=True)
    assert before == {role: gain(client, role) for role in before}
    done = imported(client, text=TEXT)

    assert dry == done and dry["userErrors"] == []
    (effect,) = dry["effects"]
    amounts = {
        name: int(value["amount"].replace(".", ""))
        for name, value in effect.items()
        if isinstance(value, dict)
    }
    after = {role: gain(client, role) for role in before}
    assert (effect["currency"], effect["documents"]) == ("USD", 2)
    assert amounts["invoiced"] == 120_000 and amounts["credited"] == 6_000
    assert amounts["fileTotal"] == 114_000
    assert amounts["recognized"] == after["RECOGNIZED"] - before["RECOGNIZED"]
    assert amounts["deferred"] == after["DEFERRED"] - before["DEFERRED"]
    # September is locked: its 100.00 are posted on 1 October.
    assert amounts["moved"] == 10_000
    assert effect["movedFrom"] == effect["movedThrough"] == "2025-10-01"

    again = imported(client, text=TEXT)
    (same,) = again["effects"]
    assert same["documents"] == 0 and same["fileTotal"] == {"amount": "1140.00"}
    assert same["recognized"] == {"amount": "0.00"}


def test_faulty_lines_are_quoted_for_text_alone(client: TestClient) -> None:
    wrong = CREDIT.replace("60.00", "6o.00")

    refused = imported(client, text=f"{HEADER}\n{INVOICE},,,,\n{wrong}")
    values = imported(client, documents=[{"type": "invoice"}])
    both = imported(client, documents=[], text="x")

    assert {error["line"] for error in refused["userErrors"]} == {2, 3}
    lines = refused["faultyLines"]
    assert [(line["line"], line["text"]) for line in lines] == [
        (2, f"{INVOICE},,,,"),
        (3, wrong),
    ]
    cells = {
        (cell["column"], line["text"][cell["start"] : cell["end"]])
        for line in lines
        for cell in line["cells"]
    }
    assert ("amount", "6o.00") in cells
    columns = {tuple(error["path"]) for error in refused["userErrors"]}
    assert {(column,) for column, _ in cells} <= columns
    assert refused["effects"] == []
    for payload in (values, both):
        assert payload["userErrors"] and payload["faultyLines"] == []


def test_lines_of_json_have_no_cells(client: TestClient) -> None:
    refused = imported(client, text='{"type": "invoice", "id": 7}')

    (line,) = refused["faultyLines"]
    assert line["cells"] == []


EXPECTING = """
mutation($input: ImportDocumentsInput!) {
  importDocuments(input: $input) {
    journals auditRecord userErrors { code path }
  }
}
"""
FAILED = "{ activity(filter: { isFailed: true }) { totalCount } }"


def test_an_import_takes_what_its_dry_run_showed_or_nothing(
    client: TestClient,
) -> None:
    def expecting(**values: Any) -> Any:
        return data(client, EXPECTING, input={"text": TEXT, **values})

    seen = expecting(dryRun=True)
    assert seen["journals"] == 13
    other = INVOICE.replace("inv_1", "inv_2")
    imported(client, text=f"{HEADER}\n{other},2025-09-01,2026-08-31,,")

    late = expecting(expectedAuditRecord=seen["auditRecord"])

    conflict = {"code": "CONFLICT", "path": ["expectedAuditRecord"]}
    assert (late["journals"], late["userErrors"]) == (0, [conflict])
    # Nothing of the file was looked at: it is no import that failed.
    assert data(client, FAILED) == {"totalCount": 0}
    again = expecting(dryRun=True)
    assert int(again["auditRecord"]) > int(seen["auditRecord"])
    taken = expecting(expectedAuditRecord=again["auditRecord"])
    assert (taken["journals"], taken["userErrors"]) == (13, [])
    assert int(taken["auditRecord"]) == int(again["auditRecord"]) + 1


def test_a_dry_run_names_the_record_that_it_saw(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one that was recorded before the answer was given."""
    pins_after_a_write = Context.pins_after_a_write
    recorded: list[str] = []

    async def recorded_meanwhile(context: Context) -> Any:
        if not recorded:
            recorded.append("inv_2")
            other = INVOICE.replace("inv_1", "inv_2")
            await asyncio.to_thread(
                imported, client, text=f"{HEADER}\n{other},2025-09-01,2026-08-31,,"
            )
        return await pins_after_a_write(context)

    monkeypatch.setattr(Context, "pins_after_a_write", recorded_meanwhile)
    seen = data(client, EXPECTING, input={"text": TEXT, "dryRun": True})

    late = data(
        client,
        EXPECTING,
        input={"text": TEXT, "expectedAuditRecord": seen["auditRecord"]},
    )

    assert [error["code"] for error in late["userErrors"]] == ["CONFLICT"]


def test_a_dry_run_says_what_is_renamed_and_lists_documents(client: TestClient) -> None:
    query = """mutation($input: ImportDocumentsInput!) {
      importDocuments(input: $input) {
        firstDocuments {
          kind number customerName currency accountingDate
          before { amount } after { amount }
        }
        renamingCount
        renamings { customer product field before after message }
      }
    }"""
    imported(client, text=TEXT)
    header = HEADER.replace("product.name", "product.name,product.category")
    row = INVOICE.replace("Platform", "Platfrom,SaaS").replace("1200.00", "600.00")
    text = f"{header}\n{row},2025-09-01,2026-08-31,,"

    found = data(client, query, input={"text": text, "dryRun": True})

    assert found["firstDocuments"] == [
        {
            "kind": "INVOICE",
            "number": "inv_1",
            "customerName": "Acme",
            "currency": "USD",
            "accountingDate": "2025-10-01",
            "before": {"amount": "1200.00"},
            "after": {"amount": "600.00"},
        }
    ]
    product = {"customer": None, "product": "p"}
    assert found["renamingCount"] == 2
    assert found["renamings"] == [
        product
        | {
            "field": "NAME",
            "before": "Platform",
            "after": "Platfrom",
            "message": "product p: Platform is renamed Platfrom",
        },
        product
        | {
            "field": "CATEGORY",
            "before": None,
            "after": "SaaS",
            "message": "product p: Platform has the category SaaS",
        },
    ]
