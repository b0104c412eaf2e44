"""Pages of docs, with what their commands and documents really say.

    PYTHONPATH=tests/services .venv/bin/python -m daybook_worked_month docs/PAGE.md

prints a page with the present answers, to be read and kept as the page; its folder has
the examples. A heading
`2 June` sets the day. The commands of a block `console` are run, and it shows their
standard output, or the error that ended them. A block `graphql PERSON` is asked by that
person, and `json` is the answer. Any other block with a name is a file.
"""

import asyncio
import calendar
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import URL, make_url
from starlette.testclient import TestClient

from daybook.access.rules import MemberRole
from daybook.asgi import create_app
from daybook.db.engine import Database
from daybook_graphql.transport.callers import COOKIE
from daybook_people import begin_session, member
from daybook_site import settings_for
from daybook_terminal import Terminal

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "worked-month.md"
YEAR = 2025
MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}
PEOPLE = {"Ada": MemberRole.ACCOUNTANT, "Bob": MemberRole.CONTROLLER}
BLOCK = re.compile(
    r"^## (?P<day>\d+) (?P<month>[A-Z][a-z]+)\b"
    r"|^```(?P<kind>\w+)(?: (?P<name>\S+))?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


DATABASE = re.compile(r"^Database: .*$", re.MULTILINE)
"""The line of `audit verify` that differs with each run."""


class Asked(NamedTuple):
    """A GraphQL document, and who asks it."""

    person: str
    document: str


class Month:
    """A page's story, told in a folder and a database of its own.

    It begins on its first heading's day.
    """

    def __init__(self, folder: Path, url: URL, page: str = "") -> None:
        self._terminal = Terminal(folder)
        self._url = url
        first = next((block for block in BLOCK.finditer(page) if block["day"]), None)
        self._now = f"{YEAR}-05-01T12:00:00Z" if first is None else _noon(first)
        self._answer = ""
        self._sessions = _sessions(url, self._now)

    def told(self, page: str) -> str:
        """The page with what comes out in place of what it says."""
        return BLOCK.sub(self._told, page)

    def _told(self, block: re.Match[str]) -> str:
        if block["day"]:
            self._now = _noon(block)
            return block[0]
        text: str = block["text"]
        name: str | None = block["name"]
        kind = block["kind"]
        if kind == "console":
            text = "\n".join(map(self._run, _commands(text)))
        elif kind == "graphql":
            self._answer = self._ask(Asked(name or "", text))
        elif kind == "json":
            text = self._answer
        else:
            (self._terminal.folder / (name or "")).write_text(text, "utf-8")
        head, _, _ = block[0].partition("\n")
        return f"{head}\n{text}```"

    def _run(self, command: str) -> str:
        _, *arguments = shlex.split(command.replace("\\\n", " "))
        ended = self._command(*arguments)
        # A command that works may say that it waits for another one, on a slow machine.
        error = "\n".join(_without_waiting(ended.stderr))
        # A tie-out that finds something says it, and ends as one that failed.
        is_refused = ended.returncode and not ended.stdout.strip()
        said = error if is_refused else ended.stdout
        said = DATABASE.sub("Database: /var/lib/daybook/daybook.db", said)
        lines = [line.rstrip() for line in said.strip("\n").splitlines()]
        return "\n".join([f"$ {command}", *lines, ""])

    def says(self, *arguments: str) -> str:
        """What a command writes to its standard output."""
        ended = self._command(*arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def _command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._terminal.run(
            *arguments,
            DAYBOOK_NOW=self._now,
            DAYBOOK_DATABASE_URL=settings_for(self._url).database_url or "",
            COLUMNS="150",
        )

    def _ask(self, asked: Asked) -> str:
        settings = settings_for(self._url, now=self._now)
        headers = {
            "Cookie": f"{COOKIE}={self._sessions[asked.person]}",
            "Sec-Fetch-Site": "same-origin",
        }
        with TestClient(
            create_app(settings), base_url="http://127.0.0.1:8000"
        ) as client:
            answer = client.post(
                "/graphql", json={"query": asked.document}, headers=headers
            )
        return json.dumps(answer.json(), indent=2, ensure_ascii=False) + "\n"


def _without_waiting(error: str) -> Iterator[str]:
    for line in error.strip().splitlines():
        if not line.startswith("Waiting for another program"):
            yield line


def _noon(heading: re.Match[str]) -> str:
    """The noon of a heading's day."""
    day = date(YEAR, MONTHS[heading["month"]], int(heading["day"]))
    return f"{day}T12:00:00Z"


def _commands(text: str) -> Iterator[str]:
    """The commands of a block; a line that ends with a backslash goes on."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        end = next(at for at, line in enumerate(lines) if not line.endswith("\\"))
        yield "\n".join(lines[: end + 1])


def _sessions(url: URL, now: str) -> dict[str, str]:
    """Let everybody in; their sessions by their names."""

    async def let_in() -> dict[str, str]:
        database = Database(url)
        tokens = {}
        for name, role in PEOPLE.items():
            address = f"{name.lower()}@example.com"
            user_id = await member(
                database,
                email=address,
                role=role,
                password=None,
                now=datetime.fromisoformat(now),
            )
            signed_in = await begin_session(database, user_id)
            assert signed_in is not None
            tokens[name] = signed_in.token
        await database.close()
        return tokens

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, let_in()).result()


def main() -> None:
    """Print a page with the present answers."""
    page = Path(sys.argv[1]).read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        Terminal(path).says("db", "upgrade")
        url = make_url(f"sqlite+aiosqlite:///{path / 'data' / 'daybook.db'}")
        shutil.copytree(DOCS.parent / "examples", path / "examples")
        sys.stdout.write(Month(path, url, page).told(page))


if __name__ == "__main__":
    main()
