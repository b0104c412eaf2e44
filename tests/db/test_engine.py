"""Which database the settings name, and how its connections behave."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from daybook.db.engine import Database, UnknownDatabase, database_url, open_database
from daybook.db.fast.bulk import insert_rows, table_rows
from daybook.ledger.models import Customer, Recording
from daybook.settings import Settings
from daybook_factories import invoice, record

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("", "sqlite+aiosqlite:///folder/daybook.db"),
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+psycopg://u:p@h:5/d", "postgresql+asyncpg://u:p@h:5/d"),
    ],
)
def test_settings_name_a_database(given: str, url: str) -> None:
    settings = Settings(data=Path("folder"), database_url=given)

    assert database_url(settings).render_as_string(hide_password=False) == url


def test_other_databases_are_refused_by_name() -> None:
    with pytest.raises(UnknownDatabase, match="mysql"):
        database_url(Settings(database_url="mysql://h/d"))


async def test_the_folder_of_a_file_is_made(tmp_path: Path) -> None:
    database = open_database(Settings(data=tmp_path / "new" / "folder"))

    async with database.reads() as session:
        assert await session.scalar(text("SELECT 1")) == 1

    assert (tmp_path / "new" / "folder" / "daybook.db").is_file()
    await database.close()


async def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        async with database.writes() as session:
            session.add(
                Customer(
                    organisation_id=99,
                    id=1,
                    external_id="c",
                    name="C",
                    legal_name="C",
                )
            )


async def test_what_is_raised_takes_back_the_write(database: Database) -> None:
    row = (1, 1, "c", "C", "C")

    async def write_and_fail() -> None:
        async with database.writes() as session:
            await insert_rows(session, table_rows(Customer, [row]))
            raise KeyError

    with pytest.raises(KeyError):
        await write_and_fail()

    async with database.reads() as session:
        assert (await session.scalars(select(Customer))).all() == []


async def test_many_rows_go_in_and_come_back(database: Database) -> None:
    rows = [(1, number, f"c{number}", "ä\t\\N\n'", "") for number in range(45_000)]

    async with database.writes() as session:
        await insert_rows(
            session, table_rows(Customer, iter(rows)), table_rows(Customer, [])
        )

    async with database.reads() as session:
        table = Customer.__table__
        found = await session.execute(select(*table.columns).order_by(table.c.id))
        assert [tuple(row) for row in found] == rows


async def test_moments_are_kept_in_utc(database: Database) -> None:
    await record(database, invoice())
    moment = datetime(2025, 7, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))

    async with database.writes() as session:
        session.add(Recording(ledger_id=1, number=2, recorded_at=moment, reason=""))

    async with database.reads() as session:
        found = await session.get(Recording, (1, 2))
    assert found is not None
    assert found.recorded_at == datetime(2025, 6, 30, 23, 30, tzinfo=UTC)
    assert found.recorded_at.tzinfo is UTC


async def test_a_moment_without_a_zone_is_our_bug(database: Database) -> None:
    await record(database, invoice())
    naive = datetime(2025, 7, 1)  # noqa: DTZ001  (that's the point)

    with pytest.raises(Exception, match="moments carry their zone"):
        async with database.writes() as session:
            session.add(Recording(ledger_id=1, number=2, recorded_at=naive, reason=""))


async def test_sqlite_keeps_its_promises(tmp_path: Path) -> None:
    database = open_database(Settings(data=tmp_path))

    async with database.reads() as session:
        found = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }

    assert found == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 2,
        "busy_timeout": 5_000,
    }
    await database.close()


async def test_on_sqlite_a_write_waits_for_another(database: Database) -> None:
    before = await database.writes_at_once()
    async with database.writes() as session:
        await session.execute(text("UPDATE organisations SET name = 'Other'"))
        meanwhile = await database.writes_at_once()

    assert before
    assert meanwhile is not database.is_sqlite
    assert await database.writes_at_once()
