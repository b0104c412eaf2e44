"""Stored files as downloads: resumed by ranges, and never short without a sign."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from hashlib import sha256
from pathlib import Path

import httpx2
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from daybook.bucket_url import read_bucket_url
from daybook.storage.local import LocalStorage
from daybook.storage.part_writer import PartWriter
from daybook.storage.rules import Storage
from daybook.storage.s3.storage import S3Storage
from daybook_services.s3 import Fault, S3Store
from daybook_services.s3 import Request as Received
from daybook_site import START_SECONDS, free_port
from daybook_web.kit.byte_ranges import RANGES_MAX, ranges_of
from daybook_web.kit.file_names import disposition
from daybook_web.kit.sending import CHANGED, PIECE_BYTES, FileFacts, file_response

CONTENT = bytes(range(256)) * 4
LARGE_BYTES = 64 * 2**20
UNSENDABLE_BYTES = 2**31
"""More than the sockets between a server and a client hold."""
TAG = f'"{sha256(CONTENT).hexdigest()}"'


def serving(path: Path, content: bytes = CONTENT) -> Starlette:
    """An application that sends a file, whose content is known."""
    facts = FileFacts("a.csv", len(content), sha256(content).digest(), "text/csv")

    async def download(request: Request) -> Response:
        return await file_response(request, facts, lambda: path.open("rb"))

    return Starlette(routes=[Route("/", download)])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    path = tmp_path_factory.mktemp("files") / "file"
    path.write_bytes(CONTENT)
    return TestClient(serving(path))


def parts_of(answer: httpx2.Response) -> list[tuple[str, bytes]]:
    """What several ranges are, each with its bytes, as the standard library reads."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + answer.content)
    found = []
    for part in message.iter_parts():
        assert isinstance(part, Message)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.append((str(part["Content-Range"]), content))
    return found


def test_a_whole_file_comes_with_what_tells_whether_it_is(client: TestClient) -> None:
    answer, head = client.get("/"), client.head("/")

    assert answer.content == CONTENT
    assert head.content == b""
    assert dict(head.headers) == dict(answer.headers)
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == TAG
    assert answer.headers["repr-digest"].startswith("sha-256=:")
    assert answer.headers["content-disposition"] == 'attachment; filename="a.csv"'
    assert answer.headers["content-security-policy"].startswith("sandbox;")


@pytest.mark.parametrize(
    ("asked", "sent", "span"),
    [
        ("bytes=0-0", CONTENT[:1], "0-0"),
        ("bytes=1000-", CONTENT[1000:], "1000-1023"),
        ("bytes=-24", CONTENT[1000:], "1000-1023"),
        ("bytes=-9999", CONTENT, "0-1023"),
        ("BYTES = 5-9999", CONTENT[5:], "5-1023"),
        ("bytes=0-9,5-20", CONTENT[:21], "0-20"),
        ("bytes=0-9,2000-", CONTENT[:10], "0-9"),
    ],
)
def test_a_range_is_sent(
    client: TestClient, asked: str, sent: bytes, span: str
) -> None:
    answer = client.get("/", headers={"Range": asked, "If-Range": TAG})

    assert (answer.status_code, answer.content) == (206, sent)
    assert answer.headers["content-range"] == f"bytes {span}/1024"
    assert answer.headers["content-length"] == str(len(sent))


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "lines=1-2"},
        {"Range": "bytes=9-1"},
        {"Range": "bytes=one-two"},
        {"Range": "bytes=-"},
        {"Range": "bytes="},
        {"Range": "bytes=" + ",".join(f"{3 * at}-{3 * at}" for at in range(101))},
        {"Range": "bytes=0-0", "If-Range": '"another"'},
        {"Range": "bytes=0-0", "If-Range": f"W/{TAG}"},
        {"Range": "bytes=0-0", "If-Range": "Sun, 06 Nov 1994 08:49:37 GMT"},
    ],
)
def test_what_is_no_range_of_this_content_gives_the_whole_file(
    client: TestClient, headers: dict[str, str]
) -> None:
    answer = client.get("/", headers=headers)

    assert (answer.status_code, answer.content) == (200, CONTENT)


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=-0", "bytes=5000-,9999-"])
def test_a_range_behind_the_end_is_refused_with_the_size(
    client: TestClient, asked: str
) -> None:
    answer = client.get("/", headers={"Range": asked})

    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */1024"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": TAG}, 304),
        ({"If-None-Match": f'"a", W/{TAG}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"a"'}, 200),
        ({"If-Match": TAG}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": f'"a", W/{TAG}'}, 412),
    ],
)
def test_conditions_compare_the_tag(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    answer = client.get("/", headers=headers)

    assert answer.status_code == status
    assert answer.headers.get("etag", TAG) == TAG


@given(
    st.lists(
        st.tuples(st.integers(0, 1200), st.integers(0, 200)), min_size=1, max_size=8
    )
)
def test_every_byte_that_was_asked_for_is_sent_once_and_in_its_place(
    client: TestClient, wanted: list[tuple[int, int]]
) -> None:
    asked = ", ".join(f"{start}-{start + more}" for start, more in wanted)

    answer = client.get("/", headers={"Range": f"bytes={asked}"})

    expected = {
        at
        for start, more in wanted
        for at in range(start, start + more + 1)
        if at < len(CONTENT)
    }
    if not expected:
        assert answer.status_code == 416
        return
    assert answer.status_code == 206
    assert len(answer.content) == int(answer.headers["content-length"])
    if "content-range" in answer.headers:
        parts = [(answer.headers["content-range"], answer.content)]
    else:
        parts = parts_of(answer)
        assert len(parts) > 1
    sent: list[int] = []
    for span, content in parts:
        first, last = map(int, span.split()[1].split("/")[0].split("-"))
        assert content == CONTENT[first : last + 1]
        sent += range(first, last + 1)
    assert sent == sorted(expected)


@given(st.text(max_size=40), st.integers(0, 2**70))
def test_any_header_gives_ranges_of_the_file_or_none(text: str, size: int) -> None:
    ranges = ranges_of(f"bytes={text}", size) or []

    assert len(ranges) <= RANGES_MAX
    assert all(0 <= start < end <= size for start, end in ranges)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_no_name_ends_its_header(name: str) -> None:
    header = disposition(name)

    assert header.isascii()
    assert header.isprintable()
    message = Message()
    message["Content-Disposition"] = header
    assert header.count('"') == 2
    if "filename*" in header:
        assert message.get_params(header="Content-Disposition")
        assert message.get_filename() is not None


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("journals-USD.csv", 'attachment; filename="journals-USD.csv"'),
        (
            "é &.pdf",
            "attachment; filename=\"e &.pdf\"; filename*=UTF-8''%C3%A9%20%26.pdf",
        ),
        ("契.pdf", "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E5%A5%91.pdf"),
        ('a"b.pdf', "attachment; filename=\"a_b.pdf\"; filename*=UTF-8''a%22b.pdf"),
    ],
)
def test_a_name_is_in_ascii_and_as_it_is(name: str, header: str) -> None:
    assert disposition(name) == header


