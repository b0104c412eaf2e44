"""Evidence by the API: uploads that are attached, listed, removed and refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.access.organisations import add_organisation
from daybook.access.rules import Permission
from daybook.adjustments.commands import submit
from daybook.db.engine import Database, open_database
from daybook.settings import Settings
from daybook_adjusting import drafted, entered, reversed_journal
from daybook_disks import seal, small_disk
from daybook_evidence import GOOD, csv, files_in, pdf, png
from daybook_factories import (
    ORGANISATION,
    billing_schedule,
    credit_note,
    invoice,
    lock,
    record,
)
from daybook_filled import filled
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.documents.ids import BillingScheduleId, CreditNoteId, InvoiceId
from daybook_graphql.evidence.ids import AttachmentId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId, RecordedLockId
from daybook_people import ALL_OF_A_KEY, NOON, client_of, key_of
from daybook_site import settings_for

ATTACHMENT = """
id number subjectId about filename mediaType bytes sha256 description url attachedBy
auditRecord removal { reason removedBy }
"""
ATTACH = f"""
mutation($input: AttachEvidenceInput!) {{ attachEvidence(input: $input) {{
  attachment {{ {ATTACHMENT} }} userErrors {{ code message path }}
}} }}
"""
REMOVE = f"""
mutation($input: RemoveEvidenceInput!) {{ removeEvidence(input: $input) {{
  attachment {{ {ATTACHMENT} }} userErrors {{ code message path }}
}} }}
"""
NODE = f"""
query($id: ID!) {{ node(id: $id) {{ ... on Attachment {{ {ATTACHMENT} }} }} }}
"""
LISTS = """
query($id: ID!, $all: Boolean!) {
  attachments(subjectId: $id, withRemoved: $all) {
    totalCount nodes { number } edges { cursor node { number } }
  }
  node(id: $id) {
    ... on Source { attachments(withRemoved: $all) { totalCount nodes { number } } }
    ... on ManualJournal {
      attachments(withRemoved: $all) { totalCount nodes { number } }
    }
    ... on RecordedLock {
      attachments(withRemoved: $all) { totalCount nodes { number } }
    }
  }
}
"""
INVOICE, LOCK = encode(InvoiceId("inv_1")), encode(RecordedLockId("USD", 2))
JOURNAL = encode(ManualJournalId(1))


async def fill(database: Database) -> None:
    documents = (invoice("inv_1"), billing_schedule("bs_1"), credit_note("cn_1"))
    await record(database, *documents, on="2025-01-01")
    await lock(database, "2025-01-31", on="2025-02-03")
    await lock(database, "2025-02-28", on="2025-03-03")
    await drafted(database, entered(day="2025-03-15"))


@pytest.fixture
def settings(database_url: URL, tmp_path: Path) -> Settings:
    """Settings with a folder of evidence, and of a ledger that is locked twice."""

    async def run() -> None:
        database = Database(database_url)
        await filled(database, fill)
        await database.close()

    anyio.run(run)
    folder = tmp_path / "evidence"
    return settings_for(database_url, data=tmp_path, evidence=folder)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """The application for somebody who may do everything."""
    with client_of(settings) as made:
        yield made


def asked(client: TestClient, query: str, **variables: Any) -> dict[str, Any]:
    """The whole answer to a document."""
    answer: dict[str, Any] = client.post(
        "/graphql", json={"query": query, "variables": variables}
    ).json()
    return answer


def test_a_folder_that_may_not_be_written_into_is_an_outage(
    client: TestClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    folder = settings.evidence
    assert folder is not None
    folder.mkdir()
    values = {
        "subjectId": INVOICE,
        "uploadId": uploaded(client, pdf()),
        "name": "a.pdf",
    }
    with small_disk(folder):
        (folder / "1").mkdir()
        seal(folder)

        (error,) = asked(client, ATTACH, input=values)["errors"]

    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert error["message"] == (
        "the server may not write into its folder of files: nothing was recorded"
    )
    assert not any(record.exc_info for record in caplog.records)
    attached = asked(client, ATTACH, input=values)["data"]["attachEvidence"]
    assert attached["userErrors"] == []


def uploaded(client: TestClient, content: bytes) -> str:
    """The id of a new upload."""
    id_: str = client.post("/uploads", content=content).json()["id"]
    return id_


def attach(
    client: TestClient,
    content: bytes | None = None,
    *,
    subject: str = INVOICE,
    name: str = "contract.pdf",
    **more: Any,
) -> dict[str, Any]:
    """The payload of an attachment of a new upload."""
    given = {"uploadId": uploaded(client, content or pdf()), **more}
    answer = asked(client, ATTACH, input={"subjectId": subject, "name": name, **given})
    payload: dict[str, Any] = answer["data"]["attachEvidence"]
    return payload


def listed(client: TestClient, subject: str, *, all_: bool = False) -> list[str]:
    """The numbers of a subject's attachments, the same by all ways."""
    data = asked(client, LISTS, id=subject, all=all_)["data"]
    (first, second) = data["attachments"], data["node"]["attachments"]
    assert first["nodes"] == second["nodes"]
    assert [edge["node"] for edge in first["edges"]] == first["nodes"]
    assert first["totalCount"] == second["totalCount"] == len(first["nodes"])
    return [node["number"] for node in first["nodes"]]


