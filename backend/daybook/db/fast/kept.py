"""Statements that are made once and run by the driver itself, for what is asked often.

SQLAlchemy makes the text and knows the types; it does both anew for each execution,
which takes longer than the database does to answer.

Private names, of SQLAlchemy's compiled statements: `_bind_processors`, `positiontup`.
Of the pinned drivers: rows are sequences in the order of the columns. With the switch
off a session executes the statement.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Dialect, Select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.db.engine import Store
from daybook.db.sqlite import name_file
from daybook.settings import is_fast

Processor: TypeAlias = Callable[[Any], Any]


class _Form(NamedTuple):
    """A statement as one driver takes it."""

    text: str
    names: tuple[str, ...]
    values: Mapping[str, Any]
    """Those that the statement has itself, as the driver takes them."""
    takes: Mapping[str, Processor]
    gives: tuple[tuple[int, Processor], ...]
    """What makes a column's value of the driver's, by its place."""


class Kept:
    """A SELECT that is run again and again, with other values for its parameters.

    These are `bindparam`s that are not `required`: its text is made without them.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement
        self._forms: dict[str, _Form] = {}

    def form(self, dialect: Dialect) -> _Form:
        """The statement for a database's driver."""
        found = self._forms.get(dialect.name)
        if found is None:
            found = self._forms[dialect.name] = _form(self.statement, dialect)
        return found


async def rows_of(
    store: Store, kept: Kept, given: Mapping[str, Any]
) -> list[Sequence[Any]]:
    """The rows of a statement, read without a session or a transaction."""
    if not is_fast():
        async with store.pinned_reads() as session:
            return await _rows_by_session(session, kept, given)
    engine = store.engine
    connection = await engine.raw_connection()
    try:
        return await _rows(connection, kept.form(engine.dialect), given)
    except BaseException as error:
        name_file(error, engine.url)
        if _goes_on(engine.dialect):
            connection.invalidate()
        raise
    finally:
        connection.close()


async def rows_in(
    session: AsyncSession, kept: Kept, given: Mapping[str, Any]
) -> list[Sequence[Any]]:
    """The rows of a statement, read by a session's connection."""
    if not is_fast():
        return await _rows_by_session(session, kept, given)
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    try:
        return await _rows(raw, kept.form(connection.dialect), given)
    except BaseException as error:
        name_file(error, connection.engine.url)
        if _goes_on(connection.dialect):
            await connection.invalidate()
        raise


async def _rows_by_session(
    session: AsyncSession, kept: Kept, given: Mapping[str, Any]
) -> list[Sequence[Any]]:
    """The rows of a statement, read in SQLAlchemy's own way."""
    return list(await session.execute(kept.statement, dict(given)))


def _goes_on(dialect: Dialect) -> bool:
    """Whether a statement still runs that its caller was cancelled for.

    On SQLite it is stopped as its connection is given up. asyncpg tells PostgreSQL to
    stop it, and whoever has the connection next waits for that: without the connection
    nobody would tell.
    """
    return dialect.name == "sqlite"


async def _rows(
    connection: Any, form: _Form, given: Mapping[str, Any]
) -> list[Sequence[Any]]:
    known = {**form.values, **given}
    for name, process in form.takes.items():
        if name in given:
            known[name] = process(given[name])
    values = [known[name] for name in form.names]
    driver = connection.driver_connection
    rows: list[Sequence[Any]]
    if hasattr(driver, "fetch"):  # asyncpg
        rows = await driver.fetch(form.text, *values)
    else:
        rows = await driver.execute_fetchall(form.text, values)
    return [_processed(row, form.gives) for row in rows] if form.gives else rows


def _processed(
    row: Sequence[Any], gives: Sequence[tuple[int, Processor]]
) -> Sequence[Any]:
    values = list(row)
    for place, process in gives:
        values[place] = process(values[place])
    return values


def _form(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> _Form:
    made: Any = statement.compile(
        dialect=dialect, compile_kwargs={"render_postcompile": True}
    )
    takes = made._bind_processors  # noqa: SLF001  (as its own execution does)
    columns: Any = statement.selected_columns
    gives = [
        (place, one.type.dialect_impl(dialect).result_processor(dialect, None))
        for place, one in enumerate(columns)
    ]
    values = {
        name: takes[name](value) if name in takes else value
        for name, value in made.params.items()
        if value is not None
    }
    return _Form(
        str(made),
        tuple(made.positiontup),
        values,
        takes,
        tuple((place, process) for place, process in gives if process is not None),
    )
