"""`systemStatus` says how the installation does."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_factories import invoice, record
from daybook_graphql.context import Context
from daybook_graphql.schema import schema
from daybook_jobs import ask as ask_for_export
from daybook_people import caller

pytestmark = pytest.mark.anyio

STATUS = """{ systemStatus { version database clock { now isFixed }
  storage { isWritable freeBytes } queue { waiting running oldestWaitingSince } } }"""


async def test_all_is_well(
    ask: Callable[[str], Awaitable[Any]], database: Database
) -> None:
    status = (await ask(STATUS))["data"]["systemStatus"]

    assert status["database"] == ("SQLITE" if database.is_sqlite else "POSTGRESQL")
    assert status["clock"] == {"now": "2025-06-15T12:00:00Z", "isFixed": True}
    assert status["storage"]["isWritable"] is True
    assert int(status["storage"]["freeBytes"]) > 0
    assert status["queue"] == {"waiting": 0, "running": 0, "oldestWaitingSince": None}
    assert status["version"]


async def test_what_waits_is_counted_for_its_organisation(
    ask: Callable[[str], Awaitable[Any]], database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    for _ in range(2):
        await ask_for_export(database)

    ours = (await ask(STATUS))["data"]["systemStatus"]["queue"]
    theirs = await schema.execute(
        STATUS, context_value=Context(database, settings, caller(2))
    )

    assert (ours["waiting"], ours["running"]) == (2, 0)
    assert ours["oldestWaitingSince"] is not None
    assert theirs.data is not None
    assert theirs.data["systemStatus"]["queue"]["waiting"] == 0


async def test_a_folder_that_can_t_be_written_is_told(
    database: Database, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, exports=Path("/proc/exports"))

    result = await schema.execute(
        STATUS, context_value=Context(database, settings, caller())
    )

    assert result.data is not None
    # The superuser may write anywhere, but not here: nothing fits in.
    assert result.data["systemStatus"]["storage"]["freeBytes"] == "0"
