"""Imports at the same time: they take turns, and each is taken whole or not at all."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Coroutine, Generator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import coroutine
from typing import Any, TypeVar

import pytest
from sqlalchemy import URL, select

from daybook.calendar import parse_day
from daybook.db import sqlite
from daybook.db.engine import Database
from daybook.documents.results import ImportResult
from daybook.documents.rules import Document
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.models import Recording
from daybook_factories import credit_note, credited_line, invoice, record
from daybook_services.database import AT_ANY_TIME
from daybook_services.faults import examples
from daybook_services.processes import forked
from daybook_shown import balances
from daybook_stored import Numbered, dump, journals, stored_movements

pytestmark = pytest.mark.anyio

T = TypeVar("T")

NOW = datetime(2025, 1, 1, tzinfo=UTC)


async def record_at_once(
    url: URL, files: Sequence[Sequence[Document]]
) -> list[ImportResult | Rejected]:
    """Import files by one database object each, all started together."""
    databases = [Database(url, AT_ANY_TIME) for _ in files]

    async def recorded(
        database: Database, file: Sequence[Document]
    ) -> ImportResult | Rejected:
        try:
            return await record(database, *file)
        except Rejected as rejected:
            return rejected

    try:
        return await asyncio.gather(*map(recorded, databases, files))
    finally:
        await asyncio.gather(*(database.close() for database in databases))


async def test_different_files_take_turns(
    database_url: URL, database: Database
) -> None:
    files = [
        [invoice(f"inv_{file}_{at}", customer=f"cus_{at}") for at in range(5)]
        for file in range(6)
    ]

    results = await record_at_once(database_url, files)

    assert all(isinstance(result, ImportResult) for result in results)
    assert [journal.number for journal in await journals(database)] == list(
        range(1, 361)
    )
    tables = await dump(database)
    assert len(tables["documents"]) == 30
    assert len(tables["customers"]) == 5
    assert len(tables["products"]) == 1
    assert await recordings(database) == [1, 2, 3, 4, 5, 6]


async def test_the_same_file_is_taken_once(
    database_url: URL, database: Database
) -> None:
    file = [invoice(f"inv_{at}") for at in range(5)]

    results = await record_at_once(database_url, [file] * 6)

    unchanged = [
        result.unchanged for result in results if isinstance(result, ImportResult)
    ]
    assert sorted(unchanged) == [0, 5, 5, 5, 5, 5]
    assert [journal.number for journal in await journals(database)] == list(
        range(1, 61)
    )
    assert await recordings(database) == [1]


async def test_credits_of_one_line_take_no_more_than_it_has(
    database_url: URL, database: Database
) -> None:
    await record(database, invoice())
    files = [[credit_note(f"cn_{at}", credited_line("500.00"))] for at in range(5)]

    results = await record_at_once(database_url, files)

    refused = [result for result in results if isinstance(result, Rejected)]
    assert len(refused) == 3
    assert {result.problems[0].code for result in refused} == {
        ProblemCode.CREDIT_TOO_LARGE
    }
    assert await recordings(database) == [1, 2, 3]


async def test_files_in_opposite_orders_of_currencies(
    database_url: URL, database: Database
) -> None:
    currencies = ["EUR", "JPY", "USD", "ZAR"]
    files = [
        [
            invoice(f"{at}_{currency}", currency=currency)
            for currency in (currencies if at % 2 else reversed(currencies))
        ]
        for at in range(6)
    ]

    results = await record_at_once(database_url, files)

    assert all(isinstance(result, ImportResult) for result in results)
    assert len((await dump(database))["ledgers"]) == 4
    assert await recordings(database) == sorted([1, 2, 3, 4, 5, 6] * 4)


async def test_reading_does_not_wait_for_writing(
    database_url: URL, database: Database
) -> None:
    await record(database, invoice("inv_1"))
    reader = Database(database_url, AT_ANY_TIME)

    async with database.writes() as session:
        session.add(Recording(ledger_id=1, number=2, recorded_at=NOW, reason="test"))
        await session.flush()
        async with asyncio.timeout(60):
            assert await recordings(reader) == [1]

    assert await recordings(reader) == [1, 2]
    await reader.close()


async def test_programs_take_turns(
    database_url: URL, database: Database, tmp_path: Path
) -> None:
    same, other = tmp_path / "same.jsonl", tmp_path / "other.jsonl"
    same.write_text(lines_of(range(300)))
    other.write_text(lines_of(range(300, 600)))

    statuses = await asyncio.gather(
        *(run_import(database_url, file) for file in (same, other, same))
    )

    assert statuses == [0, 0, 0]
    assert [journal.number for journal in await journals(database)] == list(
        range(1, 1801)
    )
    tables = await dump(database)
    assert len(tables["documents"]) == 600
    assert await recordings(database) == [1, 2]


@pytest.mark.either_database
async def test_programs_with_files_that_need_each_other_take_turns(
    database_url: URL, database: Database, tmp_path: Path
) -> None:
    """Credits, revisions and voids of what others record, in two currencies."""
    first = tmp_path / "first.jsonl"
    first.write_text(lines_of(range(100)) + lines_of(range(100, 200), "EUR"))
    assert await run_import(database_url, first) == 0
    files = []
    for at in range(3):
        mine = range(at * 30, at * 30 + 30)
        changed = [
            *(note_object(number, "10.00", at) for number in range(0, 100, 10)),
            *(invoice_object(number, amount="600.00") for number in mine),
            *(note_object(number, "5.00", at, "EUR") for number in range(100, 130)),
        ]
        file = tmp_path / f"changes-{at}.jsonl"
        order = changed if at % 2 else list(reversed(changed))
        file.write_text("".join(f"{json.dumps(one)}\n" for one in order))
        files.append(file)

    statuses = await asyncio.gather(*(run_import(database_url, file) for file in files))

    assert statuses == [0] * 3
    tables = await dump(database)
    assert len(tables["documents"]) == 200 + 3 * 40
    assert_no_gap(await journals(database))
    assert await recordings(database) == sorted([1, 2, 3, 4] * 2)
    assert await balances(database) == {
        # Ninety invoices of 600.00 and a hundred and ten of 300.00, less thirty
        # credits of 10.00 and ninety of 5.00.
        "Billed": "86250.00",
        "Recognized": "86250.00",
    }


@pytest.mark.either_database
async def test_programs_of_which_one_is_refused(
    database_url: URL, database: Database, tmp_path: Path
) -> None:
    right, wrong = tmp_path / "right.jsonl", tmp_path / "wrong.jsonl"
    right.write_text(lines_of(range(200)))
    unknown = note_object(9999, "1.00", 0)
    wrong.write_text(lines_of(range(100, 300)) + json.dumps(unknown) + "\n")

    statuses = await asyncio.gather(
        *(run_import(database_url, file) for file in (wrong, right, wrong))
    )

    assert statuses[1] == 0
    assert statuses[0] == statuses[2] != 0
    assert len((await dump(database))["documents"]) == 200
    assert [journal.number for journal in await journals(database)] == list(
        range(1, 601)
    )
    assert await recordings(database) == [1]


async def test_a_lock_set_while_programs_import_holds_from_some_recording_on(
    database_url: URL, database: Database, tmp_path: Path
) -> None:
    await record(database, invoice("first"))
    files = [tmp_path / "0.jsonl", tmp_path / "1.jsonl"]
    for at, file in enumerate(files):
        file.write_text(lines_of(range(at * 50, at * 50 + 50)))

    statuses = await asyncio.gather(
        run_import(database_url, files[0]),
        run_daybook(database_url, tmp_path, "lock", "2025-01-31"),
        run_import(database_url, files[1]),
    )

    assert set(statuses) == {0}
    moved = [
        movement
        for movement in await stored_movements(database)
        if movement.locked_through
    ]
    locked_in = locked_since(await dump(database))
    for movement in await stored_movements(database):
        is_locked = movement.recorded_in > locked_in
        assert movement.movement.first_day > parse_day("2025-01-31") or not is_locked
    assert {movement.recorded_in for movement in moved} == set(range(locked_in + 1, 5))
    assert_no_gap(await journals(database))
    assert await recordings(database) == [1, 2, 3, 4]


def locked_since(tables: dict[str, list[tuple[Any, ...]]]) -> int:
    """The recording that set the lock."""
    (settings,) = tables["ledger_settings"]
    return int(settings[1])


def assert_no_gap(found: list[Numbered]) -> None:
    """Each ledger's journals are numbered from 1 on."""
    numbers = Counter(journal.number for journal in found)
    assert sorted(numbers) == list(range(1, max(numbers) + 1))
    assert set(numbers.values()) <= {1, 2}