@pytest.mark.parametrize(
    ("subject", "about"),
    [
        (INVOICE, "invoice inv_1"),
        (encode(BillingScheduleId("bs_1")), "billing schedule bs_1"),
        (encode(CreditNoteId("cn_1")), "credit note cn_1"),
        (LOCK, "the lock of the USD ledger, recording 2"),
        (JOURNAL, "manual journal MJ-1"),
    ],
)
@pytest.mark.either_database
def test_an_upload_is_attached_and_got_again(
    client: TestClient, settings: Settings, subject: str, about: str
) -> None:
    made = attach(client, subject=subject, description="signed")["attachment"]
    again = attach(client, subject=subject, name="other.pdf")["attachment"]

    assert again == made
    assert made["subjectId"] == subject and made["about"] == about
    assert (made["number"], made["filename"]) == ("1", "contract.pdf")
    assert (made["mediaType"], made["bytes"]) == ("application/pdf", str(len(pdf())))
    assert (made["description"], made["attachedBy"]) == ("signed", "API key test")
    assert made["url"] == "/attachments/1/contract.pdf"
    assert listed(client, subject) == ["1"]
    assert asked(client, NODE, id=made["id"])["data"]["node"] == made
    assert len(files_in(settings.evidence or Path())) == 1
    answer = client.get(made["url"])
    assert answer.content == pdf()


def test_removed_evidence_is_listed_where_it_is_asked_for(client: TestClient) -> None:
    first = attach(client)["attachment"]
    attach(client, png(), name="scan.png")
    given = {"attachmentId": first["id"], "reason": "of another customer"}

    removed = asked(client, REMOVE, input=given)["data"]["removeEvidence"]

    assert removed["attachment"]["removal"] == {
        "reason": "of another customer",
        "removedBy": "API key test",
    }
    assert listed(client, INVOICE) == ["2"]
    assert listed(client, INVOICE, all_=True) == ["2", "1"]
    assert client.get(first["url"]).content == pdf()


def test_the_changes_of_a_lock_are_listed(client: TestClient) -> None:
    attach(client, subject=LOCK)
    query = """
    query($first: Int) { ledger(currency: "USD") { locks(first: $first) {
      totalCount pageInfo { hasNextPage }
      nodes { id recording method lockedThrough madeBy reason
        attachments { nodes { filename } } }
    } } }
    """

    locks = asked(client, query, first=5)["data"]["ledger"]["locks"]
    first = asked(client, query, first=1)["data"]["ledger"]["locks"]

    assert [
        (lock["recording"], lock["lockedThrough"], lock["attachments"]["nodes"])
        for lock in locks["nodes"]
    ] == [
        ("3", "2025-02-28", []),
        ("2", "2025-01-31", [{"filename": "contract.pdf"}]),
    ]
    assert locks["nodes"][0]["reason"] == "locked through 2025-02-28: test"
    assert (locks["totalCount"], locks["pageInfo"]["hasNextPage"]) == (2, False)
    assert (len(first["nodes"]), first["pageInfo"]["hasNextPage"]) == (1, True)


@pytest.mark.parametrize(
    ("content", "name", "code", "path"),
    [
        (b"MZ" + bytes(100), "a.pdf", "UNREADABLE", ["uploadId"]),
        (png(), "a.pdf", "INVALID_VALUE", ["name"]),
        (pdf(), "contract", "INVALID_VALUE", ["name"]),
        (bytes(20 * 2**20 + 1), "a.pdf", "TOO_LARGE", ["uploadId"]),
    ],
)
@pytest.mark.either_database
def test_what_is_refused_leaves_the_upload(  # noqa: PLR0913, PLR0917  (fixtures and cases)
    client: TestClient,
    settings: Settings,
    content: bytes,
    name: str,
    code: str,
    path: list[str],
) -> None:
    upload_id = uploaded(client, content)
    given = {"subjectId": INVOICE, "uploadId": upload_id, "name": name}

    payload = asked(client, ATTACH, input=given)["data"]["attachEvidence"]

    assert payload["attachment"] is None
    assert [(its["code"], its["path"]) for its in payload["userErrors"]] == [
        (code, path)
    ]
    assert files_in(settings.evidence or Path()) == []
    assert client.delete(f"/uploads/{upload_id}").status_code == 204


@pytest.mark.either_database
def test_an_upload_is_spent_once(client: TestClient) -> None:
    upload_id = uploaded(client, csv())
    given = {"subjectId": INVOICE, "uploadId": upload_id, "name": "list.csv"}

    asked(client, ATTACH, input=given)
    again = asked(client, ATTACH, input=given)["data"]["attachEvidence"]

    (error,) = again["userErrors"]
    assert error["code"] == "UPLOAD_SPENT" and "attachment 1" in error["message"]


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (encode(InvoiceId("nothing")), "NOT_FOUND"),
        (encode(RecordedLockId("USD", 1)), "NOT_FOUND"),
        (encode(ManualJournalId(2)), "NOT_FOUND"),
    ],
)
@pytest.mark.either_database
def test_an_unknown_subject_is_said(
    client: TestClient, subject: str, code: str
) -> None:
    (error,) = attach(client, subject=subject)["userErrors"]

    assert (error["code"], error["path"]) == (code, ["subjectId"])


