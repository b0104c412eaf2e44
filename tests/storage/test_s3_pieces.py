"""Pieces in a bucket: the store copies large ones, or gets them again if it can't."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from daybook.bucket_url import read_bucket_url
from daybook.storage.rules import UNNAMED
from daybook.storage.s3.objects import AT_ONCE
from daybook.storage.s3.storage import S3Storage
from daybook.storage.s3.uploads import PART_BYTES_MIN
from daybook_services.s3 import SMALL_PART_BYTES, Fault, Request, S3Store

KEY = ("1", "7", "journals-USD.csv")
SOURCE = "x-amz-copy-source"
HEADER, FOOTER = b"header,", b"footer"
MIB = 2**20


@pytest.fixture
def storage(bucket_url: str, tmp_path: Path) -> S3Storage:
    return S3Storage(read_bucket_url(bucket_url).below("exports"), tmp_path / "scratch")


def pieces_of(*sizes: int) -> list[bytes]:
    """Pieces that differ from each other."""
    return [bytes([65 + at]) * size for at, size in enumerate(sizes)]


def keep(storage: S3Storage, pieces: Sequence[bytes]) -> None:
    storage.prepare(KEY)
    for index, piece in enumerate(pieces):
        storage.keep_piece(KEY, "9-a", index, [piece])


def join(storage: S3Storage, pieces: Sequence[bytes]) -> None:
    """Join a header, pieces and a footer, and publish that."""
    with closing(storage.joining(KEY, "9-a")) as joining:
        joining.add(HEADER)
        for index, piece in enumerate(pieces):
            joining.add_piece(index, len(piece))
        joining.add(FOOTER)
        joining.finish()
    assert storage.publish(KEY, "9-a")


def read(storage: S3Storage) -> bytes:
    with storage.open(KEY) as stream:
        return stream.read()


def is_kept(request: Request) -> bool:
    """Whether a request keeps a piece."""
    return request.method == "PUT" and "partNumber" not in request.path


def is_sent(request: Request) -> bool:
    """Whether a request sends the bytes of a part."""
    return "partNumber" in request.path and SOURCE not in request.headers


def is_in_part(request: Request) -> bool:
    """Whether a request makes a part, sent or copied."""
    return "partNumber" in request.path


def is_begun(request: Request) -> bool:
    """Whether a request begins an upload."""
    return request.method == "POST" and "uploads" in request.path


def is_copied(request: Request) -> bool:
    """Whether a request has a part copied."""
    return SOURCE in request.headers


def is_read(request: Request) -> bool:
    """Whether a request reads a piece."""
    return request.method == "GET" and ".part" in request.path


def test_large_pieces_are_read_once_and_copied_by_the_store(
    storage: S3Storage, s3_store: S3Store
) -> None:
    pieces = pieces_of(11 * MIB, PART_BYTES_MIN, 100, 6 * MIB, 12 * MIB)

    s3_store.requests.clear()
    keep(storage, pieces)
    kept = [request for request in s3_store.requests if is_kept(request)]
    join(storage, pieces)
    joined = list(s3_store.requests)

    assert read(storage) == b"".join([HEADER, *pieces, FOOTER])
    assert [request.body for request in kept] == pieces
    assert all(request.headers["x-amz-checksum-sha256"] for request in kept)
    assert sum(is_read(request) for request in joined) == len(pieces)
    copied = [request.headers for request in joined if is_copied(request)]
    assert {headers[f"{SOURCE}-range"] for headers in copied} == {
        f"bytes={PART_BYTES_MIN - len(HEADER)}-{11 * MIB - 1}",
        None,
    }
    assert sorted(headers[SOURCE].removesuffix(".part")[-1] for headers in copied) == [
        "0",
        "1",
        "4",
    ]
    assert all(headers[f"{SOURCE}-if-match"] for headers in copied)
    sent = sorted(len(request.body) for request in joined if is_sent(request))
    assert sent == [len(FOOTER), PART_BYTES_MIN, 6 * MIB + 100]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(is_copied, 501, "NotImplemented"),
        Fault(is_copied, 400, "InvalidRequest"),
        Fault(is_copied, 412, "PreconditionFailed"),
        Fault(is_copied, forgotten_header=SOURCE),
    ],
    ids=["unknown", "refused", "replaced", "overlooked"],
)
def test_a_piece_that_is_not_copied_is_sent(
    small_bucket: S3Storage, s3_server_of_small_parts: S3Store, fault: Fault
) -> None:
    pieces = pieces_of(*[3 * SMALL_PART_BYTES] * 8)
    keep(small_bucket, pieces)

    with s3_server_of_small_parts.failing(fault):
        join(small_bucket, pieces)

    assert read(small_bucket) == b"".join([HEADER, *pieces, FOOTER])
    assert 1 <= fault.met <= AT_ONCE


def test_a_piece_is_kept_once_the_store_answers_again(
    storage: S3Storage, s3_store: S3Store
) -> None:
    pieces = pieces_of(10)

    fault = Fault(is_kept, 503, "SlowDown", times=2)
    with s3_store.failing(fault):
        keep(storage, pieces)

    join(storage, pieces)
    assert fault.met == 2
    assert read(storage) == b"".join([HEADER, *pieces, FOOTER])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(is_kept, 403, "AccessDenied"), "refuses access .AccessDenied.: see"),
        (Fault(is_kept, 507, "StorageFull"), "is full .StorageFull.: make room"),
        (Fault(is_read, 500, "InternalError"), "answers 500 .InternalError.: try"),
        (Fault(is_read, answered_bytes=0), "storage"),
        (Fault(is_in_part, 403, "AccessDenied"), "refuses access .AccessDenied.: see"),
        (Fault(is_begun, 403, "AccessDenied"), "refuses access .AccessDenied.: see"),
    ],
    ids=["keeping", "full", "reading", "cut", "joining", "beginning"],
)
def test_a_store_that_refuses_is_quoted_and_its_writers_leave_nothing(
    small_bucket: S3Storage,
    s3_server_of_small_parts: S3Store,
    fault: Fault,
    words: str,
) -> None:
    pieces = pieces_of(10, 3 * SMALL_PART_BYTES)

    def make() -> None:
        keep(small_bucket, pieces)
        join(small_bucket, pieces)

    with (
        s3_server_of_small_parts.failing(fault),
        pytest.raises(OSError, match=words),
    ):
        make()

    assert fault.met
    assert not small_bucket.publish(KEY, "9-a")
    small_bucket.discard(KEY, "9-a")
    assert [file for file in small_bucket.stored() if len(file.key) == 3] == []


def test_an_upload_that_is_lost_with_its_machine_goes_by_its_number(
    small_bucket: S3Storage, tmp_path: Path
) -> None:
    pieces = pieces_of(10, 3 * SMALL_PART_BYTES)
    keep(small_bucket, pieces)
    joining = small_bucket.joining(KEY, "9-a")
    joining.add_piece(1, len(pieces[1]))
    joining.close()

    another = S3Storage(small_bucket.url, tmp_path / "another machine")
    lost = list(another.stored())
    for part in lost:
        assert part.writer is not None
        another.discard(part.key, part.writer)

    assert {str(part.writer)[:1] for part in lost} == {UNNAMED, "9"}
    assert not list(another.stored())
    assert not small_bucket.publish(KEY, "9-a")
