"""Locks and settings of a ledger: what each change leaves, and what is refused."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from daybook.audit.rules import Verification
from daybook.calendar import parse_day
from daybook.configuration.commands import (
    Changed,
    rename_account,
    set_lock,
    set_product_method,
    set_time_zone,
    update_settings,
)
from daybook.db.engine import Database
from daybook.documents.queries import load_defaults
from daybook.documents.rules import LedgerDefaults
from daybook.errors import ProblemCode, Rejected
from daybook.ledger.commands import lock_organisation, open_ledger
from daybook.ledger.models import Product
from daybook.ledger.queries import account_names, pin_ledger, settings_at
from daybook.ledger.rules import (
    AccountName,
    AccountNames,
    LedgerSettings,
    LockMethod,
    Role,
    first_open_day,
    lock_of,
)
from daybook.recognition.allocation import Strategy
from daybook.recognition.rules import Method
from daybook.reports.audit import verify

pytestmark = pytest.mark.anyio

ORGANISATION = 1
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
WHO: dict[str, Any] = {"now": NOW, "made_by": "a test"}
DECEMBER = parse_day("2025-12-31")


async def lock(
    database: Database,
    through: str | None,
    currency: str | None = None,
    method: LockMethod = LockMethod.CUSTOM_DATE,
) -> Changed:
    """Lock through any day, forward or back."""
    locked = await set_lock(
        database,
        ORGANISATION,
        currency,
        method=method,
        locked_through=None if through is None else parse_day(through),
        reason="a reason",
        is_confirmed=True,
        **WHO,
    )
    return Changed(locked.currency, locked.recording)


async def name_account(
    database: Database, name: str, code: str | None = None, scope: str = ""
) -> Changed:
    return await rename_account(
        database,
        ORGANISATION,
        "USD",
        role=Role.DEFERRED,
        scope=scope,
        name=name,
        code=code,
        **WHO,
    )


@pytest.fixture
async def empty_ledger(database: Database) -> Database:
    """A database with an empty ledger in dollars."""
    async with database.writes() as session:
        organisation = await lock_organisation(session, ORGANISATION)
        await open_ledger(session, organisation, "USD")
    return database


@pytest.fixture
async def ledger(empty_ledger: Database) -> Database:
    """The same with two products, which no audit record tells of."""
    async with empty_ledger.writes() as session:
        organisation = await lock_organisation(session, ORGANISATION)
        organisation.products = 2
        session.add_all(
            Product(
                organisation_id=ORGANISATION,
                id=number,
                external_id=f"prod_{number}",
                name=f"Product {number}",
                category=category,
            )
            for number, category in ((1, "Support"), (2, None))
        )
    return empty_ledger


async def settings_of(
    database: Database, recording: int | None = None
) -> LedgerSettings:
    async with database.reads() as session:
        pin = await pin_ledger(session, ORGANISATION, 1, 0)
        assert pin is not None
        if recording is not None:
            pin = pin._replace(recording=recording)
        return await settings_at(session, pin)


async def names_of(database: Database, recording: int) -> AccountNames:
    async with database.reads() as session:
        pin = await pin_ledger(session, ORGANISATION, 1, 0)
        assert pin is not None
        return await account_names(session, pin._replace(recording=recording))


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    async with database.reads() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def counts(database: Database) -> dict[str, int]:
    """How many rows a command could have added."""
    tables = ("recordings", "ledger_settings", "account_names", "audit_records")
    return {
        table: (await rows(database, f"SELECT count(*) FROM {table}"))[0][0]  # noqa: S608
        for table in (*tables, "audited_recordings", "activities")
    }


def test_a_lock_by_date_is_the_same_for_every_document() -> None:
    """Domain rule 5: locked through 31 December, the first open day is 1 January."""
    locked = lock_of(LockMethod.CUSTOM_DATE, DECEMBER, parse_day("2026-02-01"))

    assert locked == DECEMBER
    assert first_open_day(locked) == parse_day("2026-01-01")
    assert lock_of(LockMethod.CUSTOM_DATE, None, DECEMBER) is None
    assert first_open_day(None) is None


def test_a_lock_by_accounting_date_opens_with_that_date() -> None:
    """Domain rule 5: that date is the document's first open day."""
    date = parse_day("2026-02-01")

    locked = lock_of(LockMethod.ACCOUNTING_DATE, None, date)

    assert locked == parse_day("2026-01-31")
    assert first_open_day(locked) == date


