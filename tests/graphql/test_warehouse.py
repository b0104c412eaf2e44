"""examples/warehouse.py over any history: the copy equals all that there is.

Also if somebody writes while it reads, and if it is killed and runs again.
"""

import asyncio
import csv
import importlib.util
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL

from daybook.calendar import day_text
from daybook.configuration.commands import rename_account
from daybook.db.engine import Database
from daybook.ledger.rules import Role
from daybook.settings import Settings
from daybook_books import Books
from daybook_choosing import Chooser, Drawn, Seeded
from daybook_factories import invoice, line, noon, record, terms, voided
from daybook_graphql.context import Context
from daybook_graphql.schema import schema
from daybook_graphql.transport.refusals import NOT_A_KEY
from daybook_history import make_history
from daybook_manual import Moved, record_manual
from daybook_people import LetIn, caller
from daybook_revenue_history import CURRENCY, RevenueHistory
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_services.faults import examples
from daybook_site import Site, free_port, serving

Result = TypeVar("Result")

PATH = Path(__file__).parents[2] / "examples" / "warehouse.py"
spec = importlib.util.spec_from_file_location("warehouse", PATH)
assert spec is not None and spec.loader is not None
warehouse = importlib.util.module_from_spec(spec)
spec.loader.exec_module(warehouse)

STEPS = 5
TABLES = ("accounts", "customers", "products", "documents", "journals", "entries")


class Killed(Exception):
    """Ends a run somewhere."""


class World:
    """A database with a history, a copy of it, and what happens between requests."""

    def __init__(self, database: Database, choose: Chooser) -> None:
        self.database, self.choose = database, choose
        self.runner = asyncio.Runner()
        self.history = RevenueHistory(database, choose)
        self.history.beside.books["EUR"] = Books()  # another ledger, for names
        self.copy = sqlite3.connect(":memory:")
        self.before_a_request: Callable[[], None] = lambda: None
        self.names = 0

    def close(self) -> None:
        self.run(self.database.close())
        self.runner.close()
        self.copy.close()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Ask the API, after whatever happens before."""
        self.before_a_request()
        context = Context(self.database, Settings(), caller())
        answer = self.run(
            schema.execute(query, variable_values=variables, context_value=context)
        )
        assert answer.errors is None, answer.errors
        assert answer.data is not None
        return answer.data

    def sync(self) -> None:
        """One run of the example."""
        warehouse.sync(self.copy, self.ask)

    def happen(self) -> None:
        """Something that changes the ledgers, or their names."""
        way = self.choose.one_of(["step", "step", "step", "names", "account"])
        if way == "step":
            self.run(self.history.step())
        elif way == "names":
            self.run(self._rename_parties())
        else:
            self.run(self._rename_account())

    async def _rename_parties(self) -> None:
        """An invoice of nothing, with new names, in either of two ledgers."""
        self.names += 1
        nothing = invoice(
            f"names_{self.names}",
            line(product="p1", product_name=f"P {self.names}", its_terms=terms("0")),
            customer=self.choose.one_of(["c1", "c3"]),
            customer_name=f"C {self.names}",
            currency=self.choose.one_of([CURRENCY, "EUR"]),
        )
        await record(self.database, nothing, on=day_text(self.history.on))

    async def _rename_account(self) -> None:
        self.names += 1
        await rename_account(
            *(self.database, 1, CURRENCY),
            role=self.choose.one_of(list(Role)),
            name=f"A {self.names}",
            code=None,
            now=noon(self.history.on),
            made_by=None,
        )

    def differences(self) -> dict[str, tuple[set[Any], set[Any]]]:
        """What the copy has too much, and what it lacks, by table."""
        copied = {
            table: set(self.copy.execute(f"SELECT * FROM {table}"))  # noqa: S608
            for table in TABLES
        }
        marks = dict(self.copy.execute("SELECT currency, recording FROM ledgers"))
        whole = self._whole(marks)
        return {
            table: (copied[table] - whole[table], whole[table] - copied[table])
            for table in whole
            if copied[table] != whole[table]
        }

    def _whole(self, marks: dict[str, int]) -> dict[str, set[Any]]:
        """All that the API lists of ledgers at recordings, as rows of the copy.

        Names are those of now, and so left out unless the copy has come to now.
        """
        ledgers = self.ask(warehouse.LEDGERS, {})["ledgers"]
        is_now = all(
            marks.get(its["currency"]) == int(its["recording"]) for its in ledgers
        )
        found: dict[str, set[Any]] = {
            name: set() for name in ("documents", "journals", "entries")
        }
        for ledger in ledgers:
            currency = ledger["currency"]
            if currency not in marks:
                continue
            at = {"ledger": ledger["id"], "at": marks[currency]}
            for name, query in LISTS.items():
                rows = warehouse.pages(self.ask, query, at)
                found[name] |= {(currency, *flat(its)) for its in rows}
        if is_now:
            found["accounts"] = {
                (its["currency"], *flat(account))
                for its in ledgers
                for account in its["accounts"]
            }
            for name, query in PARTIES.items():
                found[name] = set(map(flat, warehouse.pages(self.ask, query, {})))
        found["entries"] = {
            (id_, currency, *rest) for currency, id_, *rest in found["entries"]
        }
        return found


def flat(item: dict[str, Any]) -> tuple[Any, ...]:
    """An item's values, and those of what it refers to; numbers are numbers."""
    values = (
        next(iter(value.values())) if isinstance(value, dict) else value
        for value in item.values()
    )
    numbers = {"number", "journalNumber", "amount", "total"}
    return tuple(
        int(value.replace(".", "")) if name in numbers else value
        for name, value in zip(item, values, strict=True)
    )


