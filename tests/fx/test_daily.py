"""A pair's rates by day, with those that the organisation entered."""

import pytest

from daybook.calendar import day_text
from daybook.db.engine import Database
from daybook.fx.daily import DayRate, daily_rates
from daybook.fx.entering import RateDay, enter_rate, withdraw_rate
from daybook.fx.rules import parse_rate_day
from daybook_factories import ORGANISATION
from daybook_people import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

TODAY = parse_rate_day("2025-06-15")


async def enter(database: Database, currency: str, day: str, rate: str) -> None:
    await enter_rate(
        database,
        ORGANISATION,
        RateDay(currency, parse_rate_day(day)),
        rate,
        reason="Central bank",
        today=TODAY,
        now=NOON,
        made_by="ann",
    )


async def rates(
    database: Database, source: str, target: str, first: str, last: str
) -> list[DayRate]:
    days = range(parse_rate_day(first), parse_rate_day(last) + 1)
    async with database.reads() as session:
        return await daily_rates(
            session, ORGANISATION, source, target, days, today=TODAY
        )


def told(found: list[DayRate]) -> list[tuple[str, str, list[str]]]:
    """Each day, its rate, and the euro rates that it is made of."""
    return [
        (
            day_text(cross.day),
            cross.text,
            [
                f"{its.currency} {its.text} of {day_text(its.day)}"
                f"{' by hand' if its.is_manual else ''}"
                for its in used
            ],
        )
        for cross, used in found
    ]


async def test_a_weekend_has_friday_s_rate(database: Database) -> None:
    found = told(await rates(database, "USD", "GBP", "2025-01-31", "2025-02-01"))

    # The ECB on Friday: 1 EUR was 1.0393 USD and 0.83608 GBP.
    friday = ["USD 1.0393 of 2025-01-31", "GBP 0.83608 of 2025-01-31"]
    assert found == [
        ("2025-01-31", "0.80446454", friday),
        ("2025-02-01", "0.80446454", friday),
    ]


async def test_a_currency_without_rates_of_the_ecb_has_those_that_were_entered(
    database: Database,
) -> None:
    await enter(database, "KES", "2025-01-31", "130")

    found = told(await rates(database, "USD", "KES", "2025-01-30", "2025-02-08"))

    # 130 / 1.0393 on the day; later ones are of other rates of the dollar. After seven
    # days the shilling's rate is too old, and before the first day there is none.
    assert [day for day, _, _ in found] == [
        f"2025-{day}" for day in ("01-31", *(f"02-0{number}" for number in range(1, 8)))
    ]
    assert found[0] == (
        "2025-01-31",
        "125.08419128",
        ["USD 1.0393 of 2025-01-31", "KES 130 of 2025-01-31 by hand"],
    )


async def test_an_entered_rate_counts_where_the_ecb_has_none_of_its_day(
    database: Database,
) -> None:
    await enter(database, "USD", "2025-02-01", "1.04")

    found = told(await rates(database, "EUR", "USD", "2025-01-31", "2025-02-02"))

    assert found == [
        ("2025-01-31", "1.03930000", ["USD 1.0393 of 2025-01-31"]),
        ("2025-02-01", "1.04000000", ["USD 1.04 of 2025-02-01 by hand"]),
        ("2025-02-02", "1.04000000", ["USD 1.04 of 2025-02-01 by hand"]),
    ]
    day = RateDay("USD", parse_rate_day("2025-02-01"))
    await withdraw_rate(
        database, ORGANISATION, day, reason="Wrong", now=NOON, made_by="ann"
    )

    found = told(await rates(database, "EUR", "USD", "2025-02-01", "2025-02-01"))

    assert found == [("2025-02-01", "1.03930000", ["USD 1.0393 of 2025-01-31"])]


async def test_the_same_currency_is_one(database: Database) -> None:
    found = await rates(database, "KES", "KES", "2025-01-31", "2025-01-31")

    assert told(found) == [("2025-01-31", "1.00000000", [])]
