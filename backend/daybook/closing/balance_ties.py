"""Entered balances against what was posted by their days. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from daybook.calendar import Day, Month, first_day_of, month_of
from daybook.closing.rules import EnteredBalance, TieOutBalance
from daybook.ledger.rules import Role


def compared_balances(
    role: Role, balances: Sequence[EnteredBalance], posted: Mapping[Day, int]
) -> tuple[TieOutBalance, ...]:
    """An account's balances by day, with the month in which a difference arose."""
    by_day: dict[Day, list[EnteredBalance]] = defaultdict(list)
    for line in balances:
        if line.role is role:
            by_day[line.on].append(line)
    compared: list[TieOutBalance] = []
    for day, entered in sorted(by_day.items()):
        total = sum(line.balance for line in entered)
        balance = TieOutBalance(tuple(entered), day, total, posted[day])
        since = _since(balance, compared[-1] if compared else None)
        compared.append(balance._replace(since=since))
    return tuple(compared)


def _since(balance: TieOutBalance, before: TieOutBalance | None) -> Month | None:
    """The month in which a balance's difference arose, if the one before it tells."""
    if before is None or not balance.difference:
        return None
    if before.difference == balance.difference:
        return before.since
    month = month_of(balance.on)
    # With a month between the two, it is only known to have arisen in one of them.
    return month if before.on >= first_day_of(month) - 1 else None