async def test_a_lock_is_a_recording_with_its_reason(ledger: Database) -> None:
    assert await lock(ledger, "2025-12-31") == Changed("USD", 1)

    assert await rows(ledger, "SELECT number, reason, made_by FROM recordings") == [
        (1, "locked through 2025-12-31: a reason", "a test")
    ]
    assert await settings_of(ledger) == LedgerSettings(
        LockMethod.CUSTOM_DATE, DECEMBER, 1, 1, breakage=False
    )


async def test_what_a_lock_was_is_kept_by_recording(ledger: Database) -> None:
    for day in ("2025-12-31", "2026-01-31", "2025-11-30", None):
        await lock(ledger, day)

    through = [
        (await settings_of(ledger, number)).locked_through for number in range(5)
    ]

    assert [one and first_open_day(one) for one in through] == [
        None,
        parse_day("2026-01-01"),
        parse_day("2026-02-01"),
        parse_day("2025-12-01"),
        None,
    ]


async def test_a_lock_is_told_in_audit_trail_and_activity_log(
    empty_ledger: Database,
) -> None:
    await lock(empty_ledger, "2025-12-31", "USD")

    (record,) = await rows(
        empty_ledger,
        "SELECT action, subject_kind, subject_id, made_by, details FROM audit_records",
    )
    assert record == (
        "SET_LOCK",
        "LEDGER",
        "USD",
        "a test",
        (
            '{"after":{"lockMethod":"CUSTOM_DATE","lockedThrough":"2025-12-31"},'
            '"before":{"lockMethod":"CUSTOM_DATE","lockedThrough":null},'
            '"closed":{"amounts":[],"from":null,"journals":0,"to":"2025-12-31"},'
            '"reason":"a reason","recordings":{"USD":{"recording":1}}}'
        ),
    )
    assert await rows(empty_ledger, "SELECT * FROM audited_recordings") == [(1, 1, 1)]
    (activity,) = await rows(
        empty_ledger,
        "SELECT kind, ledger_id, first_recording, last_recording, problems, message,"
        " made_by FROM activities",
    )
    message = (
        "USD ledger locked through 2025-12-31: a reason; closed all days through"
        " 2025-12-31: no journals"
    )
    assert activity == (4, 1, 1, 1, 0, message, "a test")
    assert await verify(empty_ledger, ORGANISATION) == Verification(1)


async def test_a_lock_by_accounting_date_takes_no_date(ledger: Database) -> None:
    await lock(ledger, None, method=LockMethod.ACCOUNTING_DATE)
    assert (await settings_of(ledger)).lock_method is LockMethod.ACCOUNTING_DATE

    with pytest.raises(Rejected, match="takes no date") as refused:
        await lock(ledger, "2025-12-31", method=LockMethod.ACCOUNTING_DATE)

    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == (
        ProblemCode.INVALID_VALUE,
        ("lockedThrough",),
    )


async def test_a_lock_leaves_a_day_of_the_calendar_open(ledger: Database) -> None:
    await lock(ledger, "2099-12-30")

    with pytest.raises(Rejected) as refused:
        await lock(ledger, "2099-12-31")

    (problem,) = refused.value.problems
    assert str(problem) == (
        "lockedThrough: a lock through 2099-12-31 leaves no open day in the calendar;"
        " the last day that can be locked is 2099-12-30 [INVALID_VALUE]"
    )
    assert (await settings_of(ledger)).locked_through == parse_day("2099-12-30")