@pytest.fixture
def soon_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that finds SQLite locked fails, and holds the test run up no longer."""
    monkeypatch.setattr(sqlite, "WRITER_WAITS_SECONDS", 5)


@pytest.mark.usefixtures("soon_busy")
async def test_an_import_that_is_cancelled_leaves_nothing_behind(
    database_url: URL, database: Database
) -> None:
    other = Database(database_url, AT_ANY_TIME)
    file = [invoice(f"inv_{at}") for at in range(20)]

    for at in range(40):
        before = await journals(other)
        task = asyncio.create_task(record(database, *file))
        await asyncio.sleep(at / 1000)
        task.cancel()
        await asyncio.wait([task])

        # While it commits, an import may be told too late.
        after = await journals(other)
        assert len(after) - len(before) in {0, 240}
        async with asyncio.timeout(60):  # nothing is locked
            await record(other, invoice(f"other_{at}"))

    assert (await record(database, *file)).unchanged in {0, 20}
    assert [journal.number for journal in await journals(database)] == list(
        range(1, 721)
    )
    await other.close()


@pytest.mark.usefixtures("soon_busy")
@pytest.mark.parametrize("is_done", [False, True])
async def test_an_import_may_be_cancelled_wherever_it_waits(
    database_url: URL, database: Database, *, is_done: bool
) -> None:
    """Right as it begins to wait, or when it is over and the import isn't told yet."""
    other = Database(database_url, AT_ANY_TIME)

    # `make faults` cancels at each wait, this at every fifth.
    for at in count(2 * is_done, 1 + 4 // examples(1)):
        importing = record(database, invoice(f"inv_{at}"))
        task = asyncio.ensure_future(cancelled_at(at, importing, is_done=is_done))
        async with asyncio.timeout(60):
            await asyncio.wait([task])
            await record(other, invoice(f"other_{at}"))
        if not task.cancelled():
            break

    assert (await task).added
    assert at > 30, "it waits for each statement"
    numbers = [journal.number for journal in await journals(database)]
    assert numbers == list(range(1, len(numbers) + 1))
    await other.close()


@coroutine
def cancelled_at(
    at: int, work: Coroutine[Any, Any, T], *, is_done: bool
) -> Generator[Any, Any, T]:
    """Do work, and cancel its task as it waits for so many times."""
    task = asyncio.current_task()
    assert task is not None
    given: BaseException | None = None
    for waits in count():
        try:
            awaited = work.send(None) if given is None else work.throw(given)
        except StopIteration as end:
            result: T = end.value
            return result
        if waits == at and is_done and awaited is not None:
            awaited.add_done_callback(lambda _: task.cancel())
        elif waits == at:
            asyncio.get_running_loop().call_soon(task.cancel)
        given = None
        try:
            yield awaited
        except BaseException as error:  # noqa: BLE001  (it is the work's)
            given = error
    raise AssertionError("it counts for ever")


async def recordings(database: Database) -> list[int]:
    async with database.reads() as session:
        numbers = await session.scalars(
            select(Recording.number).order_by(Recording.number)
        )
        return list(numbers)


def lines_of(numbers: range, currency: str = "USD") -> str:
    made = [invoice_object(number, currency) for number in numbers]
    return "".join(f"{json.dumps(one)}\n" for one in made)


def invoice_object(
    number: int, currency: str = "USD", amount: str = "300.00"
) -> dict[str, Any]:
    line = {
        "id": "1",
        "product": {"id": "p", "name": "P"},
        "amount": amount,
        "service_from": "2025-01-01",
        "service_to": "2025-03-31",
    }
    return {
        "type": "invoice",
        "id": f"inv_{number}",
        "status": "FINAL",
        "currency": currency,
        "customer": {"id": f"cus_{number % 50}", "name": "C"},
        "issued_on": "2025-01-01",
        "lines": [line],
    }


def note_object(
    number: int, amount: str, file: int, currency: str = "USD"
) -> dict[str, Any]:
    line = {"id": "1", "invoice_line_id": "1", "amount": amount}
    return invoice_object(number, currency) | {
        "type": "credit_note",
        "id": f"cn_{number}_{file}",
        "invoice_id": f"inv_{number}",
        "issued_on": "2025-02-10",
        "lines": [line],
    }


async def run_import(url: URL, file: Path) -> int | None:
    return await run_daybook(url, file.parent, "import", str(file))


async def run_daybook(url: URL, folder: Path, *arguments: str) -> int | None:
    plain = url.set(drivername=url.get_backend_name())
    program = await asyncio.create_subprocess_exec(
        *forked("daybook", *arguments),
        env={
            **os.environ,
            "DAYBOOK_DATABASE_URL": plain.render_as_string(hide_password=False),
            "DAYBOOK_NOW": "2025-01-01T12:00:00Z",
        },
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
    )
    return await program.wait()