@pytest.mark.parametrize(
    ("left", "status"), [(None, 404), (b"", 503), (CONTENT + b"x", 503)]
)
def test_a_file_that_is_not_what_it_was_is_not_sent(
    tmp_path: Path, left: bytes | None, status: int
) -> None:
    path = tmp_path / "file"
    if left is not None:
        path.write_bytes(left)

    answer = TestClient(serving(path)).get("/")

    assert answer.status_code == status
    assert "etag" not in answer.headers


@pytest.mark.parametrize("asked", [None, "bytes=0-", "bytes=5-9"])
def test_a_small_file_that_was_changed_is_not_sent(
    tmp_path: Path, asked: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT[:-1] + b"x")

    answer = TestClient(serving(path)).get("/", headers={"Range": asked or ""})

    assert (answer.status_code, answer.text) == (500, f"{CHANGED}\n")
    assert "etag" not in answer.headers
    (record,) = caplog.records
    assert f"was {sha256(CONTENT).hexdigest()} when it was made" in record.getMessage()


PROGRAM = """
import sys
from hashlib import sha256

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from daybook.storage.places import storage_at
from daybook_web.kit.sending import FileFacts, file_response

storage = storage_at(sys.argv[1])
size = int(sys.argv[2])
facts = FileFacts("a.csv", size, sha256(bytes(size)).digest(), "text/csv")

async def download(request):
    return await file_response(request, facts, lambda: storage.open(("file",)))

app = Starlette(routes=[Route("/", download)])
uvicorn.run(app, port=int(sys.argv[3]), timeout_graceful_shutdown=1)
"""


