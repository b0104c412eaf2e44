"""The columnar engine: what it may touch, and what a cancelled caller leaves."""

import asyncio
from pathlib import Path
from typing import Any

import duckdb
import pytest

from daybook.columnar.engine import Columnar, engine, named, quoted


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of files, and one for scratch."""
    inside = tmp_path / "it's inside"
    inside.mkdir()
    return inside, tmp_path / "scratch"


def test_it_reads_and_writes_its_folders(folders: tuple[Path, Path]) -> None:
    inside, scratch = folders
    path = inside / "numbers.parquet"

    with engine([inside], scratch) as connection:
        connection.execute(f"COPY (SELECT 40 + 2 AS n) TO {quoted(str(path))}")
        found = connection.execute("SELECT n FROM read_parquet(?)", [str(path)])
        assert found.fetchall() == [(42,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '{outside}/x.csv'",
        "SET threads = 1",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH '{outside}/x.db'",
        "SELECT * FROM folders",
    ],
)
def test_it_does_nothing_else(
    folders: tuple[Path, Path], tmp_path: Path, statement: str
) -> None:
    inside, scratch = folders
    outside = tmp_path / "outside"
    outside.mkdir()

    with engine([inside], scratch) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement.format(outside=outside)).fetchall()
    assert [*outside.iterdir()] == []


def test_literals_and_names_are_quoted(folders: tuple[Path, Path]) -> None:
    inside, scratch = folders
    text, name = "it's; --", 'a "name"; --'

    with engine([inside], scratch) as connection:
        found = connection.execute(f"SELECT {quoted(text)} AS {named(name)}")
        assert found.fetchall() == [(text,)]
        assert [column[0] for column in found.description or ()] == [name]


@pytest.mark.anyio
async def test_a_cancelled_call_is_interrupted(folders: tuple[Path, Path]) -> None:
    inside, scratch = folders
    columnar = Columnar([inside], scratch)
    has_begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    many = "range(1_000_000_000)"
    endless = f"SELECT max(hash(a.range, b.range)) FROM {many} a, {many} b"  # noqa: S608

    def work(cursor: duckdb.DuckDBPyConnection) -> Any:
        loop.call_soon_threadsafe(has_begun.set)
        return cursor.execute(endless).fetchall()

    task = asyncio.ensure_future(columnar.run(work))
    await has_begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    def again(cursor: duckdb.DuckDBPyConnection) -> Any:
        return cursor.execute("SELECT 1").fetchall()

    assert await columnar.run(again) == [(1,)]
    columnar.close()
