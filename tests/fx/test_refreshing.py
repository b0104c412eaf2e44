"""Refreshed rates: added once, for all organisations, and never otherwise."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from daybook.access.organisations import add_organisation
from daybook.audit.models import AuditRecord
from daybook.audit.rules import Action
from daybook.calendar import day_text
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.fx.commands import Refreshed, refresh_rates
from daybook.fx.models import RateRefresh, ReferenceRate
from daybook.fx.queries import load_rates
from daybook.fx.reading import RatesFile, read_rates, read_rates_file
from daybook.fx.rules import NoRate, Rates, parse_rate_day
from daybook.ledger.models import Organisation
from daybook.reports.audit import verify
from daybook_edits import by_hand
from daybook_factories import ORGANISATION, invoice, record
from daybook_stored import dump
from daybook_trail import append

pytestmark = pytest.mark.anyio

NOW = datetime.fromisoformat("2026-11-05T17:00:00+00:00")
TODAY = parse_rate_day("2026-11-05")
HEADER = "Date,USD,JPY,HRK,\n"
MONDAY, TUESDAY = "2026-11-02,1.1172,175.7,N/A,\n", "2026-11-03,1.118,176,N/A,\n"
SHIPPED = "2026-10-30,1.1172,175.68,N/A,\n"
SAMPLE = Path(__file__).with_name("eurofxref-sample.csv")


def rates_file(*lines: str, header: str = HEADER) -> RatesFile:
    content = (header + "".join(lines)).encode()
    return RatesFile("rates.csv", sha256(content).digest(), read_rates(content))


async def refresh(database: Database, *lines: str, header: str = HEADER) -> Refreshed:
    file = rates_file(*lines, header=header)
    return await refresh_rates(database, file, now=NOW, made_by="a test")


async def rates_of(database: Database, *currencies: str) -> Rates:
    async with database.reads() as session:
        return await load_rates(session, currencies, today=TODAY)


async def rows(database: Database) -> Sequence[ReferenceRate]:
    async with database.reads() as session:
        found = await session.scalars(
            select(ReferenceRate).order_by(ReferenceRate.day, ReferenceRate.currency)
        )
        return found.all()


async def test_missing_rates_are_added_once(database: Database) -> None:
    added = await refresh(database, TUESDAY, MONDAY, SHIPPED)
    before = await dump(database)
    again = await refresh(database, TUESDAY, MONDAY, SHIPPED)

    assert (added.number, len(added.added)) == (1, 4)
    assert [day_text(day) for day in added.days] == ["2026-11-02", "2026-11-03"]
    assert added.currencies == {"USD", "JPY"}
    assert (again.number, again.added) == (None, [])
    assert await dump(database) == before
    assert [
        (row.currency, day_text(row.day), row.mantissa, row.decimals, row.refresh)
        for row in await rows(database)
    ] == [
        ("JPY", "2026-11-02", 1757, 1, 1),
        ("USD", "2026-11-02", 11172, 4, 1),
        ("JPY", "2026-11-03", 176, 0, 1),
        ("USD", "2026-11-03", 1118, 3, 1),
    ]


@pytest.mark.either_database
async def test_a_later_file_adds_what_is_new_in_it(database: Database) -> None:
    await refresh(database, MONDAY)
    added = await refresh(database, MONDAY, TUESDAY)

    assert (added.number, len(added.added)) == (2, 2)


@pytest.mark.either_database
async def test_the_published_file_adds_nothing_to_the_shipped_rates(
    database: Database,
) -> None:
    file = read_rates_file(SAMPLE)
    done = await refresh_rates(database, file, now=NOW, made_by="a test")

    assert done.number is None and len(file.rates) > 300


async def test_added_rates_come_after_the_shipped_ones(database: Database) -> None:
    before = await rates_of(database, "USD", "JPY")
    await refresh(database, MONDAY, TUESDAY)
    after = await rates_of(database, "USD", "JPY", "EUR", "XYZ")

    monday, tuesday = (parse_rate_day(line[:10]) for line in (MONDAY, TUESDAY))
    assert before.rate("USD", "JPY", monday).source_rate == (
        "USD", parse_rate_day("2026-10-30"), 11172, 4, None, False,
    )  # fmt: skip
    cross = after.rate("USD", "JPY", tuesday)
    assert cross.source_rate == ("USD", tuesday, 11180, 4, 1, False)
    assert cross.target_rate == ("JPY", tuesday, 17600, 2, 1, False)
    assert cross.text == "157.42397138"
    # The rates go on: the day is in the future, and has the latest.
    assert after.rate("USD", "JPY", TODAY + 40).value == cross.value
    with pytest.raises(NoRate, match="publishes no rate of 'XYZ'"):
        after.rate("XYZ", "USD", monday)


@pytest.mark.either_database
async def test_a_currency_that_the_ecb_begins_to_quote_is_added(
    database: Database,
) -> None:
    await refresh(database, "2026-11-03,28000,\n", header="Date,VND,\n")
    rates = await rates_of(database, "VND")

    assert rates.rate("EUR", "VND", TODAY).text == "28000.00000000"
    with pytest.raises(NoRate, match="VND for 2026-11-02: its rates begin on 2026-1"):
        rates.rate("EUR", "VND", parse_rate_day("2026-11-02"))


@pytest.mark.either_database
async def test_a_rate_that_differs_is_refused_with_both(database: Database) -> None:
    await refresh(database, MONDAY)
    before = await dump(database)

    with pytest.raises(Rejected) as raised:
        await refresh(
            database,
            TUESDAY,
            MONDAY.replace("1.1172", "1.1173"),
            SHIPPED.replace("175.68", "175.6"),
        )

    added, shipped = map(str, raised.value.problems)
    assert added == (
        "line 3, column USD: 2026-11-02: the file has 1.1173, and 1.1172 was added by"
        " refresh 1: a rate never changes; take the file from the ECB again [CHANGED]"
    )
    assert shipped.startswith(
        "line 4, column JPY: 2026-10-30: the file has 175.6, and 175.68 was shipped"
        " with Daybook: a rate never changes"
    )
    assert raised.value.problems[0].code is ProblemCode.CHANGED
    assert await dump(database) == before


async def test_the_trail_of_every_organisation_tells_of_a_refresh(
    database: Database,
) -> None:
    await record(database, invoice())
    other = await add_organisation(database, "Other", now=NOW, made_by="a test")

    await refresh(database, MONDAY, TUESDAY)

    async with database.reads() as session:
        found = await session.scalars(
            select(AuditRecord)
            .where(AuditRecord.action == "REFRESH_RATES")
            .order_by(AuditRecord.organisation_id)
        )
        records = found.all()
    assert [one.organisation_id for one in records] == [ORGANISATION, other]
    assert {one.made_by for one in records} == {"a test"}
    assert '"from":"2026-11-02"' in records[0].details
    assert '"rates":4' in records[0].details
    for organisation in (ORGANISATION, other):
        assert (await verify(database, organisation)).mismatch is None


async def test_a_refresh_moves_no_organisation_s_clock_ahead(
    database: Database,
) -> None:
    ahead = NOW + timedelta(days=3_650)
    await refresh_rates(database, rates_file(MONDAY), now=ahead, made_by="a test")

    async with database.reads() as session:
        last = await session.scalar(select(Organisation.recorded_at))
        refreshed = await session.scalar(select(RateRefresh.refreshed_at))
    assert last is not None and last < ahead == refreshed


async def test_two_refreshes_at_once_add_each_rate_once(database: Database) -> None:
    done = await asyncio.gather(
        *(refresh(database, MONDAY, TUESDAY) for _ in range(3)),
        refresh(database, MONDAY),
    )

    assert sum(len(one.added) for one in done) == 4
    async with database.reads() as session:
        assert (
            await session.scalar(select(func.count()).select_from(ReferenceRate)) == 4
        )
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_a_refresh_that_was_taken_out_or_made_anew_is_found(
    database: Database,
) -> None:
    await refresh(database, MONDAY)
    async with by_hand(database) as hand:
        for table in (ReferenceRate, RateRefresh):
            assert await hand.do([delete(table)])
        gone = (await verify(database, ORGANISATION)).mismatch
        await refresh(database, MONDAY.replace("1.1172", "1.1171"))
        made_anew = (await verify(database, ORGANISATION)).mismatch

    assert str(gone) == (
        "audit record 1 tells of refresh 1 of the reference rates, which is gone"
    )
    assert str(made_anew) == (
        "audit record 1 has another digest than refresh 1 of the reference rates"
    )


@pytest.mark.parametrize("details", [{}, {"refresh": "1"}, {"refresh": 2**64}])
@pytest.mark.either_database
async def test_a_record_that_tells_of_no_refresh_is_named(
    database: Database, details: dict[str, object]
) -> None:
    await append(database, action=Action.REFRESH_RATES, details=details)

    mismatch = (await verify(database, ORGANISATION)).mismatch

    assert str(mismatch) == (
        "audit record 1 doesn't tell which refresh of the reference rates it is of"
    )
