"""nginx in front, with the block of docs/operating.md, as its clients see it."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from websockets.sync.client import connect

from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_operating import saved
from daybook_services.left_out import leave_out
from daybook_serving import daybook_serving
from daybook_site import START_SECONDS, await_answer, free_port
from daybook_sockets import INIT, PROTOCOL
from daybook_terminal import Terminal, import_an_invoice

SITE = "books.example.com"
CHANGES = f'subscription {{ ledgerChanged(ledgerId: "{encode(LedgerId("USD"))}")'
UPLOAD_MAX = 3 * 2**20
LINKS = ("/sign-in/link/a-link-of-somebody", "/files/a-link-of-somebody")
MAIN = """\
{user}
pid nginx.pid;
worker_processes 1;
error_log error.log;
events {{}}
http {{
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
    include daybook.conf;
}}
"""


class Front(NamedTuple):
    """A server behind nginx: a client of it, its ports, its log and a key."""

    client: httpx2.Client
    plain_port: int
    port: int
    log: Path
    key: str

    def sign_in(self, origin: str, place: str) -> httpx2.Response:
        """Try to sign in with a wrong password."""
        return self.client.post(
            "/sign-in",
            data={"email": "ada@example.com", "password": "not the password"},
            headers={"Origin": origin, "X-Forwarded-For": place},
        )


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Daybook as the page sets it up, behind nginx with the page's block."""
    if shutil.which("nginx") is None:
        leave_out("nginx, to try the block of docs/operating.md: apt-get install nginx")
    if shutil.which("openssl") is None:
        leave_out("openssl, to make a certificate for nginx")
    folder = tmp_path_factory.mktemp("front")
    terminal = Terminal(folder)
    import_an_invoice(terminal)
    terminal.says("user", "add", "ada@example.com")
    key = terminal.run("key", "create", "k", "--may", "READ", "--may", "RECORD")
    settings = {
        "DAYBOOK_PUBLIC_URL": f"https://{SITE}",
        "DAYBOOK_NOW": "2025-06-15T12:00:00Z",
        "DAYBOOK_IMPORT_BYTES_MAX": str(UPLOAD_MAX),
    }
    with (
        daybook_serving(folder, **settings) as served,
        nginx(folder, served.port) as (plain, port),
        httpx2.Client(
            base_url=f"https://127.0.0.1:{port}",
            headers={"Host": SITE},
            verify=False,
            timeout=START_SECONDS,
        ) as client,
    ):
        yield Front(client, plain, port, folder / "access.log", key.stdout.strip())


@contextmanager
def nginx(folder: Path, port: int) -> Iterator[tuple[int, int]]:
    """Run nginx with the page's block; give its two ports."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", f"/CN={SITE}", "-out", certificate, "-keyout", key),
        ],
        check=True,
        capture_output=True,
    )
    plain, secure = free_port(), free_port()
    saved(
        "daybook.conf",
        folder,
        {
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
            "/etc/ssl/certs/books.example.com.pem": str(certificate),
            "/etc/ssl/private/books.example.com.key": str(key),
            "127.0.0.1:8000": f"127.0.0.1:{port}",
        },
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(user=user))
    command = ["nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "error.log"]
    with subprocess.Popen([*command, "-g", "daemon off;"]) as process:
        try:
            await_answer(f"http://127.0.0.1:{plain}/", process, folder / "error.log")
            yield plain, secure
        finally:
            process.terminate()


def test_http_leads_to_https(front: Front) -> None:
    answer = httpx2.get(
        f"http://127.0.0.1:{front.plain_port}/journals?month=2026-01",
        headers={"Host": SITE},
    )

    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{SITE}/journals?month=2026-01"


def test_answers_are_daybooks_own_with_one_hsts(front: Front) -> None:
    for path, status, text in (
        ("/healthz", 200, '{"alive":true}'),
        ("/readyz", 200, '{"ready":true}'),
        ("/sign-in", 200, "<title>"),
        ("/nowhere", 404, "<title>"),
    ):
        answer = front.client.get(path, follow_redirects=True)

        assert (answer.status_code, text in answer.text) == (status, True), path
        secure = answer.headers.get_list("strict-transport-security")
        assert secure == ["max-age=31536000"]


def test_only_requests_of_the_site_change_something(front: Front) -> None:
    ours = front.sign_in(f"https://{SITE}", "192.0.2.1")
    others = front.sign_in("https://evil.example.com", "192.0.2.1")

    assert ours.status_code != 403 and others.status_code == 403
    assert "other web sites" in others.text


def test_a_client_cant_make_up_where_it_comes_from(front: Front) -> None:
    origin = f"https://{SITE}"
    statuses = [
        front.sign_in(origin, f"198.51.100.{number}").status_code for number in range(6)
    ]

    assert statuses[-1] == 429


def test_a_socket_is_upgraded(front: Front) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with connect(
        f"wss://{SITE}/graphql",
        sock=socket.create_connection(("127.0.0.1", front.port)),
        ssl=context,
        subprotocols=[PROTOCOL],
        additional_headers={"Authorization": f"Bearer {front.key}"},
        open_timeout=START_SECONDS,
    ) as connection:
        connection.send(json.dumps(INIT))

        assert json.loads(connection.recv(START_SECONDS)) == {"type": "connection_ack"}


def test_events_pass_as_they_come(front: Front) -> None:
    with front.client.stream(
        "POST",
        "/graphql",
        json={"query": f"{CHANGES} {{ recording }} }}"},
        headers={
            "Authorization": f"Bearer {front.key}",
            "Accept": "text/event-stream",
        },
    ) as answer:
        first = next(line for line in answer.iter_lines() if line.startswith("data"))

    assert '"recording"' in first


@pytest.mark.parametrize(("size", "status"), [(2 * 2**20, 201), (UPLOAD_MAX + 1, 413)])
def test_uploads_have_daybooks_own_limit(front: Front, size: int, status: int) -> None:
    answer = front.client.post(
        "/uploads",
        content=b"\n" * size,
        headers={"Authorization": f"Bearer {front.key}"},
    )

    assert answer.status_code == status
    if status == 413:
        assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"


def test_links_are_in_no_log_while_daybook_is_down(tmp_path: Path) -> None:
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        leave_out("nginx and openssl, to try the block of docs/operating.md")
    with nginx(tmp_path, free_port()) as (_, port):
        for path in (*LINKS, "/journals"):
            answer = httpx2.get(
                f"https://127.0.0.1:{port}{path}",
                headers={"Host": SITE},
                verify=False,
            )
            assert answer.status_code == 502
        logs = [
            _log_with("/journals", tmp_path / f"{name}.log")
            for name in ("access", "error")
        ]

    assert all("/journals" in log for log in logs)
    assert "a-link-of-somebody" not in "".join(logs)


def test_links_are_in_no_log(front: Front) -> None:
    page = "/sign-in?after-the-link"
    for path in (*LINKS, page):
        front.client.get(path)

    log = _log_with(page, front.log)
    assert page in log and "a-link-of-somebody" not in log


def _log_with(text: str, path: Path) -> str:
    """A log once it has a text, which nginx writes after it has answered."""
    deadline = time.monotonic() + START_SECONDS
    while text not in path.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    return path.read_text()
