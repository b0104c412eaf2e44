"""Digests of refreshes, each on the one before, and the check that they still hold.

Rates belong to no organisation, so the digests of its rows don't cover them. Each
refresh is in the audit trail of every organisation instead, with its digest.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.rules import Action, Record
from daybook.fx.models import RateRefresh, ReferenceRate
from daybook.numbers import is_number

FIRST_LINK = bytes(32)
"""What the first refresh has as the digest before."""

RateRow: TypeAlias = tuple[str, int, int, int]
"""A currency, a day, a mantissa and its decimals."""


def digest_of_refresh(  # noqa: PLR0913  (keyword-only, each has its meaning)
    rates: Iterable[RateRow],
    *,
    number: int,
    refreshed_at: datetime,
    file_name: str,
    file_sha256: bytes,
    previous: bytes,
) -> bytes:
    """The digest of a refresh; the rates are by currency and day."""
    moment = refreshed_at.astimezone(UTC).isoformat(timespec="microseconds")
    head = [previous.hex(), number, moment, file_name, file_sha256.hex()]
    content = [json.dumps(head)]
    content += [" ".join(map(str, rate)) for rate in rates]
    return sha256("\n".join(content).encode()).digest()


async def check_refresh(session: AsyncSession, record: Record) -> str | None:
    """Compare an audit record of a refresh with the stored one; None if it holds."""
    if record.action != Action.REFRESH_RATES:
        return None
    details = json.loads(record.details)
    number = details.get("refresh") if isinstance(details, dict) else None
    if not is_number(number):
        return "doesn't tell which refresh of the reference rates it is of"
    digest = await session.scalar(
        select(RateRefresh.digest).where(RateRefresh.number == number)
    )
    if digest is None:
        return f"tells of refresh {number} of the reference rates, which is gone"
    if digest.hex() != details.get("digest"):
        return f"has another digest than refresh {number} of the reference rates"
    return None


async def wrong_refresh(session: AsyncSession) -> str | None:
    """The first refresh whose row or rates were changed by hand, in words."""
    refreshes = await session.scalars(select(RateRefresh).order_by(RateRefresh.number))
    rows = await session.execute(
        select(
            ReferenceRate.refresh,
            ReferenceRate.currency,
            ReferenceRate.day,
            ReferenceRate.mantissa,
            ReferenceRate.decimals,
        ).order_by(ReferenceRate.refresh, ReferenceRate.currency, ReferenceRate.day)
    )
    rates: dict[int, list[RateRow]] = {
        number: [(*row[1:],) for row in group]
        for number, group in groupby(rows, key=lambda row: row[0])
    }
    previous = FIRST_LINK
    for position, refresh in enumerate(refreshes, start=1):
        number = refresh.number
        if number != position:
            return f"reference rates: refresh {position} is missing"
        digest = digest_of_refresh(
            rates.pop(number, []),
            number=number,
            refreshed_at=refresh.refreshed_at,
            file_name=refresh.file_name,
            file_sha256=refresh.file_sha256,
            previous=previous,
        )
        if digest != refresh.digest:
            return (
                f"reference rates: refresh {number} doesn't match its digest: it or a"
                " rate of it was changed"
            )
        previous = digest
    for number in rates:
        return f"reference rates: there are rates of refresh {number}, which is gone"
    return None
