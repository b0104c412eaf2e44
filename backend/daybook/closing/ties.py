"""The ties of a tie-out: sums that must agree."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from daybook.calendar import day_text, day_words
from daybook.closing.findings import Findings
from daybook.closing.rules import FindingKind, TieOutAccount, TieOutBalance
from daybook.closing.words import target_words
from daybook.ledger.rules import Role
from daybook.money import grouped_text
from daybook.reports.revenue import DeferredSums, Tie


def account_ties(accounts: Iterable[TieOutAccount]) -> Iterator[Tie]:
    """Each account against its posted files, and against its balances."""
    for account in accounts:
        name, title = account.role.name.lower(), account.role.name.title()
        target = account.target.lower()
        if account.target:
            yield Tie(
                f"{name}_is_posted_in_{target}",
                account.ledger,
                account.posted + account.not_exported,
                f"{title} in the ledger = posted in {target_words(account.target)}"
                " and not yet exported",
            )
        what = "posted files" if account.target else "ledger"
        for balance in _balances_to_tie(account):
            is_last = balance is account.balances[-1]
            day = "" if is_last else f"_on_{day_text(balance.on)}"
            yield Tie(
                f"{name}_is_its_balance{day}{f'_in_{target}' if target else ''}",
                balance.balance,
                balance.posted,
                f"{title} in the general ledger on {day_words(balance.on)} = {what}",
            )


def _balances_to_tie(account: TieOutAccount) -> Iterator[TieOutBalance]:
    """The last balance, and earlier ones where a difference arose."""
    before = 0
    for balance in account.balances:
        is_new = balance.difference not in {0, before}
        if is_new or balance is account.balances[-1]:
            yield balance
        before = balance.difference


def report_ties(
    accounts: Iterable[TieOutAccount], sums: DeferredSums, currency: str
) -> Iterator[Tie]:
    """Each account against the deferred revenue report, with its own name for it.

    The words say how much of it other manual journals are.
    """
    figures, other = sums.every, sums.other
    reported = {
        Role.BILLED: ("Booked", figures.booked, other.booked),
        Role.UNBILLED: ("Unbilled", figures.unbilled, other.unbilled),
        Role.DEFERRED: ("Remaining", figures.remaining, other.remaining),
        Role.RECOGNIZED: ("Recognized", figures.recognized, other.recognized),
    }
    ledger = {account.role: account.ledger for account in accounts}
    for role, (column, figure, of_others) in reported.items():
        words = f"{role.name.title()} in the ledger = {column} in deferred revenue"
        if of_others:
            amount = grouped_text(of_others, currency)
            words += f" with other manual journals of {amount}"
        yield Tie(f"{role.name.lower()}_is_reported", ledger[role], figure, words)


def journals_tie(findings: Findings) -> Tie:
    """That no journal differs, not even where the differences of two cancel out."""
    count = sum(
        findings.counts.get(kind, 0)
        for kind in (FindingKind.CHANGED, FindingKind.DOUBLED, FindingKind.MISSING)
    )
    words = "Rows of journals that differ = none"
    return Tie("journals_differ", count, 0, words, is_count=True)


def explained_ties(
    target: str, accounts: Sequence[TieOutAccount], located: Mapping[Role, int]
) -> Iterator[Tie]:
    """That the named journals explain the whole difference of each account.

    `located` is what they come to.
    """
    for account in accounts:
        yield Tie(
            f"{account.role.name.lower()}_in_{target.lower()}_is_explained",
            account.difference,
            located.get(account.role, 0),
            f"Difference of {account.role.name.title()} = journals that are named",
        )