Command = Callable[[Database], Awaitable[object]]
REPEATED: dict[str, Command] = {
    "lock": lambda database: lock(database, "2025-12-31"),
    "unlock": lambda database: lock(database, None),
    "by accounting date": lambda database: lock(
        database, None, method=LockMethod.ACCOUNTING_DATE
    ),
    "settings": lambda database: update_settings(
        database,
        ORGANISATION,
        "USD",
        method=Method.USAGE,
        strategy=Strategy.THIRTY_360,
        breakage=True,
        **WHO,
    ),
    "nothing": lambda database: update_settings(database, ORGANISATION, "USD", **WHO),
    "account": lambda database: name_account(database, "Vorauszahlungen", "3272"),
    "sub-account": lambda database: name_account(
        database, "Support", None, "category:Support"
    ),
    "no account": lambda database: name_account(database, ""),
    "an account's built-in name": lambda database: name_account(
        database, " Deferred Revenue "
    ),
    "product": lambda database: set_product_method(
        database, ORGANISATION, "prod_1", method=Method.USAGE, **WHO
    ),
    "time zone": lambda database: set_time_zone(
        database, ORGANISATION, "Europe/Berlin", **WHO
    ),
}


@pytest.mark.parametrize("command", REPEATED.values(), ids=REPEATED.keys())
@pytest.mark.either_database
async def test_what_is_set_already_changes_nothing(
    ledger: Database, command: Command
) -> None:
    await command(ledger)
    before = await counts(ledger)

    await command(ledger)

    assert await counts(ledger) == before


@pytest.mark.either_database
async def test_settings_change_only_what_is_named(ledger: Database) -> None:
    await update_settings(
        ledger, ORGANISATION, None, strategy=Strategy.EXACT_DAYS, **WHO
    )
    await update_settings(ledger, ORGANISATION, None, breakage=True, **WHO)
    await lock(ledger, "2025-12-31")

    assert await settings_of(ledger) == LedgerSettings(
        LockMethod.CUSTOM_DATE, DECEMBER, 1, int(Strategy.EXACT_DAYS), breakage=True
    )
    assert [row[0] for row in await rows(ledger, "SELECT message FROM activities")] == [
        "USD ledger settings: strategy EXACT_DAYS",
        "USD ledger settings: breakage on",
        (
            "USD ledger locked through 2025-12-31: a reason; closed all days through"
            " 2025-12-31: no journals"
        ),
    ]


async def test_defaults_are_those_of_products_and_ledgers(ledger: Database) -> None:
    """Domain rule 2: the line's method, else the product's, else the ledger's."""
    await update_settings(
        ledger,
        ORGANISATION,
        "USD",
        method=Method.POINT_IN_TIME,
        strategy=Strategy.EXACT_DAYS,
        **WHO,
    )
    await set_product_method(ledger, ORGANISATION, "prod_1", method=Method.USAGE, **WHO)

    async with ledger.reads() as session:
        defaults = await load_defaults(session, ORGANISATION)

    assert defaults.method("prod_1", "USD") is Method.USAGE
    assert defaults.method("prod_2", "USD") is Method.POINT_IN_TIME
    assert defaults.method("prod_2", "EUR") is Method.STRAIGHT_LINE
    assert defaults.ledger("USD") == LedgerDefaults(
        Method.POINT_IN_TIME, Strategy.EXACT_DAYS
    )


async def test_a_product_s_method_can_be_taken_back(ledger: Database) -> None:
    for method in (Method.MILESTONE, None):
        assert await set_product_method(
            ledger, ORGANISATION, "prod_2", method=method, **WHO
        )

    async with ledger.reads() as session:
        assert (await load_defaults(session, ORGANISATION)).methods == {}
    assert await rows(ledger, "SELECT details FROM audit_records ORDER BY number") == [
        ('{"after":"MILESTONE","before":null}',),
        ('{"after":null,"before":"MILESTONE"}',),
    ]


@pytest.mark.either_database
async def test_accounts_have_their_built_in_names_at_first(ledger: Database) -> None:
    names = await names_of(ledger, 0)

    assert names.of(Role.DEFERRED) == AccountName("Deferred Revenue")
    assert names.of(Role.BILLED, "prod_1", "Support") == AccountName("Billed Revenue")


@pytest.mark.either_database
async def test_a_built_in_name_is_a_change_where_it_is_not_what_counts(
    ledger: Database,
) -> None:
    built_in = "Deferred Revenue"

    first = await name_account(ledger, built_in)
    with_code = await name_account(ledger, built_in, "2400")
    back = await name_account(ledger, built_in)
    again = await name_account(ledger, built_in)
    of_product = await name_account(ledger, built_in, scope="product:prod_1")

    assert [one.recording for one in (first, with_code, back, again, of_product)] == [
        *(None, 1, 2, None, 3)
    ]


