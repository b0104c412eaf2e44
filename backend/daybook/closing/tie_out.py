"""The tie-out: the ledger, its posted files, and the general ledger's balances.

Up to a day, and for each target that files are posted in: ledger = posted files + not
yet exported + difference, by account and month. The difference is what was changed
since, is missing in the files, or twice in them; each such journal is named. Then the
posted files are compared with the balances that were entered.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.calendar import (
    FIRST_DAY,
    Day,
    Month,
    first_day_of,
    last_day_of,
    month_of,
)
from daybook.closing.balance_ties import compared_balances
from daybook.closing.findings import Findings, TargetMonth, TieOutFinding
from daybook.closing.located import LocatedJournal, differing_journals
from daybook.closing.posted_files import (
    TargetFiles,
    kept_ledger_totals,
    posted_by_target,
    posted_totals,
)
from daybook.closing.queries import find_balances
from daybook.closing.rollups import check_rollups
from daybook.closing.rules import (
    EnteredBalance,
    FindingKind,
    TieOutAccount,
    TieOutBalance,
    TieOutMonth,
)
from daybook.closing.ties import (
    account_ties,
    explained_ties,
    journals_tie,
    report_ties,
)
from daybook.closing.words import (
    balance_words,
    journal_words,
    not_exported_words,
)
from daybook.exports.queries import ListedRecord
from daybook.ledger.pins import Pin
from daybook.ledger.rules import AccountPair, Role, net_change
from daybook.reports.deferred.totals import deferred_sums
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.totals import TotalsByMonth
from daybook.reports.revenue import EVERYTHING, Tie


@dataclass(frozen=True, slots=True)
class TieOut:
    """A ledger against its posted files and the general ledger, up to a day.

    `findings` are the first of each kind and target, `finding_counts` counts all.
    `doubled` has the posted files that share entries of a month, oldest first, and
    `lacking` the months of which a target's files lack what was changed or is missing.
    """

    on: Day
    accounts: tuple[TieOutAccount, ...]
    findings: tuple[TieOutFinding, ...]
    finding_counts: dict[FindingKind, int]
    ties: tuple[Tie, ...]
    doubled: Mapping[TargetMonth, tuple[ListedRecord, ...]]
    lacking: frozenset[TargetMonth]

    @property
    def finding_count(self) -> int:
        """How many findings there are in all."""
        return sum(self.finding_counts.values())

    @property
    def holds(self) -> bool:
        """Whether nothing differs; what is not exported yet is no difference."""
        kinds = {kind for kind, count in self.finding_counts.items() if count}
        return kinds <= {FindingKind.NOT_EXPORTED} and not any(
            tie.difference for tie in self.ties
        )


async def tie_out(
    session: AsyncSession,
    pin: Pin,
    on: Day,
    *,
    targets: Sequence[TargetFiles] | None = None,
    with_movements: bool = True,
) -> TieOut:
    """Compare the ledger at a pin with its posted files and the entered balances.

    `targets` are those of `posted_by_target`, for who has read them. Without
    `with_movements` the movements aren't summed again to check the totals that
    recordings keep, which reads the whole ledger, nor is the deferred revenue report.
    """
    findings, ties = Findings(), list[Tie]()
    ledger = await _ledger_totals(session, pin, FIRST_DAY, on)
    balances = await find_balances(session, pin, on)
    accounts: list[TieOutAccount] = []
    if targets is None:
        targets = await posted_by_target(session, pin)
    for files in targets:
        found, located = await _of_target(
            session, pin, on, files, ledger, balances, findings
        )
        accounts += found
        ties += explained_ties(files.target, found, located)
    if not targets:
        accounts = await _without_files(session, pin, ledger, balances, findings)
    ties = [*account_ties(accounts), *ties]
    if targets:
        ties.append(journals_tie(findings))
    if with_movements:
        sums = await deferred_sums(session, pin, on, EVERYTHING)
        ties += report_ties(accounts, sums, pin.currency)
        checked = await check_rollups(session, pin)
        ties += checked.ties
        for its in checked.findings:
            findings.add(its)
    return TieOut(
        on,
        tuple(accounts),
        tuple(findings.kept),
        dict(findings.counts),
        tuple(ties),
        {
            place: tuple(files[number] for number in sorted(files))
            for place, files in findings.doubled.items()
        },
        frozenset(findings.lacking),
    )


async def _ledger_totals(
    session: AsyncSession, pin: Pin, first: Day, last: Day
) -> TotalsByMonth:
    """The ledger's amounts on some days, by month and pair of accounts."""
    if first > last:
        return {}
    days = JournalFilter(posted_from=first, posted_to=last)
    return await kept_ledger_totals(session, pin, days)


