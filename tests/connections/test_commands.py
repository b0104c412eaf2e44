"""Connections: added, changed and removed, each with its audit record."""

import json
from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import select

from daybook.access.organisations import add_organisation
from daybook.audit.models import AuditRecord
from daybook.calendar import parse_day
from daybook.connections.commands import (
    Author,
    add_connection,
    remove_connection,
    update_connection,
    update_dataset,
)
from daybook.connections.models import GlConnection
from daybook.connections.queries import (
    find_connections,
    reporting_currency,
    settings_of,
)
from daybook.connections.rules import (
    CONNECTIONS_MAX,
    AccountRole,
    ConnectionPatch,
    ConnectionSettings,
    YearEnd,
)
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.models import Organisation
from daybook.reports.audit import verify
from daybook_factories import ORGANISATION, invoice, record
from daybook_people import NOON
from daybook_stored import dump

pytestmark = pytest.mark.anyio

ANN = Author(ORGANISATION, "ann@example.com", NOON)


async def added(
    database: Database,
    name: str,
    currency: str = "GBP",
    *,
    is_main: bool = False,
    author: Author = ANN,
    **settings: Any,
) -> int:
    return await add_connection(
        database,
        author,
        ConnectionSettings(name, **settings),
        base_currency=currency,
        is_main=is_main,
    )


async def listed(database: Database, organisation: int = ORGANISATION) -> list[str]:
    """Names of connections, the main one with a mark."""
    return [
        f"{connection.name}{'*' * connection.is_main}"
        for connection in await connections(database, organisation)
    ]


async def connections(
    database: Database, organisation: int = ORGANISATION
) -> list[GlConnection]:
    async with database.reads() as session:
        return await find_connections(session, organisation)


async def last_record(database: Database) -> tuple[str, str, dict[str, Any]]:
    async with database.reads() as session:
        record = await session.scalar(
            select(AuditRecord)
            .where(AuditRecord.organisation_id == ORGANISATION)
            .order_by(AuditRecord.number.desc())
            .limit(1)
        )
    assert record is not None
    return record.action, record.subject_id, json.loads(record.details)


async def refusal(doing: Any) -> tuple[ProblemCode, tuple[str, ...]]:
    with pytest.raises(Rejected) as rejected:
        await doing
    (problem,) = rejected.value.problems
    return problem.code, problem.path


async def test_the_first_connection_is_the_main_one(database: Database) -> None:
    assert await added(database, "UK", year_end=YearEnd(3, 31)) == 1
    assert await last_record(database) == (
        "ADD_CONNECTION",
        "1",
        {
            "name": "UK",
            "system": "XERO",
            "baseCurrency": "GBP",
            "isMain": True,
            "yearEnd": "03-31",
            "periodLock": None,
            "yearLock": None,
            "takesExports": [],
            "accounts": {},
            "budget": None,
            "countsForecasts": False,
        },
    )
    await added(database, "Inc", "USD")
    assert await listed(database) == ["UK*", "Inc"]

    await added(database, "Ltd", "CAD", is_main=True)

    assert await listed(database) == ["Ltd*", "UK", "Inc"]
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_a_ledger_is_there_before_its_exports_are_taken(
    database: Database,
) -> None:
    takes_usd = ConnectionPatch(takes_exports=("USD",))
    assert await refusal(added(database, "Inc", "USD", takes_exports=("USD",))) == (
        ProblemCode.NOT_FOUND,
        ("takesExports",),
    )
    assert await listed(database) == []

    await record(database, invoice())

    number = await added(database, "Inc", "USD")
    assert await update_connection(database, ANN, number, takes_usd)
    eur = ConnectionPatch(takes_exports=("EUR", "USD"))
    with pytest.raises(Rejected, match="there is no EUR ledger, only USD"):
        await update_connection(database, ANN, number, eur)
    (connection,) = await connections(database)
    assert settings_of(connection).takes_exports == ("USD",)


async def test_a_change_keeps_what_it_doesn_t_name_and_is_recorded_once(
    database: Database,
) -> None:
    await record(database, invoice())
    number = await added(database, "Inc", "USD", takes_exports=("USD",))
    patch = ConnectionPatch(
        period_lock=parse_day("2025-09-30"),
        accounts={AccountRole.TAX: "820"},
        budget_id="b1",
    )

    assert await update_connection(database, ANN, number, patch)
    before = await dump(database)
    assert not await update_connection(database, ANN, number, patch)

    assert await dump(database) == before
    (connection,) = await connections(database)
    assert settings_of(connection) == ConnectionSettings(
        "Inc",
        period_lock=parse_day("2025-09-30"),
        takes_exports=("USD",),
        accounts={AccountRole.TAX: "820"},
        budget_id="b1",
    )
    action, subject, details = await last_record(database)
    assert (action, subject) == ("UPDATE_CONNECTION", "1")
    assert details["before"]["periodLock"] is None
    assert details["after"]["periodLock"] == "2025-09-30"
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_a_removed_connection_frees_its_name_and_its_ledgers(
    database: Database,
) -> None:
    await record(database, invoice())
    await added(database, "UK")
    number = await added(database, "Inc", "USD", takes_exports=("USD",))
    await remove_connection(database, ANN, number)

    assert await listed(database) == ["UK*"]
    assert await refusal(remove_connection(database, ANN, number)) == (
        ProblemCode.NOT_FOUND,
        ("id",),
    )
    again = await added(database, "inc", "USD", takes_exports=("USD",))
    assert again == number + 1
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_the_main_connection_is_removed_last(database: Database) -> None:
    await added(database, "UK")
    await added(database, "Inc", "USD")

    assert await refusal(remove_connection(database, ANN, 1)) == (
        ProblemCode.IN_USE,
        ("id",),
    )
    await remove_connection(database, ANN, 2)
    await remove_connection(database, ANN, 1)

    assert await listed(database) == []
    await added(database, "Ltd", "CAD")
    assert await listed(database) == ["Ltd*"]