PAGES = "pageInfo { hasNextPage endCursor }"
OF_LEDGER = "ledgerId: $ledger, asOfRecording: $at, first: 100, after: $after"
LISTS = {
    name: f"query ($ledger: ID!, $at: BigInt!, $after: String) {{ {field}({OF_LEDGER})"
    f" {{ nodes {{ {of_each} }} {PAGES} }} }}"
    for name, field, of_each in (
        (
            "documents",
            "sources",
            """kind externalId reference status customer { externalId } issuedOn date
            total { amount }""",
        ),
        (
            "journals",
            "journals",
            """number month source document { externalId } customer { externalId }
            product { externalId }""",
        ),
        (
            "entries",
            "entries",
            """id journalNumber date debit { role } credit { role }
            amount { amount }""",
        ),
    )
}
"""The same lists, whole."""
PARTIES = {
    name: f"query ($after: String) {{ {name}(first: 100, after: $after)"
    f" {{ nodes {{ externalId name {more} }} {PAGES} }} }}"
    for name, more in (("customers", "legalName"), ("products", "category"))
}


def check_history(new_database: NewDatabase, choose: Chooser) -> None:
    """Let things happen, sometimes while the copy is brought up to date."""
    with closing(World(Database(new_database(), AT_ANY_TIME), choose)) as world:
        world.run(world.history.begin())
        for _ in range(STEPS):
            for _ in range(choose.one_of([1, 1, 2])):
                world.happen()
            disturb(world)
            world.sync()
            assert world.differences() == {}


def disturb(world: World) -> None:
    """Run the example while something happens, or kill it, or neither."""
    way = world.choose.one_of(["nothing", "write", "kill"])
    if way == "nothing":
        return
    countdown = iter(range(world.choose.integer(0, 12), -1, -1))

    def interfere() -> None:
        if next(countdown, -1) == 0:
            if way == "kill":
                raise Killed
            world.before_a_request = lambda: None
            world.happen()

    world.before_a_request = interfere
    with suppress(Killed):
        world.sync()
    world.before_a_request = lambda: None
    assert world.differences() == {}


