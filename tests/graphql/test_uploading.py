"""Files by `POST /uploads`, and the imports that name them."""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
import httpx2
import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from daybook.access.organisations import add_organisation
from daybook.access.rules import Permission
from daybook.db.engine import Database, open_database
from daybook.settings import Settings
from daybook_disks import seal, small_disk
from daybook_people import NOON, client_of, key_of
from daybook_services.database import NewDatabase
from daybook_site import serving, settings_for
from daybook_terminal import INVOICE as NUMBERED

INVOICE = {name: its for name, its in NUMBERED.items() if name != "number"}
FILE = json.dumps(INVOICE).encode() + b"\n"
IMPORT = """
mutation($input: ImportDocumentsInput!) {
  importDocuments(input: $input) {
    recorded { kind count } unchanged drafts journals
    userErrors { code message path line }
  }
}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with small limits."""
    return Settings.model_validate(
        {
            "data": tmp_path,
            "now": "2025-06-15T12:00:00Z",
            "import_bytes_max": 3_000,
            "uploads_max": 3,
            "uploads_bytes_max": 5_000,
        }
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """The application over an empty ledger."""
    with client_of(settings) as made:
        yield made


def files_of(settings: Settings) -> list[Path]:
    """All that is kept of uploads."""
    folder = settings.sqlite_path.with_suffix(".uploads")
    return [file for file in folder.rglob("*") if file.is_file()]


def sent(client: TestClient, content: Any = FILE) -> str:
    """The id of a new upload."""
    answer = client.post("/uploads", content=content)
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_


def imported(client: TestClient, **values: Any) -> dict[str, Any]:
    """The payload of an import."""
    answer = client.post(
        "/graphql", json={"query": IMPORT, "variables": {"input": values}}
    )
    payload: dict[str, Any] = answer.json()["data"]["importDocuments"]
    return payload


def problems(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Code and path of each user error."""
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


def code_of(answer: Any) -> tuple[int, str]:
    """A refusal's status and code."""
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("content", [FILE, gzip.compress(FILE, mtime=0)])
def test_an_upload_is_imported_once(
    client: TestClient, settings: Settings, content: bytes
) -> None:
    answer = client.post("/uploads", content=content)
    told = answer.json()
    dry = imported(client, uploadId=told["id"], dryRun=True)
    first = imported(client, uploadId=told["id"])
    left = files_of(settings)
    again = imported(client, uploadId=told["id"])
    dry_again = imported(client, uploadId=told["id"], dryRun=True)

    assert answer.status_code == 201
    assert set(told) == {"id", "bytes", "sha256", "expiresAt"}
    assert told["bytes"] == len(content)
    assert told["sha256"] == sha256(content).hexdigest()
    assert dry["journals"] == first["journals"] == 12
    assert first["recorded"] == [{"kind": "INVOICE", "count": 1}]
    assert left == []
    assert problems(again) == problems(dry_again) == [("UPLOAD_SPENT", ["uploadId"])]
    assert "recording 1 of USD" in again["userErrors"][0]["message"]


def test_a_refused_upload_is_kept_and_can_be_deleted(
    client: TestClient, settings: Settings
) -> None:
    id_ = sent(client, FILE + b"{]\n")
    payload = imported(client, uploadId=id_)
    kept = files_of(settings)
    deleted = client.delete(f"/uploads/{id_}")
    again = client.delete(f"/uploads/{id_}")

    assert [(error["code"], error["line"]) for error in payload["userErrors"]] == [
        ("UNREADABLE", 2)
    ]
    assert len(kept) == 1
    assert (deleted.status_code, code_of(again)) == (204, (404, "NOT_FOUND"))
    assert files_of(settings) == []
    assert problems(imported(client, uploadId=id_)) == [("NOT_FOUND", ["uploadId"])]


@pytest.mark.parametrize(
    "key", ["\0", "upl_" + "\0" * 24, "upl_x", "../1", "x" * 5_000]
)
@pytest.mark.either_database
def test_what_is_no_upload_s_id_names_none(database_url: URL, key: str) -> None:
    with client_of(settings_for(database_url)) as client:
        deleted = client.delete(f"/uploads/{quote(key)}")
        payloads = [
            imported(client, uploadId=key, dryRun=is_dry) for is_dry in (True, False)
        ]

    assert deleted.status_code == 404
    assert [problems(payload) for payload in payloads] == [
        [("NOT_FOUND", ["uploadId"])]
    ] * 2


def test_one_of_the_three_is_given(client: TestClient) -> None:
    id_ = sent(client)

    for values in ({}, {"text": "x"}, {"documents": [INVOICE]}):
        given = {**values, **({"uploadId": id_} if values else {})}
        assert problems(imported(client, **given)) == [("MISSING", ["documents"])]


def test_what_is_too_large_is_refused_and_leaves_nothing(
    client: TestClient, settings: Settings
) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    known = client.post("/uploads", content=b"x" * 3_001)
    chunked = client.post("/uploads", content=pieces())
    empty = client.post("/uploads")
    form = client.post("/uploads", files={"file": FILE})

    assert code_of(known) == code_of(chunked) == (413, "TOO_LARGE")
    assert code_of(empty) == (400, "BAD_REQUEST")
    assert code_of(form) == (415, "BAD_REQUEST")
    assert "Content-Type: application/octet-stream" in form.text
    assert files_of(settings) == []


def test_what_expands_too_far_is_refused_when_it_is_read(client: TestClient) -> None:
    bomb = gzip.compress(b" " * 1_000_000)
    nested = b'{"type": ' + b"[" * 2_000 + b"\n"

    payload = imported(client, uploadId=sent(client, bomb))
    deep = imported(client, uploadId=sent(client, nested))

    assert [error["code"] for error in payload["userErrors"]] == ["TOO_LARGE"]
    assert {error["code"] for error in deep["userErrors"]} == {"UNREADABLE"}


def test_an_organisation_has_a_quota(client: TestClient) -> None:
    first = sent(client, b"x" * 2_500)
    too_much = client.post("/uploads", content=b"x" * 2_600)
    sent(client)
    sent(client)
    too_many = client.post("/uploads", content=FILE)
    client.delete(f"/uploads/{first}")
    sent(client)

    assert code_of(too_much) == code_of(too_many) == (429, "RATE_LIMITED")
    assert too_many.headers["retry-after"] == "60"


def test_who_may_not_record_sends_nothing(
    client: TestClient, settings: Settings
) -> None:
    async def keys() -> list[str]:
        database = open_database(settings)
        other = await add_organisation(database, "Other", now=NOON, made_by="test")
        may_not = Permission.READ | Permission.EXPORT | Permission.ADMINISTER
        made = [
            await key_of(database, may_not),
            await key_of(database, organisation_id=other),
        ]
        await database.close()
        return made

    reader, other = anyio.run(keys)
    id_ = sent(client)
    stranger = client.post(
        "/uploads", content=FILE, headers={"Authorization": "Bearer none"}
    )
    forbidden = client.post(
        "/uploads", content=FILE, headers={"Authorization": f"Bearer {reader}"}
    )
    foreign = client.post(
        "/uploads", content=FILE, headers={"Sec-Fetch-Site": "cross-site"}
    )
    client.headers["Authorization"] = f"Bearer {other}"

    assert code_of(stranger) == (401, "UNAUTHENTICATED")
    assert code_of(forbidden) == (403, "FORBIDDEN")
    assert foreign.status_code == 403
    assert problems(imported(client, uploadId=id_)) == [("NOT_FOUND", ["uploadId"])]
    assert client.delete(f"/uploads/{id_}").status_code == 404


async def _imported_at_once(database: Database) -> list[list[str]]:
    with serving(database.url) as site:
        headers = site.let_in.headers
        async with httpx2.AsyncClient(headers=headers, timeout=60) as client:
            lines = [json.dumps({**INVOICE, "id": f"inv_{n}"}) for n in range(300)]
            answer = await client.post(
                f"{site.address}/uploads", content="\n".join(lines)
            )
            assert answer.status_code == 201, answer
            values = {"input": {"uploadId": answer.json()["id"]}}
            answers = await asyncio.gather(
                *(
                    client.post(
                        f"{site.address}/graphql",
                        json={"query": IMPORT, "variables": values},
                    )
                    for _ in range(4)
                )
            )
    payloads = [answer.json()["data"]["importDocuments"] for answer in answers]
    return [[error["code"] for error in each["userErrors"]] for each in payloads]


@pytest.mark.anyio
async def test_of_two_imports_at_once_one_wins(database: Database) -> None:
    told = await _imported_at_once(database)

    assert told.count([]) == 1
    assert {code[0] for code in told if code} <= {"IN_USE", "UPLOAD_SPENT"}


def test_an_upload_that_is_broken_off_leaves_nothing(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    tmp_path /= "exports"
    with serving(new_sqlite(), exports=tmp_path) as site:
        host, _, port = site.address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                b"POST /uploads HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Length: 9000000\r\n"
                + f"Authorization: {site.authorization}\r\n\r\n".encode()
                + b"x" * 4_000_000
            )
            until(lambda: any(tmp_path.rglob("*.part")))
        until(lambda: not any(path.is_file() for path in tmp_path.rglob("*")))


@pytest.fixture
def disk(settings: Settings) -> Iterator[Path]:
    """The folder of uploads, on a disk of its own."""
    folder = settings.sqlite_path.with_suffix(".uploads")
    folder.mkdir()
    with small_disk(folder):
        yield folder


def test_a_folder_that_may_not_be_written_into_is_told(
    disk: Path, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    (disk / "1").mkdir()
    seal(disk)

    answers = [client.post("/uploads", content=FILE) for _ in range(4)]

    for answer in answers:  # and none counts for the quota of three
        assert code_of(answer) == (503, "UNAVAILABLE")
        assert answer.headers["Retry-After"] == "60"
        assert answer.json()["errors"][0]["message"] == (
            "the file could not be kept: the server may not write into its folder of"
            " files: its operator has to allow that"
        )
    assert not any(record.exc_info for record in caplog.records)
    assert "an upload could not be kept: [Errno 30] Read-only file" in caplog.text


def test_a_full_disk_is_told(disk: Path, client: TestClient) -> None:
    with (disk / "rest").open("wb", buffering=0) as rest, suppress(OSError):
        while True:
            rest.write(bytes(4_096))

    answer = client.post("/uploads", content=FILE)

    assert code_of(answer) == (503, "UNAVAILABLE")
    assert (
        "the server's disk is full; try again" in answer.json()["errors"][0]["message"]
    )


def test_what_was_imported_is_so_though_its_file_stays(
    disk: Path, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    upload, other = sent(client), sent(client)
    seal(disk)

    payload = imported(client, uploadId=upload)
    deleted = client.delete(f"/uploads/{other}")

    assert (payload["userErrors"], payload["journals"]) == ([], 12)
    assert deleted.status_code == 204
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2 and not any(record.exc_info for record in caplog.records)
    assert all(
        "the file of an upload stays for now: [Errno 30]" in words for words in told
    )
    assert problems(imported(client, uploadId=upload)) == [
        ("UPLOAD_SPENT", ["uploadId"])
    ]


def until(is_so: Any) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
