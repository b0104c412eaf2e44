"""The page of evidence: its forms, the files themselves, and who may do what."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.access.organisations import add_organisation
from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook_adjusting import drafted, entered
from daybook_disks import seal, small_disk
from daybook_evidence import csv, files_in, pdf, png
from daybook_factories import invoice, lock, record
from daybook_filled import filled
from daybook_graphql.adjustments.ids import ManualJournalId
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId, RecordedLockId
from daybook_people import NOON, client_of, key_of
from daybook_site import settings_for

INVOICE = f"/evidence/{encode(InvoiceId('inv_1'))}"
MANUAL = f"/evidence/{encode(ManualJournalId(1))}"
LOCK = f"/evidence/{encode(RecordedLockId('USD', 2))}"
JOURNAL = "/journals/USD/1"


pytestmark = pytest.mark.either_database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of evidence."""
    return tmp_path / "evidence"


async def fill(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-01-01")
    await drafted(database, entered(), on="2025-01-02")
    await lock(database, "2025-01-31", on="2025-02-03")


@pytest.fixture
def client(database_url: URL, folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    """The application over an invoice and a lock, for somebody who may do all."""

    async def run() -> None:
        database = Database(database_url)
        await filled(database, fill)
        await database.close()

    anyio.run(run)
    settings = settings_for(database_url, evidence=folder, data=tmp_path)
    with client_of(settings) as made:
        made.follow_redirects = False
        yield made


def send(
    client: TestClient,
    content: bytes | None = None,
    name: str = "contract.pdf",
    *,
    to: str = INVOICE,
    headers: dict[str, str] | None = None,
    **fields: str,
) -> Any:
    """Send the form with a file."""
    files = {"file": (name, content or pdf(), "application/x-anything")}
    return client.post(to, files=files, data=fields, headers=headers)


def page(client: TestClient, path: str) -> str:
    """A page's text."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    text: str = answer.text
    return text


def test_a_form_attaches_a_file_and_leads_back_to_the_journal(
    client: TestClient, folder: Path, tmp_path: Path
) -> None:
    form = page(client, JOURNAL)
    back = f"?back={quote(JOURNAL, safe='')}"
    assert "No file is attached." in form and 'enctype="multipart/form-data"' in form
    assert f'action="{INVOICE}?back=' in form

    answer = send(client, to=f"{INVOICE}{back}", description="Signed", then="back")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{JOURNAL}#evidence"
    shown = page(client, JOURNAL)
    assert 'href="/attachments/1/contract.pdf"' in shown and "Signed" in shown
    assert len(files_in(folder)) == 1
    # What came as an upload is spent, and its file is gone.
    assert files_in(next(tmp_path.glob("*uploads"), tmp_path / "none")) == []


def test_the_page_lists_removes_and_says_so(client: TestClient, folder: Path) -> None:
    sent = send(client)
    assert sent.headers["location"] == f"{INVOICE}?saved=attached"
    shown = page(client, sent.headers["location"])
    assert "The file is attached." in shown and "Remove contract.pdf" in shown
    attachment = shown.split('name="attachment" value="')[1].split('"')[0]
    fields = {"attachment": attachment, "number": "1", "reason": " "}

    refused = client.post(f"{INVOICE}/remove", data=fields)
    removed = client.post(f"{INVOICE}/remove", data={**fields, "reason": "of another"})

    assert refused.status_code == 422
    assert "Give a reason." in refused.text and 'href="#reason-1"' in refused.text
    assert removed.headers["location"] == f"{INVOICE}?saved=removed"
    shown = page(client, INVOICE)
    assert "Removed" in shown and "of another" in shown
    assert "Remove contract.pdf" not in shown
    assert client.get("/attachments/1/contract.pdf").content == pdf()
    assert len(files_in(folder)) == 1
    assert "No file is attached." in page(client, JOURNAL)


def test_a_manual_journal_has_files_on_its_page_and_form(client: TestClient) -> None:
    journal = "/manual-journals/1"
    form = page(client, journal)
    assert "No file is attached." in form and f'action="{MANUAL}?back=' in form

    answer = send(client, to=f"{MANUAL}?back={quote(journal, safe='')}", then="back")

    assert answer.headers["location"] == f"{journal}#evidence"
    assert 'href="/attachments/1/contract.pdf"' in page(client, journal)
    assert 'href="/attachments/1/contract.pdf"' in page(client, f"{journal}/edit")
    shown = page(client, MANUAL)
    assert "Evidence of manual journal MJ-1" in shown
    assert "Usage that was billed twice" in shown and f'href="{journal}"' in shown


def test_a_form_saves_what_is_typed_before_a_file_is_attached(
    client: TestClient,
) -> None:
    typed = {"ledger": "USD", "kind": "CORRECTION", "date": "2025-03-31"}
    typed |= {"narrative": "Typed", "line_1_account": "DEFERRED", "do": "attach"}

    answer = client.post("/manual-journals/new", data=typed)

    assert answer.headers["location"] == "/manual-journals/2#evidence"
    assert "Typed" in page(client, "/manual-journals/2")


def test_a_lock_s_evidence_is_reached_from_the_settings(client: TestClient) -> None:
    settings = page(client, "/settings/locks?currency=USD")
    assert "Latest changes of the lock" in settings and "No file yet" in settings
    assert f'href="{LOCK}?back=' in settings

    send(client, csv(), "list.csv", to=LOCK)

    assert "Evidence of the lock of the USD ledger" in page(client, LOCK)
    settings = page(client, "/settings/locks?currency=USD")
    assert "1 file" in settings and "No file yet" not in settings


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"MZ" + bytes(50), "a.pdf", "The file isn&#39;t PDF, PNG, JPEG or XLSX"),
        (png(), "a.pdf", "its name must end in .png"),
        (pdf(), "contract", "A file needs a name with a suffix"),
        (bytes(20 * 2**20 + 1), "a.pdf", "A file has at most 20,971,520 bytes"),
        (bytes(20 * 2**20 + 2**17), "a.pdf", "A file has at most 20 MiB."),
    ],
)
def test_a_form_says_what_is_wrong_with_a_file(
    client: TestClient, folder: Path, content: bytes, name: str, words: str
) -> None:
    answer = send(client, content, name, description="Typed")

    assert answer.status_code == 422
    assert words in answer.text and 'aria-describedby="problem-file"' in answer.text
    assert files_in(folder) == []


def test_a_form_says_that_a_file_could_not_be_kept(
    client: TestClient, database_url: URL, tmp_path: Path
) -> None:
    is_sqlite = database_url.get_backend_name() == "sqlite"
    data = Path(str(database_url.database)).with_suffix("") if is_sqlite else tmp_path
    uploads = data.with_suffix(".uploads") if is_sqlite else data / "uploads"
    uploads.mkdir(exist_ok=True)
    with small_disk(uploads):
        (uploads / "1").mkdir()
        seal(uploads)

        answers = [send(client, description="Typed") for _ in range(21)]

    for answer in answers:  # none of which counts for the quota of twenty
        assert answer.status_code == 422
        assert (
            "The file could not be kept: the server may not write into its folder of"
            " files: its operator has to allow that."
        ) in answer.text
    assert send(client, description="Typed").status_code == 303


def test_a_form_without_a_file_is_refused(client: TestClient) -> None:
    empty = client.post(INVOICE, files={"file": ("", b"")}, data={"description": "x"})
    other = client.post(INVOICE, data={"description": "x"})

    assert empty.status_code == 422 and "Choose a file first." in empty.text
    assert other.status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        f"/evidence/{encode(InvoiceId('nothing'))}",
        f"/evidence/{encode(LedgerId('USD'))}",
        f"/evidence/{encode(RecordedLockId('USD', 1))}",
        "/evidence/nonsense",
        f"{INVOICE}?after=nonsense",
    ],
)
def test_what_is_not_there_is_said(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404 and "No evidence here" in answer.text


@pytest.mark.parametrize("name", ["contract.pdf", "Verträge & mehr.pdf"])
def test_a_file_is_only_saved_and_never_shown(client: TestClient, name: str) -> None:
    send(client, name=name)

    answer = client.get(f"/attachments/1/{quote(name)}")
    known = {"If-None-Match": answer.headers["etag"]}
    again = client.get(f"/attachments/1/{quote(name)}", headers=known)

    headers = answer.headers
    assert answer.content == pdf() and again.status_code == 304
    assert headers["content-disposition"].startswith("attachment; filename")
    assert quote(name) in headers["content-disposition"] or name.isascii()
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox;")
    assert headers["content-type"] == "application/pdf"
    assert headers["cache-control"] == "private, no-cache"


def test_a_file_that_was_changed_is_not_sent(client: TestClient, folder: Path) -> None:
    send(client)
    (file,) = files_in(folder)

    file.write_bytes(pdf("forged"))
    changed = client.get("/attachments/1/contract.pdf")
    file.unlink()
    missing = client.get("/attachments/1/contract.pdf")

    assert changed.status_code == missing.status_code == 500
    assert "was changed" in changed.text and "is missing" in missing.text


@pytest.mark.parametrize(
    "path",
    ["/attachments/1/other.pdf", "/attachments/2/contract.pdf", "/attachments/x/y"],
)
def test_an_address_of_no_file_is_not_found(client: TestClient, path: str) -> None:
    send(client)

    assert client.get(path).status_code == 404


def test_strangers_and_other_organisations_get_nothing(
    client: TestClient, database_url: URL
) -> None:
    send(client)
    keys: list[str] = []

    async def let_in() -> None:
        database = Database(database_url)
        other = await add_organisation(database, "Other", now=NOON, made_by="test")
        keys.append(await key_of(database, organisation_id=other))
        keys.append(await key_of(database, Permission.EXPORT))
        keys.append(await key_of(database, Permission.READ))
        await database.close()

    anyio.run(let_in)
    other, exporter, reader = ({"Authorization": f"Bearer {key}"} for key in keys)
    file = "/attachments/1/contract.pdf"
    nobody = {"Authorization": ""}

    assert client.get(file, headers=other).status_code == 404
    assert client.get(INVOICE, headers=other).status_code == 404
    assert send(client, headers=other, content=png(), name="a.png").status_code in {
        404,
        422,
    }
    assert client.get(file, headers=exporter).status_code == 403
    assert client.get(file, headers=nobody).status_code == 401
    assert send(client, headers=nobody).status_code == 401
    assert client.get(file, headers=reader).content == pdf()
    assert send(client, headers=reader).status_code == 403
    reading = client.get(INVOICE, headers=reader).text
    assert "Attach a file" not in reading and "Remove contract.pdf" not in reading
    assert "a.png" not in page(client, INVOICE)


def test_a_way_back_never_leaves_the_site(client: TestClient) -> None:
    answer = send(client, to=f"{INVOICE}?back=//evil.example", then="back")

    assert answer.headers["location"].startswith("/close")
    assert "evil" not in page(client, f"{INVOICE}?back=https://evil.example")


def test_many_files_have_pages(client: TestClient) -> None:
    for number in range(52):
        send(client, pdf(str(number)), f"{number}.pdf")

    first = page(client, INVOICE)
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = page(client, following.replace("&amp;", "&"))

    assert "51.pdf" in first and ">1.pdf" not in first
    assert ">1.pdf" in second and ">0.pdf" in second and "51.pdf" not in second
