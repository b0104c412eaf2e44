"""Imports at the same time: they take turns, and each is taken whole or not at all."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, select

from daybook.db.engine import Database
from daybook.documents.commands import ImportResult
from daybook.documents.rules import Document
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.models import Recording
from daybook_factories import credit_note, credited_line, invoice, record
from daybook_stored import dump, journals

pytestmark = pytest.mark.anyio

NOW = datetime(2025, 1, 1, tzinfo=UTC)


async def record_at_once(
    url: URL, files: Sequence[Sequence[Document]]
) -> list[ImportResult | Rejected]:
    """Import files by one database object each, all started together."""
    databases = [Database(url) for _ in files]

    async def one(
        database: Database, file: Sequence[Document]
    ) -> ImportResult | Rejected:
        try:
            return await record(database, *file)
        except Rejected as rejected:
            return rejected

    try:
        return await asyncio.gather(*map(one, databases, files))
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

    assert all(isinstance(one, ImportResult) for one in results)
    assert [one.number for one in await journals(database)] == list(range(1, 361))
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

    unchanged = [one.unchanged for one in results if isinstance(one, ImportResult)]
    assert sorted(unchanged) == [0, 5, 5, 5, 5, 5]
    assert [one.number for one in await journals(database)] == list(range(1, 61))
    assert await recordings(database) == [1]


async def test_credits_of_one_line_take_no_more_than_it_has(
    database_url: URL, database: Database
) -> None:
    await record(database, invoice())
    files = [[credit_note(f"cn_{at}", credited_line("500.00"))] for at in range(5)]

    results = await record_at_once(database_url, files)

    refused = [one for one in results if isinstance(one, Rejected)]
    assert len(refused) == 3
    assert {one.problems[0].code for one in refused} == {ProblemCode.CREDIT_TOO_LARGE}
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

    assert all(isinstance(one, ImportResult) for one in results)
    assert len((await dump(database))["ledgers"]) == 4
    assert await recordings(database) == sorted([1, 2, 3, 4, 5, 6] * 4)


async def test_reading_does_not_wait_for_writing(
    database_url: URL, database: Database
) -> None:
    await record(database, invoice("inv_1"))
    reader = Database(database_url)

    async with database.writes() as session:
        session.add(Recording(ledger_id=1, number=2, recorded_at=NOW, reason="test"))
        await session.flush()
        async with asyncio.timeout(5):
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
    assert [one.number for one in await journals(database)] == list(range(1, 1801))
    tables = await dump(database)
    assert len(tables["documents"]) == 600
    assert await recordings(database) == [1, 2]


async def test_an_import_that_is_cancelled_leaves_nothing_behind(
    database_url: URL, database: Database
) -> None:
    other = Database(database_url)
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
        async with asyncio.timeout(10):  # nothing is locked
            await record(other, invoice(f"other_{at}"))

    assert (await record(database, *file)).unchanged in {0, 20}
    assert [one.number for one in await journals(database)] == list(range(1, 721))
    await other.close()


async def recordings(database: Database) -> list[int]:
    async with database.reads() as session:
        numbers = await session.scalars(
            select(Recording.number).order_by(Recording.number)
        )
        return list(numbers)


def lines_of(numbers: range) -> str:
    return "".join(f"{json.dumps(invoice_object(number))}\n" for number in numbers)


def invoice_object(number: int) -> dict[str, Any]:
    line = {
        "id": "1",
        "product": {"id": "p", "name": "P"},
        "amount": "300.00",
        "service_from": "2025-01-01",
        "service_to": "2025-03-31",
    }
    return {
        "type": "invoice",
        "id": f"inv_{number}",
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": f"cus_{number % 50}", "name": "C"},
        "issued_on": "2025-01-01",
        "lines": [line],
    }


async def run_import(url: URL, file: Path) -> int | None:
    plain = url.set(drivername=url.get_backend_name())
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "daybook", "import", str(file)),
        env={
            **os.environ,
            "DAYBOOK_DATABASE_URL": plain.render_as_string(hide_password=False),
        },
        cwd=file.parent,
        stdout=asyncio.subprocess.DEVNULL,
    )
    return await program.wait()
