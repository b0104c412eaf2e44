"""An S3 store: moto's server, behind a proxy that checks what moto doesn't.

The proxy computes each request's signature and checksums again, refuses wrong ones, and
fails as a test wants.
"""

import hmac
import os
import re
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from hashlib import sha256
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from daybook_services.redis import free_port

ACCESS_KEY, SECRET_KEY = "AKIDDAYBOOK", "a secret that no log has"
REGION = "eu-central-1"
START_SECONDS = 60
SMALL_PART_BYTES = 1_000
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/s3/"
    r"aws4_request, SignedHeaders=(?P<names>[a-z0-9;-]+), Signature=(?P<hex>[0-9a-f]+)"
)


class Request(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class Fault:
    """How some requests fail: with a status, or after some bytes of the answer."""

    when: Callable[[Request], bool]
    status: int = 0
    code: str = ""
    answered_bytes: int | None = None
    forgotten_header: str = ""
    """A header that the store doesn't know, instead of failing."""
    times: int = 10**9
    met: int = 0


@dataclass
class Held:
    """Requests that wait until they may go on; none of them fails."""

    when: Callable[[Request], bool]
    arrived: threading.Event = field(default_factory=threading.Event)
    may_go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, request: Request) -> bool:
        """Wait if the request is one of them."""
        if self.when(request):
            self.arrived.set()
            self.may_go.wait(START_SECONDS)
        return False

    async def is_there(self) -> bool:
        """Whether one waits, or has waited."""
        return self.arrived.is_set()


@dataclass
class S3Store:
    """The store: its buckets, what it was asked, and how it fails."""

    port: int
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """The address of the proxy."""
        return f"http://127.0.0.1:{self.port}"

    def url(self, bucket: str, region: str = REGION) -> str:
        """A folder of a bucket, as DAYBOOK_STORAGE_URL has it."""
        return f"s3://{bucket}/books?endpoint={self.endpoint}&region={region}"

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[Fault]:
        """Fail so until the block ends."""
        self.faults.append(fault)
        try:
            yield fault
        finally:
            self.faults.remove(fault)

    @contextmanager
    def holding(self, when: Callable[[Request], bool]) -> Iterator[Held]:
        """Let some requests wait, at most until the block ends."""
        held = Held(when)
        with self.failing(Fault(held)):
            try:
                yield held
            finally:
                held.may_go.set()

    def fault_of(self, request: Request) -> Fault | None:
        """How a request fails, if it does."""
        for fault in self.faults:
            if fault.met < fault.times and fault.when(request):
                fault.met += 1
                return fault
        return None


def anything(_request: Request) -> bool:
    """Whether a request fails: each one."""
    return True


def wrongness(request: Request) -> str | None:
    """What is wrong with a request's signature or checksums; None if nothing is."""
    headers = request.headers
    found = _AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    if found is None or found["key"] != ACCESS_KEY:
        return "InvalidAccessKeyId"
    names = found["names"].split(";")
    sent = [name.lower() for name in headers if name.lower().startswith("x-amz-")]
    at = datetime.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    digest = sha256(request.body).digest()
    checksum = headers.get("x-amz-checksum-sha256", b64encode(digest).decode())
    wrongs = {
        "AccessDenied": not {"host", *sent} <= set(names),
        "RequestTimeTooSkewed": abs(datetime.now(UTC) - at) > timedelta(minutes=15),
        "XAmzContentSHA256Mismatch": headers["X-Amz-Content-SHA256"] != digest.hex(),
        "SignatureDoesNotMatch": not hmac.compare_digest(
            _signature(request, found["region"], names), found["hex"]
        ),
        "BadDigest": checksum != b64encode(digest).decode(),
    }
    return next((code for code, is_wrong in wrongs.items() if is_wrong), None)