@pytest.mark.either_database
def test_an_id_of_something_else_is_refused(client: TestClient) -> None:
    given = {"subjectId": encode(LedgerId("USD")), "uploadId": "x", "name": "a.pdf"}

    answer = asked(client, ATTACH, input=given)

    assert answer["errors"][0]["extensions"]["code"] == "INVALID_ID"


@pytest.mark.parametrize(
    ("permissions", "subject"),
    [
        (Permission.READ | Permission.RECORD, INVOICE),
        (Permission.READ | Permission.RECORD | Permission.CLOSE, LOCK),
        (Permission.READ | Permission.ADJUST, JOURNAL),
        (Permission.READ | Permission.ADJUST | Permission.CLOSE, JOURNAL),
    ],
)
@pytest.mark.either_database
def test_each_subject_needs_its_own_permission(
    client: TestClient, settings: Settings, permissions: Permission, subject: str
) -> None:
    made: dict[str, Any] = {
        each: attach(client, subject=each)["attachment"]
        for each in (INVOICE, LOCK, JOURNAL)
    }
    headers = {"Authorization": f"Bearer {new_key(settings, permissions)}"}
    sent = client.post("/uploads", content=csv(), headers=headers)
    given = {"uploadId": sent.json()["id"], "name": "list.csv"}

    def is_forbidden(query: str, **given: Any) -> bool:
        variables = {"query": query, "variables": {"input": given}}
        answer = client.post("/graphql", json=variables, headers=headers).json()
        return "FORBIDDEN" in str(answer.get("errors"))

    records = Permission.RECORD in permissions
    allowed = {subject, INVOICE} if records else {subject}
    for each, attachment in made.items():
        removal = {"attachmentId": attachment["id"], "reason": "x"}
        if each not in allowed:
            assert is_forbidden(ATTACH, subjectId=each, **given)
            assert is_forbidden(REMOVE, **removal)
            assert listed(client, each) == [attachment["number"]]
    assert not is_forbidden(ATTACH, subjectId=subject, **given)
    assert listed(client, subject) == ["4", made[subject]["number"]]


@pytest.mark.either_database
def test_a_manual_journal_takes_files_in_every_status(
    client: TestClient, settings: Settings
) -> None:
    async def reverse() -> None:
        database = open_database(settings)
        await submit(
            *(database, ORGANISATION, 1),
            version=1,
            now=NOON,
            made_by="test",
        )
        await reversed_journal(database, 1, on="2025-10-15")
        await database.close()

    attach(client, subject=JOURNAL)
    anyio.run(reverse)
    made = attach(client, png(), subject=JOURNAL, name="scan.png")["attachment"]
    given = {"attachmentId": made["id"], "reason": "of another month"}
    asked(client, REMOVE, input=given)

    assert listed(client, JOURNAL) == ["1"]
    assert listed(client, JOURNAL, all_=True) == ["2", "1"]
    assert client.get(made["url"]).content == png()


@pytest.mark.either_database
def test_another_organisation_s_evidence_is_not_there(
    client: TestClient, settings: Settings
) -> None:
    made = attach(client)["attachment"]
    key = new_key(settings, organisation_of="Other")
    headers = {"Authorization": f"Bearer {key}"}

    def answered(query: str, **variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        return client.post("/graphql", json=body, headers=headers).json()["data"]

    found = answered(
        "query($id: ID!) { node(id: $id) { id } attachments { totalCount } }",
        id=encode(AttachmentId(1)),
    )
    given = {"attachmentId": made["id"], "reason": "x"}
    removed = answered(REMOVE, input=given)["removeEvidence"]

    assert found == {"node": None, "attachments": {"totalCount": 0}}
    assert [its["code"] for its in removed["userErrors"]] == ["NOT_FOUND"]
    assert client.get(made["url"], headers=headers).status_code == 404
    assert listed(client, INVOICE) == ["1"]


@pytest.mark.either_database
def test_every_kind_of_file_keeps_its_type(client: TestClient) -> None:
    types = {
        name: attach(client, content, name=name)["attachment"]["mediaType"]
        for name, content in GOOD.items()
    }

    assert types["scan.PNG"] == "image/png"
    assert types["list.csv"] == "text/csv"
    assert types["accrual.xlsx"].endswith("spreadsheetml.sheet")


def new_key(
    settings: Settings,
    permissions: Permission = ALL_OF_A_KEY,
    organisation_of: str = "",
) -> str:
    """A key of our organisation, or of a new one."""
    keys: list[str] = []

    async def make() -> None:
        database = open_database(settings)
        number = 1
        if organisation_of:
            number = await add_organisation(
                database, organisation_of, now=NOON, made_by="test"
            )
        keys.append(await key_of(database, permissions, organisation_id=number))
        await database.close()

    anyio.run(make)
    return keys[0]
