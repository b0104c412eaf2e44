"""Which journals are missing between the first and the last."""

from pathlib import Path

import pytest

from daybook.db.engine import Database
from daybook.gl.files import stored_input
from daybook.gl.gaps import NumberRange, missing_journals
from daybook.gl.kinds import Kind
from daybook.gl.queries import imports_of, input_states
from daybook.storage.places import gl_inputs_storage
from daybook_factories import ORGANISATION
from daybook_gl_imports import connected, gl_settings, imported, journal, page

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]


async def bring(database: Database, folder: Path, *numbers: int) -> None:
    journals = [journal(number, "1.00", "-1.00") for number in numbers]
    await imported(database, folder, page(folder, "Journals", *journals))


async def gaps(
    database: Database, folder: Path, connection: int = 1, limit: int = 100
) -> list[tuple[int, int]]:
    found = await missing_journals(
        database, gl_settings(folder), ORGANISATION, connection, limit
    )
    assert all(isinstance(gap, NumberRange) for gap in found)
    return [(first, last) for first, last in found]


async def counted(database: Database) -> int:
    async with database.reads() as session:
        (state,) = await input_states(session, ORGANISATION)
    return state.missing


@pytest.mark.parametrize(
    ("imports", "missing"),
    [
        ([[1, 2, 3]], []),
        ([[1, 2], [3, 4]], []),
        ([[1, 2], [5, 6]], [(3, 4)]),
        ([[5, 6], [1, 2]], [(3, 4)]),
        ([[1, 9, 14, 30]], [(2, 8), (10, 13), (15, 29)]),
        ([[1, 9], [2, 3, 4, 5, 6, 7, 8]], []),
        ([[1, 5], [3, 9], [4]], [(2, 2), (6, 8)]),
        ([[1, 10], [3, 4], [20]], [(2, 2), (5, 9), (11, 19)]),
    ],
)
async def test_gaps_are_what_no_import_brought(
    database: Database,
    tmp_path: Path,
    imports: list[list[int]],
    missing: list[tuple[int, int]],
) -> None:
    await connected(database)
    for numbers in imports:
        await bring(database, tmp_path, *numbers)

    assert await gaps(database, tmp_path) == missing
    expected = sum(last - first + 1 for first, last in missing)
    assert await counted(database) == expected


async def test_the_lowest_gaps_are_told(database: Database, tmp_path: Path) -> None:
    await connected(database)
    await bring(database, tmp_path, *range(1, 100, 2))

    assert await gaps(database, tmp_path, limit=2) == [(2, 2), (4, 4)]


async def test_another_connection_s_journals_fill_nothing(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await connected(database, "Inc", "USD")
    await bring(database, tmp_path, 1, 3)
    two = page(tmp_path, "Journals", journal(2, "1.00", "-1.00"))
    await imported(database, tmp_path, two, connection=2)

    assert await gaps(database, tmp_path) == [(2, 2)]
    assert await gaps(database, tmp_path, 2) == []


async def test_files_are_read_once(database: Database, tmp_path: Path) -> None:
    await connected(database)
    await bring(database, tmp_path, 1, 107)
    assert await gaps(database, tmp_path) == [(2, 106)]

    stored = gl_inputs_storage(database, gl_settings(tmp_path))
    async with database.reads() as session:
        (row,) = await imports_of(session, ORGANISATION, 1, Kind.JOURNALS)
    stored.remove(stored_input(row).storage_key)

    assert await gaps(database, tmp_path) == [(2, 106)]
    with pytest.raises(OSError, match=row.file_key):
        await gaps(database, tmp_path, limit=99)