async def test_a_sub_account_of_a_product_comes_before_its_category_s(
    ledger: Database,
) -> None:
    await name_account(ledger, "Prepayments", "2000")
    await name_account(ledger, "Prepaid support", "2100", "category:Support")
    await name_account(ledger, "Prepaid phone support", None, "product:prod_1")
    names = await names_of(ledger, 3)

    assert names.of(Role.DEFERRED) == ("Prepayments", "2000")
    assert names.of(Role.DEFERRED, "prod_2") == ("Prepayments", "2000")
    assert names.of(Role.DEFERRED, "prod_9", "Support") == ("Prepaid support", "2100")
    assert names.of(Role.DEFERRED, "prod_1", "Support") == (
        "Prepaid phone support",
        None,
    )
    assert names.of(Role.BILLED, "prod_1", "Support") == ("Billed Revenue", None)


async def test_names_are_those_of_a_recording(ledger: Database) -> None:
    scope = "product:prod_1"
    for name in ("Prepaid", "Prepaid platform", ""):
        await name_account(ledger, name, scope=scope)
    await name_account(ledger, "Deferred", "1")
    await name_account(ledger, "")

    found = [
        (await names_of(ledger, number)).of(Role.DEFERRED, "prod_1").name
        for number in range(6)
    ]

    assert found == [
        "Deferred Revenue",
        "Prepaid",
        "Prepaid platform",
        "Deferred Revenue",
        "Deferred",
        "Deferred Revenue",
    ]


REFUSED: dict[str, tuple[Command, ProblemCode, str, str]] = {
    "a ledger that is not there": (
        lambda database: lock(database, None, "EUR"),
        ProblemCode.NOT_FOUND,
        "currency",
        "there is no ledger in 'EUR': there are USD",
    ),
    "settings of a ledger that is not there": (
        lambda database: update_settings(database, ORGANISATION, "EUR", **WHO),
        ProblemCode.NOT_FOUND,
        "currency",
        "there is no ledger in 'EUR': there are USD",
    ),
    "a product that is not there": (
        lambda database: set_product_method(
            database, ORGANISATION, "prod_9", method=None, **WHO
        ),
        ProblemCode.NOT_FOUND,
        "productId",
        "there is no product with the id 'prod_9'",
    ),
    "a product's id that no text can hold": (
        lambda database: set_product_method(
            database, ORGANISATION, "\x00", method=None, **WHO
        ),
        ProblemCode.NOT_FOUND,
        "productId",
        "there is no product with that id",
    ),
    "a product's sub-account": (
        lambda database: name_account(database, "x", None, "product:prod_9"),
        ProblemCode.NOT_FOUND,
        "productId",
        "there is no product with the id 'prod_9'",
    ),
    "a category's sub-account": (
        lambda database: name_account(database, "x", None, "category:None"),
        ProblemCode.NOT_FOUND,
        "category",
        "no product has the category 'None'",
    ),
    "another sub-account": (
        lambda database: name_account(database, "x", None, "customer:cus_1"),
        ProblemCode.INVALID_VALUE,
        "scope",
        "'customer:cus_1' is neither a product's nor a category's sub-account",
    ),
    "a code without a name": (
        lambda database: name_account(database, " ", "2000"),
        ProblemCode.MISSING,
        "name",
        "the code '2000' needs a name beside it",
    ),
    "a long name": (
        lambda database: name_account(database, "x" * 201),
        ProblemCode.TOO_LARGE,
        "name",
        "a name has at most 200 characters, not 201",
    ),
    "a long code": (
        lambda database: name_account(database, "x", "1" * 51),
        ProblemCode.TOO_LARGE,
        "code",
        "a code has at most 50 characters, not 51",
    ),
    "a name in two lines": (
        lambda database: name_account(database, "a\nb"),
        ProblemCode.INVALID_VALUE,
        "name",
        "a name is one line of printable characters",
    ),
    "a time zone": (
        lambda database: set_time_zone(database, ORGANISATION, "Mars/Olympus", **WHO),
        ProblemCode.INVALID_VALUE,
        "timeZone",
        "'Mars/Olympus' is not a time zone's name, such as Europe/Berlin",
    ),
}


