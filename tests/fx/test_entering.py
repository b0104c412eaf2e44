"""Rates that an organisation enters itself."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from daybook.access.organisations import add_organisation
from daybook.audit.models import AuditRecord
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.fx.commands import refresh_rates
from daybook.fx.entering import RateDay, enter_rate, withdraw_rate
from daybook.fx.models import ManualRate
from daybook.fx.queries import (
    load_rates,
    manual_rate_of,
    manual_rates,
    newest_manual_rate,
)
from daybook.fx.reading import RatesFile, read_rates
from daybook.fx.rules import NoRate, Rates, parse_rate_day
from daybook.reports.audit import verify
from daybook_factories import ORGANISATION
from daybook_people import NOON
from daybook_stored import dump

pytestmark = pytest.mark.anyio

TODAY = parse_rate_day("2025-10-15")
SHILLINGS = RateDay("KES", parse_rate_day("2025-09-30"))


async def enter(
    database: Database,
    rate: str = "151.2",
    of: RateDay = SHILLINGS,
    **values: Any,
) -> bool:
    given = {"reason": "Central bank", "today": TODAY, "now": NOON, "made_by": "ann"}
    organisation = values.pop("organisation", ORGANISATION)
    return await enter_rate(database, organisation, of, rate, **{**given, **values})


async def withdraw(database: Database, of: RateDay = SHILLINGS) -> None:
    await withdraw_rate(
        database, ORGANISATION, of, reason="Wrong", now=NOON, made_by="ann"
    )


async def held(database: Database, organisation: int = ORGANISATION) -> list[str]:
    async with database.reads() as session:
        rates = await manual_rates(session, organisation)
        found = [
            await manual_rate_of(session, organisation, rate.currency, rate.day)
            for rate in rates
        ]
    return [f"{rate.currency} {rate.text}" for rate in found if rate is not None]


async def test_the_last_rate_of_a_day_holds(database: Database) -> None:
    assert await enter(database)
    assert await enter(database, "151.25")
    before = await dump(database)
    assert not await enter(database, "151.250")
    assert await dump(database) == before
    assert await enter(database, "600", RateDay("XOF", SHILLINGS.day - 1))

    assert await held(database) == ["KES 151.25", "XOF 600"]
    async with database.reads() as session:
        rows = (await session.scalars(select(ManualRate))).all()
        record = await session.scalar(
            select(AuditRecord).where(AuditRecord.number == 2)
        )
    assert [(row.number, row.mantissa, row.decimals) for row in rows] == [
        (1, 1512, 1),
        (2, 15125, 2),
        (3, 600, 0),
    ]
    assert record is not None and record.action == "SET_MANUAL_RATE"
    assert json.loads(record.details) == {
        "currency": "KES",
        "day": "2025-09-30",
        "before": "151.2",
        "after": "151.25",
        "reason": "Central bank",
    }
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_a_rate_is_withdrawn_and_entered_again(database: Database) -> None:
    await enter(database)
    await withdraw(database)
    assert await held(database) == []

    with pytest.raises(Rejected, match="no rate of KES was entered for 2025-09-30"):
        await withdraw(database)
    assert await enter(database)

    assert await held(database) == ["KES 151.2"]
    assert (await verify(database, ORGANISATION)).mismatch is None


@pytest.mark.parametrize(
    ("rate", "of", "more", "code", "words"),
    [
        ("1.2", ("EUR", "2025-09-30"), {}, "UNKNOWN_CURRENCY", "for one euro"),
        ("1.2", ("XXX", "2025-09-30"), {}, "UNKNOWN_CURRENCY", "'XXX' is not"),
        ("0", ("KES", "2025-09-30"), {}, "INVALID_VALUE", "'0' is not a rate"),
        ("-1", ("KES", "2025-09-30"), {}, "INVALID_VALUE", "is not a rate"),
        ("1,2", ("KES", "2025-09-30"), {}, "INVALID_VALUE", "is not a rate"),
        ("1.123456789", ("KES", "2025-09-30"), {}, "INVALID_VALUE", "not a rate"),
        ("1.2", ("KES", "2025-10-16"), {}, "INVALID_DATE", "is after today"),
        ("1.2", ("KES", "2025-09-30"), {"reason": " "}, "MISSING", "give a reason"),
        ("1.04", ("USD", "2025-01-31"), {}, "DUPLICATE", "is 1.0393, which stands"),
    ],
)
async def test_what_is_no_rate_of_one_s_own(  # noqa: PLR0913, PLR0917  (cases)
    database: Database,
    rate: str,
    of: tuple[str, str],
    more: dict[str, str],
    code: str,
    words: str,
) -> None:
    currency, day = of
    before = await dump(database)

    with pytest.raises(Rejected, match=words) as rejected:
        await enter(database, rate, RateDay(currency, parse_rate_day(day)), **more)

    assert rejected.value.problems[0].code is ProblemCode[code]
    assert await dump(database) == before


async def test_a_day_without_the_ecb_s_rate_may_have_one(database: Database) -> None:
    # 1 February 2025 was a Saturday.
    assert await enter(database, "1.04", RateDay("USD", parse_rate_day("2025-02-01")))


async def test_rates_are_of_one_organisation(database: Database) -> None:
    await enter(database)
    other = await add_organisation(database, "Other", now=NOON, made_by="a test")

    assert await held(database, other) == []
    assert await enter(database, "150", organisation=other)
    assert await held(database) == ["KES 151.2"]


async def rates(database: Database, **given: Any) -> Rates:
    async with database.reads() as session:
        return await load_rates(session, None, today=TODAY, **given)


async def test_rates_of_one_s_own_stand_where_they_are_asked_for(
    database: Database,
) -> None:
    other = await add_organisation(database, "Other", now=NOON, made_by="a test")
    # 27 September 2025 is a Saturday.
    saturday = parse_rate_day("2025-09-27")
    await enter(database)
    await enter(database, "151.3")
    await enter(database, "1.2", RateDay("USD", saturday))
    await enter(database, "150", organisation=other)
    await withdraw(database)
    async with database.reads() as session:
        assert await newest_manual_rate(session, ORGANISATION) == 4
        assert await newest_manual_rate(session, other) == 1

    async def rate(through: int, organisation: int | None = ORGANISATION) -> str:
        found = await rates(
            database, organisation_id=organisation, manual_through=through
        )
        published = found.published("KES", SHILLINGS.day + 1)
        assert published is not None and published.is_manual
        return published.text

    assert await rate(1) == "151.2"
    assert await rate(2) == await rate(3) == "151.3"
    assert await rate(1, other) == "150"
    with pytest.raises(NoRate, match="the ECB publishes no rate of 'KES'"):
        await rate(4)  # it was withdrawn
    with pytest.raises(NoRate, match="the ECB publishes no rate of 'KES'"):
        await rate(4, None)

    ours = await rates(database, organisation_id=ORGANISATION, manual_through=3)
    on_sunday, on_friday = (ours.published("USD", saturday + days) for days in (1, -1))
    assert on_sunday is not None and (on_sunday.text, on_sunday.is_manual) == (
        *("1.2", True),
    )
    assert on_friday is not None and not on_friday.is_manual
    plain = (await rates(database)).published("USD", saturday + 1)
    assert plain is not None and plain.day == saturday - 1


async def test_a_rate_that_the_ecb_publishes_later_stands(database: Database) -> None:
    day = parse_rate_day("2026-11-02")
    today, now = parse_rate_day("2026-11-05"), NOON + timedelta(days=400)
    await enter(database, "9", RateDay("USD", day), today=today)
    content = b"Date,USD,\n2026-11-02,1.1172,\n"
    file = RatesFile("rates.csv", sha256(content).digest(), read_rates(content))
    await refresh_rates(database, file, now=now, made_by="ann")

    async def of(refresh: int) -> tuple[str, bool, int | None]:
        async with database.reads() as session:
            found = await load_rates(
                session,
                ["USD"],
                today=today,
                refresh=refresh,
                organisation_id=ORGANISATION,
                manual_through=1,
            )
        rate = found.published("USD", day)
        assert rate is not None
        return rate.text, rate.is_manual, rate.refresh

    assert await of(0) == ("9", True, None)
    assert await of(1) == ("1.1172", False, 1)
