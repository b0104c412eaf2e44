"""Adding rates from a file of the ECB's."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.commands import append_audit_record
from daybook.audit.rules import Action, Details, Subject, SubjectKind
from daybook.calendar import Day, day_text
from daybook.clock import real_now
from daybook.db.engine import Database, WriteSession
from daybook.db.fast.bulk import insert_rows, table_rows
from daybook.db.keyset import next_number
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.fx.auditing import FIRST_LINK, digest_of_refresh
from daybook.fx.models import RateRefresh, ReferenceRate
from daybook.fx.queries import load_series
from daybook.fx.reading import PROBLEMS_KEPT, FileRate, RatesFile
from daybook.fx.rules import PublishedRate, Series, is_business_day
from daybook.fx.shipped import shipped_days
from daybook.ledger.commands import lock_organisation
from daybook.ledger.models import Organisation


class Refreshed(NamedTuple):
    """What a file added; `number` is None, and `added` empty, if it had nothing new."""

    number: int | None
    added: Sequence[FileRate]

    @property
    def currencies(self) -> frozenset[str]:
        """The currencies of the added rates."""
        return frozenset(rate.currency for rate in self.added)

    @property
    def days(self) -> list[Day]:
        """The days of the added rates, in their order."""
        return sorted({rate.day for rate in self.added})


async def refresh_rates(
    database: Database, file: RatesFile, *, now: datetime, made_by: str
) -> Refreshed:
    """Add the rates of a file that are missing, in one transaction.

    They are for all organisations, and the audit trail of each has a record of it. The
    same file again adds nothing. Raises Rejected, naming all of them, for rates that
    differ from the known ones or are of days without any, and ClockRefused.
    """
    # Most files have nothing new, and a write would wake all who wait for changes.
    async with database.reads() as session:
        if not await _missing(session, file):
            return Refreshed(None, [])
    async with database.writes() as session:
        organisations = await _lock_organisations(session)
        # Another program may have added them in between.
        missing = await _missing(session, file)
        if not missing:
            return Refreshed(None, [])
        refresh = await _write(session, file, missing, now)
        refreshed = Refreshed(refresh.number, missing)
        details = _details(refresh, refreshed)
        for organisation in organisations:
            await append_audit_record(
                session,
                organisation,
                now=_time_of(organisation, now),
                made_by=made_by,
                action=Action.REFRESH_RATES,
                subject=Subject(SubjectKind.ORGANISATION, ""),
                details=details,
            )
        return refreshed


async def _lock_organisations(session: WriteSession) -> list[Organisation]:
    """All organisations, locked in their order: no two writers wait for each other."""
    ids = await session.scalars(select(Organisation.id).order_by(Organisation.id))
    return [await lock_organisation(session, id_) for id_ in ids.all()]


async def _missing(session: AsyncSession, file: RatesFile) -> list[FileRate]:
    """The rates of a file that aren't known; raises Rejected for those that differ."""
    series = await load_series(session, {rate.currency for rate in file.rates})
    known = {
        currency: dict(zip(its.days, its.mantissas, strict=True))
        for currency, its in series.items()
    }
    missing: list[FileRate] = []
    problems: list[Problem] = []
    total = 0
    for rate in file.rates:
        its = series[rate.currency]
        mantissa = known[rate.currency].get(rate.day)
        if not _is_published_on(rate.day):
            problem = _never_published(rate)
        elif mantissa is None:
            missing.append(rate)
            continue
        elif mantissa * 10**rate.decimals != rate.mantissa * 10**its.decimals:
            problem = _difference(rate, its)
        else:
            continue
        total += 1
        if total <= PROBLEMS_KEPT:
            problems.append(problem)
    if problems:
        raise Rejected(problems, total)
    return missing


def _is_published_on(day: Day) -> bool:
    """Whether the ECB published rates on a day, as far as that is known."""
    days = shipped_days()
    if day > days[-1]:
        return is_business_day(day)
    position = bisect_left(days, day)
    return days[position] == day


def _never_published(rate: FileRate) -> Problem:
    message = (
        f"column {rate.currency}: the ECB published no rates on {day_text(rate.day)}:"
        " take the file from the ECB again"
    )
    return Problem(ProblemCode.INVALID_DATE, message, line=rate.line)


def _difference(rate: FileRate, series: Series) -> Problem:
    known = series.last_until(rate.day)
    assert known is not None, "it differs from a known rate"
    in_file = PublishedRate(rate.currency, rate.day, rate.mantissa, rate.decimals)
    number = known.refresh
    source = "shipped with Daybook" if number is None else f"added by refresh {number}"
    message = (
        f"column {rate.currency}: {day_text(rate.day)}: the file has {in_file.text},"
        f" and {known.text} was {source}: a rate never changes; take the file from the"
        " ECB again"
    )
    return Problem(ProblemCode.CHANGED, message, line=rate.line)


async def _write(
    session: WriteSession, file: RatesFile, missing: Sequence[FileRate], now: datetime
) -> RateRefresh:
    """Write the next refresh and its rates."""
    number = await next_number(session, RateRefresh.number)
    before = await session.get(RateRefresh, number - 1)
    rates = sorted(
        (rate.currency, rate.day, rate.mantissa, rate.decimals) for rate in missing
    )
    refresh = RateRefresh(
        number=number,
        refreshed_at=now,
        file_name=file.name,
        file_sha256=file.sha256,
        digest=digest_of_refresh(
            rates,
            number=number,
            refreshed_at=now,
            file_name=file.name,
            file_sha256=file.sha256,
            previous=FIRST_LINK if before is None else before.digest,
        ),
    )
    session.add(refresh)
    await session.flush()
    await insert_rows(
        session, table_rows(ReferenceRate, ((*rate, number) for rate in rates))
    )
    return refresh


def _details(refresh: RateRefresh, refreshed: Refreshed) -> Details:
    days = refreshed.days
    return {
        "refresh": refresh.number,
        "refreshedAt": refresh.refreshed_at.isoformat(),
        "file": refresh.file_name,
        "sha256": refresh.file_sha256.hex(),
        "rates": len(refreshed.added),
        "currencies": sorted(refreshed.currencies),
        "from": day_text(days[0]),
        "to": day_text(days[-1]),
        "digest": refresh.digest.hex(),
    }


def _time_of(organisation: Organisation, now: datetime) -> datetime:
    """The time of an organisation's audit record, which must not move its clock ahead.

    Nor must one organisation's clock that is behind keep the rates from all others.
    """
    time = min(now, real_now())
    last = organisation.recorded_at
    return time if last is None else max(time, last)