@contextmanager
def served(
    storage: Storage, log: Path, size: int = LARGE_BYTES
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server that sends a storage's `file`, a process of its own, and its address."""
    port = free_port()
    arguments = (storage.address, str(size), str(port))
    with log.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments], stderr=err
        )
    try:
        address = f"http://127.0.0.1:{port}/"
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the server did not start in time"
            try:
                httpx2.head(address, timeout=START_SECONDS)
            except httpx2.ConnectError:
                time.sleep(0.05)
            else:
                break
        yield process, address
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of zeros."""
    folder = tmp_path / "files"
    folder.mkdir()
    path = folder / "file"
    with path.open("wb") as stream:
        stream.truncate(LARGE_BYTES)
    return path


@pytest.fixture
def storage(large: Path) -> LocalStorage:
    """The storage of that file."""
    return LocalStorage(large.parent)


@pytest.mark.parametrize("asked", [None, "bytes=5-", "bytes=0-9,20-"])
def test_a_file_that_ends_early_ends_the_connection(
    large: Path, storage: Storage, tmp_path: Path, asked: str | None
) -> None:
    headers = {"Range": asked} if asked else {}
    with (
        served(storage, tmp_path / "log") as (_, address),
        httpx2.stream("GET", address, headers=headers, timeout=START_SECONDS) as answer,
    ):
        received = answer.iter_raw()
        next(received)
        with large.open("r+b") as stream:
            stream.truncate(LARGE_BYTES - PIECE_BYTES)

        with pytest.raises(httpx2.RemoteProtocolError):
            for _ in received:
                pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_stops_ends_the_connection(
    storage: Storage, tmp_path: Path, number: int
) -> None:
    with (
        served(storage, tmp_path / "log") as (process, address),
        httpx2.stream("GET", address, timeout=START_SECONDS) as answer,
    ):
        received = answer.iter_raw()
        next(received)
        process.send_signal(number)
        process.wait(START_SECONDS)

        with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
            for _ in received:
                pass


def test_a_store_that_breaks_off_ends_the_connection(
    bucket_url: str, s3_store: S3Store, tmp_path: Path
) -> None:
    storage, size = S3Storage(read_bucket_url(bucket_url), tmp_path), 2**21
    storage.prepare(("file",))
    with closing(PartWriter(storage, ("file",), "9-a")) as writing:
        writing.write(bytes(size))
        writing.finish()
    assert storage.publish(("file",), "9-a")
    broken = Fault(is_reading, answered_bytes=2**20, times=1)
    refused = Fault(lambda request: bool(broken.met) and is_reading(request), 500, "X")

    with (
        served(storage, tmp_path / "log", size) as (_, address),
        s3_store.failing(refused),
        s3_store.failing(broken),
        httpx2.stream("GET", address, timeout=START_SECONDS) as answer,
    ):
        assert answer.headers["content-length"] == str(size)
        with pytest.raises(httpx2.RemoteProtocolError):
            for _ in answer.iter_raw():
                pass

    assert (
        "the file a.csv was not sent as a whole: the" in (tmp_path / "log").read_text()
    )


@pytest.mark.parametrize("asked", ["", "bytes=0-"])
@pytest.mark.parametrize("at", [0, LARGE_BYTES // 2, LARGE_BYTES - 1])
def test_a_large_file_that_was_changed_is_never_sent_to_its_end(
    large: Path, storage: LocalStorage, tmp_path: Path, asked: str, at: int
) -> None:
    with served(storage, tmp_path / "log") as (_, address):
        with large.open("r+b") as stream:
            stream.seek(at)
            stream.write(b"x")
        with (
            pytest.raises(httpx2.RemoteProtocolError),
            httpx2.stream(
                "GET", address, timeout=START_SECONDS, headers={"Range": asked}
            ) as answer,
        ):
            for _ in answer.iter_raw():
                pass
        # Going on where it broke off doesn't give the rest either.
        rest = {"Range": f"bytes={LARGE_BYTES - PIECE_BYTES}-"}
        resumed = httpx2.get(address, timeout=START_SECONDS, headers=rest)
        with large.open("r+b") as stream:
            stream.seek(at)
            stream.write(bytes(1))
        mended = httpx2.get(address, timeout=START_SECONDS, headers=rest)

    assert (resumed.status_code, resumed.text) == (500, f"{CHANGED}\n")
    assert (mended.status_code, len(mended.content)) == (206, PIECE_BYTES)


def is_reading(request: Received) -> bool:
    """Whether a request reads the file."""
    return request.method == "GET" and request.path.endswith("/file")


def test_a_client_that_leaves_lets_go_of_the_file(
    large: Path, storage: Storage, tmp_path: Path
) -> None:
    # More than any buffer between the two holds, so that it isn't sent to its end.
    with large.open("r+b") as stream:
        stream.truncate(UNSENDABLE_BYTES)

    with served(storage, tmp_path / "log", UNSENDABLE_BYTES) as (process, address):
        with httpx2.stream("GET", address, timeout=START_SECONDS) as answer:
            assert answer.status_code == 200, answer.read()
            next(answer.iter_raw())
            wait_until(lambda: is_open(large, process.pid), "the file isn't opened")
        wait_until(lambda: not is_open(large, process.pid), "the file stays open")


def wait_until(holds: Callable[[], bool], failed: str) -> None:
    """Wait for something that holds soon."""
    deadline = time.monotonic() + START_SECONDS
    while not holds():
        assert time.monotonic() < deadline, failed
        time.sleep(0.01)


def is_open(path: Path, pid: int) -> bool:
    """Whether a process has a file open."""
    return str(path) in {file.path for file in psutil.Process(pid).open_files()}
