"""Writes the dataset's files in process, as a server does (FOLDER).

The parts are fetched once, since a server keeps them. Files are written in turns by
Daybook and by DuckDB's own COPY of the same lines, and compared.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.comparing import same_lines
from daybook.columnar.engine import Columnar, named, quoted
from daybook.db.engine import open_database
from daybook.gl.dataset.filters import LineFilter
from daybook.gl.dataset.lines import Part, lines_of
from daybook.gl.dataset.rendering import FileForm, render
from daybook.gl.dataset.snapshots import fetch_parts, snapshot_at
from daybook.gl.rules.columns import DatasetColumn
from daybook.settings import Settings
from daybook.storage.places import gl_segments_storage

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PEER_FORMS = {
    FileForm.CSV: "FORMAT csv, HEADER, NULLSTR 'NULL'",
    FileForm.PARQUET: "FORMAT parquet, COMPRESSION zstd",
}


def main() -> None:
    """Print the seconds of each file as JSON."""
    print(json.dumps(asyncio.run(_measured(Settings()))))


async def _measured(settings: Settings) -> dict[str, float]:
    database = open_database(settings)
    try:
        async with database.reads() as session:
            snapshot = await snapshot_at(session, settings.organisation)
        assert snapshot is not None, "it was refreshed"
        storage = gl_segments_storage(database, settings)
    finally:
        await database.close()
    with TemporaryDirectory(dir=sys.argv[1]) as temporary:
        folder = Path(temporary)
        parts = fetch_parts(storage, snapshot, folder)
        columnar = Columnar([folder], folder / "scratch")
        try:
            return await columnar.run(lambda its: _readings(its, parts, folder))
        finally:
            columnar.close()


def _readings(
    connection: "DuckDBPyConnection", parts: Sequence[Part], folder: Path
) -> dict[str, float]:
    files: dict[str, float] = {}
    for form in PEER_FORMS:
        ours, theirs = folder / f"ours.{form}", folder / f"theirs.{form}"
        start = time.perf_counter()
        render(connection, parts, LineFilter(), form, ours)
        between = time.perf_counter()
        _copy(connection, parts, form, theirs)
        files[f"{form}, Daybook"] = between - start
        files[f"{form}, DuckDB"] = time.perf_counter() - between
        if form is FileForm.CSV:
            files["lines"] = same_lines(ours, theirs)
        ours.unlink()
        theirs.unlink()
    return files


def _copy(
    connection: "DuckDBPyConnection",
    parts: Sequence[Part],
    form: FileForm,
    path: Path,
) -> None:
    columns = ", ".join(named(column) for column in DatasetColumn)
    connection.execute(
        f"COPY (SELECT {columns} FROM {lines_of(parts)}"  # noqa: S608
        f" ORDER BY _connection, _row) TO {quoted(str(path))} ({PEER_FORMS[form]})"
    )


if __name__ == "__main__":
    main()
