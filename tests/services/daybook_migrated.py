"""Databases of earlier revisions."""

from alembic import command
from sqlalchemy import Connection

from daybook.db.engine import History
from daybook.db.migrate import alembic_config


def downgrade(
    connection: Connection,
    revision: str = "base",
    history: History = History.LEDGER,
) -> None:
    """Take migrations back."""
    command.downgrade(alembic_config(connection, history), revision)
