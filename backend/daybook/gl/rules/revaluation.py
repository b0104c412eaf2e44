"""FX EXPOSURE journals of bank accounts: what changes of rates do to their balances.

With B the balance after a day's flows and r the day's rate, a day's row is
V(B, r) - V(B before, r before) - V(flows, r): what the flows themselves brought in is
no gain. Transfers between own accounts are flows of both.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from daybook.calendar import Day
from daybook.connections.rules import AccountRole
from daybook.gl.rules.basis import Basis
from daybook.gl.rules.chart import Account
from daybook.gl.rules.journal_types import ExposureKind, JournalType
from daybook.gl.rules.lines import SyntheticLine
from daybook.money import grouped_text


class Flow(NamedTuple):
    """What a bank account received, or spent if negative, in its own currency."""

    day: Day
    amount: int


class Bank(NamedTuple):
    """A bank account in a foreign currency, with its flows in any order."""

    account_id: str
    currency: str
    flows: Sequence[Flow]


def revaluation_lines(banks: Iterable[Bank], basis: Basis) -> Iterator[SyntheticLine]:
    """The rows of each foreign bank account, from its first flow up to today."""
    gains = basis.chart.of_role(AccountRole.REVALUATION)
    if gains is None:
        return
    for bank in banks:
        account = basis.chart.by_id.get(bank.account_id)
        if account is not None and bank.currency != basis.base and bank.flows:
            for day, gain, words in _gains(bank, basis):
                yield _line(account, day, -gain, words, bank.currency)
                yield _line(gains, day, gain, words, bank.currency)


def _gains(bank: Bank, basis: Basis) -> Iterator[tuple[Day, int, str]]:
    """The days with a gain or a loss, its amount in base, and how it was valued."""
    currency = bank.currency
    flows: dict[Day, int] = defaultdict(int)
    for flow in bank.flows:
        flows[flow.day] += flow.amount
    before = first = min(flows)
    days = {*flows, *basis.rate_days(currency, first, basis.today)}
    balance = worth = 0
    for day in sorted(day for day in days if day <= basis.today):
        rate = basis.rate(currency, day)
        flowed = flows.get(day, 0)
        balance += flowed
        new_worth = basis.value(balance, currency, rate)
        gain = new_worth - worth - basis.value(flowed, currency, rate)
        if gain:
            words = (
                f"{currency} {grouped_text(balance, currency)}"
                f" at {basis.rate_words(currency, day)},"
                f" before {basis.rate_words(currency, before)}"
            )
            yield day, gain, words
        before, worth = day, new_worth


def _line(
    account: Account, day: Day, net: int, description: str, currency: str
) -> SyntheticLine:
    return SyntheticLine(
        type=JournalType.FX_EXPOSURE,
        kind=ExposureKind.REVALUATION,
        day=day,
        group="",
        account_id=account.id,
        account_code=account.code,
        net=net,
        gross=net,
        rate_day=day,
        currency=currency,
        description=description,
    )
