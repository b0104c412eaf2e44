"""Rates that an organisation enters itself, for currencies or days without the ECB's.

Each command is one transaction, and raises Rejected for what can't be done, which is
logged, and then nothing is changed.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple

from daybook.activity.rules import ActivityKind
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.calendar import Day, day_text
from daybook.configuration.changing import SettingChange, setting_change
from daybook.configuration.rules import checked_reason, unknown_currency
from daybook.db.digests import written
from daybook.db.engine import Database
from daybook.db.keyset import next_number
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.fx.models import ManualRate
from daybook.fx.queries import load_series, manual_rate_of
from daybook.fx.reading import rate_parts
from daybook.fx.rules import EURO, PublishedRate
from daybook.money import currencies_in_use


class RateDay(NamedTuple):
    """The currency and the day that a rate is of."""

    currency: str
    day: Day


async def enter_rate(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    rate_day: RateDay,
    rate: str,
    *,
    reason: str,
    today: Day,
    now: datetime,
    made_by: str | None,
) -> bool:
    """Enter how many units of a currency a euro was worth on a day.

    It takes the place of one that was entered before; returns False if that is the
    same. A rate of the ECB's stands: no other can be entered for its day.
    """
    async with _change(database, organisation_id, now, made_by) as change:
        _check_currency(rate_day.currency)
        if rate_day.day > today:
            message = f"{day_text(rate_day.day)} is after today"
            raise _refused(message, "day", ProblemCode.INVALID_DATE)
        parts = rate_parts(rate.strip())
        if parts is None or not parts[0]:
            message = f"{rate[:40]!r} is not a rate such as 1.1172"
            raise _refused(message, "rate")
        await _check_not_published(change, rate_day)
        before = await manual_rate_of(change.session, organisation_id, *rate_day)
        if before is not None and (before.mantissa, before.decimals) == parts:
            return False
        await _add(change, rate_day, parts, before, reason)
        return True


async def withdraw_rate(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    organisation_id: int,
    rate_day: RateDay,
    *,
    reason: str,
    now: datetime,
    made_by: str | None,
) -> None:
    """Withdraw the rate that was entered for a currency and a day."""
    async with _change(database, organisation_id, now, made_by) as change:
        before = await manual_rate_of(change.session, organisation_id, *rate_day)
        if before is None:
            currency, day = rate_day
            message = f"no rate of {currency} was entered for {day_text(day)}"
            raise _refused(message, "day", ProblemCode.NOT_FOUND)
        await _add(change, rate_day, None, before, reason)


async def _add(
    change: SettingChange,
    rate_day: RateDay,
    parts: tuple[int, int] | None,
    before: PublishedRate | None,
    reason: str,
) -> None:
    """Add the row and its audit record; without parts the rate is withdrawn."""
    session, organisation_id = change.session, change.organisation.id
    currency, day = rate_day
    mantissa, decimals = parts or (None, 0)
    row = ManualRate(
        organisation_id=organisation_id,
        number=await next_number(
            session, ManualRate.number, ManualRate.organisation_id == organisation_id
        ),
        currency=currency,
        day=day,
        mantissa=mantissa,
        decimals=decimals,
        reason=checked_reason(reason),
        entered_at=await change.time(),
        entered_by=change.made_by,
    )
    session.add(row)
    await session.flush()
    written(session).changed.add((0, row.number, ManualRate.__tablename__))
    after = None if parts is None else PublishedRate(currency, day, *parts).text
    details: Mapping[str, object] = {
        "currency": currency,
        "day": day_text(day),
        "before": None if before is None else before.text,
        "after": after,
        "reason": row.reason,
    }
    done = "withdrawn" if after is None else f"is {after}"
    await change.log(
        Action.SET_MANUAL_RATE,
        Subject(SubjectKind.ORGANISATION, ""),
        details,
        message=f"manual rate of {currency} for {day_text(day)} {done}",
    )


async def _check_not_published(change: SettingChange, rate_day: RateDay) -> None:
    """Raise Rejected if the ECB has a rate of the day."""
    currency, day = rate_day
    series = (await load_series(change.session, [currency]))[currency]
    published = series.last_until(day)
    if published is not None and published.day == day:
        message = (
            f"the ECB's rate of {currency} for {day_text(day)} is {published.text},"
            " which stands"
        )
        raise _refused(message, "day", ProblemCode.DUPLICATE)


def _check_currency(currency: str) -> None:
    if currency == EURO:
        message = "rates are for one euro, so that EUR has none"
        raise _refused(message, "currency", ProblemCode.UNKNOWN_CURRENCY)
    if currency not in currencies_in_use():
        raise unknown_currency(currency)


def _change(
    database: Database, organisation_id: int, now: datetime, made_by: str | None
) -> AbstractAsyncContextManager[SettingChange]:
    return setting_change(
        database, organisation_id, ActivityKind.SETTINGS, now=now, made_by=made_by
    )


def _refused(
    message: str, field: str, code: ProblemCode = ProblemCode.INVALID_VALUE
) -> Rejected:
    return Rejected([Problem(code, message, (field,))])