async def test_the_dataset_s_currency_and_main_connection(database: Database) -> None:
    await added(database, "UK")
    await added(database, "Inc", "USD")

    assert await update_dataset(database, ANN, reporting="EUR", main=2)
    before = await dump(database)
    assert not await update_dataset(database, ANN, reporting="EUR", main=2)
    assert not await update_dataset(database, ANN)

    assert await dump(database) == before
    assert await listed(database) == ["Inc*", "UK"]
    assert await last_record(database) == (
        "UPDATE_DATASET",
        "",
        {
            "before": {"reportingCurrency": None, "mainConnection": "UK"},
            "after": {"reportingCurrency": "EUR", "mainConnection": "Inc"},
        },
    )
    assert await update_dataset(database, ANN, reporting=None)
    async with database.reads() as session:
        assert await reporting_currency(session, ORGANISATION) is None
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_what_is_refused_changes_nothing(database: Database) -> None:
    await added(database, "UK")
    before = await dump(database)

    for doing, expected in (
        (added(database, "uk"), (ProblemCode.DUPLICATE, ("name",))),
        (
            added(database, "Inc", "XXX"),
            (ProblemCode.UNKNOWN_CURRENCY, ("baseCurrency",)),
        ),
        (
            update_connection(database, ANN, 2, ConnectionPatch(name="Inc")),
            (ProblemCode.NOT_FOUND, ("id",)),
        ),
        (
            update_dataset(database, ANN, reporting="gbp"),
            (ProblemCode.UNKNOWN_CURRENCY, ("reportingCurrency",)),
        ),
        (update_dataset(database, ANN, main=2), (ProblemCode.NOT_FOUND, ("id",))),
    ):
        assert await refusal(doing) == expected

    assert await dump(database) == before


async def test_connections_are_of_one_organisation(database: Database) -> None:
    await added(database, "UK")
    other = await add_organisation(database, "Other", now=NOON, made_by="a test")
    beth = Author(other, "beth@example.com", NOON)

    assert await added(database, "UK", author=beth) == 1
    await update_dataset(database, beth, reporting="USD")
    await remove_connection(database, beth, 1)

    assert await listed(database) == ["UK*"]
    assert await listed(database, other) == []
    async with database.reads() as session:
        assert await reporting_currency(session, ORGANISATION) is None
    assert (await verify(database, other)).mismatch is None


@pytest.mark.either_database
async def test_there_is_an_end_to_connections(database: Database) -> None:
    for number in range(CONNECTIONS_MAX):
        await added(database, f"Branch {number}")

    assert await refusal(added(database, "One more")) == (
        ProblemCode.TOO_LARGE,
        ("name",),
    )


async def conflict(attempt: Awaitable[object]) -> tuple[tuple[str, ...], str]:
    """The place and the words of a change that somebody overtook."""
    with pytest.raises(Rejected) as rejected:
        await attempt
    (problem,) = rejected.value.problems
    assert problem.code is ProblemCode.CONFLICT
    return problem.path, problem.message


async def seen(database: Database) -> int:
    """The audit trail's last record, as somebody looks."""
    async with database.reads() as session:
        return (await session.get_one(Organisation, ORGANISATION)).audit_records


async def test_what_somebody_changed_since_is_not_replaced(database: Database) -> None:
    beth = ANN._replace(made_by="beth")
    await added(database, "UK")
    await added(database, "Inc", "USD")
    looked = await seen(database)
    name, lock = ConnectionPatch(name="Inc Ltd"), parse_day("2025-09-30")
    assert await update_connection(database, beth, 2, name)
    before = await dump(database)

    stale = update_connection(
        database, ANN, 2, ConnectionPatch(name="Corp"), expected=looked
    )
    path, words = await conflict(stale)
    assert path == ("name",)
    assert words.startswith("beth changed the name on ")
    assert "after you looked: it is Inc Ltd now; send yours again" in words
    path, words = await conflict(remove_connection(database, ANN, 2, expected=looked))
    assert path == ("expected_audit_record",)
    assert words.startswith("beth changed Inc Ltd on ")
    ahead = update_connection(database, ANN, 2, name, expected=looked + 99)
    assert not await ahead, "it is so already"
    assert await dump(database) == before, "nothing is changed, and nothing logged"

    # What somebody else didn't change is, and so is what they changed of another one.
    other = ConnectionPatch(period_lock=lock)
    assert await update_connection(database, ANN, 2, other, expected=looked)
    assert await update_connection(database, ANN, 1, other, expected=looked)
    await remove_connection(database, ANN, 2, expected=await seen(database))


async def test_what_somebody_set_of_the_dataset_is_not_replaced(
    database: Database,
) -> None:
    beth = ANN._replace(made_by="beth")
    await added(database, "UK")
    await added(database, "Inc", "USD")
    looked = await seen(database)
    assert await update_dataset(database, beth, reporting="EUR")
    before = await dump(database)

    stale = update_dataset(database, ANN, reporting="USD", expected=looked)

    path, words = await conflict(stale)
    assert path == ("reportingCurrency",)
    assert "beth changed the reporting currency on " in words and "it is EUR" in words
    assert await dump(database) == before
    assert await update_dataset(database, ANN, main=2, expected=looked)
    now = await seen(database)
    assert await update_dataset(database, ANN, reporting="USD", expected=now)
