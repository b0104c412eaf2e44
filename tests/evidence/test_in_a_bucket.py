"""Uploads and evidence in a bucket: kept, verified, downloaded; outages are told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook.db.failures import OutageKind, outage_of
from daybook.errors import Rejected
from daybook.evidence.auditing import check_files
from daybook.evidence.commands import Keeping
from daybook.settings import Settings
from daybook.storage.places import evidence_storage, uploads_storage
from daybook.storage.rules import Storage, Stored
from daybook.storage.s3.client import StorageOutage
from daybook_evidence import GIBIBYTE, attached, pdf
from daybook_factories import ORGANISATION, invoice, record
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_people import client_of
from daybook_services.s3 import Fault, Request, S3Store, anything
from daybook_site import settings_for
from daybook_terminal import INVOICE as NUMBERED

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

LINE = {name: its for name, its in NUMBERED.items() if name != "number"}
IMPORT = """
mutation($input: ImportDocumentsInput!) {
  importDocuments(input: $input) { recorded { kind count } userErrors { message } }
}
"""


@pytest.fixture
def settings(database_url: URL, tmp_path: Path, bucket_url: str) -> Settings:
    return settings_for(database_url, data=tmp_path, storage_url=bucket_url)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with client_of(settings) as made:
        yield made


@pytest.fixture
def storage(database: Database, settings: Settings) -> Storage:
    return evidence_storage(database, settings)


def files(storage: Storage) -> list[Stored]:
    """All files and parts, without folders."""
    return [file for file in storage.stored() if len(file.key) == 2]


async def test_evidence_is_kept_and_verified(
    database: Database, storage: Storage
) -> None:
    await record(database, invoice("inv_1"))
    keeping = Keeping(storage, GIBIBYTE)

    new = await attached(database, keeping)
    again = await attached(database, keeping, name="again.pdf")
    with pytest.raises(Rejected):
        await attached(database, keeping, b"no PDF at all")

    assert (new.is_new, again.is_new) == (True, False)
    assert len(files(storage)) == 1
    assert await check_files(database, storage, ORGANISATION) == (1, None)
    storage.remove(files(storage)[0].key)
    _, mismatch = await check_files(database, storage, ORGANISATION)
    assert "the file is missing" in str(mismatch)


def is_completion(request: Request) -> bool:
    """Whether a request publishes a file."""
    return request.method == "POST" and "uploadId" in request.path


@pytest.mark.parametrize("when", [anything, is_completion])
async def test_evidence_that_is_not_kept_is_not_attached(
    database: Database, storage: Storage, s3_store: S3Store, when: Any
) -> None:
    await record(database, invoice("inv_1"))

    with (
        s3_store.failing(Fault(when, 403, "AccessDenied")),
        pytest.raises(StorageOutage) as raised,
    ):
        await attached(database, Keeping(storage, GIBIBYTE))

    outage = outage_of(raised.value)
    assert outage is not None
    assert outage.kind is OutageKind.STORAGE
    assert outage.words.startswith("the storage refuses access (AccessDenied)")
    assert not files(storage)
    assert (await attached(database, Keeping(storage, GIBIBYTE))).is_new


async def test_an_outage_is_no_change_of_a_file(
    database: Database, storage: Storage, s3_store: S3Store
) -> None:
    await record(database, invoice("inv_1"))
    await attached(database, Keeping(storage, GIBIBYTE))

    with (
        s3_store.failing(Fault(anything, 403, "AccessDenied")),
        pytest.raises(StorageOutage),
    ):
        await check_files(database, storage, ORGANISATION)


async def test_an_upload_becomes_evidence_and_a_download(
    client: TestClient, storage: Storage, s3_store: S3Store
) -> None:
    assert imported(client, sent(client, json.dumps(LINE).encode())) == []
    page = f"/evidence/{encode(InvoiceId(LINE['id']))}"
    sent_form = client.post(page, files={"file": ("contract.pdf", pdf(), "x/y")})
    assert sent_form.status_code == 200, sent_form.text

    address = "/attachments/1/contract.pdf"
    whole, part = (
        client.get(address),
        client.get(address, headers={"Range": "bytes=-9"}),
    )
    with s3_store.failing(Fault(anything, 403, "AccessDenied")):
        away = client.get(address)
    assert whole.content == pdf()
    assert (part.status_code, part.content) == (206, pdf()[-9:])
    assert away.status_code == 503
    assert len(files(storage)) == 1


async def test_an_upload_that_is_not_kept_is_said_to_its_sender(
    client: TestClient, database: Database, settings: Settings, s3_store: S3Store
) -> None:
    kept = sent(client, json.dumps(LINE).encode())
    with s3_store.failing(Fault(anything, 403, "AccessDenied")):
        refused = client.post("/uploads", content=b"{}")
        query = {"query": IMPORT, "variables": {"input": {"uploadId": kept}}}
        unread = client.post("/graphql", json=query).json()

    assert refused.status_code == 503
    assert "the server's storage fails; try again later" in refused.text
    assert unread["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert imported(client, kept) == []
    assert files(uploads_storage(database, settings)) == []


def sent(client: TestClient, content: bytes) -> str:
    """The id of a new upload."""
    answer = client.post("/uploads", content=content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def imported(client: TestClient, upload_id: str) -> list[dict[str, str]]:
    """What is wrong with an upload's documents, which are imported."""
    query = {"query": IMPORT, "variables": {"input": {"uploadId": upload_id}}}
    errors: list[dict[str, str]] = client.post("/graphql", json=query).json()["data"][
        "importDocuments"
    ]["userErrors"]
    return errors