@pytest.mark.parametrize(
    ("command", "code", "field", "message"), REFUSED.values(), ids=REFUSED.keys()
)
@pytest.mark.either_database
async def test_what_is_refused_is_named_and_logged_and_changes_nothing(
    ledger: Database, command: Command, code: ProblemCode, field: str, message: str
) -> None:
    before = await counts(ledger)

    with pytest.raises(Rejected) as refused:
        await command(ledger)

    (problem,) = refused.value.problems
    assert (problem.code, problem.path, problem.message) == (code, (field,), message)
    assert await counts(ledger) == {**before, "activities": before["activities"] + 1}
    (logged,) = await rows(
        ledger, "SELECT problems, message, is_failed, made_by FROM activities"
    )
    assert logged == (1, f"refused: {message}", True, "a test")


@pytest.mark.either_database
async def test_without_ledgers_there_is_nothing_to_lock(database: Database) -> None:
    with pytest.raises(Rejected, match="there is no ledger yet"):
        await lock(database, "2025-12-31")


@pytest.mark.either_database
async def test_several_ledgers_are_told_apart_by_currency(ledger: Database) -> None:
    async with ledger.writes() as session:
        organisation = await lock_organisation(session, ORGANISATION)
        await open_ledger(session, organisation, "EUR")

    with pytest.raises(Rejected, match="choose a ledger by its currency: EUR, USD"):
        await lock(ledger, "2025-12-31")

    assert await lock(ledger, "2025-12-31", "EUR") == Changed("EUR", 1)
    assert (await settings_of(ledger)).locked_through is None


async def test_a_change_may_make_the_ledger_of_its_currency(database: Database) -> None:
    async def change(currency: str | None) -> Changed:
        return await update_settings(
            database, ORGANISATION, currency, breakage=True, makes_ledger=True, **WHO
        )

    for currency, message in ((None, "there is no ledger yet"), ("GPB", "ISO 4217")):
        with pytest.raises(Rejected, match=message):
            await change(currency)
    assert await rows(database, "SELECT currency FROM ledgers") == []

    assert await change("GBP") == Changed("GBP", 1, is_made=True)
    assert await change("GBP") == Changed("GBP", None)
    assert await change(None) == Changed("GBP", None)
    ((details,),) = await rows(database, "SELECT details FROM audit_records")
    assert json.loads(details)["made"] is True


async def test_the_time_zone_is_the_organisation_s(ledger: Database) -> None:
    assert await set_time_zone(ledger, ORGANISATION, "Asia/Tokyo", **WHO)

    assert await rows(ledger, "SELECT time_zone FROM organisations") == [
        ("Asia/Tokyo",)
    ]


async def test_times_of_recordings_never_decrease(ledger: Database) -> None:
    await lock(ledger, "2025-12-31")
    await set_lock(
        ledger,
        ORGANISATION,
        "USD",
        method=LockMethod.CUSTOM_DATE,
        locked_through=None,
        reason="a reason",
        now=NOW - timedelta(minutes=5),
        made_by=None,
    )

    times = await rows(ledger, "SELECT recorded_at FROM recordings ORDER BY number")
    assert times[0] == times[1]


async def test_changes_at_the_same_time_take_turns(
    empty_ledger: Database, database_url: Any
) -> None:
    databases = [Database(database_url) for _ in range(3)]
    days = [f"2025-{month:02}-28" for month in range(1, 13)]

    await asyncio.gather(
        *(lock(databases[at % 3], day, "USD") for at, day in enumerate(days))
    )

    assert await rows(
        empty_ledger, "SELECT number FROM recordings ORDER BY number"
    ) == [(number,) for number in range(1, 13)]
    assert await verify(empty_ledger, ORGANISATION) == Verification(12)
    assert (await counts(empty_ledger))["activities"] == 12
    await asyncio.gather(*(database.close() for database in databases))


def test_a_name_is_of_its_scope() -> None:
    names = AccountNames({(Role.BILLED, "category:A"): AccountName("X", "1")})

    assert names.of(Role.BILLED, category="A") == ("X", "1")
    assert names.of(Role.BILLED, "A").name == "Billed Revenue"
