"""A bucket: files come in parts, appear at once, and leave nothing behind."""

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from daybook.bucket_url import read_bucket_url
from daybook.storage.part_writer import PartWriter
from daybook.storage.places import place_of, storage_at
from daybook.storage.rules import UNNAMED, Storage, Stored
from daybook.storage.s3.client import Access
from daybook.storage.s3.objects import Place
from daybook.storage.s3.storage import S3Storage
from daybook.storage.s3.uploads import PART_BYTES, Part, complete_upload
from daybook_services.s3 import (
    ACCESS_KEY,
    SECRET_KEY,
    Fault,
    Request,
    S3Store,
    anything,
)

KEY = ("1", "7", "journals-USD.csv")
OTHER = ("1", "70", "journals-USD.csv")
PART_MIN = 5 * 2**20


@pytest.fixture
def storage(bucket_url: str, tmp_path: Path) -> S3Storage:
    return S3Storage(read_bucket_url(bucket_url).below("exports"), tmp_path / "scratch")


def written(storage: Storage, writer: str = "9-a", content: bytes = b"rows") -> None:
    """A finished part."""
    with closing(PartWriter(storage, KEY, writer)) as writing:
        writing.write(content)
        writing.finish()


def published(
    storage: Storage, content: bytes = b"rows", key: tuple[str, ...] = KEY
) -> None:
    """A complete file."""
    storage.prepare(key)
    with closing(PartWriter(storage, key, "9-a")) as writing:
        writing.write(content)
        writing.finish()
    assert storage.publish(key, "9-a")


def read(storage: Storage) -> bytes:
    with storage.open(KEY) as stream:
        return stream.read()


def uploads(storage: Storage) -> list[Stored]:
    """The uploads that are neither complete nor aborted."""
    return [file for file in storage.stored() if (file.writer or "").startswith("?")]


def is_of(method: str, query: str) -> Any:
    """Whether a request is one that a test means."""

    def when(request: Request) -> bool:
        return request.method == method and re.search(query, request.path) is not None

    return when


def test_a_large_file_comes_in_parts_with_checksums(
    storage: S3Storage, s3_store: S3Store
) -> None:
    content = bytes(range(256)) * (2 * PART_BYTES // 256) + b"end"

    published(storage, content)

    sent = [request for request in s3_store.requests if "partNumber" in request.path]
    assert sorted(len(part.body) for part in sent) == [3, PART_BYTES, PART_BYTES]
    assert PART_BYTES >= PART_MIN
    assert all(part.headers["x-amz-checksum-sha256"] for part in sent)
    assert read(storage) == content
    assert not uploads(storage)


def test_an_address_opens_the_same_storage_and_has_no_secret(
    storage: S3Storage,
) -> None:
    assert storage_at(storage.address) == storage
    assert "AKID" not in storage.address
    assert place_of(storage) == str(storage.url)


def test_a_folder_goes_without_those_whose_names_begin_like_it(
    storage: S3Storage,
) -> None:
    for key in (KEY, OTHER):
        published(storage, key=key)
        storage.prepare(key)
    written(storage)
    with closing(PartWriter(storage, OTHER, "9-b")) as writing:
        writing.finish()

    storage.remove(KEY[:2])

    assert {file.key for file in storage.stored()} == {OTHER}
    assert storage.publish(OTHER, "9-b")


def test_what_is_not_finished_is_not_published(storage: S3Storage) -> None:
    storage.prepare(KEY)
    with closing(PartWriter(storage, KEY, "9-a")) as writing:
        writing.write(b"half")

    assert not storage.publish(KEY, "9-a")
    assert list(storage.stored()) == [Stored(KEY, "9-a")]
    storage.discard(KEY, "9-a")
    assert not any(path.is_file() for path in storage.scratch.rglob("*"))


def test_a_writer_that_dies_while_it_sends_leaves_an_upload_that_is_found(
    storage: S3Storage, s3_store: S3Store
) -> None:
    storage.prepare(KEY)
    with (
        s3_store.failing(Fault(is_of("PUT", "partNumber"), 403, "AccessDenied")),
        pytest.raises(OSError, match="refuses access"),
    ):
        written(storage)
    (upload,) = uploads(storage)

    assert not storage.publish(KEY, "9-a")
    assert upload.may_be_of("9-b")
    assert not upload.may_be_of(None)
    storage.discard(KEY, "9-a")
    assert not uploads(storage)


def test_one_upload_is_aborted_by_its_number(storage: S3Storage) -> None:
    storage.prepare(KEY)
    written(storage, "9-a")
    (lost,) = uploads(storage)
    written(storage, "9-b")

    assert lost.writer is not None
    storage.discard(KEY, lost.writer)
    storage.discard(KEY, lost.writer)

    assert not storage.publish(KEY, "9-a")
    assert storage.publish(KEY, "9-b")


@pytest.mark.parametrize("half", [b"", b"[", b'["x", [{"PartNumber": 1}]'])
def test_half_a_note_publishes_nothing(storage: S3Storage, half: bytes) -> None:
    storage.prepare(KEY)
    written(storage)
    (note,) = storage.scratch.rglob("*.part")
    note.write_bytes(half)

    assert not storage.publish(KEY, "9-a")
    storage.prepare(KEY)
    assert not uploads(storage)
    assert not any(path.is_file() for path in storage.scratch.rglob("*"))


def test_a_request_is_sent_again_after_a_while(
    storage: S3Storage, s3_store: S3Store
) -> None:
    faults = [
        Fault(is_of("POST", "uploads"), 500, "InternalError", times=1),
        Fault(is_of("PUT", "partNumber"), 503, "SlowDown", times=2),
        Fault(is_of("PUT", "partNumber"), answered_bytes=0, times=1),
        Fault(is_of("POST", "uploadId"), answered_bytes=0, times=1),
        Fault(is_of("GET", "journals"), 500, "InternalError", times=1),
    ]
    s3_store.faults += faults
    try:
        published(storage, bytes(PART_BYTES) + b"end")
        assert read(storage) == bytes(PART_BYTES) + b"end"
    finally:
        s3_store.faults.clear()

    assert [fault.met for fault in faults] == [1, 2, 1, 1, 1]
    assert not uploads(storage)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "AccessDenied", "refuses access .AccessDenied.: see whether the cred"),
        (500, "InternalError", "answers 500 .InternalError.: try again later"),
        (507, "XMinioStorageFull", "is full .XMinioStorageFull.: make room"),
        (404, "NoSuchBucket", "there is no such bucket: create it"),
    ],
)
def test_a_store_that_refuses_is_quoted_with_what_to_do(
    storage: S3Storage, s3_store: S3Store, status: int, code: str, words: str
) -> None:
    storage.prepare(KEY)

    with (
        s3_store.failing(Fault(anything, status, code)),
        pytest.raises(OSError, match=words),
    ):
        written(storage)