async def _of_target(  # noqa: PLR0913, PLR0917  (what is compared)
    session: AsyncSession,
    pin: Pin,
    on: Day,
    files: TargetFiles,
    ledger: TotalsByMonth,
    balances: Sequence[EnteredBalance],
    findings: Findings,
) -> tuple[list[TieOutAccount], dict[Role, int]]:
    """The accounts for one target, and what its journals that differ come to.

    Its findings are added to the others.
    """
    last = min(files.end, on)

    async def read(first: Day, day: Day) -> TotalsByMonth:
        return await posted_totals(session, files, first, day)

    posted = await read(FIRST_DAY, on)
    open_ = await _ledger_totals(session, pin, last + 1, on)
    posted_by_day = await _totals_by_day(balances, posted, read)
    accounts = [
        TieOutAccount(
            *(role, files.target, _months(role, ledger, posted, open_)),
            compared_balances(role, balances, _nets(role, posted, posted_by_day)),
        )
        for role in Role
    ]
    every_month = sorted({*ledger, *posted})
    located = await _locate(session, pin, files, last, every_month, findings)
    if any(account.not_exported for account in accounts):
        first = min(open_)
        message = not_exported_words(files, first)
        findings.add(
            TieOutFinding(FindingKind.NOT_EXPORTED, message, files.target, month=first)
        )
    _add_balances(accounts, pin.currency, findings)
    return accounts, located


def _months(
    role: Role, ledger: TotalsByMonth, posted: TotalsByMonth, open_: TotalsByMonth
) -> tuple[TieOutMonth, ...]:
    rows = [
        TieOutMonth(
            month, *(_net(totals, month, role) for totals in (ledger, posted, open_))
        )
        for month in sorted({*ledger, *posted})
    ]
    return tuple(row for row in rows if any(row[1:]))


def _net(totals: TotalsByMonth, month: Month, role: Role) -> int:
    pairs: Mapping[AccountPair, int] = totals.get(month, {})
    return net_change(pairs, role)


async def _totals_by_day(
    balances: Sequence[EnteredBalance],
    totals: TotalsByMonth,
    read: Callable[[Day, Day], Awaitable[TotalsByMonth]],
) -> dict[Day, TotalsByMonth]:
    """The amounts up to each day with a balance in the day's month.

    Only a part of a month is read, once for all accounts.
    """
    return {
        day: totals
        if day == last_day_of(month_of(day))
        else await read(first_day_of(month_of(day)), day)
        for day in sorted({balance.on for balance in balances})
    }


def _nets(
    role: Role, totals: TotalsByMonth, by_day: Mapping[Day, TotalsByMonth]
) -> dict[Day, int]:
    """An account's net change up to each day, whose month's amounts are by day."""
    return {
        day: sum(_net(totals, month, role) for month in totals if month < month_of(day))
        + _net(of_its_month, month_of(day), role)
        for day, of_its_month in by_day.items()
    }


async def _locate(  # noqa: PLR0913, PLR0917  (what is compared)
    session: AsyncSession,
    pin: Pin,
    files: TargetFiles,
    last: Day,
    months: Iterable[Month],
    findings: Findings,
) -> dict[Role, int]:
    """Add the journals that differ; returns what they come to by account."""
    located: dict[Role, int] = defaultdict(int)
    async for its in differing_journals(session, pin, files, months, last):
        for finding in _journal_findings(its, files.target, pin.currency):
            findings.add(finding)
        for role, amount in its.amounts.items():
            located[role] += amount
    return located


def _journal_findings(
    its: LocatedJournal, target: str, currency: str
) -> Iterable[TieOutFinding]:
    for role, amount in its.amounts.items():
        yield TieOutFinding(
            its.kind,
            journal_words(its, role, amount, currency),
            target,
            *(role, its.month, its.customer_id, its.product_id, its.document_id),
            *(its.journal, amount),
            None if its.file is None else its.file.listed,
            None if its.newest is None else its.newest.listed,
        )


async def _without_files(
    session: AsyncSession,
    pin: Pin,
    ledger: TotalsByMonth,
    balances: Sequence[EnteredBalance],
    findings: Findings,
) -> list[TieOutAccount]:
    """The accounts while no file is posted: balances are compared with the ledger."""

    async def read(first: Day, day: Day) -> TotalsByMonth:
        return await _ledger_totals(session, pin, first, day)

    by_day = await _totals_by_day(balances, ledger, read)
    accounts = [
        TieOutAccount(
            *(role, "", _months(role, ledger, {}, ledger)),
            compared_balances(role, balances, _nets(role, ledger, by_day)),
        )
        for role in Role
    ]
    _add_balances(accounts, pin.currency, findings)
    return accounts


def _add_balances(
    accounts: Iterable[TieOutAccount], currency: str, findings: Findings
) -> None:
    """Add a finding where a balance differs otherwise than the one before it."""
    for account in accounts:
        before: TieOutBalance | None = None
        for balance in account.balances:
            if balance.difference and (
                before is None or before.difference != balance.difference
            ):
                findings.add(
                    TieOutFinding(
                        FindingKind.BALANCE,
                        balance_words(account, balance, before, currency),
                        account.target,
                        account.role,
                        balance.since or month_of(balance.on),
                        amount=balance.difference,
                    )
                )
            before = balance