def _signature(request: Request, region: str, names: Iterable[str]) -> str:
    """The signature of a request, computed again from what came."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    signing = S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", region)
    again = AWSRequest(
        request.method,
        f"http://{request.headers['Host']}{request.path}",
        {name: request.headers.get(name, "") for name in names},
    )
    again.context["timestamp"] = request.headers["X-Amz-Date"]
    text = signing.string_to_sign(again, signing.canonical_request(again))
    return str(signing.signature(text, again))


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: ClassVar[S3Store]
    behind: ClassVar[int]

    def log_message(self, *_args: object) -> None:
        """Write no lines."""

    def answer(self) -> None:
        """Refuse a request, fail, or pass it on."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, self.headers, body)
        self.store.requests.append(request)
        wrong = wrongness(request)
        if wrong is not None:
            self._refuse(403, wrong)
            return
        fault = self.store.fault_of(request)
        if fault is not None and fault.status:
            self._refuse(fault.status, fault.code)
            return
        if fault is not None and fault.forgotten_header:
            del request.headers[fault.forgotten_header]
        self._pass_on(request, None if fault is None else fault.answered_bytes)

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815  (http.server)

    def _refuse(self, status: int, code: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def _pass_on(self, request: Request, answered_bytes: int | None) -> None:
        connection = HTTPConnection("127.0.0.1", self.behind, timeout=START_SECONDS)
        connection.request(*request[:2], request.body, dict(request.headers.items()))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        is_completion = request.method == "POST" and "uploadId" in request.path
        if is_completion and answer.status == 500:  # moto crashes on aborted ones
            self._refuse(404, "NoSuchUpload")
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "content-length"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") or str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content[:answered_bytes])
        self.close_connection = answered_bytes is not None


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Store]:
    """A store without buckets, for the whole session."""
    with _serving(tmp_path_factory.mktemp("s3") / "moto.log") as store:
        yield store


@pytest.fixture(scope="session")
def s3_server_of_small_parts(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[S3Store]:
    """A store that takes parts of `SMALL_PART_BYTES` instead of 5 MiB."""
    log = tmp_path_factory.mktemp("s3-small") / "moto.log"
    with _serving(log, S3_UPLOAD_PART_MIN_SIZE=str(SMALL_PART_BYTES)) as store:
        yield store


@contextmanager
def _serving(log: Path, **environment: str) -> Iterator[S3Store]:
    port = free_port()
    program = str(Path(sys.executable).with_name("moto_server"))
    with log.open("wb") as out:
        process = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)],
            env={**os.environ, **environment},
            stdout=out,
            stderr=out,
        )
    store = S3Store(0)
    handler = type("Handler", (_Proxy,), {"store": store, "behind": port})
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    proxy.daemon_threads = True
    store.port = proxy.server_address[1]
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        _wait_for(process, port, log)
        yield store
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
        process.terminate()
        process.wait(START_SECONDS)


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "moto's server did not answer in time"
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
            connection.request("GET", "/moto-api/")
            connection.getresponse().read()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            connection.close()
            return


@pytest.fixture
def s3_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of the stores, which this process and its children have."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")


@pytest.fixture
def s3_store(
    s3_server: S3Store,
    s3_credentials: None,  # noqa: ARG001
) -> S3Store:
    """The store, whose credentials this process and its children have."""
    s3_server.requests.clear()
    return s3_server


@pytest.fixture
def bucket_url(s3_store: S3Store) -> str:
    """A folder of a new bucket, as DAYBOOK_STORAGE_URL has it."""
    return new_bucket(s3_store)


@pytest.fixture
def bucket_of_small_parts(
    s3_server_of_small_parts: S3Store,
    s3_credentials: None,  # noqa: ARG001
) -> str:
    """A folder of a new bucket whose store takes small parts."""
    return new_bucket(s3_server_of_small_parts)


def new_bucket(store: S3Store) -> str:
    """A folder of a new bucket, as DAYBOOK_STORAGE_URL has it."""
    from daybook.bucket_url import read_bucket_url
    from daybook.storage.s3.client import Access

    url = store.url(f"daybook-{uuid4().hex[:12]}")
    read = read_bucket_url(url)
    where = {"LocationConstraint": REGION}

    async def create(client: object) -> None:
        await client.create_bucket(  # type: ignore[attr-defined]
            Bucket=read.bucket, CreateBucketConfiguration=where
        )

    Access.of(read).call(create)
    assert urlsplit(url).scheme == "s3"
    return url
