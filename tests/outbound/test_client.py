"""The guarded transport: one resolution, checked addresses, the name's certificate."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from daybook.outbound.client import AddressRefused, GuardedTransport, guarded_client
from daybook.outbound.rules import Allowed
from daybook_jobs import until
from daybook_receiver import Receiver, receiving

pytestmark = pytest.mark.anyio

NAME = "hooks.rebound.example"
LOCAL = Allowed.of(["127.0.0.1"])
HANGING = 40
"""More than the event loop's own pool has threads."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine."""
    with receiving() as made:
        yield made


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The answers of a name server for `NAME`, in turn; the last is repeated."""
    answers: list[list[str]] = []
    ask = socket.getaddrinfo

    def answer(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != NAME:
            return ask(host, port, *args, **kwargs)
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        family = socket.AF_INET
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return answers


async def post(url: str, allowed: Allowed) -> int:
    """The status of an answer."""
    async with guarded_client(allowed, seconds=60) as client:
        return (await client.post(url, content=b"{}")).status_code


async def test_a_name_that_is_bound_again_leads_nowhere_else(
    names: list[list[str]], receiver: Receiver
) -> None:
    names += [["127.0.0.1"], ["127.0.0.2"]]
    url = f"http://{NAME}:{receiver.port}/hooks"

    with receiving("127.0.0.2", receiver.port) as inside:
        assert await post(url, LOCAL) == 204
        # Had it been resolved a second time, the other would have been called.
        assert names == [["127.0.0.2"]]
        with pytest.raises(AddressRefused, match="not on the public internet"):
            await post(url, LOCAL)

    (got,) = receiver.requests
    assert got.headers["host"] == f"{NAME}:{receiver.port}"
    assert inside.requests == []


async def test_one_refused_address_among_several_refuses_all(
    names: list[list[str]], receiver: Receiver
) -> None:
    names.append(["127.0.0.1", "169.254.169.254"])

    with pytest.raises(AddressRefused, match="not on the public internet"):
        await post(f"http://{NAME}:{receiver.port}/", LOCAL)
    assert receiver.requests == []


async def test_an_address_that_does_not_answer_is_followed_by_the_next(
    names: list[list[str]], receiver: Receiver
) -> None:
    names.append(["127.0.0.3", "127.0.0.1"])
    allowed = Allowed.of(["127.0.0.0/8"])

    assert await post(f"http://{NAME}:{receiver.port}/", allowed) == 204
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"]
)
async def test_this_machine_is_refused_however_it_is_written(
    receiver: Receiver, host: str
) -> None:
    with pytest.raises(httpx2.ConnectError):
        await post(f"http://{host}:{receiver.port}/", Allowed())
    assert receiver.requests == []


async def test_names_that_are_not_resolved_keep_no_other_work_waiting(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    ask, ends, asked = socket.getaddrinfo, Event(), []

    def hang(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == NAME:
            asked.append(host)
            ends.wait(60)
        return ask("127.0.0.1" if host == NAME else host, *args, **kwargs)

    async def have_asked() -> bool:
        return len(asked) == HANGING

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    url = f"http://{NAME}:{receiver.port}/"
    posts = [asyncio.create_task(post(url, LOCAL)) for _ in range(HANGING)]
    try:
        await until(have_asked)
        async with asyncio.timeout(60):
            assert await asyncio.to_thread(ends.is_set) is False
            assert await post(receiver.url, LOCAL) == 204
    finally:
        ends.set()
    assert await asyncio.gather(*posts) == [204] * HANGING


async def test_redirects_are_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 307, {"location": receiver.url}

    assert await post(receiver.url, LOCAL) == 307
    assert len(receiver.requests) == 1


async def test_a_proxy_of_the_environment_is_not_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as proxy:
        for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        assert await post(receiver.url, LOCAL) == 204

        assert proxy.requests == []
    assert len(receiver.requests) == 1


async def test_a_name_without_an_address_is_named() -> None:
    with pytest.raises(httpx2.ConnectError, match=r"nowhere\.invalid has no address"):
        await post("https://nowhere.invalid/", Allowed())


async def test_a_certificate_must_be_that_of_the_name(
    names: list[list[str]], tmp_path: Path
) -> None:
    names.append(["127.0.0.1"])
    its_own, trusts_its_own = _certified(tmp_path, NAME)
    other, trusts_other = _certified(tmp_path, "other.example")

    for server, trusts, is_taken in (
        (its_own, trusts_its_own, True),
        (other, trusts_other, False),
    ):
        with receiving(tls=server) as receiver:
            transport = GuardedTransport(LOCAL, verify=trusts)
            url = f"https://{NAME}:{receiver.port}/"
            async with httpx2.AsyncClient(transport=transport) as client:
                if is_taken:
                    assert (await client.post(url)).status_code == 204
                else:
                    with pytest.raises(httpx2.ConnectError, match=r"certificate"):
                        await client.post(url)
            assert len(receiver.requests) == int(is_taken)


def _certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS of a server with a certificate of a name, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName(name),
                    x509.IPAddress(ipaddress.ip_address("127.0.0.9")),
                ]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        certificate.public_bytes(pem)
        + key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    client = ssl.create_default_context(
        cadata=certificate.public_bytes(pem).decode("ascii")
    )
    return server, client
