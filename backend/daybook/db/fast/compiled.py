"""Frequent statements, which are compiled once and run by the driver itself.

SQLAlchemy compiles the text and knows the types. It would prepare both again for each
execution, which takes longer than the database's answer.

Private names of SQLAlchemy's compiled statements: `_bind_processors`, `positiontup`.
Rows of the pinned drivers are sequences in the order of the columns. With the switch
off, a session executes the statement.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Dialect, Select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.engine import Store
from daybook.db.sqlite import name_file
from daybook.settings import is_fast

Processor: TypeAlias = Callable[[Any], Any]


class _Compilation(NamedTuple):
    """A statement compiled for a driver."""

    text: str
    names: tuple[str, ...]
    values: Mapping[str, Any]
    """The statement's own parameters, as the driver takes them."""
    encoders: Mapping[str, Processor]
    """Convert parameters for the driver, by their names."""
    decoders: tuple[tuple[int, Processor], ...]
    """Convert the driver's values of columns, by their positions."""


class CompiledSelect:
    """A SELECT that is run often, with different values for its parameters.

    These are `bindparam`s that are not `required`, so that it compiles without them.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement
        self._compilations: dict[str, _Compilation] = {}

    def for_dialect(self, dialect: Dialect) -> _Compilation:
        """The statement compiled for a dialect's driver."""
        found = self._compilations.get(dialect.name)
        if found is None:
            found = self._compilations[dialect.name] = _compile(self.statement, dialect)
        return found


async def fetch_rows(
    store: Store, compiled: CompiledSelect, parameters: Mapping[str, Any]
) -> list[Sequence[Any]]:
    """The rows of a statement, read without a session or a transaction."""
    if not is_fast():
        async with store.pinned_reads() as session:
            return await _rows_by_session(session, compiled, parameters)
    engine = store.engine
    connection = await engine.raw_connection()
    try:
        return await _rows(connection, compiled.for_dialect(engine.dialect), parameters)
    except BaseException as error:
        name_file(error, engine.url)
        if _goes_on(engine.dialect):
            connection.invalidate()
        raise
    finally:
        connection.close()


async def fetch_rows_in(
    session: AsyncSession, compiled: CompiledSelect, parameters: Mapping[str, Any]
) -> list[Sequence[Any]]:
    """The rows of a statement, read by a session's connection."""
    if not is_fast():
        return await _rows_by_session(session, compiled, parameters)
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    try:
        return await _rows(raw, compiled.for_dialect(connection.dialect), parameters)
    except BaseException as error:
        name_file(error, connection.engine.url)
        if _goes_on(connection.dialect):
            await connection.invalidate()
        raise


async def _rows_by_session(
    session: AsyncSession, compiled: CompiledSelect, parameters: Mapping[str, Any]
) -> list[Sequence[Any]]:
    """The rows of a statement, read by SQLAlchemy."""
    return list(await session.execute(compiled.statement, dict(parameters)))


def _goes_on(dialect: Dialect) -> bool:
    """Whether a statement is still running after its caller was cancelled.

    On SQLite it is: invalidating its connection stops it. asyncpg itself asks
    PostgreSQL to stop it, and needs the connection for that.
    """
    return dialect.name == "sqlite"


async def _rows(
    connection: Any, compilation: _Compilation, parameters: Mapping[str, Any]
) -> list[Sequence[Any]]:
    known = {**compilation.values, **parameters}
    for name, encode in compilation.encoders.items():
        if name in parameters:
            known[name] = encode(parameters[name])
    values = [known[name] for name in compilation.names]
    driver = connection.driver_connection
    rows: list[Sequence[Any]]
    if hasattr(driver, "fetch"):  # asyncpg
        rows = await driver.fetch(compilation.text, *values)
    else:
        rows = await driver.execute_fetchall(compilation.text, values)
    return (
        [_decoded(row, compilation.decoders) for row in rows]
        if compilation.decoders
        else rows
    )


def _decoded(
    row: Sequence[Any], decoders: Sequence[tuple[int, Processor]]
) -> Sequence[Any]:
    values = list(row)
    for position, decode in decoders:
        values[position] = decode(values[position])
    return values


def _compile(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> _Compilation:
    compiled: Any = statement.compile(
        dialect=dialect, compile_kwargs={"render_postcompile": True}
    )
    encoders = compiled._bind_processors  # noqa: SLF001  (as its own execution does)
    columns: Any = statement.selected_columns
    decoders = [
        (position, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for position, column in enumerate(columns)
    ]
    values = {
        name: encoders[name](value) if name in encoders else value
        for name, value in compiled.params.items()
        if value is not None
    }
    return _Compilation(
        str(compiled),
        tuple(compiled.positiontup),
        values,
        encoders,
        tuple((index, decode) for index, decode in decoders if decode is not None),
    )
