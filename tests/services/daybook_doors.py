"""The ways to a file: the command line, `createExport`, the page and its download."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    terms,
    usage_line,
)
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_pages import get
from daybook_people import client_of
from daybook_site import settings_for
from daybook_terminal import Terminal

NOW = "2025-10-15T12:00:00Z"
SECONDS = 60
USD = encode(LedgerId("USD"))
CREATE = """mutation($input: CreateExportInput!) { createExport(input: $input) {
  job { id } userErrors { message } } }"""
JOB = """query($id: ID!) { exportJob(id: $id) { status progress { done total }
  file { url filename rows } } }"""


async def a_history(database: Database) -> None:
    """Invoices of the year, usage, a late credit note, a second ledger."""
    year = line("1", its_terms=terms("1200.07"))
    yen = line(its_terms=terms("7000", currency="JPY"))
    await record(
        database,
        invoice("inv_1", year, line("2", product="p2", its_terms=terms("0.05"))),
        invoice("inv_2", year, customer="cus_2"),
        invoice("inv_3", usage_line("u"), customer="cus_2"),
        invoice("inv_yen", yen, currency="JPY"),
    )
    await record(database, credit_note("cn_1", credited_line("40.00")), on="2025-03-20")


class Doors:
    """The three ways to a file of one database, at noon of 15 October 2025."""

    def __init__(self, database: Database, client: TestClient, folder: Path) -> None:
        self.client = client
        self.terminal = Terminal(folder)
        url = database.url.set(drivername=database.url.get_backend_name())
        self.url = url.render_as_string(hide_password=False)
        self.last_job = ""
        """The number of the last export."""
        (folder / "files").mkdir()

    def by_command(self, *options: str) -> tuple[str, bytes]:
        """A file's name and bytes, as `daybook export` writes it into a folder."""
        self.run("export", "--currency", "USD", *options, "-o", "files/")
        path, *manifests = sorted((self.terminal.folder / "files").iterdir())
        written = path.name, path.read_bytes()
        is_archive = path.suffix == ".zip"
        assert [manifest.name for manifest in manifests] == (
            [] if is_archive else [f"{path.name}.manifest.json"]
        )
        for each in (path, *manifests):
            each.unlink()
        return written

    def run(self, *arguments: str) -> None:
        """Run a command, which works."""
        ended = self.terminal.run(
            *arguments, DAYBOOK_DATABASE_URL=self.url, DAYBOOK_NOW=NOW
        )
        assert ended.returncode == 0, ended.stderr

    def refused_by_mutation(self, **wanted: Any) -> list[str]:
        """What the API says against an export."""
        payload = self._asked(CREATE, input={"ledgerId": USD, **wanted})["createExport"]
        return [error["message"] for error in payload["userErrors"]]

    def by_mutation(self, **wanted: Any) -> tuple[str, bytes]:
        """The same of the API's job, whose rows are those that were expected."""
        payload = self._asked(CREATE, input={"ledgerId": USD, **wanted})["createExport"]
        assert payload["userErrors"] == []
        end = time.monotonic() + SECONDS
        while True:
            job = self._asked(JOB, id=payload["job"]["id"])["exportJob"]
            if job["status"] == "READY":
                break
            assert job["status"] in {"QUEUED", "RUNNING"}
            assert time.monotonic() < end
            time.sleep(0.02)
        file = job["file"]
        self.last_job = file["url"].split("/")[2]
        content = self.client.get(file["url"]).content
        assert job["progress"] == {"done": file["rows"], "total": file["rows"]}
        if file["filename"].endswith(".csv"):
            assert content.count(b"\r\n") == int(file["rows"]) + 1
        return file["filename"], content

    def by_page(self, query: str) -> dict[str, tuple[str, bytes]]:
        """The same of each of the report's links to entries, by their text."""
        page = get(self.client, f"/journals?currency=USD&{query}")
        links = page.one(class_="downloads").links()
        answers = {
            text: self.client.get(url)
            for text, url in links.items()
            if text.startswith("Entries")
        }
        return {
            text: (
                answer.headers["content-disposition"].split('"')[1],
                answer.content,
            )
            for text, answer in answers.items()
        }

    def _asked(self, document: str, **variables: Any) -> Any:
        body = {"query": document, "variables": variables}
        answer = self.client.post("/graphql", json=body).json()
        assert "errors" not in answer, answer
        return answer["data"]


@asynccontextmanager
async def doors_of(database: Database, folder: Path) -> AsyncIterator[Doors]:
    """Fill a database with a history, and open its doors."""
    await a_history(database)
    settings = settings_for(database.url, data=folder, exports=folder / "exports")
    with client_of(settings) as client:
        yield Doors(database, client, folder)