def run(new_database: NewDatabase, number: int) -> None:
    @settings(
        max_examples=examples(number),
        suppress_health_check=list(HealthCheck),
        # Making such a history smaller takes longer than reading it.
        phases=(Phase.reuse, Phase.generate),
    )
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        check_history(new_database, Drawn(data.draw))

    check()


@pytest.mark.hypothesis
def test_the_copy_equals_the_whole_on_sqlite(new_sqlite: NewDatabase) -> None:
    run(new_sqlite, 8)


@pytest.mark.hypothesis
def test_the_copy_equals_the_whole_on_postgresql(new_postgresql: NewDatabase) -> None:
    run(new_postgresql, 3)


def test_the_program_runs_as_its_page_says(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    url, copy = new_sqlite(), tmp_path / "warehouse.db"
    page = (PATH.parents[1] / "docs" / "warehouse.md").read_text("utf-8")
    (query,) = re.findall(
        r"(SELECT journals\.month.*?GROUP BY 1, 2, 3)", page, re.DOTALL
    )
    asyncio.run(_with(url, make_history))
    asyncio.run(_with(url, _manual_journals))

    with serving(url) as site:
        ran = run_program(site, copy)
        again = run_program(site, copy)
        asyncio.run(_with(url, _voids))
        later = run_program(site, copy)
        months = httpx2.post(
            f"{site.address}/graphql",
            json={"query": RECOGNIZED},
            headers=site.let_in.headers,
            timeout=60,
        ).json()["data"]["ledger"]["recognizedByMonth"]
        refused = run_program(site._replace(let_in=LetIn("wrong", "")), copy)

    assert (
        ran.stdout
        == again.stdout
        == "EUR: up to recording 3\nUSD: up to recording 13\n"
    )
    assert later.stdout == "EUR: up to recording 3\nUSD: up to recording 14\n"
    assert refused.returncode == 77
    assert refused.stderr == f"{site.address}/graphql: HTTP 401: {NOT_A_KEY}\n"
    with closing(sqlite3.connect(copy)) as read:
        recognized: Counter[str] = Counter()
        without_customer = 0
        for month, customer, _, amount in read.execute(query):
            recognized[month] += amount
            without_customer += amount if customer is None else 0
        assert recognized == {
            its["month"]: int(its["amount"]["amount"].replace(".", ""))
            for its in months
        }
        assert without_customer == 75_00
        (journals,) = read.execute("SELECT count(*) FROM journals").fetchone()
        assert journals > 50
        read.execute("UPDATE ledgers SET recording = 99 WHERE currency = 'USD'")
        read.commit()
    with serving(url) as site:
        ahead = run_program(site, copy)
    assert ahead.stderr == (
        "the USD ledger was restored from a backup: remove the copy, and run again\n"
    )


RECOGNIZED = """{ ledger(currency: "USD") {
  recognizedByMonth(months: {}) { month amount { amount } } } }"""


WRONG = {
    "no key": ({"DAYBOOK_KEY": ""}, 2, "error: set DAYBOOK_KEY to a key that may READ"),
    "no scheme": (
        {"DAYBOOK_URL": "localhost:8000"},
        2,
        "error: DAYBOOK_URL is no address such as https://host: 'localhost:8000'",
    ),
    "no port": (
        {"DAYBOOK_URL": "http://localhost:x"},
        2,
        "error: DAYBOOK_URL is no address such as https://host: 'http://localhost:x'",
    ),
}


@pytest.mark.parametrize(("variables", "status", "told"), WRONG.values(), ids=WRONG)
def test_wrong_variables_are_told_in_a_line(
    variables: dict[str, str], status: int, told: str, tmp_path: Path
) -> None:
    site = Site("http://localhost:1", LetIn("daybook_a", ""))

    ran = run_program(site, tmp_path / "a.db", **variables)

    assert (ran.returncode, ran.stdout) == (status, "")
    assert ran.stderr.splitlines()[-1].endswith(told)


def test_without_a_file_its_usage_is_shown() -> None:
    site = Site("http://localhost:1", LetIn("daybook_a", ""))

    ran = run_program(site)

    assert ran.returncode == 2
    assert ran.stderr.startswith("usage: warehouse.py ")


def test_a_server_that_is_not_there_is_given_up_after_some_time(tmp_path: Path) -> None:
    site = Site(f"http://127.0.0.1:{free_port()}", LetIn("daybook_a", ""))

    ran = run_program(site, tmp_path / "a.db", "--patience", "1.5")

    again, ended = ran.stderr.splitlines()
    assert ran.returncode == 75
    assert again.endswith("; again in 1 s")
    assert ended.startswith(f"{site.address}/graphql can't be reached: ")


def test_what_is_not_daybook_and_what_is_no_database_are_one_line(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("not a database, but long enough to be read as one\n" * 100)
    with serving(new_sqlite()) as site:
        elsewhere = site._replace(address=f"{site.address}/graphql")
        page = run_program(elsewhere, tmp_path / "a.db")
        no_database = run_program(site, other)
        no_folder = run_program(site, tmp_path / "none" / "x.db")

    told = [page.stderr, no_database.stderr, no_folder.stderr]
    ended = [ran.returncode for ran in (page, no_database, no_folder)]
    assert ended == [1, 1, 1]
    assert told[0].startswith(f"{site.address}/graphql/graphql: HTTP 404: ")
    assert told[1] == f"{other}: file is not a database\n"
    none = tmp_path / "none"
    assert told[2] == f"{none / 'x.db'}: there is no folder {none}\n"
    assert [text.count("\n") for text in told] == [1, 1, 1]


def test_readers_go_on_and_a_second_run_is_told_while_one_writes(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    """The first run stands still between two pages, with its transaction open."""
    url, copy = new_sqlite(), tmp_path / "warehouse.db"
    asyncio.run(_with(url, make_history))
    with serving(url) as site:
        assert run_program(site, copy).returncode == 0
        asyncio.run(_with(url, _voids))
        ask = warehouse.asking(site.address, site.let_in.key, 1)
        seen: list[tuple[int, str, int]] = []

        def between(query: str, variables: dict[str, Any]) -> Any:
            if query == warehouse.ENTRIES and not seen:
                with closing(sqlite3.connect(copy, timeout=0)) as reader:
                    sums = "SELECT recording FROM ledgers WHERE currency = 'USD'"
                    ((mark,),) = reader.execute(sums)
                second = run_program(site, copy)
                seen.append((second.returncode, second.stderr, mark))
            return ask(query, variables)

        with closing(sqlite3.connect(copy)) as writer:
            warehouse.sync(writer, between)
        after = run_program(site, copy)

    told = f"{copy}: another run or reader has it open: run again\n"
    assert seen == [(75, told, 11)]
    assert (after.returncode, after.stdout) == (
        0,
        "EUR: up to recording 3\nUSD: up to recording 12\n",
    )


def test_a_run_goes_by_the_recording_after_it_has_the_lock(
    new_sqlite: NewDatabase,
) -> None:
    """A run that ended meanwhile has come further than the first list said."""
    with closing(World(Database(new_sqlite(), AT_ANY_TIME), Seeded("any"))) as world:
        world.run(record(world.database, invoice("inv_1"), on="2025-01-01"))
        world.sync()

        def late(query: str, variables: dict[str, Any]) -> dict[str, Any]:
            found = world.ask(query, variables)
            if query == warehouse.LEDGERS:
                later = invoice("inv_2")
                world.run(record(world.database, later, on="2025-01-02"))
                world.sync()
            return found

        warehouse.sync(world.copy, late)

        marks = world.copy.execute("SELECT recording FROM ledgers").fetchall()
    assert marks == [(2,)]


def test_a_long_run_says_how_far_it_is(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(warehouse, "PROGRESS_SECONDS", 0)
    with closing(World(Database(new_sqlite(), AT_ANY_TIME), Seeded("any"))) as world:
        world.run(record(world.database, invoice("inv_1"), on="2025-01-01"))
        world.sync()

        (entries,) = world.copy.execute("SELECT count(*) FROM entries").fetchone()

    told = capsys.readouterr().err.splitlines()
    assert entries == 366
    assert len(told) == entries
    assert told[0] == "USD: 1 of 366 entries"
    assert told[-1] == "USD: 366 of 366 entries"


def test_the_file_of_a_first_load_has_the_sides_of_all_entries(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    url, copy = new_sqlite(), tmp_path / "warehouse.db"
    page = (PATH.parents[1] / "docs" / "warehouse.md").read_text("utf-8")
    (create,) = re.findall(r"    mutation \{.*?\n    \}\n", page, re.DOTALL)
    create = create.replace("format: PARQUET", "format: SEQUENCE")  # of one content
    look = """{ exportJobs(first: 1) { nodes { status recording file { url } } }
      ledger(currency: "USD") { accounts { role name } } }"""
    asyncio.run(_with(url, make_history))
    with (
        serving(url) as site,
        httpx2.Client(headers=site.let_in.headers, timeout=60) as client,
    ):

        def ask(query: str) -> Any:
            answer = client.post(f"{site.address}/graphql", json={"query": query})
            return answer.json()["data"]

        assert ask(create)["createExport"]["userErrors"] == []
        while True:
            found = ask(look)
            (job,) = found["exportJobs"]["nodes"]
            if job["status"] not in {"QUEUED", "RUNNING"}:
                break
            time.sleep(0.1)
        assert run_program(site, copy).returncode == 0
        file = client.get(site.address + job["file"]["url"]).text

    roles = {its["name"]: its["role"] for its in found["ledger"]["accounts"]}
    of_file: Counter[Any] = Counter()
    for row in csv.DictReader(file.splitlines()):
        role = roles[row["Ledger account name"]]
        key = (int(row["Journal Number"]), row["Date"], role, row["Direction"])
        of_file[key] += int(row["Amount"].replace(".", ""))
    of_copy: Counter[Any] = Counter()
    with closing(sqlite3.connect(copy)) as read:
        ((mark,),) = read.execute("SELECT recording FROM ledgers WHERE currency='USD'")
        for journal, date, debit, credit, amount in read.execute(
            "SELECT journal, date, debit, credit, amount FROM entries"
            " WHERE currency = 'USD'"
        ):
            of_copy[journal, date, debit, "DEBIT"] += amount
            of_copy[journal, date, credit, "CREDIT"] += amount
    assert len(of_copy) > 1_000
    assert of_file == of_copy
    assert job["recording"] == str(mark)


def run_program(
    site: Site, *arguments: object, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the example once."""
    ours = {"DAYBOOK_URL": site.address, "DAYBOOK_KEY": site.let_in.key, **variables}
    return subprocess.run(
        [sys.executable, str(PATH), *map(str, arguments)],
        env={**os.environ, **ours},
        capture_output=True,
        text=True,
        check=False,
    )


async def _with(url: URL, work: Callable[[Database], Coroutine[Any, Any, Any]]) -> None:
    database = Database(url, AT_ANY_TIME)
    await work(database)
    await database.close()


async def _manual_journals(database: Database) -> None:
    """Revenue without a customer, and revenue that moves between its own sides."""
    day, on = "2025-10-01", "2025-10-14"
    earned = Moved(Role.DEFERRED, Role.RECOGNIZED, "75.00", day)
    sides = (Role.RECOGNIZED, Role.RECOGNIZED)
    reclassed = Moved(*sides, "30.00", day, "prod_1", "p2")
    await record_manual(database, "mj_1", earned, on=on)
    await record_manual(database, "mj_2", reclassed, on=on)


async def _voids(database: Database) -> None:
    await record(database, voided(invoice("inv_u", customer="Zed")), on="2025-10-15")
