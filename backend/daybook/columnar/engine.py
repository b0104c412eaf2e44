"""DuckDB, shut off from everything but the folders that it is given.

It loads and installs no extension, reads no variable of Python's, and its settings
can't be changed by a statement. Values are bound; names in statements are our own.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Result = TypeVar("Result")

THREADS = 2
MEMORY = "1GB"
"""What a statement may hold before it writes into the scratch folder."""
INTERRUPT_SECONDS = 0.05
"""How often work that was cancelled is told so."""


@contextmanager
def engine(
    folders: Sequence[Path], scratch: Path, *, threads: int = THREADS
) -> "Iterator[DuckDBPyConnection]":
    """An empty database in memory that reads and writes files of these folders only.

    `scratch`, which may be used, too, takes what doesn't fit into memory.
    """
    import duckdb  # noqa: PLC0415  (it takes a fifth of a second)

    scratch.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": MEMORY,
            # Files are read and written in their order, without sorting them.
            "preserve_insertion_order": True,
            "python_enable_replacements": False,
            "temp_directory": str(scratch),
            "threads": threads,
        },
    ) as connection:
        allowed = ", ".join(quoted(f"{folder}") for folder in (*folders, scratch))
        connection.execute(f"SET allowed_directories = [{allowed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def quoted(text: str) -> str:
    """A text as a literal in a statement."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """A name as an identifier in a statement."""
    return '"' + name.replace('"', '""') + '"'


def create_table(
    connection: "DuckDBPyConnection",
    name: str,
    types: Mapping[str, str],
    rows: Iterable[Sequence[object]],
) -> None:
    """A table of columns with these types, filled by one statement.

    Values are given as text: a statement for each row would take milliseconds.
    """
    columns = [*zip(*rows, strict=True)] or [()] * len(types)
    selected = ", ".join(
        f"CAST(unnest(CAST(? AS VARCHAR[])) AS {type_}) AS {named(column)}"
        for column, type_ in types.items()
    )
    connection.execute(
        f"CREATE TABLE {named(name)} AS SELECT {selected}",
        [[str(value) for value in column] for column in columns],
    )


def csv_rows(path: Path, types: Mapping[str, str], *, has_header: bool) -> str:
    """A CSV file's rows as an expression, of columns with these types.

    Nothing is guessed, and an empty cell is blank text.
    """
    columns = ", ".join(
        f"{quoted(name)}: {quoted(type_)}" for name, type_ in types.items()
    )
    return (
        f"read_csv({quoted(str(path))}, columns = {{{columns}}},"
        f" header = {str(has_header).lower()}, auto_detect = false, delim = ',',"
        " quote = '\"', escape = '\"', nullstr = '\x01', strict_mode = true)"
    )


class Columnar:
    """One engine for a process's requests: each call runs in a thread, on its own."""

    def __init__(self, folders: Sequence[Path], scratch: Path) -> None:
        self._opened = engine(folders, scratch)
        self._connection = self._opened.__enter__()

    def close(self) -> None:
        """Close the engine; what runs ends with an error."""
        self._opened.__exit__(None, None, None)

    async def run(self, work: "Callable[[DuckDBPyConnection], Result]") -> Result:
        """Do some work in a thread, with its own cursor; cancelled, interrupt it.

        Raises OSError if a file can't be read or written.
        """
        import duckdb  # noqa: PLC0415  (it is loaded already)

        cursor = self._connection.cursor()
        running = asyncio.get_running_loop().run_in_executor(None, work, cursor)
        try:
            return await asyncio.shield(running)
        except duckdb.IOException as failed:
            raise OSError(str(failed)) from failed
        except asyncio.CancelledError:
            # Between two statements there is nothing to interrupt yet.
            while not running.done():
                cursor.interrupt()
                await asyncio.wait([running], timeout=INTERRUPT_SECONDS)
            # Asked for, so that asyncio doesn't log the interruption.
            running.exception()
            raise
        finally:
            cursor.close()
