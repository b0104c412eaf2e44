"""Frequent statements, which are compiled once and run by the driver itself.

SQLAlchemy compiles the text and knows the types. It would prepare both again for each
execution, which takes longer than the database's answer.

Statements that differ in nothing but their values share one compilation, since
compiling takes longer than building them.

Private names of SQLAlchemy's statements: `_compile_w_cache`; of compiled ones:
`_bind_processors`, `positiontup`, `post_compile_params`, `literal_execute_params`.
Rows of the pinned drivers are sequences in the order of the columns. With the switch
off, a session executes the statement.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from cachetools import LRUCache
from sqlalchemy import Dialect, Select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.engine import Store, store_of_pinned
from daybook.db.sqlite import name_file
from daybook.settings import is_fast

Processor: TypeAlias = Callable[[Any], Any]

COMPILED_MAX = 256
_COMPILED: LRUCache[Any, Any] = LRUCache(COMPILED_MAX)
"""Compiled statements of all databases, by their dialects and their structure."""


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

    def values_for(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The values of parameters as the driver takes them, in the text's order."""
        known = {**self.values, **parameters}
        for name, encode in self.encoders.items():
            if name in parameters:
                known[name] = encode(parameters[name])
        return [known[name] for name in self.names]

    def decoded(self, rows: list[Sequence[Any]]) -> list[Sequence[Any]]:
        """The driver's rows with the values of the columns' types."""
        if not self.decoders:
            return rows
        return [_decoded(row, self.decoders) for row in rows]


GIVEN_UP_FOR = 100
"""How often a short statement that wasn't over in time is left to threads, then."""


class CompiledSelect:
    """A SELECT that is run often, with different values for its parameters.

    These are `bindparam`s that are not `required`, so that it compiles without them. A
    statement that `is_short` takes less than a millisecond nearly always: on SQLite it
    is read in the event loop's own thread (`ShortReads`).
    """

    def __init__(
        self, statement: Select[*tuple[Any, ...]], *, is_short: bool = False
    ) -> None:
        self.statement = statement
        self.is_short = is_short
        self._left_to_threads = 0
        self._compilations: dict[str, _Compilation] = {}

    def short_rows(
        self, store: Store, parameters: Mapping[str, Any]
    ) -> list[Sequence[Any]] | None:
        """The rows of a short statement; None where a thread has to read them."""
        if not self.is_short or store.short_reads is None:
            return None
        if self._left_to_threads:
            self._left_to_threads -= 1
            return None
        compilation = self.for_dialect(store.engine.dialect)
        values = compilation.values_for(parameters)
        rows = store.short_reads.rows(compilation.text, values)
        if rows is None:
            self._left_to_threads = GIVEN_UP_FOR
            return None
        return compilation.decoded(rows)

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
    rows = compiled.short_rows(store, parameters)
    if rows is not None:
        return rows
    engine = store.engine
    # Compiled before it has a connection, for which others may be waiting.
    compilation = compiled.for_dialect(engine.dialect)
    with store.in_use():
        connection = await engine.raw_connection()
        try:
            return await _rows(connection, compilation, parameters)
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
    """The rows of a statement, read by a session's connection.

    A session of `pinned_reads` that has no connection yet needs none for it.
    """
    if not is_fast():
        return await _rows_by_session(session, compiled, parameters)
    store = store_of_pinned(session)
    if store is not None and not session.in_transaction():
        return await fetch_rows(store, compiled, parameters)
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
    values = compilation.values_for(parameters)
    driver = connection.driver_connection
    if hasattr(driver, "fetch"):  # asyncpg
        return compilation.decoded(await driver.fetch(compilation.text, *values))
    return compilation.decoded(await driver.execute_fetchall(compilation.text, values))


def _decoded(
    row: Sequence[Any], decoders: Sequence[tuple[int, Processor]]
) -> Sequence[Any]:
    values = list(row)
    for position, decode in decoders:
        values[position] = decode(values[position])
    return values


def _compiled(
    statement: Select[*tuple[Any, ...]], dialect: Dialect
) -> tuple[Any, Mapping[str, Any]]:
    """A compilation that fits the statement, and the statement's own parameters."""
    with_cache: Any = statement._compile_w_cache  # noqa: SLF001  (as its own execution does)
    compiled, values, *_ = with_cache(dialect, compiled_cache=_COMPILED, column_keys=[])
    if not (compiled.post_compile_params or compiled.literal_execute_params):
        return compiled, compiled.construct_params(extracted_parameters=values)
    # Lists of values are a part of its text.
    compiled = statement.compile(
        dialect=dialect, compile_kwargs={"render_postcompile": True}
    )
    return compiled, compiled.params


def _compile(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> _Compilation:
    compiled, parameters = _compiled(statement, dialect)
    encoders = compiled._bind_processors  # noqa: SLF001  (as its own execution does)
    columns: Any = statement.selected_columns
    decoders = [
        (position, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for position, column in enumerate(columns)
    ]
    values = {
        name: encoders[name](value) if name in encoders else value
        for name, value in parameters.items()
        if value is not None
    }
    return _Compilation(
        str(compiled),
        tuple(compiled.positiontup),
        values,
        encoders,
        tuple((index, decode) for index, decode in decoders if decode is not None),
    )