def test_a_missing_bucket_is_named(bucket_url: str, tmp_path: Path) -> None:
    url = read_bucket_url(bucket_url)._replace(bucket="not-made")

    with pytest.raises(OSError, match="there is no bucket not-made: create it"):
        S3Storage(url, tmp_path).prepare(KEY)


def test_wrong_credentials_are_refused(
    bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    url = read_bucket_url(bucket_url)._replace(region="eu-west-3")

    with pytest.raises(OSError, match="SignatureDoesNotMatch") as raised:
        S3Storage(url, tmp_path).prepare(KEY)

    assert "another" not in str(raised.value)


def test_missing_credentials_are_named(
    bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("HOME", str(tmp_path))
    url = read_bucket_url(bucket_url)._replace(region="eu-west-2")

    with pytest.raises(OSError, match="no credentials for the storage: set AWS_ACC"):
        S3Storage(url, tmp_path).prepare(KEY)
    with pytest.raises(OSError, match="no credentials: The config profile"):
        S3Storage(url._replace(profile="nobody"), tmp_path).prepare(KEY)


def test_a_profile_has_credentials(
    bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"aws_{name}={value}" for name, value in credentials(monkeypatch).items()]
    (tmp_path / "credentials").write_text("\n".join(["[books]", *keys]))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    storage = S3Storage(
        read_bucket_url(f"{bucket_url}&profile=books"), tmp_path / "scratch"
    )

    published(storage)

    assert read(storage_at(storage.address)) == b"rows"


def credentials(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The right credentials, which the environment doesn't have any more."""
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    return {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}


def test_a_store_that_is_not_there_is_named(tmp_path: Path, s3_store: S3Store) -> None:
    url = read_bucket_url("s3://books?endpoint=http://127.0.0.1:1&region=x")

    with pytest.raises(OSError, match=r"at http://127\.0\.0\.1:1 doesn't ans"):
        S3Storage(url, tmp_path).prepare(KEY)
    assert not s3_store.requests


def test_reading_goes_on_where_a_connection_broke(
    storage: S3Storage, s3_store: S3Store
) -> None:
    content = bytes(range(256)) * 5_000
    published(storage, content)

    fault = Fault(is_of("GET", "journals"), answered_bytes=300_000, times=2)
    with s3_store.failing(fault):
        assert read(storage) == content
    assert fault.met == 2


def test_a_file_that_always_breaks_off_is_never_short(
    storage: S3Storage, s3_store: S3Store
) -> None:
    published(storage, bytes(400_000))

    with (
        s3_store.failing(Fault(is_of("GET", "journals"), answered_bytes=0)),
        pytest.raises(OSError, match="storage"),
    ):
        read(storage)


def test_a_file_that_is_replaced_while_it_is_read_is_not_mixed(
    storage: S3Storage,
) -> None:
    published(storage, bytes(2_000_000))
    with storage.open(KEY) as stream:
        assert stream.read(10) == bytes(10)
        published(storage, b"x" * 2_000_000)
        stream.seek(1_500_000)

        with pytest.raises(OSError, match="PreconditionFailed"):
            stream.read(10)


def test_whether_files_can_be_written_is_tried(
    storage: S3Storage, s3_store: S3Store, tmp_path: Path
) -> None:
    refused = S3Storage(storage.url.below("other"), tmp_path)
    with s3_store.failing(Fault(is_of("POST", ""), 403, "AccessDenied")):
        assert not refused.room().is_writable

    assert storage.room().is_writable
    assert not list(storage.stored())


def test_a_file_whose_publication_was_not_answered_is_published(
    storage: S3Storage, s3_store: S3Store
) -> None:
    published(storage)
    place = Place(storage.url.bucket, f"{storage.url.prefix}/{'/'.join(KEY)}")
    parts: list[Part] = []

    def again(writer: str) -> bool:
        return Access.of(storage.url).call(
            lambda client: complete_upload(client, place, "gone", parts, writer)
        )

    with s3_store.failing(Fault(is_of("POST", "uploadId"), 404, "NoSuchUpload")):
        assert again("9-a")
        assert not again("9-b")
        storage.remove(KEY)
        assert not again("9-a")


def test_a_part_that_tells_no_writer_may_be_of_any() -> None:
    part = Stored(KEY, f"{UNNAMED}17")

    assert part.may_be_of("9-a")
    assert not part.may_be_of(None)
    assert Stored(KEY, "9-a").may_be_of("9-a")
    assert not Stored(KEY, "9-a").may_be_of("9-b")
