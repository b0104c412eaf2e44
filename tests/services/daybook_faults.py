"""A database as revision 0007's program left it, with each of its faults.

`faults_of_0007.jsonl` holds the rows that it recorded, table by table: families that
depart from the rules, a lock far ahead, and a last recording in 2036.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, DateTime, MetaData, Table, text

from daybook.db.engine import Database, History
from daybook.db.migrate import alembic_config, upgrade

ROWS = Path(__file__).with_name("faults_of_0007.jsonl")


async def fill_with_faults(database: Database) -> None:
    """Fill an empty database with what was recorded, and upgrade it."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_go_back)
        await connection.run_sync(_fill)
    await upgrade(database)


def _go_back(connection: Connection) -> None:
    command.downgrade(alembic_config(connection, History.LEDGER), "0007")


def _fill(connection: Connection) -> None:
    connection.execute(text("DELETE FROM organisations"))
    tables = MetaData()
    tables.reflect(connection)
    for name, row in _rows():
        table = tables.tables[name]
        values = {key: _value(table, key, one) for key, one in row.items()}
        connection.execute(table.insert().values(values))


def _rows() -> Iterator[tuple[str, dict[str, Any]]]:
    for line in ROWS.read_text(encoding="utf-8").splitlines():
        name, row = json.loads(line)
        yield name, row


def _value(table: Table, column: str, value: Any) -> Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    its_type = table.columns[column].type
    if isinstance(its_type, DateTime) and value is not None:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if its_type.timezone else moment
    if its_type.python_type is bool and value is not None:
        return bool(value)
    return value
