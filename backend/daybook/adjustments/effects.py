"""What posting a version would do to its ledger, before anybody posts it.

Balances are of whole accounts: whole months up to the date are read from the sums that
each recording keeps, so that years of a large ledger cost little; only a date within a
month reads that month's movements. What an account's products change is beside them.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.adjustments.pairing import changes_of
from daybook.adjustments.versions import Party, Version
from daybook.calendar import FIRST_DAY, Day, first_day_of, last_day_of, month_of
from daybook.ledger.amount_conditions import (
    amount_within,
    journals_within,
    kept_within,
    movements_within,
)
from daybook.ledger.models import Journal, JournalMovement, MonthTotal
from daybook.ledger.pins import Pin
from daybook.ledger.queries import (
    account_names,
    pin_at_recording,
    pin_ledger,
)
from daybook.ledger.rules import AccountName, AccountPair, Role, net_change


@dataclass(frozen=True, slots=True)
class AccountEffect:
    """What one sub-account of a role changes by: on its normal side, in minor units."""

    role: Role
    name: AccountName
    product: Party | None
    change: int


@dataclass(frozen=True, slots=True)
class RoleEffect:
    """A whole account at the end of the date: before, change and after.

    On its normal side, in minor units.
    """

    role: Role
    before: int
    change: int

    @property
    def after(self) -> int:
        """The balance after posting."""
        return self.before + self.change


@dataclass(frozen=True, slots=True)
class Effect:
    """What posting a version changes, as its ledger stands at the pin.

    `recognized` is what the date's month recognizes in all, before and after, with all
    days of the month. A reversal is not in it: it takes all changes back on its day.
    """

    pin: Pin
    accounts: tuple[AccountEffect, ...]
    roles: tuple[RoleEffect, ...]
    recognized: RoleEffect


async def effect_of(
    session: AsyncSession,
    organisation_id: int,
    version: Version,
    posted_in: int | None = None,
) -> Effect:
    """What posting a version would change, or changed in the recording `posted_in`.

    Balances are those of the ledger as that recording left it, this journal included;
    without one, as the ledger stands now.
    """
    pin = await pin_ledger(
        session, organisation_id, version.ledger_id, today=version.day
    )
    assert pin is not None, "a version has a ledger"
    if posted_in is not None:
        pin = await pin_at_recording(session, pin, posted_in)
    names = await account_names(session, pin)
    products = {
        product.number: product
        for line in version.lines
        if (product := version.product_of(line)) is not None
    }
    accounts = []
    changes: dict[Role, int] = defaultdict(int)
    for (role, product_id), debits in changes_of(version.legs()).items():
        change = debits if role.is_debit_normal else -debits
        product = None if product_id is None else products[product_id]
        name = names.of(role) if product is None else names.of(role, *_key(product))
        accounts.append(AccountEffect(role, name, product, change))
        changes[role] += change
    balances = await pairs_until(session, pin, version.day)
    month = month_of(version.day)
    recognized = await _pairs_of_month(session, pin, version.day)
    return Effect(
        pin,
        tuple(accounts),
        tuple(
            RoleEffect(role, net_change(balances, role), changes[role])
            for role in sorted(changes)
        ),
        RoleEffect(
            Role.RECOGNIZED,
            net_change(recognized[month], Role.RECOGNIZED),
            changes[Role.RECOGNIZED],
        ),
    )


async def pairs_until(
    session: AsyncSession, pin: Pin, day: Day
) -> dict[AccountPair, int]:
    """The amounts between accounts on all days up to and including a day."""
    month = month_of(day)
    first = first_day_of(month)
    if day == last_day_of(month):
        first = Day(day + 1)  # the sums have all of the month
    pairs: dict[AccountPair, int] = defaultdict(int)
    if first > FIRST_DAY:
        for found in (await _kept(session, pin, FIRST_DAY, first - 1)).values():
            for pair, amount in found.items():
                pairs[pair] += amount
    if first > day:
        return dict(pairs)
    movement = JournalMovement
    roles = (movement.debit_role, movement.credit_role)
    is_its = and_(
        movement.ledger_id == Journal.ledger_id, movement.journal == Journal.number
    )
    rows = await session.execute(
        select(*roles, func.sum(amount_within(first, day)))
        .join_from(Journal, movement, is_its)
        .where(*journals_within(pin, first, day), *movements_within(pin, first, day))
        .group_by(*roles)
    )
    for debit, credit, total in rows:
        pairs[Role(debit), Role(credit)] += int(total)
    return dict(pairs)


async def _pairs_of_month(
    session: AsyncSession, pin: Pin, day: Day
) -> Mapping[int, dict[AccountPair, int]]:
    month = month_of(day)
    return await _kept(session, pin, first_day_of(month), last_day_of(month))


async def _kept(
    session: AsyncSession, pin: Pin, first: Day, last: Day
) -> Mapping[int, dict[AccountPair, int]]:
    """The amounts between accounts of whole months, by month."""
    columns = (MonthTotal.month, MonthTotal.debit_role, MonthTotal.credit_role)
    rows = await session.execute(
        select(*columns, func.sum(MonthTotal.change))
        .where(*kept_within(MonthTotal, pin, first, last))
        .group_by(*columns)
    )
    months: dict[int, dict[AccountPair, int]] = defaultdict(dict)
    for month, debit, credit, total in rows:
        months[month][Role(debit), Role(credit)] = int(total)
    return months


def _key(product: Party) -> tuple[str, str | None]:
    return product.id, product.category
