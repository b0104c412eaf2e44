"""Migrations bring an empty database to what the models say, and back."""

import pytest

from daybook.db.engine import Database
from daybook.db.migrate import (
    current_revision,
    make_ready,
    newest_revision,
    schema_differences,
)

pytestmark = pytest.mark.anyio


async def test_migrations_make_the_tables_that_the_models_describe(
    database: Database,
) -> None:
    await make_ready(database)

    assert await schema_differences(database) == []
    assert await current_revision(database) == newest_revision()
