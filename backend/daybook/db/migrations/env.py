"""Alembic's entry point: runs migrations on the connection of `daybook.db.migrate`."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.types import TypeDecorator

from daybook.db.base import PlainText
from daybook.tables import METADATA


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Render plain types, so that old migrations never import today's code."""
    if kind != "type":
        return False
    if isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    if item is PlainText:
        return 'sa.Text().with_variant(sa.Text(collation="C"), "postgresql")'
    return False


GIVEN = context.config.attributes

context.configure(
    connection=GIVEN["connection"],
    version_table=GIVEN["version_table"],
    target_metadata=METADATA[GIVEN["history"]],
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
